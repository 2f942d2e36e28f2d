"""Strategies side by side: the same problems, the same time limit, every answer checked."""

from xoropt_solvers.comparing.comparison import Comparison, compare
from xoropt_solvers.comparing.named_problems import NamedProblem, read_problems
from xoropt_solvers.comparing.runs import Run
from xoropt_solvers.comparing.scoring import Score, scores
from xoropt_solvers.comparing.variants import Variant, read_variants

__all__ = [
    "Comparison",
    "NamedProblem",
    "Run",
    "Score",
    "Variant",
    "compare",
    "read_problems",
    "read_variants",
    "scores",
]
