"""Warming up: what a strategy imports and compiles at its first use, done before a clock starts."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from xoropt_solvers.errors import InvalidInputError, LimitExceededError
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.solving import solve

__all__ = ["warm_up"]

SECONDS = 0.3
"""The time limit of each small problem."""


def warm_up(strategy: str, **options: Any) -> bool:
    """Let a strategy import and compile what it needs, on small problems, and check its options.

    A first use compiles for seconds; numba keeps the result in its cache, so that later processes only load it.

    Args:
        strategy: its name.
        options: as for `solve`.

    Returns:
        Whether the strategy holds time limits; engines that can't be interrupted don't.

    Raises:
        InvalidInputError: the strategy or one of its options is unknown.
    """
    limit: float | None = SECONDS
    for problem in _small_problems():
        try:
            try:
                solve(problem, strategy, limit, **options)
            except InvalidInputError:
                if limit is None or problem.A.shape[1] > 64:
                    raise
                limit = None  # an engine that cannot be interrupted
                solve(problem, strategy, None, **options)
        except LimitExceededError:
            continue
        if limit is None:
            break
    return limit is not None


def _small_problems() -> Iterator[ParityProblem]:
    """One of each kind that has code of its own: in one word, weighted, in several words, of sparse checks."""
    rng = np.random.default_rng(1)
    for k, n, weighted in ((24, 8, False), (24, 8, True), (26, 20, False), (60, 40, True), (90, 70, False)):
        weights = rng.integers(1, 4, k) if weighted else None
        yield ParityProblem(rng.random((k, n)) < 0.5, rng.random(k) < 0.5, weights)
    ring = np.eye(40, dtype=bool) ^ np.roll(np.eye(40, dtype=bool), 1, axis=1)
    yield ParityProblem.from_checks(ring, np.arange(40) % 8 < 2)
