"""All 2^n seeds of a block, in the order of a Gray code, or at once by a Walsh–Hadamard transform."""

import numpy as np
from numba import int32, njit, types, void

from xoropt_solvers.kernels.bits import boolean, count_ones, inner, int64, stopped, trailing_zeros, uint64

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
def gray_search(columns, words, n, first, last, sums, best, answer, stop):  # type: ignore[no-untyped-def]
    """Try steps first … last − 1 of the Gray code over the high unknowns, each with all sums of the low ones.

    sums[w, v] is the table of the low sums. Once `stop` is set, the rest is left out. Returns (best, answer).
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
        if stopped(stop):
            break
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


@njit(void(ROWS, VALUES, INTS, int64, uint64[::1], int64[::1], int64[::1]), cache=True, nogil=True)
def enumerate_blocks(rows, values, starts, n, x, cost, stop):  # type: ignore[no-untyped-def]
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
        cost[block], x[block] = gray_search(columns, used, n, 0, last, sums, hi - lo + 1, uint64(0), stop)


@njit(types.UniTuple(uint64, 2)(ROWS, VALUES, int64, int64, int64, int64, int64[::1]), cache=True, nogil=True)
def gray_range(rows, values, n, first, last, best, stop):  # type: ignore[no-untyped-def]
    """Enumerate a part of one block; returns (cost, x), or (best, 0) if nothing in it costs less than `best`."""
    words = max(1, (rows.size + 63) >> 6)
    columns = np.zeros((n + 1, words), dtype=np.uint64)
    sums = np.empty((words, 1 << LOW), dtype=np.uint64)
    transpose_rows(rows, values, 0, rows.size, n, columns)
    low, answer = gray_search(columns, words, n, first, last, sums, best, uint64(0), stop)
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


@inner
def transform_part(rows, values, weights, lo, hi, high, spectrum):  # type: ignore[no-untyped-def]
    """Fill `spectrum` with F(x) for all values of the low unknowns, where the other ones are those of `high`."""
    weighted = weights.size > 0
    low = uint64(trailing_zeros(uint64(spectrum.size)))
    mask = uint64(spectrum.size - 1)
    spectrum[:] = 0
    for i in range(lo, hi):
        weight = weights[i] if weighted else 1
        sign = (uint64(count_ones((rows[i] >> low) & high)) ^ uint64(values[i])) & ONE
        spectrum[int64(rows[i] & mask)] += -weight if sign else weight
    # Pieces that fit the cache are transformed one after another, so that only the top levels run over everything.
    piece = min(spectrum.size, CACHED)
    for base in range(0, spectrum.size, piece):
        butterflies(spectrum[base : base + piece], int64(1))
    butterflies(spectrum, piece)


@njit(
    [
        int64(ROWS, VALUES, INTS, INTS, int64, int32[::1], uint64[::1], int64[::1], int64[::1]),
        int64(ROWS, VALUES, INTS, INTS, int64, int64[::1], uint64[::1], int64[::1], int64[::1]),
    ],
    cache=True,
    nogil=True,
)
def transform_blocks(rows, values, starts, weights, n, spectrum, x, cost, stop):  # type: ignore[no-untyped-def]
    """Find the cheapest x of every block by transforming the weights, with the sign of their values, at their rows.

    The transform is F(x) = Σ w·(−1)^(row·x ⊕ value), so that x costs (Σ w − F(x))/2, and the largest entry costs least.
    `spectrum` is scratch of 2^l entries, for l ≤ n low unknowns: there is a transform for each value of the others.
    Once `stop` is set, a block has the best of at least one transform. Returns the number of transforms made.
    """
    made = int64(0)
    low = trailing_zeros(uint64(spectrum.size))
    for block in range(starts.size - 1):
        lo, hi = starts[block], starts[block + 1]
        total = int64(0)
        for i in range(lo, hi):
            total += weights[i] if weights.size > 0 else 1
        for high in range(int64(1) << (n - low)):
            if high > 0 and stopped(stop):
                break
            transform_part(rows, values, weights, lo, hi, uint64(high), spectrum)
            made += 1
            best = int64(0)
            for v in range(1, spectrum.size):
                if spectrum[v] > spectrum[best]:
                    best = v
            least = (total - int64(spectrum[best])) // 2
            if high == 0 or least < cost[block]:
                x[block] = (uint64(high) << uint64(low)) | uint64(best)
                cost[block] = least
    return made
