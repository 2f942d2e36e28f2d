"""The compiled loop that solves an eliminated system."""

import numpy as np
from numba import njit

from xoropt.codec.streams.banded.kernels.vectors import dot
from xoropt.common.words.vectors import ones

__all__ = ["substitute"]

ONE = np.uint64(1)


@njit(cache=True, nogil=True)
def substitute(system, lines, pivots, planes, state, x):
    """Substitute back: write a solution of the independent equations, with free columns 0, to x.

    Columns are solved 64 at a time. What the columns behind these 64 add is one product for each row and needs nothing
    of the others, so that only the bits of one word follow each other.

    Args:
        system, lines, pivots: as for `eliminate`, which filled in the pivots.
        planes: number of planes.
        state: working memory, uint64 (planes·2B,), zero at first: for each plane the solution in place, as rows are.
        x: out, uint64 (planes·⌈n/64⌉,), zero at first: the columns of each plane.
    """
    n, border, B = system[6], system[7], system[8]
    rows, _, border_rows, border_owner = pivots
    width = 2 * B
    mask = B - 1
    words = (n + 63) >> 6
    for p in range(planes):
        edge = p * width + B
        state[edge + B - 1] = ONE << np.uint64(p)  # takes the right-hand side of its plane
        for column in range(border - 1, -1, -1):
            if border_owner[column] >= 0:
                total = np.uint64(0)
                for i in range(B):
                    total ^= border_rows[column * B + i] & state[edge + i]
                state[edge + (column >> 6)] |= (np.uint64(ones(total)) & ONE) << np.uint64(column & 63)
        for i in range((border + 63) >> 6):
            x[p * words + i] = state[edge + i]
    for word in range(words - 1, (border >> 6) - 1, -1):
        low = max(border - 64 * word, 0)
        high = min(n - 64 * word, 64)
        i = word & mask
        for p in range(planes):
            at = p * width
            state[at + i] = 0
            solved = np.uint64(0)
            pivot = (64 * word + high - 1) * width
            for k in range(high - 1, low - 1, -1):
                total = dot(rows, pivot, state, at, lines) ^ (rows[pivot + i] & solved)
                solved |= (np.uint64(ones(total)) & ONE) << np.uint64(k)
                pivot -= width
            state[at + i] = solved
            x[p * words + word] |= solved
