"""Warming up: what a synthesis compiles at its first use, done before its clock starts."""

import numpy as np
from xoropt_solvers.compiling import compile_all

from xoropt.circuits.synthesis import synthesize
from xoropt.common.kinds import checked

__all__ = ["warm_up"]

SECONDS = 0.2
"""The time limit of the small synthesis."""
SHAPE = 24, 16
"""Of its matrix, which is large enough that every method of "auto" gets its turn."""


@checked
def warm_up(method: str = "auto", bounded: bool = False, max_inputs: int = 2) -> None:
    """Let a method compile what it needs, on a small random matrix; only symmetric and large matrices need more.

    A first use compiles for ten seconds and more; numba keeps the result in its cache, so that later processes only
    load it. Without this, the first searches spend their time limit on it.

    Args:
        method: as for `synthesize`.
        bounded: whether for searches with a bound on the depth.
        max_inputs: as for `synthesize`.

    Raises:
        ArgumentError: as for `synthesize`.
    """
    matrix = np.random.default_rng(0).random(SHAPE) < 0.5
    depth = matrix.shape[1] if bounded else None
    compile_all(lambda: synthesize(matrix, method, SECONDS, depth, max_inputs))
