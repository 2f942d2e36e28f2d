"""Boyar and Peralta's greedy loop: add the sum of two base vectors that brings the targets nearest.

The base vectors are the inputs and the gates made so far.
"""

import numpy as np
from numba import int64, njit, uint64
from xoropt_solvers.kernels.bits import stopped

from xoropt.circuits.kernels.finishing import finish_rows
from xoropt.circuits.kernels.tables import home, lengthened, random_below, slot_insert, slot_of

__all__ = ["BP", "NEAREST", "NEAREST_ANY_NORM", "RANDOM_TIES", "bp_greedy"]

BP, RANDOM_TIES, NEAREST, NEAREST_ANY_NORM = range(4)


@njit(cache=True, nogil=True)
def _cell_of(keys, key):  # type: ignore[no-untyped-def]
    """Return the cell of a key, or the empty cell where it belongs."""
    cell = home(key, keys.size)
    while keys[cell] != uint64(0) and keys[cell] != key:
        cell = (cell + uint64(1)) & uint64(keys.size - 1)
    return cell


@njit(cache=True, nogil=True)
def _choose(m, k, limit):  # type: ignore[no-untyped-def]
    """Return the binomial coefficient, or limit + 1 if it is larger than `limit`."""
    value = 1
    for i in range(k):
        value = value * (m - i) // (i + 1)
        if value > limit:
            return limit + 1
    return value


@njit(cache=True, nogil=True)
def _next_sum(word, size, words, m, keys, slots, pair_keys, combination):  # type: ignore[no-untyped-def]
    """Advance `combination` to the next set of `size` base vectors that sums to `word`.

    The first size-2 indices run through all increasing tuples; a table of pair sums tells which of them can be
    completed by two more vectors.

    Args:
        word: the sum.
        size: the number of base vectors in the set.
        words: uint64, the base vectors.
        m: the number of base vectors.
        keys, slots: the table from a base vector to its index.
        pair_keys: the table of the sums of two base vectors.
        combination: int64 (size + 1,), changed in place; its last entry is 0 before the first call.

    Returns:
        False if there is no further set.
    """
    free = size - 2
    started = combination[size]
    while True:
        if not started:
            for i in range(free):
                combination[i] = i
            combination[free] = -1 if free == 0 else combination[free - 1]
            started = 1
            combination[size] = 1
            if free + 2 > m:
                return False
        rest = word
        for i in range(free):
            rest ^= words[combination[i]]
        if rest != uint64(0) and pair_keys[_cell_of(pair_keys, rest)] == rest:
            low = combination[free - 1] if free else -1
            for a in range(max(low, combination[free]) + 1, m):
                b = slot_of(keys, slots, rest ^ words[a])
                if b > a:
                    combination[free] = a
                    combination[free + 1] = b
                    return True
        i = free - 1
        while i >= 0 and combination[i] == m - size + i:
            i -= 1
        if i < 0:
            return False
        combination[i] += 1
        for j in range(i + 1, free):
            combination[j] = combination[j - 1] + 1
        combination[free] = combination[free - 1]


@njit(cache=True, nogil=True)
def _shorten(part, size, words, keys, slots):  # type: ignore[no-untyped-def]
    """Replace pairs of a representation by base vectors that equal their sums, and return its new size."""
    i = 0
    while i < size:
        j = i + 1
        while j < size:
            slot = slot_of(keys, slots, words[part[i]] ^ words[part[j]])
            if slot < 0:
                j += 1
                continue
            part[j] = part[size - 1]
            part[i] = part[size - 2]
            size -= 2
            here = -1
            for p in range(size):
                if part[p] == slot:
                    here = p
            if here < 0:
                part[size] = slot
                size += 1
            else:
                size -= 1
                part[here] = part[size]
            i, j = 0, 1
        i += 1
    return size


