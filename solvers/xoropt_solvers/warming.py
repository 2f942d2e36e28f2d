"""Warming up: what a strategy imports and compiles at its first use, done before a clock starts."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from xoropt_solvers.compiling import compile_all
from xoropt_solvers.errors import InvalidInputError, LimitExceededError
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.solving import solve

__all__ = ["warm_up"]

SECONDS = 0.1
"""The time limit of each small problem."""
FEW = 20
"""Unknowns up to which a problem needs no more than those small ones do that have as few."""
SPARSE = 0.05
"""The share of ones in A below which the strategies for sparse checks may get a problem."""


def warm_up(strategy: str, problem: ParityProblem | None = None, **options: Any) -> bool:
    """Let a strategy import and compile what it needs, on small problems, and check its options.

    A first use compiles for seconds; numba keeps the result in its cache, so that later processes only load it.

    Args:
        strategy: its name.
        problem: what it is to solve, which needs a part of it; None: any.
        options: as for `solve`.

    Returns:
        Whether the strategy holds time limits; engines that can't be interrupted don't.

    Raises:
        InvalidInputError: the strategy or one of its options is unknown.
    """
    limit: float | None = SECONDS
    for small in _small_problems(problem):
        try:
            try:
                compile_all(partial(solve, small, strategy, limit, **options))
            except InvalidInputError:
                if limit is None or small.A.shape[1] > 64:
                    raise
                limit = None  # an engine that cannot be interrupted
                solve(small, strategy, None, **options)
        except LimitExceededError:
            continue
        if limit is None:
            break
    return limit is not None


def _small_problems(like: ParityProblem | None) -> Iterator[ParityProblem]:
    """One of each kind that has code of its own: in one word, weighted, in several words, of sparse checks.

    Args:
        like: a problem, where only those of its kind are wanted.
    """
    rng = np.random.default_rng(1)
    few = like is not None and like.checks is None and like.n <= FEW
    for k, n, weighted in ((24, 8, False), (24, 8, True), (26, 20, False), (60, 40, True), (90, 70, False)):
        weights = rng.integers(1, 4, k) if weighted else None
        small = ParityProblem(rng.random((k, n)) < 0.5, rng.random(k) < 0.5, weights)
        if like is None or (weighted == (like.weights is not None) and (n <= FEW or not few)):
            yield small
    if like is None or like.checks is not None or like.A.mean() < SPARSE:
        ring = np.eye(40, dtype=bool) ^ np.roll(np.eye(40, dtype=bool), 1, axis=1)
        yield ParityProblem.from_checks(ring, np.arange(40) % 8 < 2)
