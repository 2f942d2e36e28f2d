"""All patterns of a given number of members, for information sets of any size, in parts for several threads."""

import numpy as np
from numba import njit, types

from xoropt_solvers.kernels.bits import boolean, count_ones, inner, int64, stopped, uint64
from xoropt_solvers.kernels.patterns import search_weighted

__all__ = ["pair_sums", "search_heads", "search_limit"]

INTS = int64[::1]
TABLE = types.Array(uint64, 2, "C", readonly=True)


@njit(uint64[:, ::1](TABLE, int64), cache=True, nogil=True)
def pair_sums(columns, m):  # type: ignore[no-untyped-def]
    """List the sums of two of columns[:, :m] as (words, C(m, 2)), so that those from `start` on come first.

    The pairs (i, j > i) come by falling i: those with i ≥ start are the first C(m − start, 2).
    """
    words = columns.shape[0]
    sums = np.empty((words, m * (m - 1) // 2), dtype=np.uint64)
    size = 0
    for q in range(m):
        i = m - 1 - q
        for j in range(i + 1, m):
            for w in range(words):
                sums[w, size] = columns[w, i] ^ columns[w, j]
            size += 1
    return sums


@inner
def least(stack, sums, first, last, counts):  # type: ignore[no-untyped-def]
    """Return the fewest ones of stack ⊕ sums[:, first:last], in loops that compile to vector instructions."""
    low = int64(1) << 30
    words = sums.shape[0]
    if words == 1:
        a = stack[0]
        for q in range(first, last):
            low = min(low, count_ones(a ^ sums[0, q]))
    elif words == 2:
        a, b = stack[0], stack[1]
        for q in range(first, last):
            low = min(low, count_ones(a ^ sums[0, q]) + count_ones(b ^ sums[1, q]))
    elif words == 3:
        a, b, c = stack[0], stack[1], stack[2]
        for q in range(first, last):
            low = min(low, count_ones(a ^ sums[0, q]) + count_ones(b ^ sums[1, q]) + count_ones(c ^ sums[2, q]))
    else:
        for q in range(first, last):
            counts[q] = 0
        for w in range(words):
            a = stack[w]
            for q in range(first, last):
                counts[q] += count_ones(a ^ sums[w, q])
        for q in range(first, last):
            low = min(low, counts[q])
    return low


@inner
def locate(stack, sums, first, last, ones):  # type: ignore[no-untyped-def]
    """Return the first entry of sums[:, first:last] that leaves so many ones."""
    for q in range(first, last):
        total = int64(0)
        for w in range(sums.shape[0]):
            total += count_ones(stack[w] ^ sums[w, q])
        if total == ones:
            return q
    return last


@njit(int64(TABLE, int64, TABLE, int64, int64, int64[:, ::1], int64, INTS, INTS), cache=True, nogil=True)
def search_heads(columns, m, pairs, last, depth, heads, best, found, stop):  # type: ignore[no-untyped-def]
    """Try every pattern of depth + last columns that begins with one of the heads, with unit weights.

    Args:
        columns: (words, m + 1), the columns of the members, and the syndrome.
        m: the number of members.
        pairs: `pair_sums` of the columns; not looked at where `last` is 1.
        last: 1 or 2, the columns that the innermost loop adds.
        depth: the number of columns before these.
        heads: (heads, 0 to 2), the first columns of the patterns, rising; at most `depth` of them.
        best: the cost to beat.
        found: (depth + 2,), gets the columns of a better pattern.
        stop: once it is set, the rest is left out.

    Returns:
        The least cost found, or `best`.
    """
    words = columns.shape[0]
    size = depth + last
    stack = np.empty((depth + 1, words), dtype=np.uint64)
    chosen = np.empty(depth + 1, dtype=np.int64)
    counts = np.empty(max(m, pairs.shape[1]) if words > 3 else 1, dtype=np.int64)
    table = columns if last == 1 else pairs
    for head in range(heads.shape[0]):
        for w in range(words):
            stack[0, w] = columns[w, m]
        level = 0
        start = int64(0)
        for t in range(heads.shape[1]):
            chosen[t] = heads[head, t]
            start = chosen[t] + 1
            for w in range(words):
                stack[t + 1, w] = stack[t, w] ^ columns[w, chosen[t]]
            level += 1
        fixed = level
        while True:
            if level == depth:
                left = m - start
                if left >= last:
                    begin = start if last == 1 else int64(0)
                    end = m if last == 1 else left * (left - 1) // 2
                    low = least(stack[depth], table, begin, end, counts)
                    if low + size < best:
                        best = low + size
                        for t in range(depth):
                            found[t] = chosen[t]
                        q = locate(stack[depth], table, begin, end, low)
                        if last == 1:
                            found[depth] = q
                        else:  # the pairs (i, ·) are those from C(m − 1 − i, 2) on
                            i = m - 2
                            while (m - i) * (m - 1 - i) // 2 <= q:
                                i -= 1
                            found[depth] = i
                            found[depth + 1] = i + 1 + q - (m - 1 - i) * (m - 2 - i) // 2
                start = m
            if start > m - (size - level):
                if level == fixed:
                    break
                if stopped(stop):
                    return best
                level -= 1
                start = chosen[level] + 1
                continue
            chosen[level] = start
            for w in range(words):
                stack[level + 1, w] = stack[level, w] ^ columns[w, start]
            level += 1
            start += 1
        if stopped(stop):
            return best
    return best


@njit(
    types.Tuple((int64, int64, boolean))(TABLE, INTS, int64[:, ::1], int64, int64, int64, int64, INTS, INTS),
    cache=True,
    nogil=True,
)
def search_limit(columns, weights, table, c, limit, sets, best, found, stop):  # type: ignore[no-untyped-def]
    """Try every pattern whose members weigh at most `limit`, and at most (best − 1)//sets.

    Returns the least cost found or `best`, the number of columns in `found` or −1, and whether nothing was left out.
    `columns` is as in `search_heads`, the members lightest first; `table` has the byte weights of the dependent rows.
    """
    m = weights.size
    stack = np.empty((m + 2, columns.shape[0]), dtype=np.uint64)
    indices = np.empty(m + 2, dtype=np.int64)
    sums = np.empty(m + 2, dtype=np.int64)
    cap = int64(1) << 60
    best, used, _, done = search_weighted(
        columns, columns.shape[0], weights, m, table, c, limit, sets, best, cap, stack, indices, sums, found, stop
    )
    return best, used, done
