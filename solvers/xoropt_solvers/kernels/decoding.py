"""Information-set decoding of one problem with any number of rows and unknowns, in words of 64 bits.

The problem is in systematic form: with H = [P | 1], minimize |e| + |s ⊕ P·e| over the errors e of the members. A round
changes the information set by a few exchanges of a member for a dependent row (Canteaut and Chabaud 1998), and searches
it by collisions (Stern 1989, with Dumer's smaller sums): the sums of up to p columns of one half of the members and of
the other half, and s, must agree in a window of l bits.
"""

import numpy as np
from numba import njit, types

from xoropt_solvers.kernels.bits import count_ones, inner, int64, stopped, uint64

__all__ = ["stern"]

ONE = np.uint64(1)


@inner
def next_random(state):  # type: ignore[no-untyped-def]
    """Return the new state and 64 random bits of SplitMix64 (Steele, Lea, Flood 2014)."""
    state += uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return state, z ^ (z >> uint64(31))


@inner
def exchange(columns, m, j, r, members, dependents, weights, table):  # type: ignore[no-untyped-def]
    """Exchange member j for dependent row r, which must see it, and keep the systematic form.

    Row m of `columns` is the syndrome. The column of the row that comes in is the one of the member that goes out, and
    every other column that has bit r takes it in, without that bit.
    """
    words = columns.shape[1]
    w, bit = r >> 6, ONE << uint64(r & 63)
    for q in range(m + 1):
        if q != j and columns[q, w] & bit:
            for v in range(words):
                columns[q, v] ^= columns[j, v]
            columns[q, w] |= bit
    row = dependents[r]
    dependents[r] = members[j]
    members[j] = row
    if weights.size > 0:
        change = weights[dependents[r]] - weights[row]
        for v in range(256):
            if (v >> (r & 7)) & 1:
                table[r >> 3, v] += change


@inner
def mix(columns, m, c, swaps, seed, members, dependents, weights, table):  # type: ignore[no-untyped-def]
    """Make so many random exchanges; in a weighted problem a light row comes in for a heavy one only now and then."""
    for _ in range(swaps):
        seed, draw = next_random(seed)
        r = int64((draw >> uint64(32)) % uint64(c))
        j = int64((draw & uint64(0xFFFFFFFF)) % uint64(m))
        w, bit = r >> 6, ONE << uint64(r & 63)
        for _ in range(m):
            if columns[j, w] & bit:
                break
            j += 1
            if j == m:
                j = 0
        if columns[j, w] & bit == 0:
            continue
        if weights.size > 0:
            seed, draw = next_random(seed)
            if int64(draw % uint64(weights[members[j]])) >= weights[dependents[r]]:
                continue
        exchange(columns, m, j, r, members, dependents, weights, table)
    return seed


@inner
def subset_sums(columns, lo, hi, p, base, members, weights, sums, price, who):  # type: ignore[no-untyped-def]
    """List the sums of up to p ≤ 3 of columns[lo:hi], each with row `base` of `columns` where that is not negative.

    Fills sums (L, words), price (L,) and who (L, 3), the columns or −1; returns how many there are.
    """
    words = columns.shape[1]
    for w in range(words):
        sums[0, w] = columns[base, w] if base >= 0 else uint64(0)
    price[0] = 0
    who[0, 0] = -1
    who[0, 1] = -1
    who[0, 2] = -1
    first, last = 0, 1  # the sums of one column fewer
    for t in range(p):
        size = last
        for entry in range(first, last):
            begin = lo if t == 0 else who[entry, t - 1] + 1
            for j in range(begin, hi):
                for w in range(words):
                    sums[size, w] = sums[entry, w] ^ columns[j, w]
                price[size] = price[entry] + (weights[members[j]] if weights.size > 0 else 1)
                who[size, 0] = who[entry, 0]
                who[size, 1] = who[entry, 1]
                who[size, 2] = -1
                who[size, t] = j
                size += 1
        first, last = last, size
    return last


@inner
def write_errors(total, c, left, right, members, dependents, answer):  # type: ignore[no-untyped-def]
    """Write the pattern: the members of two sums, and the dependent rows whose bits these leave."""
    answer[:] = 0
    for t in range(3):
        if left[t] >= 0:
            answer[members[left[t]]] = 1
        if right[t] >= 0:
            answer[members[right[t]]] = 1
    for r in range(c):
        if (total[r >> 6] >> uint64(r & 63)) & ONE:
            answer[dependents[r]] = 1


