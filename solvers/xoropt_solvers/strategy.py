"""What a strategy is, what it gets and what it returns."""

import importlib.util
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xoropt_solvers.batch import ParityBatch

__all__ = ["Answer", "BatchAnswer", "Clock", "Listener", "Strategy", "TimeUpError", "missing_packages"]

Listener = Callable[[int, int], None]
"""Gets a cost and a lower bound."""


class TimeUpError(Exception):
    """The time was up before a strategy had an answer of its own; `solve` then returns the greedy one."""


class Clock:
    """How many seconds have passed since a solve began, how many are left of its limit, and what was found by now.

    Attributes:
        time_limit: seconds, or None for no limit. `solve` has checked it.
        begin: when the clock was made, on `time.perf_counter`.
        listener: gets what `report` is told; None: nobody does.
        ended_by: the time is up when it is set, too; None: only the limit counts.
    """

    def __init__(
        self,
        time_limit: float | None = None,
        listener: Listener | None = None,
        ended_by: threading.Event | None = None,
    ) -> None:
        self.time_limit = time_limit
        self.listener = listener
        self.ended_by = ended_by
        self.begin = time.perf_counter()

    def report(self, cost: int, lower_bound: int = 0) -> None:
        """Tell who listens that there is an answer of this cost, or that no x costs less than this bound.

        A strategy that searches for long says so whenever one of them has improved. It may be called from any thread,
        and costs nothing where nobody listens.
        """
        if self.listener is not None:
            self.listener(int(cost), int(lower_bound))

    def part(self, seconds: float | None) -> "Clock":
        """Return a clock over some of the time left, for a part of the search; it reports to the same listener."""
        left = self.left()
        limit = left if seconds is None else seconds if left is None else min(seconds, left)
        return Clock(limit, self.listener, self.ended_by)

    def raised(self, offset: int) -> "Clock":
        """Return the same clock for a problem in which every x costs so much less than in the one that is reported."""
        clock, listener = Clock(self.time_limit, ended_by=self.ended_by), self.listener
        clock.begin = self.begin
        if listener is not None:
            clock.listener = lambda cost, bound: listener(cost + offset, bound + offset)
        return clock

    def elapsed(self) -> float:
        """Return the seconds since the clock was made."""
        return time.perf_counter() - self.begin

    def left(self) -> float | None:
        """Return the seconds left, at least 0, or None where there is no limit."""
        if self.ended_by is not None and self.ended_by.is_set():
            return 0.0
        return None if self.time_limit is None else max(0.0, self.time_limit - self.elapsed())

    def expired(self) -> bool:
        """Tell whether the time is up."""
        if self.ended_by is not None and self.ended_by.is_set():
            return True
        return self.time_limit is not None and self.elapsed() >= self.time_limit

    def check(self) -> None:
        """Raise TimeUpError once the time is up."""
        if self.expired():
            raise TimeUpError

    def half(self) -> "Clock":
        """Return a clock over half of the time left, for work that only prepares the search."""
        left = self.left()
        return self.part(None if left is None else left / 2)


@dataclass(frozen=True, eq=False)
class Answer:
    """What a strategy claims about one problem; `solve` checks the first two claims.

    Attributes:
        x: bool (n,).
        cost: the weight of the rows where A·x differs from b.
        lower_bound: no x costs less, as the strategy has proved.
        info: what else there is to report.
    """

    x: np.ndarray
    cost: int
    lower_bound: int = 0
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class BatchAnswer:
    """What a strategy claims about a batch, as in `Answer`, with one entry for each block.

    Attributes:
        x: uint64 (blocks,), bit i is x_i.
        cost: int64 (blocks,).
        lower_bound: int64 (blocks,).
    """

    x: np.ndarray
    cost: np.ndarray
    lower_bound: np.ndarray


@dataclass(frozen=True)
class Strategy:
    """A strategy that searches seeds. Another package offers its own by the entry-point group ``xoropt.solvers``.

    Attributes:
        name: what `solve` calls it.
        run: ``run(problem, clock, **options) -> Answer``. The ParityProblem never has fixed bits. Where `reduces` is
            set, it is in the form that `xoropt_solvers.reduction.reduce_problem` makes: it has no zero row, no row
            twice and only positive weights; and it is not solvable at cost 0.
        run_batch: ``run_batch(batch, time_limit) -> BatchAnswer`` of a compiled strategy, else None.
        exact: whether it proves its optimum when time allows.
        requires: from the name of a module that it imports to what pip installs it by: a package, or an extra of one.
        reduces: whether `solve` gives it the reduced problem.
        summary: one line for listings.
    """

    name: str
    run: Callable[..., Answer]
    exact: bool
    run_batch: Callable[[ParityBatch, float | None], BatchAnswer] | None = None
    requires: Mapping[str, str] = field(default_factory=dict)
    reduces: bool = True
    summary: str = ""


def missing_packages(strategy: Strategy) -> dict[str, str]:
    """Return the modules that the strategy needs and that are not installed, each with what pip installs it by."""
    return {module: package for module, package in strategy.requires.items() if not _installed(module)}


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
