"""Warming up: what a synthesis compiles at its first use, done before its clock starts."""

import numpy as np
from xoropt_solvers.compiling import compile_all

from xoropt.circuits.synthesis import synthesize

__all__ = ["warm_up"]

SECONDS = 0.2
"""The time limit of the small synthesis."""
SHAPE = 24, 16
"""Of its matrix, which is large enough that every method of "auto" gets its turn."""


def warm_up(method: str = "auto", max_inputs: int = 2) -> None:
    """Let a method compile what it needs, on a small random matrix; only symmetric and large matrices need more.

    Args:
        method, max_inputs: as for `synthesize`.

    Raises:
        ArgumentError: as for `synthesize`.
    """
    matrix = np.random.default_rng(0).random(SHAPE) < 0.5
    compile_all(lambda: synthesize(matrix, method, time_limit=SECONDS, max_inputs=max_inputs))
