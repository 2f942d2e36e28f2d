"""Compiled loops of the banded elimination over GF(2).

Rows are kept *in place*: bit c of a row lies in word (c // 64) mod B, so that no row is shifted when the window moves
on. B is a power of two and the window at most 64·(B − 1) bits wide, so no two columns that a row can reach share a bit.
A row is 2·B words: B words of the band, B − 1 words of the *border* (columns 0 … border − 1, which the first and the
last equations of a ring share), and one word of right-hand sides, bit p for plane p.
"""

import numpy as np
from numba import njit

from xoropt.codec.streams.banded.kernels.vectors import (
    add_rows,
    clear_columns,
    clear_row,
    copy_row,
    shift_twice,
    turn_half,
    xor_row,
)
from xoropt.common.words.vectors import trailing_zeros

__all__ = ["BATCH", "eliminate", "load_equations"]

ONE = np.uint64(1)
NIBBLE, FOUR_NIBBLES = np.uint64(15), np.uint64(0xFFFF)
BORDER, DEPENDENT = -1, -2
"""Instead of the column of a pivot."""
LAG = 28
"""Columns by which the last pivot is ahead of a group that gets its table although it has columns without one."""
BATCH = 64
"""Equations that pass together through the columns with a pivot, so that each table is read from the first cache."""
FEW = 16
"""Equations of a batch that pass together through the pivots that the batch itself has made."""


@njit(inline="always")
def load_equations(work, first, count, system, lines):
    """Write equations first … first + count − 1 to the rows of `work`, with right-hand sides of zero.

    Columns with a clear bit in `live` hold the constant 0 and are left out.
    """
    heads, pattern, patterns, words, live, _, n, border, B = system
    width = 2 * B
    for k in range(count):
        head = heads[first + k]
        if head >= border and head + 64 * B <= n:
            place = pattern[first + k] * (B + 1) + 1
            shift_twice(work, k * width, patterns, place, np.uint64(head & 63), live, head >> 6, lines)
    for k in range(count):  # now, since a vector that is loaded where two were just stored waits for both
        head, at = heads[first + k], k * width
        if head >= border and head + 64 * B <= n:
            turn_half(work, at, B - ((head >> 6) & (B - 1)), lines)
            continue
        clear_row(work, at, lines)  # near the cut of a ring, or in a ring shorter than the window: bit by bit
        for i in range(words):
            value = patterns[pattern[first + k] * (B + 1) + 1 + i]
            while value:
                column = (head + i * 64 + trailing_zeros(value)) % n
                value &= value - ONE
                if (live[column >> 6] >> np.uint64(column & 63)) & ONE == 0:
                    continue
                if column < border:
                    work[at + B + (column >> 6)] ^= ONE << np.uint64(column & 63)
                else:
                    work[at + ((column >> 6) & (B - 1))] ^= ONE << np.uint64(column & 63)


@njit(inline="always")
def _reduce(work, first, stop, table, g, frontier, B, lines):
    """Clear the columns of groups g … frontier − 1 in rows first … stop − 1; g is a multiple of four.

    Four groups are taken at a time; beyond the frontier, zero rows are added. The tables of these four are reduced by
    each other, so that which rows to add is known from the beginning.
    """
    width = 2 * B
    while g < frontier:
        i = (g >> 4) & (B - 1)
        shift = np.uint64((g & 15) * 4)
        base = (g & (B * 16 - 1)) * 16 * width
        use = FOUR_NIBBLES >> np.uint64(4 * max(0, g + 4 - frontier))
        for k in range(first, stop):
            clear_columns(work, k * width, i, shift, use, table, base, lines)
        g += 4


@njit(inline="always")
def _find_pivot(work, at, e, i, system, pivots, lines):
    """Reduce equation e, the row work[at:], pivot by pivot, from word i on; store it where it finds a pivot.

    Returns:
        The column of the pivot; `BORDER` for one of the border; `DEPENDENT` where there is none.
    """
    heads, window, n, B = system[0], system[5], system[6], system[8]
    rows, owner, border_rows, border_owner = pivots
    width = 2 * B
    mask = B - 1
    last = min(heads[e] + window, n) - 1
    while i * 64 <= last:
        bits = work[at + (i & mask)]
        while bits:
            column = i * 64 + trailing_zeros(bits)
            pivot = column * width
            if owner[column] < 0:
                copy_row(rows, pivot, work, at, lines)
                owner[column] = e
                return column
            bits ^= rows[pivot + (i & mask)]
            xor_row(work, at, rows, pivot, lines)
        i += 1
    for k in range(B - 1):
        bits = work[at + B + k]
        while bits:
            column = k * 64 + trailing_zeros(bits)
            if border_owner[column] < 0:
                for q in range(B):
                    border_rows[column * B + q] = work[at + B + q]
                border_owner[column] = e
                return BORDER
            bits ^= border_rows[column * B + k]
            for q in range(B):
                work[at + B + q] ^= border_rows[column * B + q]
    return DEPENDENT


