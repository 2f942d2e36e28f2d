"""Searches for the lightest error pattern in systematic form: with H = [P | 1], minimize |e| + |s ⊕ P·e| over e.

`columns[w, j]` is word w of the column of member j, and the last column is the syndrome s. A search lowers `best`, the
cost to beat, and writes the members that it used to `found`. Once `stop` is set, it returns what it has; the caller
then looks at `stop`, and takes nothing as proved.
"""

import numpy as np

from xoropt_solvers.kernels.bits import count_ones, inner, int64, stopped, uint64
from xoropt_solvers.kernels.steps import binomial

__all__ = ["meet_in_the_middle", "search_level", "search_weighted", "trellis", "weight_table"]

ONE = np.uint64(1)
HASH = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: multiplicative hashing


@inner
def search_level(columns, words, m, t, best, stack, indices, counts, found, stop):  # type: ignore[no-untyped-def]
    """Try every pattern of exactly t ≥ 1 of the m columns, with unit weights; returns the new best.

    The innermost loop keeps only the minimum, so that it compiles to vector instructions; the pattern is found again in
    the rare scan that improves. Scratch: stack (≥ t, words) uint64, indices (≥ t) int64, counts (≥ m) int64.
    """
    if t > m:
        return best
    for w in range(words):
        stack[0, w] = columns[w, columns.shape[1] - 1]
    depth = 0  # indices[:depth] are chosen, stack[depth] is the syndrome they leave
    start = 0
    while True:
        if depth == t - 1:
            low = int64(1) << 30
            if words == 1:
                left = stack[depth, 0]
                for j in range(start, m):
                    low = min(low, count_ones(left ^ columns[0, j]))
            else:
                for j in range(start, m):
                    counts[j] = 0
                for w in range(words):
                    left = stack[depth, w]
                    for j in range(start, m):
                        counts[j] += count_ones(left ^ columns[w, j])
                for j in range(start, m):
                    low = min(low, counts[j])
            if low + t < best:
                best = low + t
                for d in range(depth):
                    found[d] = indices[d]
                for j in range(start, m):
                    ones = 0
                    for w in range(words):
                        ones += count_ones(stack[depth, w] ^ columns[w, j])
                    if ones == low:
                        found[depth] = j
                        break
            start = m
        if start > m - (t - depth):
            if depth == 0 or stopped(stop):
                return best
            depth -= 1
            start = indices[depth] + 1
            continue
        indices[depth] = start
        for w in range(words):
            stack[depth + 1, w] = stack[depth, w] ^ columns[w, start]
        depth += 1
        start += 1


@inner
def weight_table(unit_weights, c, table):  # type: ignore[no-untyped-def]
    """Fill table[8·w + q, v] with the weight of the ones of v in byte q of syndrome word w."""
    for q in range((c + 7) >> 3):
        for v in range(256):
            table[q, v] = 0
        for bit in range(8):
            d = 8 * q + bit
            if d < c:
                for v in range(256):
                    if (v >> bit) & 1:
                        table[q, v] += unit_weights[d]


@inner
def search_weighted(  # type: ignore[no-untyped-def]
    columns, words, column_weights, m, table, c, limit, sets, best, cap, stack, indices, sums, found, stop
):
    """Try every pattern whose own weight is at most `limit` and at most (best − 1)//sets; columns come lightest first.

    Returns (best, members used or −1, nodes, whether it ended within `cap` nodes).
    """
    for w in range(words):
        stack[0, w] = columns[w, columns.shape[1] - 1]
    sums[0] = 0
    depth = 0
    start = 0
    nodes = int64(0)
    used = -1
    while True:
        weight = int64(0)
        if start < m:
            weight = sums[depth] + column_weights[start]
        if start >= m or weight > limit or weight > (best - 1) // sets:
            if depth == 0:
                return best, used, nodes, True
            depth -= 1
            start = indices[depth] + 1
            continue
        nodes += 1
        if nodes > cap or stopped(stop):
            return best, used, nodes, False
        indices[depth] = start
        depth += 1
        cost = weight
        for w in range(words):
            left = stack[depth - 1, w] ^ columns[w, start]
            stack[depth, w] = left
            for q in range(8 * w, min(8 * w + 8, (c + 7) >> 3)):
                cost += table[q, int64(left & uint64(255))]
                left >>= uint64(8)
        sums[depth] = weight
        if cost < best:
            best = cost
            used = depth
            for d in range(depth):
                found[d] = indices[d]
        start += 1


