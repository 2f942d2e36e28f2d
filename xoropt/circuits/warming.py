"""Warming up: what a method of synthesis compiles at its first use, done before a clock starts."""

import time

import numpy as np

from xoropt.circuits.synthesis import synthesize
from xoropt.common.kinds import checked

__all__ = ["warm_up"]

SECONDS = 0.1
"""The time limit of each search."""
MOST_SEARCHES = 6
"""The most searches: each compiles what the one before had no time for."""


@checked
def warm_up(method: str = "auto", bounded: bool = False, max_inputs: int = 2) -> None:
    """Let a method compile what it needs, by searches in a small matrix.

    A first use compiles for ten seconds and more; numba keeps the result in its cache, so that later processes only
    load it. Without this, the first searches spend their time limit on it.

    Args:
        method: as for `synthesize`.
        bounded: whether for searches with a bound on the depth.
        max_inputs: as for `synthesize`.

    Raises:
        ArgumentError: as for `synthesize`.
    """
    matrix = np.random.default_rng(0).random((24, 8)) < 0.5
    for _ in range(MOST_SEARCHES):
        begin = time.perf_counter()
        synthesize(matrix, method, SECONDS, matrix.shape[1] if bounded else None, max_inputs)
        if time.perf_counter() - begin < 2 * SECONDS:
            break
