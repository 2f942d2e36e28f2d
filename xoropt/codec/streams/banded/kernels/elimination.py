"""Compiled loops of the banded elimination over GF(2), of back substitution, and of the columns of a syndrome.

Rows are kept *in place*: bit c of a row lies in word (c // 64) mod B, so that no row is shifted when the window moves
on. B is a power of two and the window at most 64·(B − 1) bits wide, so no two columns that a row can reach share a bit.
A row is 2·B words: B words of the band, B − 1 words of the *border* (columns 0 … border − 1, which the first and the
last equations of a ring share), and one word of right-hand sides, bit p for plane p.
"""

import numpy as np
from numba import njit

from xoropt.codec.streams.banded.kernels.vectors import copy8, xor8, xor_four8
from xoropt.common.words.vectors import ones, trailing_zeros

__all__ = ["BATCH", "columns", "eliminate", "evaluate", "substitute"]

ONE = np.uint64(1)
NIBBLE = np.uint64(15)
BATCH = 16
"""Equations that are reduced together: enough to hide the latency of each behind the others."""


@njit(inline="always")
def _load(work, at, head, pattern, system):
    """Write the equation with its window at column `head` to work[at : at+2B], with right-hand sides of zero.

    Columns with a clear bit in `live` hold the constant 0 and are left out.
    """
    patterns, words, live, n, border, B = system[2], system[3], system[4], system[6], system[7], system[8]
    mask = B - 1
    for k in range(2 * B):
        work[at + k] = 0
    first = head >> 6
    shift = np.uint64(head & 63)
    source = pattern * words
    if head >= border and head + 64 * words <= n:
        if shift == 0:
            for i in range(words):
                work[at + ((first + i) & mask)] = patterns[source + i] & live[first + i]
        else:
            rest = np.uint64(64) - shift
            carry = np.uint64(0)
            for i in range(words):
                value = patterns[source + i]
                work[at + ((first + i) & mask)] = ((value << shift) | carry) & live[first + i]
                carry = value >> rest
            work[at + ((first + words) & mask)] = carry & live[first + words]
    else:  # near the cut of a ring, or in a ring shorter than the window: bit by bit
        for i in range(words):
            value = patterns[source + i]
            while value:
                column = (head + i * 64 + trailing_zeros(value)) % n
                value &= value - ONE
                if (live[column >> 6] >> np.uint64(column & 63)) & ONE == 0:
                    continue
                if column < border:
                    work[at + B + (column >> 6)] ^= ONE << np.uint64(column & 63)
                else:
                    work[at + ((column >> 6) & mask)] ^= ONE << np.uint64(column & 63)


