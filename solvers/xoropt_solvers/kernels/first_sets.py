"""What searches of cosets begin with in each block: working arrays, the first information set, and its trellis."""

from typing import NamedTuple

import numpy as np
from numba import types, void

from xoropt_solvers.kernels.bits import boolean, inner, int64, uint64
from xoropt_solvers.kernels.information_sets import SIZE, add_set, information_sets, write_answer
from xoropt_solvers.kernels.patterns import trellis
from xoropt_solvers.kernels.steps import TRELLIS_BITS
from xoropt_solvers.kernels.systematic import solve_members

__all__ = ["SIGNATURE", "SMALL", "first_set", "make_scratch", "run_trellis"]

ROWS = types.Array(uint64, 1, "C", readonly=True)
VALUES = types.Array(boolean, 1, "C", readonly=True)
INTS = types.Array(int64, 1, "C", readonly=True)
SIGNATURE = void(ROWS, VALUES, INTS, INTS, INTS, int64, uint64[::1], int64[::1], int64[::1], int64[::1])
SMALL = 4000  # steps below which to plan costs more than it saves


class Scratch(NamedTuple):
    """The working arrays of the searches, used again for each block."""

    stack: np.ndarray  # uint64 (66, words)
    integers: np.ndarray  # int64 (3, 128): indices; counts; the pattern found
    columns: np.ndarray  # uint64 (128,)
    table: np.ndarray  # int64 (8 · words, 256)
    dist: np.ndarray  # int64 (2^largest c up to TRELLIS_BITS,)


@inner
def run_trellis(s, scratch, c, best, x, block, stop):  # type: ignore[no-untyped-def]
    """Run the table over all syndromes on the first set; returns the minimum, or `best` where it was stopped."""
    best, used = trellis(
        s.checks[0, 0],
        s.members[0, 2],
        s.figures[0, SIZE],
        s.unit_weights[0],
        c,
        s.checks[0, 0, 64],
        best,
        scratch.dist,
        scratch.integers[2],
        stop,
    )
    if used >= 0:
        write_answer(s, int64(0), scratch.integers[2], used, x, block)
    return best


@inner
def make_scratch(starts, todo):  # type: ignore[no-untyped-def]
    """Make room for the information sets and the working arrays of the longest block of `todo`."""
    longest = 1
    for block in todo:
        longest = max(longest, starts[block + 1] - starts[block])
    words = (longest + 63) >> 6
    scratch = Scratch(
        np.empty((66, words), dtype=np.uint64),
        np.empty((3, 128), dtype=np.int64),
        np.empty(128, dtype=np.uint64),
        np.empty((8 * words, 256), dtype=np.int64),
        np.empty(1 << min(longest, TRELLIS_BITS), dtype=np.int64),
    )
    return information_sets(longest), scratch


@inner
def first_set(s, rows, values, weights, lo, hi, x, block):  # type: ignore[no-untyped-def]
    """Make the first information set of rows lo … hi − 1, and write its x; returns (rank, dependent rows, cost)."""
    rank, c, best = add_set(s, int64(0), rows, values, weights, lo, hi)
    x[block] = solve_members(s.systems[0, 0], s.systems[0, 1], s.heads[0, 0], s.heads[0, 1])
    return rank, c, best