@njit(cache=True, nogil=True)
def bp_greedy(units, targets, rows, mode, random, limit, stop):  # type: ignore[no-untyped-def]
    """Make the gates of one greedy run.

    Args:
        units, targets: uint64, the words of the inputs and the targets; targets are distinct, none is zero or a unit.
        rows: uint8 (targets, units).
        mode: BP (the least sum of distances, then the largest norm, then the first), RANDOM_TIES (a random one of
            equally good sums), NEAREST (only sums that bring a nearest target nearer), or NEAREST_ANY_NORM (the same
            without the norm).
        random: uint64 (1,), the state of the random numbers, which is advanced.
        limit: the most combinations that are tried for one target and step. A target with more keeps the one
            representation that it has, so that its distance is an upper bound.
        stop: int64 (1,); once it is set, each target is added up from the representation that it has.

    Returns:
        The gates as int32 (gates, 2).
    """
    n, k = units.size, targets.size
    longest = 2
    for t in range(k):
        longest = max(longest, int64(rows[t].sum()))
    total = max(1, int64(rows.sum()) - k)
    words = lengthened(units, n + total)
    table = 64
    while table < 4 * (n + total):
        table *= 2
    keys = np.zeros(table, np.uint64)
    slots = np.zeros(table, np.int32)
    pair_table = 1024
    pair_keys = np.zeros(pair_table, np.uint64)
    pair_count = 0
    first = np.zeros(pair_table, np.int32)
    second = np.zeros(pair_table, np.int32)
    for i in range(n):
        slot_insert(keys, slots, units[i], i)
    dist = np.zeros(k, np.int64)
    parts = np.zeros((k, longest), np.int32)  # one representation of each target by dist + 1 base vectors
    for t in range(k):
        size = 0
        for j in range(n):
            if rows[t, j]:
                parts[t, size] = j
                size += 1
        dist[t] = size - 1
    gain = np.zeros(pair_table, np.int32)
    loss = np.zeros(pair_table, np.int64)  # how much the squared norm shrinks
    near = np.zeros(pair_table, np.uint8)
    stamp = np.full(pair_table, -1, np.int32)
    touched = np.zeros(pair_table, np.int64)
    gates = np.zeros((total, 2), np.int32)
    combination = np.zeros(longest + 2, np.int64)
    count = 0
    done = 0  # the number of base vectors whose pairs are in the table
    open_targets = k
    while open_targets:
        if stopped(stop):
            weights = np.zeros(k, np.int64)
            for t in range(k):
                if dist[t] > 0:
                    weights[t] = dist[t] + 1
            return gates[: finish_rows(parts, weights, n, gates, count)]
        m = n + count
        while done < m:
            if 2 * (pair_count + done) > pair_table:  # make a larger table and enter everything again
                pair_table *= 4
                pair_keys = np.zeros(pair_table, np.uint64)
                first = np.zeros(pair_table, np.int32)
                second = np.zeros(pair_table, np.int32)
                gain = np.zeros(pair_table, np.int32)
                loss = np.zeros(pair_table, np.int64)
                near = np.zeros(pair_table, np.uint8)
                stamp = np.full(pair_table, -1, np.int32)
                touched = np.zeros(pair_table, np.int64)
                pair_count = 0
                done = 0
                continue
            for i in range(done):
                key = words[i] ^ words[done]
                cell = _cell_of(pair_keys, key)
                if pair_keys[cell] == uint64(0):
                    pair_keys[cell] = key
                    first[cell] = i
                    second[cell] = done
                    pair_count += 1
            done += 1
        nearest = 1 << 30
        easy = -1
        for t in range(k):
            if dist[t] > 0:
                nearest = min(nearest, dist[t])
                if dist[t] == 1:
                    easy = t
                    break
        if easy >= 0:
            a, b = parts[easy, 0], parts[easy, 1]
        else:
            n_touched = 0
            for t in range(k):
                if dist[t] == 0 or stopped(stop):
                    continue
                size = dist[t] + 1
                exact = _choose(m, size - 2, limit) <= limit
                combination[size] = 0
                more = True
                while more:
                    if exact:
                        more = _next_sum(targets[t], size, words, m, keys, slots, pair_keys, combination)
                        if not more:
                            break
                    else:
                        for i in range(size):
                            combination[i] = parts[t, i]
                        more = False
                    for i in range(size):
                        for j in range(i + 1, size):
                            cell = _cell_of(pair_keys, words[combination[i]] ^ words[combination[j]])
                            if stamp[cell] == t:
                                continue
                            if stamp[cell] < 0:
                                touched[n_touched] = cell
                                n_touched += 1
                                gain[cell] = 0
                                loss[cell] = 0
                                near[cell] = 0
                            stamp[cell] = t
                            gain[cell] += 1
                            loss[cell] += 2 * dist[t] - 1
                            near[cell] |= dist[t] == nearest
            best, ties = -1, 0
            for i in range(n_touched):
                cell = touched[i]
                stamp[cell] = -1
                if mode >= NEAREST and not near[cell]:
                    continue
                if slot_of(keys, slots, pair_keys[cell]) >= 0:
                    continue  # the sum is a base vector already: a distance was only an upper bound
                if best >= 0:
                    ahead = gain[cell] - gain[best]
                    if ahead == 0 and mode != NEAREST_ANY_NORM:
                        ahead = loss[best] - loss[cell]
                    if ahead < 0:
                        continue
                    if ahead == 0:
                        ties += 1
                        if mode == BP or random_below(random, ties) != 0:
                            continue
                    else:
                        ties = 1
                else:
                    ties = 1
                best = cell
            if best >= 0:
                a, b = first[best], second[best]
            else:
                for t in range(k):
                    if dist[t] == nearest:
                        a, b = parts[t, 0], parts[t, 1]
        word = words[a] ^ words[b]
        gates[count, 0] = min(a, b)
        gates[count, 1] = max(a, b)
        words[m] = word
        slot_insert(keys, slots, word, m)
        count += 1
        for t in range(k):
            if dist[t] == 0:
                continue
            if targets[t] == word:
                dist[t] = 0
                open_targets -= 1
                continue
            size = _shorten(parts[t], dist[t] + 1, words, keys, slots)
            if size < dist[t] + 1:
                dist[t] = size - 1
                open_targets -= size == 1
                continue
            size = dist[t] - 1  # the number of vectors that the new one needs beside it
            rest = targets[t] ^ word
            if size == 0:
                continue
            if size == 1:
                slot = slot_of(keys, slots, rest)
                if slot >= 0:
                    parts[t, 0] = slot
                    parts[t, 1] = m
                    dist[t] -= 1
            elif _choose(m, size - 2, limit) <= limit:
                combination[size] = 0
                if _next_sum(rest, size, words, m, keys, slots, pair_keys, combination):
                    for i in range(size):
                        parts[t, i] = combination[i]
                    parts[t, size] = m
                    dist[t] -= 1
    return gates[:count]
