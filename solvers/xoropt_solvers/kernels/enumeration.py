"""All 2^n seeds of a block, in the order of a Gray code, or at once by a Walsh–Hadamard transform."""

import numpy as np
from numba import int32, njit, types, void

from xoropt_solvers.kernels.bits import boolean, count_ones, inner, int64, trailing_zeros, uint64

__all__ = ["enumerate_blocks", "gray_range", "transform_blocks", "transpose_rows"]

ROWS = types.Array(uint64, 1, "C", readonly=True)
VALUES = types.Array(boolean, 1, "C", readonly=True)
INTS = types.Array(int64, 1, "C", readonly=True)
ONE = np.uint64(1)
CACHED = 1 << 13  # entries of a part of the transform
LOW = 9  # unknowns whose 2^9 sums are tabulated, so that the innermost loop runs over a table


@inner
def transpose_rows(rows, values, lo, hi, n, columns):  # type: ignore[no-untyped-def]
    """Fill columns[j, w] with the rows that hold x_j, a bit for each row, and columns[n, w] with the values."""
    columns[: n + 1] = 0
    for i in range(lo, hi):
        bit = ONE << uint64((i - lo) & 63)
        w = (i - lo) >> 6
        left = rows[i]
        while left != 0:
            columns[trailing_zeros(left), w] |= bit
            left &= left - ONE
        if values[i]:
            columns[n, w] |= bit


@inner
def gray_search(columns, words, n, first, last, sums, best, answer):  # type: ignore[no-untyped-def]
    """Try steps first … last − 1 of the Gray code over the high unknowns, each with all sums of the low ones.

    sums[w, v] is the table of the low sums. Returns (best, answer).
    """
    low = min(n, LOW)
    size = int64(1) << low
    for w in range(words):
        sums[w, 0] = 0
        for j in range(low):
            half = int64(1) << j
            for v in range(half):
                sums[w, half + v] = sums[w, v] ^ columns[j, w]
    counts = np.empty(size, dtype=np.int64)
    base = np.empty(words, dtype=np.uint64)
    gray = uint64(first) ^ (uint64(first) >> ONE)
    for w in range(words):
        base[w] = columns[n, w]
        for j in range(n - low):
            if (gray >> uint64(j)) & ONE:
                base[w] ^= columns[low + j, w]
    for step in range(first, last):
        if step > first:
            j = trailing_zeros(uint64(step))
            gray ^= ONE << uint64(j)
            for w in range(words):
                base[w] ^= columns[low + j, w]
        least = int64(1) << 40
        if words == 1:
            word = base[0]
            for v in range(size):
                least = min(least, count_ones(word ^ sums[0, v]))
        else:
            counts[:] = 0
            for w in range(words):
                word = base[w]
                for v in range(size):
                    counts[v] += count_ones(word ^ sums[w, v])
            for v in range(size):
                least = min(least, counts[v])
        if least < best:
            best = least
            for v in range(size):
                ones = int64(0)
                for w in range(words):
                    ones += count_ones(base[w] ^ sums[w, v])
                if ones == least:
                    answer = (gray << uint64(low)) | uint64(v)
                    break
    return best, answer


@njit(void(ROWS, VALUES, INTS, int64, uint64[::1], int64[::1]), cache=True, nogil=True)
def enumerate_blocks(rows, values, starts, n, x, cost):  # type: ignore[no-untyped-def]
    """Find the cheapest x of every unweighted block by Gray code."""
    longest = 1
    for block in range(starts.size - 1):
        longest = max(longest, starts[block + 1] - starts[block])
    words = (longest + 63) >> 6
    columns = np.zeros((n + 1, words), dtype=np.uint64)
    sums = np.empty((words, 1 << LOW), dtype=np.uint64)
    last = int64(1) << max(0, n - LOW)
    for block in range(starts.size - 1):
        lo, hi = starts[block], starts[block + 1]
        transpose_rows(rows, values, lo, hi, n, columns)
        used = max(1, (hi - lo + 63) >> 6)
        cost[block], x[block] = gray_search(columns, used, n, 0, last, sums, hi - lo + 1, uint64(0))


@njit(types.UniTuple(uint64, 2)(ROWS, VALUES, int64, int64, int64, int64), cache=True, nogil=True)
def gray_range(rows, values, n, first, last, best):  # type: ignore[no-untyped-def]
    """Enumerate a part of one block; returns (cost, x), or (best, 0) if nothing in it costs less than `best`."""
    words = max(1, (rows.size + 63) >> 6)
    columns = np.zeros((n + 1, words), dtype=np.uint64)
    sums = np.empty((words, 1 << LOW), dtype=np.uint64)
    transpose_rows(rows, values, 0, rows.size, n, columns)
    low, answer = gray_search(columns, words, n, first, last, sums, best, uint64(0))
    return uint64(low), answer


@inner
def butterflies(spectrum, half):  # type: ignore[no-untyped-def]
    """Do the levels of the transform from `half` up."""
    while half < spectrum.size:
        for base in range(0, spectrum.size, 2 * half):
            lower = spectrum[base : base + half]
            upper = spectrum[base + half : base + 2 * half]
            for v in range(half):
                a, b = lower[v], upper[v]
                lower[v] = a + b
                upper[v] = a - b
        half *= 2


@njit(
    [
        void(ROWS, VALUES, INTS, INTS, int64, int32[::1], uint64[::1], int64[::1]),
        void(ROWS, VALUES, INTS, INTS, int64, int64[::1], uint64[::1], int64[::1]),
    ],
    cache=True,
    nogil=True,
)
def transform_blocks(rows, values, starts, weights, n, spectrum, x, cost):  # type: ignore[no-untyped-def]
    """Find the cheapest x of every block by transforming the weights, with the sign of their values, at their rows.

    The transform is F(x) = Σ w·(−1)^(row·x ⊕ value), so that x costs (Σ w − F(x))/2, and the largest entry costs least.
    `spectrum` is scratch of 2^n entries.
    """
    weighted = weights.size > 0
    size = int64(1) << n
    for block in range(starts.size - 1):
        spectrum[:] = 0
        total = int64(0)
        for i in range(starts[block], starts[block + 1]):
            weight = weights[i] if weighted else 1
            total += weight
            spectrum[int64(rows[i])] += -weight if values[i] else weight
        # Parts that fit the cache are transformed one after another, so that only the top levels run over everything.
        part = min(size, int64(CACHED))
        for base in range(0, size, part):
            butterflies(spectrum[base : base + part], int64(1))
        butterflies(spectrum, part)
        best = int64(0)
        for v in range(1, size):
            if spectrum[v] > spectrum[best]:
                best = v
        x[block] = uint64(best)
        cost[block] = (total - spectrum[best]) // 2