@inner
def collide(columns, c, size_a, a, size_b, b, word, low, window, best, table, heads, chain):  # type: ignore[no-untyped-def]
    """Find the cheapest pair of sums that agree in the window; returns (its cost or `best`, its entries).

    `a` and `b` are (sums, price) of the two lists.
    """
    words = columns.shape[1]
    mask = (ONE << uint64(window)) - ONE
    shift = uint64(low)
    heads[: int64(mask) + 1] = -1
    for entry in range(size_a):
        key = int64((a[0][entry, word] >> shift) & mask)
        chain[entry] = heads[key]
        heads[key] = entry
    found_a, found_b = int64(-1), int64(-1)
    last = (c + 7) >> 3
    for entry in range(size_b):
        other = heads[int64((b[0][entry, word] >> shift) & mask)]
        while other >= 0:
            cost = a[1][other] + b[1][entry]
            if table.shape[0] == 0:
                for w in range(words):
                    cost += count_ones(a[0][other, w] ^ b[0][entry, w])
            else:
                for w in range(words):
                    left = a[0][other, w] ^ b[0][entry, w]
                    for q in range(8 * w, min(8 * w + 8, last)):
                        cost += table[q, int64(left & uint64(255))]
                        left >>= uint64(8)
                    if cost >= best:
                        break
            if cost < best:
                best = cost
                found_a, found_b = int64(other), int64(entry)
            other = chain[other]
    return best, found_a, found_b


@njit(
    types.UniTuple(int64, 2)(
        uint64[:, ::1],
        int64,
        int64[::1],
        int64[::1],
        int64[::1],
        int64[:, ::1],
        int64[::1],
        int64,
        uint64[::1],
        int64,
        int64,
        types.uint8[::1],
        int64[::1],
    ),
    cache=True,
    nogil=True,
)
def stern(columns, c, members, dependents, weights, table, plan, rounds, state, best, bound, answer, stop):  # type: ignore[no-untyped-def]
    """Search so many random information sets; the search ends when a cost reaches `bound`, or once `stop` is set.

    Args:
        columns: (m + 1, ⌈c/64⌉), the members' columns of c bits, and the syndrome; all that is passed is changed.
        c: the number of dependent rows, at least 1.
        members: the row of each member, (m,).
        dependents: the row of each bit, (c,).
        weights: (rows,), positive, or empty for unit weights.
        table: (8·words, 256), what byte q of a sum weighs when it is v; empty for unit weights.
        plan: p, the window, the exchanges of a round, and the most sums of a half.
        rounds: the number of sets.
        state: of the random numbers.
        best: the cost to beat.
        bound: the least cost there may be.
        answer: (rows,), gets the errors of a cheaper pattern.
        stop: the flag.

    Returns:
        The least cost found, or `best`, and the number of rounds completed.
    """
    m = members.size
    words = columns.shape[1]
    p, window, swaps, most = plan[0], plan[1], plan[2], plan[3]
    half = m >> 1
    sums_a = np.empty((most, words), dtype=np.uint64)
    sums_b = np.empty((most, words), dtype=np.uint64)
    price_a = np.empty(most, dtype=np.int64)
    price_b = np.empty(most, dtype=np.int64)
    who_a = np.empty((most, 3), dtype=np.int32)
    who_b = np.empty((most, 3), dtype=np.int32)
    heads = np.empty(int64(1) << window, dtype=np.int32)
    chain = np.empty(most, dtype=np.int32)
    total = np.empty(words, dtype=np.uint64)
    seed = state[0]
    for completed in range(rounds):
        if best <= bound or stopped(stop):
            state[0] = seed
            return best, completed
        seed = mix(columns, m, c, swaps, seed, members, dependents, weights, table)
        seed, draw = next_random(seed)
        word = int64((draw >> uint64(32)) % uint64(words))
        room = min(int64(64), c - 64 * word) - window
        if room < 0:
            word = int64(0)
            room = min(int64(64), c) - window
        low = int64((draw & uint64(0xFFFFFFFF)) % uint64(room + 1))
        size_a = subset_sums(columns, 0, half, p, int64(-1), members, weights, sums_a, price_a, who_a)
        size_b = subset_sums(columns, half, m, p, m, members, weights, sums_b, price_b, who_b)
        cost, x, y = collide(
            columns,
            c,
            size_a,
            (sums_a, price_a),
            size_b,
            (sums_b, price_b),
            word,
            low,
            window,
            best,
            table,
            heads,
            chain,
        )
        if cost < best:
            best = cost
            for w in range(words):
                total[w] = sums_a[x, w] ^ sums_b[y, w]
            write_errors(total, c, who_a[x], who_b[y], members, dependents, answer)
    state[0] = seed
    return best, rounds
