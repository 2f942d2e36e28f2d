"""The compiled loop that finds which care bits a contradiction can be moved to: the columns of a syndrome."""

import numpy as np
from numba import njit

from xoropt.codec.streams.banded.kernels.elimination import load_equations
from xoropt.codec.streams.banded.kernels.vectors import xor_row
from xoropt.common.words.vectors import trailing_zeros

__all__ = ["columns"]


@njit(cache=True, nogil=True)
def columns(system, lines, pivots, places, last, column, budget):
    """Find the columns of the syndrome: which of up to 64 dependent equations a flip of each value changes.

    An equation and its pivot row, or nothing where it is dependent, differ by pivot rows of earlier equations. These
    are found by reducing the difference, for the equations that matter, from the last to the first, and each one's
    column is added to those of the equations that its reduction used.

    Args:
        system: as for `eliminate`.
        lines: as for `eliminate`.
        pivots: as `eliminate` filled them in.
        places: int32 (E,), the column of each equation's pivot, −1 where there is none.
        last: the last dependent equation.
        column: uint64 (E,); at first bit k at the k-th dependent equation and zero elsewhere; then the columns.
        budget: reductions that may be repeated.

    Returns:
        The first equation with a column that is not zero, or −1 where the budget was spent.
    """
    heads, _, _, _, _, window, n, border, B = system
    rows, owner, border_rows, border_owner = pivots
    width = 2 * B
    mask = B - 1
    work = np.zeros(width, np.uint64)
    first = last
    for e in range(last, -1, -1):
        mine = column[e]
        if mine == 0:
            continue
        if budget == 0:
            return -1
        budget -= 1
        first = e
        load_equations(work, e, 1, system, lines)
        own = places[e]
        if own >= border:
            xor_row(work, 0, rows, own * width, lines)
        elif own >= 0:
            for q in range(B):
                work[B + q] ^= border_rows[own * B + q]
        i = max(heads[e], border) >> 6
        while i * 64 < min(heads[e] + window, n):
            bits = work[i & mask]
            while bits:
                c = i * 64 + trailing_zeros(bits)
                column[owner[c]] ^= mine
                bits ^= rows[c * width + (i & mask)]
                xor_row(work, 0, rows, c * width, lines)
            i += 1
        for i in range(B - 1):
            bits = work[B + i]
            while bits:
                c = i * 64 + trailing_zeros(bits)
                column[border_owner[c]] ^= mine
                bits ^= border_rows[c * B + i]
                for q in range(B):
                    work[B + q] ^= border_rows[c * B + q]
    return first