@njit(cache=True, nogil=True)
def eliminate(system, values, pivots, dependent, residual, table, work):
    """Eliminate the equations one by one, and return the number of dependent ones.

    Each equation takes the earliest column that is left in it as its pivot. `BATCH` consecutive equations pass together
    through the columns that all have a pivot, four columns at a time: `table` holds, for every group of four such
    columns, the sixteen sums of their pivot rows (the method of the Four Russians). Then each goes on alone through the
    other columns, pivot by pivot.

    Args:
        system: the values of a `banded.equations.BandedSystem`.
        values: uint64 (E,), right-hand sides.
        pivots: the arrays of `banded.elimination.Pivots`, without pivots; they are filled in.
        dependent: out, int64 (E,), equations that depend on earlier ones.
        residual: out, uint64 (E,), bit p set where the value of plane p contradicts the earlier equations.
        table: working memory, uint64 (16·16·B·2B,).
        work: working memory, uint64 (BATCH·2B,).
    """
    heads, pattern, _, _, _, window, n, border, B = system
    rows, owner, border_rows, border_owner = pivots
    width = 2 * B
    mask = B - 1
    group_mask = B * 16 - 1
    count = 0
    frontier = border >> 2  # every column of an earlier group that can still occur has a pivot
    total = heads.shape[0]
    e0 = 0
    while e0 < total:
        size = 1
        reach = (max(heads[e0], border) & ~15) + 64 * B - window  # later heads would wrap onto columns still needed
        while size < BATCH and e0 + size < total and heads[e0 + size] <= reach:
            size += 1
        for k in range(size):
            _load(work, k * width, heads[e0 + k], pattern[e0 + k], system)
            work[k * width + width - 1] = values[e0 + k]
        for k in range(size * width, BATCH * width):
            work[k] = 0
        head = heads[e0]
        if (head >> 2) > frontier:
            frontier = head >> 2
        g = max(head, border) >> 4 << 2
        while g < frontier:  # four groups, a quarter of a word, at a time; beyond the frontier, zero rows
            i = (g >> 4) & mask
            shift = np.uint64((g & 15) * 4)
            base = (g & group_mask) * 16
            use1 = NIBBLE if g + 1 < frontier else np.uint64(0)
            use2 = NIBBLE if g + 2 < frontier else np.uint64(0)
            use3 = NIBBLE if g + 3 < frontier else np.uint64(0)
            for k in range(0, BATCH * width, width):
                word = work[k + i]
                row0 = (base + np.int64((word >> shift) & NIBBLE)) * width
                word ^= table[row0 + i]
                row1 = (base + 16 + np.int64((word >> (shift + np.uint64(4))) & use1)) * width
                word ^= table[row1 + i]
                row2 = (base + 32 + np.int64((word >> (shift + np.uint64(8))) & use2)) * width
                word ^= table[row2 + i]
                row3 = (base + 48 + np.int64((word >> (shift + np.uint64(12))) & use3)) * width
                for q in range(0, width, 8):
                    xor_four8(work, k + q, table, row0 + q, row1 + q, row2 + q, row3 + q)
            g += 4
        after = (4 * frontier) >> 6
        for k in range(size):
            e = e0 + k
            at = k * width
            last = min(heads[e] + window, n) - 1
            placed = False
            i = max(after, heads[e] >> 6)
            while i * 64 <= last:
                bits = work[at + (i & mask)]
                while bits:
                    column = i * 64 + trailing_zeros(bits)
                    pivot = column * width
                    word = rows[pivot + (i & mask)]
                    if word == 0:
                        for q in range(0, width, 8):
                            copy8(rows, pivot + q, work, at + q)
                        owner[column] = e
                        placed = True
                        break
                    bits ^= word
                    for q in range(0, width, 8):
                        xor8(work, at + q, rows, pivot + q)
                if placed:
                    break
                i += 1
            if placed:
                continue
            for i in range(B - 1):
                bits = work[at + B + i]
                while bits:
                    column = i * 64 + trailing_zeros(bits)
                    pivot = column * B
                    if border_owner[column] < 0:
                        for q in range(0, B, 8):
                            copy8(border_rows, pivot + q, work, at + B + q)
                        border_owner[column] = e
                        placed = True
                        break
                    bits ^= border_rows[pivot + i]
                    for q in range(0, B, 8):
                        xor8(work, at + B + q, border_rows, pivot + q)
                if placed:
                    break
            if not placed:
                dependent[count] = e
                residual[count] = work[at + width - 1]
                count += 1
        e0 += size
        head = heads[min(e0, total - 1)]
        while 4 * frontier + 3 < n:
            full = True
            for k in range(4):
                column = 4 * frontier + k
                if column >= head and column >= border and owner[column] < 0:
                    full = False
            if not full:
                break
            base = (frontier & group_mask) * 16 * width
            i = ((4 * frontier) >> 6) & mask
            shift = np.uint64((4 * frontier) & 63)
            for q in range(width):
                table[base + q] = 0
            for k in range(3, -1, -1):
                low = 1 << k
                pivot = (4 * frontier + k) * width
                here = np.int64((rows[pivot + i] >> shift) & NIBBLE)
                value = low
                while value < 16 and here:
                    target = base + value * width
                    other = base + (value ^ here) * width
                    for q in range(0, width, 8):
                        copy8(table, target + q, rows, pivot + q)
                        xor8(table, target + q, table, other + q)
                    value += 2 * low
            frontier += 1
    return count