@inner
def trellis(columns, column_weights, m, unit_weights, c, syndrome, best, dist, found, stop):  # type: ignore[no-untyped-def]
    """Find the minimum over all patterns by a table over the 2^c syndromes; returns (best, members used or −1).

    dist[v] starts as the weight of the dependent rows alone, and takes in one column after another. This is the Viterbi
    algorithm on the code's syndrome trellis (Wolf 1978), with the unit columns of H in the start.
    """
    dist[0] = 0
    for d in range(c):
        half = int64(1) << d
        for v in range(half):
            dist[half + v] = dist[v] + unit_weights[d]
    for j in range(m):
        if stopped(stop):
            return best, -1
        column = int64(columns[j])
        weight = column_weights[j]
        high = int64(1)
        while 2 * high <= column:
            high *= 2
        low = column ^ high
        for base in range(0, int64(1) << c, 2 * high):
            for i in range(high):
                a = base + i
                b = base + high + (i ^ low)
                x, y = dist[a], dist[b]
                dist[a] = min(x, y + weight)
                dist[b] = min(y, x + weight)
    target = int64(syndrome)
    if dist[target] >= best:
        return best, -1
    best = dist[target]
    # Walk back: without some column or dependent row of it, a lightest pattern weighs exactly that weight less.
    used = 0
    while target != 0:
        step = False
        for j in range(m):
            if dist[target] == dist[target ^ int64(columns[j])] + column_weights[j]:
                target ^= int64(columns[j])
                found[used] = j
                used += 1
                step = True
                break
        if not step:
            for d in range(c):
                bit = int64(1) << d
                if dist[target] == dist[target ^ bit] + unit_weights[d]:
                    target ^= bit
                    break
    return best, used


@inner
def _insert(keys, mask, shift, value):  # type: ignore[no-untyped-def]
    slot = (value * HASH) >> shift
    while keys[slot] != 0 and keys[slot] != value:
        slot = (slot + ONE) & mask
    keys[slot] = value


@inner
def _contains(keys, mask, shift, value):  # type: ignore[no-untyped-def]
    slot = (value * HASH) >> shift
    while keys[slot] != 0:
        if keys[slot] == value:
            return True
        slot = (slot + ONE) & mask
    return False


@inner
def _subsets(columns, m, size, offset, keys, mask, shift, insert, target, indices, sums, stop):  # type: ignore[no-untyped-def]
    """Visit every subset of `size` of the m columns; its value is `offset` ⊕ its sum.

    Inserts the values, or, where `insert` is false, stops at the first one that is in the table (or equals `target`, if
    that is not 0) and returns True, with the subset in `indices`. Once `stop` is set, it returns False.
    """
    if size > m:
        return False
    sums[0] = offset
    depth = 0
    start = 0
    while True:
        if depth == size - 1:
            for j in range(start, m):
                value = sums[depth] ^ columns[j]
                if insert:
                    if value != 0:
                        _insert(keys, mask, shift, value)
                    continue
                hit = value == target if target != 0 else value == 0 or _contains(keys, mask, shift, value)
                if hit:
                    indices[depth] = j
                    return True
            start = m
        if start > m - (size - depth):
            if depth == 0 or stopped(stop):
                return False
            depth -= 1
            start = indices[depth] + 1
            continue
        indices[depth] = start
        sums[depth + 1] = sums[depth] ^ columns[start]
        depth += 1
        start += 1


@inner
def meet_in_the_middle(columns, m, syndrome, weight, found, stop):  # type: ignore[no-untyped-def]
    """Tell whether the syndrome is a sum of `weight` ≥ 2 columns of at most 64 bits, unit columns of H included.

    All sums of ⌊weight/2⌋ columns go into a hash table, in which every sum of the rest is looked up. Returns how many
    entries of `found` hold the pattern (a column that is there twice cancels), or 0.
    """
    half = weight // 2
    rest = weight - half
    bits = 4
    while (int64(1) << bits) < 2 * binomial(m, half):
        bits += 1
    keys = np.zeros(int64(1) << bits, dtype=np.uint64)
    mask = uint64(keys.size - 1)
    shift = uint64(64 - bits)
    indices = np.zeros(weight + 1, dtype=np.int64)
    sums = np.zeros(weight + 2, dtype=np.uint64)
    _subsets(columns, m, half, uint64(0), keys, mask, shift, True, uint64(0), indices, sums, stop)
    if not _subsets(columns, m, rest, syndrome, keys, mask, shift, False, uint64(0), indices, sums, stop):
        return 0
    left = syndrome
    for d in range(rest):
        found[d] = indices[d]
        left ^= columns[indices[d]]
    if left == 0:
        return rest
    if not _subsets(columns, m, half, uint64(0), keys, mask, shift, False, left, indices, sums, stop):
        return 0
    for d in range(half):
        found[rest + d] = indices[d]
    return weight
