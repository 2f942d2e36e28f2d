"""Strategies that search seeds: each finds an x that minimizes |A·x ⊕ b| over GF(2).

>>> from xoropt_solvers import ParityProblem, solve
>>> problem = ParityProblem([[1, 0], [0, 1], [1, 1]], [1, 1, 1])
>>> solve(problem, "greedy").cost
1

The package knows parity problems, and nothing of networks, weights or codecs. A strategy imports its engine on use.
"""

from pathlib import Path

from xoropt_solvers import caching
from xoropt_solvers.batch import BatchSolution, ParityBatch
from xoropt_solvers.comparing import Comparison, compare
from xoropt_solvers.errors import (
    FileFormatError,
    InvalidInputError,
    LimitExceededError,
    MissingPackageError,
    SolverError,
    UnknownStrategyError,
    WrongAnswerError,
)
from xoropt_solvers.least_weight import Distance, distance
from xoropt_solvers.problem import ParityProblem, Solution
from xoropt_solvers.registry import available
from xoropt_solvers.solving import solve
from xoropt_solvers.solving_many import solve_many
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy

__all__ = [
    "Answer",
    "BatchAnswer",
    "BatchSolution",
    "Clock",
    "Comparison",
    "Distance",
    "FileFormatError",
    "InvalidInputError",
    "LimitExceededError",
    "MissingPackageError",
    "ParityBatch",
    "ParityProblem",
    "Solution",
    "SolverError",
    "Strategy",
    "UnknownStrategyError",
    "WrongAnswerError",
    "available",
    "compare",
    "distance",
    "solve",
    "solve_many",
]

caching.ensure_place(Path(__file__).parent)  # before any kernel is made