@njit(inline="always")
def _make_table(group, system, pivots, table, lines):
    """Make the table of a group, and reduce those of the groups before it that are taken together with it.

    Columns without a pivot stay as they are in the rows to which the table is applied.
    """
    B = system[8]
    rows, owner, _, _ = pivots
    width = 2 * B
    base = (group & (B * 16 - 1)) * 16 * width
    i = ((4 * group) >> 6) & (B - 1)
    shift = np.uint64((4 * group) & 63)
    for k in range(3, -1, -1):
        low = 1 << k
        pivot = (4 * group + k) * width
        here = np.int64((rows[pivot + i] >> shift) & NIBBLE)
        if owner[4 * group + k] < 0:
            here = low
            clear_row(rows, pivot, lines)
        for value in range(low, 16, 2 * low):
            add_rows(table, base + value * width, rows, pivot, table, base + (value ^ here) * width, lines)
    for before in range(group & ~3, group):
        other = (before & (B * 16 - 1)) * 16 * width
        for row in range(other + width, other + 16 * width, width):
            value = np.int64((table[row + i] >> shift) & NIBBLE)
            xor_row(table, row, table, base + value * width, lines)


@njit(inline="always")
def _is_ready(group, head, top, system, pivots):
    """Whether a table is worth its time: all its columns have a pivot, or none will for long.

    Args:
        group: the group.
        head: the first column of the next window, before which nothing is read any more.
        top: the last column with a pivot.
    """
    n, border = system[6], system[7]
    if 4 * group + 3 >= n:
        return False
    if 4 * group + LAG < top:
        return True
    for column in range(4 * group, 4 * group + 4):
        if pivots[1][column] == -1 and column >= head and column >= border:
            return False
    return True


@njit(cache=True, nogil=True)
def eliminate(system, lines, values, pivots, dependent, residual, table, work):
    """Eliminate the equations one by one, and return the number of dependent ones.

    Each equation takes the earliest column that is left in it as its pivot. `table` holds, for every group of four
    columns, the sixteen sums of their pivot rows (the method of the Four Russians). `BATCH` consecutive equations pass
    together through the tables that there are when the batch begins, then `FEW` of them through those made since. Then
    each goes on alone through the other columns, pivot by pivot.

    Args:
        system: the values of a `banded.equations.BandedSystem`.
        lines: a tuple with an entry for every eight words of a row.
        values: uint64 (E,), right-hand sides.
        pivots: the arrays of `banded.elimination.Pivots`, without pivots; they are filled in.
        dependent: out, int64 (E,), equations that depend on earlier ones.
        residual: out, uint64 (E,), bit p set where the value of plane p contradicts the earlier equations.
        table: working memory, uint64 (16·16·B·2B,).
        work: working memory, uint64 (BATCH·2B,).
    """
    heads, _, _, _, _, window, n, border, B = system
    rows, owner, _, _ = pivots
    width = 2 * B
    for base in range(0, len(table), 16 * width):
        clear_row(table, base, lines)  # which is added for the columns of a table that is not made yet
    count = 0
    frontier = border >> 2  # earlier groups have tables
    hole = top = border  # before `hole`, every column that can still occur has a pivot; none is behind `top`
    total = heads.shape[0]
    e0 = 0
    while e0 < total:
        size = 1
        reach = (max(heads[e0], border) & ~15) + 64 * B - window  # later heads would wrap onto columns still needed
        while size < BATCH and e0 + size < total and heads[e0 + size] <= reach:
            size += 1
        load_equations(work, e0, size, system, lines)
        for k in range(size):
            work[k * width + width - 1] = values[e0 + k]
        head = heads[e0]
        frontier = max(frontier, head >> 2)
        begin = frontier >> 2 << 2
        hole = max(hole, head)
        while hole < 4 * frontier and owner[hole] != -1:
            hole += 1
        _reduce(work, 0, size, table, max(head, border) >> 4 << 2, frontier, B, lines)
        for first in range(0, size, FEW):
            stop = min(first + FEW, size)
            if first:
                _reduce(work, first, stop, table, begin, frontier, B, lines)
            for k in range(first, stop):
                e = e0 + k
                column = _find_pivot(work, k * width, e, max(hole, heads[e]) >> 6, system, pivots, lines)
                if column == DEPENDENT:
                    dependent[count] = e
                    residual[count] = work[k * width + width - 1]
                    count += 1
                elif 0 <= column < 4 * frontier:
                    for group in range(column >> 4 << 2, min((column >> 4 << 2) + 4, frontier)):
                        _make_table(group, system, pivots, table, lines)
                top = max(top, column)
            head = heads[min(e0 + stop, total - 1)]
            while _is_ready(frontier, head, top, system, pivots):
                _make_table(frontier, system, pivots, table, lines)
                frontier += 1
        e0 += size
    for column in range(n):
        if owner[column] < 0:
            clear_row(rows, column * width, lines)
    return count