@njit(cache=True, nogil=True)
def substitute(system, pivots, planes, x):
    """Substitute back: write a solution of the independent equations, with free columns 0, to x, uint8 (planes·n,)."""
    n, border, B = system[6], system[7], system[8]
    rows, owner, border_rows, border_owner = pivots
    width = 2 * B
    mask = B - 1
    band = np.zeros(planes * B, np.uint64)  # the solution in place, as the rows are
    edge = np.zeros(planes * B, np.uint64)
    for column in range(border - 1, -1, -1):
        if border_owner[column] < 0:
            continue
        pivot = column * B
        for p in range(planes):
            total = np.uint64(0)
            for i in range(B - 1):
                total ^= border_rows[pivot + i] & edge[p * B + i]
            bit = (np.uint64(ones(total)) ^ (border_rows[pivot + B - 1] >> np.uint64(p))) & ONE
            edge[p * B + (column >> 6)] |= bit << np.uint64(column & 63)
            x[p * n + column] = bit
    for column in range(n - 1, border - 1, -1):
        i = (column >> 6) & mask
        shift = np.uint64(column & 63)
        pivot = column * width
        for p in range(planes):
            at = p * B
            band[at + i] &= ~(ONE << shift)
            if owner[column] < 0:
                continue
            total = np.uint64(0)
            for k in range(B):
                total ^= rows[pivot + k] & band[at + k]
            for k in range(B - 1):
                total ^= rows[pivot + B + k] & edge[at + k]
            bit = (np.uint64(ones(total)) ^ (rows[pivot + width - 1] >> np.uint64(p))) & ONE
            band[at + i] |= bit << shift
            x[p * n + column] = bit


@njit(cache=True, nogil=True)
def evaluate(system, planes, x, out):
    """Evaluate the equations at x, uint8 (planes·n,): bit p of out[e], uint64, is the left side of e for plane p."""
    heads, pattern, patterns, words, _, _, n, _, _ = system
    length = (n >> 6) + words + 2
    packed = np.zeros(length, np.uint64)
    for p in range(planes):
        for i in range(length):
            packed[i] = 0
        for c in range(64 * (length - 1)):
            packed[c >> 6] |= np.uint64(x[p * n + c % n]) << np.uint64(c & 63)
        for e in range(heads.shape[0]):
            i = heads[e] >> 6
            shift = np.uint64(heads[e] & 63)
            source = pattern[e] * words
            total = np.uint64(0)
            for k in range(words):
                value = packed[i + k] >> shift
                if shift:
                    value |= packed[i + k + 1] << (np.uint64(64) - shift)
                total ^= patterns[source + k] & value
            out[e] |= (np.uint64(ones(total)) & ONE) << np.uint64(p)


@njit(cache=True, nogil=True)
def columns(system, pivots, last, column, budget):
    """Find the columns of the syndrome: which of up to 64 dependent equations a flip of each value changes.

    This repeats the elimination of the equations that matter, from the last to the first, and adds each one's column to
    those of the equations that its reduction used.

    Args:
        system: as for `eliminate`.
        pivots: as `eliminate` filled them in.
        last: the last dependent equation.
        column: uint64 (E,); at first bit k at the k-th dependent equation and zero elsewhere; then the columns.
        budget: reductions that may be repeated.

    Returns:
        The first equation with a column that is not zero, or −1 where the budget was spent.
    """
    heads, pattern, _, _, _, window, n, border, B = system
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
        _load(work, 0, heads[e], pattern[e], system)
        end = min(heads[e] + window, n) - 1
        i = max(heads[e], border) >> 6
        placed = False
        while i * 64 <= end:
            bits = work[i & mask]
            while bits:
                c = i * 64 + trailing_zeros(bits)
                if owner[c] < 0 or owner[c] >= e:  # pivots of later equations did not exist yet
                    placed = True
                    break
                column[owner[c]] ^= mine
                bits ^= rows[c * width + (i & mask)]
                for q in range(0, width, 8):
                    xor8(work, q, rows, c * width + q)
            if placed:
                break
            i += 1
        if placed:
            continue
        for i in range(B - 1):
            bits = work[B + i]
            while bits:
                c = i * 64 + trailing_zeros(bits)
                if border_owner[c] < 0 or border_owner[c] >= e:
                    placed = True
                    break
                column[border_owner[c]] ^= mine
                bits ^= border_rows[c * B + i]
                for q in range(0, B, 8):
                    xor8(work, B + q, border_rows, c * B + q)
            if placed:
                break
    return first
