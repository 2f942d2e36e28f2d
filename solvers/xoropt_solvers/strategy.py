"""What a strategy is, and what it hands back."""

import importlib.util
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xoropt_solvers.batch import ParityBatch

__all__ = ["Answer", "BatchAnswer", "Clock", "Strategy", "TimeUpError", "missing_packages"]


class TimeUpError(Exception):
    """The time is up before a strategy has an answer of its own; `solve` returns the greedy one."""


class Clock:
    """Seconds since a solve began, and how many are left of its limit."""

    def __init__(self, time_limit: float | None = None) -> None:
        self.time_limit = time_limit
        self.begin = time.perf_counter()

    def elapsed(self) -> float:
        return time.perf_counter() - self.begin

    def left(self) -> float | None:
        """Seconds left, at least 0; None where there is no limit."""
        return None if self.time_limit is None else max(0.0, self.time_limit - self.elapsed())

    def expired(self) -> bool:
        return self.time_limit is not None and self.elapsed() >= self.time_limit

    def check(self) -> None:
        """Raise TimeUpError once the time is up."""
        if self.expired():
            raise TimeUpError

    def half(self) -> "Clock":
        """A clock over half of the time left: for work that only prepares the search."""
        left = self.left()
        return Clock(None if left is None else left / 2)


@dataclass(frozen=True, eq=False)
class Answer:
    """What a strategy claims: x (n,) bool, its cost, and a proven lower bound. `solve` checks the first two."""

    x: np.ndarray
    cost: int
    lower_bound: int = 0
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class BatchAnswer:
    """The same for a batch: uint64, int64 and int64 arrays of one entry a block."""

    x: np.ndarray
    cost: np.ndarray
    lower_bound: np.ndarray


@dataclass(frozen=True)
class Strategy:
    """A seed-search strategy. An outside package offers one through the entry-point group ``xoropt.solvers``.

    name : what `solve` calls it
    run : ``run(problem, clock, **options) -> Answer``; the ParityProblem never has fixed bits, and where `reduces` is
        set it is in the form that `xoropt_solvers.reduction.reduce_problem` makes: no zero row, no row twice, positive
        weights, and not solvable at cost 0
    run_batch : ``run_batch(batch, time_limit) -> BatchAnswer`` for compiled strategies, else None
    exact : whether it proves its optimum when time allows
    requires : importable module to the name of the package to install
    reduces : whether `solve` hands over the reduced problem
    summary : one line for listings
    """

    name: str
    run: Callable[..., Answer]
    exact: bool
    run_batch: Callable[[ParityBatch, float | None], BatchAnswer] | None = None
    requires: Mapping[str, str] = field(default_factory=dict)
    reduces: bool = True
    summary: str = ""


def missing_packages(strategy: Strategy) -> list[str]:
    """Name the packages that the strategy needs and that are not installed."""
    return [package for module, package in strategy.requires.items() if not _installed(module)]


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
