"""The walk over sets of vectors that a group of symmetries maps to themselves: whole orbits go out and come in."""

import numpy as np
from numba import int64, njit, uint64

from xoropt.circuits.kernels.sets import (
    BEST,
    HOT,
    INTERIOR,
    LIVE,
    TAKEN,
    TARGET,
    TARGETS,
    insert,
    reach,
    remove,
    spread,
)
from xoropt.circuits.kernels.tables import count_of, lengthened, random_below, slot_insert, slot_of
from xoropt.circuits.kernels.walk import MAX_WEIGHT, drop_unreached, keep_if_better, shared_sum, uniform

__all__ = ["image_tables", "insert_orbit", "orbit_of", "orbit_pairs", "orbit_walk", "take_out"]

MAX_TRIES = 4
"""The most candidates that one move tries."""


def image_tables(elements: np.ndarray) -> np.ndarray:
    """Return tables for the images of words: uint64 (elements, 8, 256), one for each byte of a word.

    Args:
        elements: int64 (elements, inputs): element g moves input j to input g[j]; at most 64 inputs.
    """
    count, n = elements.shape
    bits = np.zeros((count, 64), dtype=np.uint64)
    bits[:, :n] = np.uint64(1) << elements.astype(np.uint64)
    tables = np.zeros((count, 8, 256), dtype=np.uint64)
    for i in range(8):
        for j in range(8):
            tables[:, i, 1 << j : 2 << j] = tables[:, i, : 1 << j] ^ bits[:, 8 * i + j, None]
    return tables


@njit(cache=True, nogil=True)
def orbit_of(vector, tables, orbit):  # type: ignore[no-untyped-def]
    """Write the distinct images of a vector to `orbit`, uint64 (elements,), and return their number."""
    size = 0
    for g in range(tables.shape[0]):
        image = _image(vector, tables, g)
        known = False
        for j in range(size):
            known |= orbit[j] == image
        if not known:
            orbit[size] = image
            size += 1
    return size


@njit(cache=True, nogil=True)
def take_out(s, outs, size, max_depth):  # type: ignore[no-untyped-def]
    """Mark what is reached without some slots, and return the number of targets that are not."""
    s.seen[:] = 0
    for i in range(size):
        s.seen[outs[i]] = TAKEN
    return spread(s, max_depth)


@njit(cache=True, nogil=True)
def _reach_with(s, orbit, size, mates, among, missing):  # type: ignore[no-untyped-def]
    """Count the targets that stay unreached if an orbit joins a state that is marked; restore the marks.

    Only for walks without a depth bound. mates[k, a] is the slot that sums with slot a to vector k of the orbit,
    among[k, l] the one that sums with vector l to vector k.
    """
    built = np.zeros(size, np.bool_)
    fresh = np.zeros(size, np.int64)
    n_fresh, marks = 0, 0
    for k in range(size):
        for i in range(s.info[LIVE]):
            a = s.live[i]
            b = slot_of(s.slot_keys, s.slots, orbit[k] ^ s.vectors[a])
            mates[k, a] = b
            if b >= 0 and s.seen[a] > 0 and s.seen[b] > 0 and not built[k]:
                built[k] = True
                fresh[n_fresh] = k
                n_fresh += 1
    if n_fresh == 0:
        return -1
    for k in range(size):
        for m in range(size):
            among[k, m] = slot_of(s.slot_keys, s.slots, orbit[k] ^ orbit[m]) if k != m else -1
    done, start = 0, 0
    while done < n_fresh or start < marks:
        if done < n_fresh:
            k = fresh[done]
            done += 1
            for i in range(s.info[LIVE]):
                a = s.live[i]
                b = mates[k, a]
                if b >= 0 and s.seen[a] > 0 and s.seen[b] == 0:
                    s.seen[b] = 1
                    s.queue[marks] = b
                    marks += 1
            for m in range(size):
                a = among[k, m]
                if a < 0:
                    continue
                if built[m] and s.seen[a] == 0:
                    s.seen[a] = 1
                    s.queue[marks] = a
                    marks += 1
                if s.seen[a] > 0 and not built[m]:
                    built[m] = True
                    fresh[n_fresh] = m
                    n_fresh += 1
            continue
        x = s.queue[start]
        start += 1
        missing -= s.kind[x] == TARGET
        for i in range(s.triples[x]):
            a, b = s.first[x, i], s.second[x, i]
            if s.seen[a] > 0 and s.seen[b] == 0:
                a, b = b, a
            if s.seen[b] > 0 and s.seen[a] == 0:
                s.seen[a] = 1
                s.queue[marks] = a
                marks += 1
        for k in range(size):
            b = mates[k, x]
            if b >= 0:
                if built[k] and s.seen[b] == 0:
                    s.seen[b] = 1
                    s.queue[marks] = b
                    marks += 1
                elif not built[k] and s.seen[b] > 0:
                    built[k] = True
                    fresh[n_fresh] = k
                    n_fresh += 1
            for m in range(size):
                if among[k, m] == x and built[k] and not built[m]:
                    built[m] = True
                    fresh[n_fresh] = m
                    n_fresh += 1
    for i in range(marks):
        s.seen[s.queue[i]] = 0
    return missing


@njit(cache=True, nogil=True)
def insert_orbit(s, orbit, size):  # type: ignore[no-untyped-def]
    """Make an orbit's vectors members; return whether there was room for all."""
    for k in range(size):
        if insert(s, orbit[k], INTERIOR) < 0:
            for m in range(k):
                remove(s, slot_of(s.slot_keys, s.slots, orbit[m]))
            return False
    return True


@njit(cache=True, nogil=True)
def _exchange(s, outs, n_out, orbit, size, missing, max_depth, mates, among):  # type: ignore[no-untyped-def]
    """Replace the slots `outs` by an orbit if that makes every target reachable, and return whether it did."""
    if s.info[LIVE] + size > s.kind.size:
        return False
    if max_depth < 0:
        if _reach_with(s, orbit, size, mates, among, missing) != 0:
            return False
        for i in range(n_out):
            remove(s, outs[i])
        return insert_orbit(s, orbit, size)
    if not insert_orbit(s, orbit, size):
        return False
    if take_out(s, outs, n_out, max_depth) == 0:
        for i in range(n_out):
            remove(s, outs[i])
        return True
    for k in range(size):
        remove(s, slot_of(s.slot_keys, s.slots, orbit[k]))
    take_out(s, outs, n_out, max_depth)
    return False


@njit(cache=True, nogil=True)
def _candidates(s, weights):  # type: ignore[no-untyped-def]
    """Collect vectors that build one random unreached member from a reached one and are the sum of two members."""
    count, lost = 0, 0
    for i in range(s.info[LIVE]):
        if s.seen[s.live[i]] == 0:
            s.queue[lost] = s.live[i]
            lost += 1
    wanted = s.vectors[s.queue[random_below(s.random, lost)]]
    for i in range(s.info[LIVE]):
        r = s.live[i]
        if s.seen[r] <= 0:
            continue
        vector = wanted ^ s.vectors[r]
        n = count_of(s.pairs, vector)
        if n < 2 or slot_of(s.slot_keys, s.slots, vector) >= 0:
            continue
        s.chosen[count] = vector
        s.weight[count] = weights[min(n, MAX_WEIGHT)]
        count += 1
    return count


@njit(cache=True, nogil=True)
def _add_random(s, tables, orbit, tries, room):  # type: ignore[no-untyped-def]
    """Make the orbit of a sum of two random members members, too."""
    found = shared_sum(s, tries)
    if found:
        size = orbit_of(found, tables, orbit)
        if size <= room and s.info[LIVE] + size <= s.kind.size:
            insert_orbit(s, orbit, size)


@njit(cache=True, nogil=True)
def orbit_walk(s, tables, steps, weights, spare, up, max_depth):  # type: ignore[no-untyped-def]
    """Make `steps` moves from a valid set that the symmetries keep; the moves are those of `walk`, made by orbits.

    Args:
        s: the set, changed in place.
        tables: the symmetries, as `image_tables` gives them.
        steps, weights, up: as for `walk`.
        spare: the number of members that the set may have more than the smallest so far.
        max_depth: the most levels of gates, -1 for no bound.
    """
    bound = max_depth if max_depth >= 0 else 1 << 30
    order = tables.shape[0]
    orbit = np.zeros(order, np.uint64)
    outs = np.zeros(order, np.int32)
    mates = np.zeros((order, s.kind.size), np.int32)
    among = np.zeros((order, order), np.int32)
    for _ in range(steps):
        if s.info[HOT] == 0:
            return
        size = s.info[HOT] + s.info[TARGETS]
        if up > 0.0 and size < s.info[BEST] + spare and uniform(s.random) < up:
            reach(s, -1, bound)
            _add_random(s, tables, orbit, 16, s.info[BEST] + spare - size)
        first = s.hot[random_below(s.random, s.info[HOT])]
        n_out = orbit_of(s.vectors[first], tables, orbit)
        for i in range(n_out):
            outs[i] = slot_of(s.slot_keys, s.slots, orbit[i])
        missing = take_out(s, outs, n_out, bound)
        if missing == 0:
            drop_unreached(s)
            keep_if_better(s)
            continue
        count = _candidates(s, weights)
        total = 0.0
        for i in range(count):
            total += s.weight[i]
        most = max(s.info[HOT] + s.info[TARGETS], s.info[BEST] + spare)
        for _ in range(min(count, MAX_TRIES)):
            point = uniform(s.random) * total
            i = 0
            while i < count - 1 and point >= s.weight[i]:
                point -= s.weight[i]
                i += 1
            size = orbit_of(s.chosen[i], tables, orbit)
            if s.info[HOT] + s.info[TARGETS] + size - n_out <= most and _exchange(
                s, outs, n_out, orbit, size, missing, max_depth, mates, among
            ):
                keep_if_better(s)
                break
            total -= s.weight[i]
            count -= 1
            s.weight[i] = s.weight[count]
            s.chosen[i] = s.chosen[count]


@njit(cache=True, nogil=True)
def orbit_pairs(units, rows, tables, max_depth, random):  # type: ignore[no-untyped-def]
    """Make one greedy run that replaces every image of the pair that occurs in most rows.

    Args:
        units: uint64, the words of the inputs.
        rows: uint8 (rows, inputs).
        tables: the symmetries, as `image_tables` gives them.
        max_depth: the most levels of gates, -1 for no bound.
        random: uint64 (1,), the state of the random numbers, which is advanced.

    Returns:
        The distinct words of the gates, uint64, in the order in which they are made.
    """
    n_rows, n = rows.shape
    order = tables.shape[0]
    most_signals = n + int64(rows.sum()) * order
    words = lengthened(units, most_signals)
    depth = np.zeros(most_signals, np.int64)
    table = 64
    while table < 3 * most_signals:
        table *= 2
    keys = np.zeros(table, np.uint64)
    slots = np.zeros(table, np.int32)
    for i in range(n):
        slot_insert(keys, slots, units[i], i)
    lists = np.zeros((n_rows, n), np.int32)
    weights = np.zeros(n_rows, np.int64)
    slack = np.zeros(n_rows, np.int64)
    limit = 1 << (max_depth if max_depth >= 0 else 40)
    for i in range(n_rows):
        for j in range(n):
            if rows[i, j]:
                lists[i, weights[i]] = j
                weights[i] += 1
        slack[i] = limit - weights[i]
    signals = n
    room = n + 256
    shared = np.zeros((room, room), np.int32)
    while True:
        if signals + order > room:
            room *= 2
            shared = np.zeros((room, room), np.int32)
        most, tied, first, second = 0, 0, -1, -1
        for sign in (1, -1):  # count, then clear what was counted
            for i in range(n_rows):
                for p in range(weights[i]):
                    for q in range(p + 1, weights[i]):
                        a, b = min(lists[i, p], lists[i, q]), max(lists[i, p], lists[i, q])
                        if _kraft_cost(depth[a], depth[b], max_depth) > slack[i]:
                            continue
                        if sign == 1:
                            shared[a, b] += 1
                            continue
                        if shared[a, b] > most:
                            most, tied = shared[a, b], 0
                        if shared[a, b] == most and most > 0:
                            tied += 1
                            if random_below(random, tied) == 0:
                                first, second = a, b
                        shared[a, b] = 0
        if most == 0:
            return words[n:signals].copy()
        for g in range(order):
            a = slot_of(keys, slots, _image(words[first], tables, g))
            b = slot_of(keys, slots, _image(words[second], tables, g))
            made = words[a] ^ words[b]
            new = slot_of(keys, slots, made)
            if new < 0:
                new = signals
                words[new] = made
                depth[new] = 1 + max(depth[a], depth[b])
                slot_insert(keys, slots, made, new)
                signals += 1
            elif new < n or depth[new] > 1 + max(depth[a], depth[b]):
                depth[new] = min(depth[new], 1 + max(depth[a], depth[b]))
            cost = _kraft_cost(depth[a], depth[b], max_depth)
            for i in range(n_rows):
                held, there = 0, False
                for p in range(weights[i]):
                    held += lists[i, p] == a or lists[i, p] == b
                    there |= lists[i, p] == new
                if held < 2 or cost > slack[i]:
                    continue
                kept = 0
                for p in range(weights[i]):
                    if lists[i, p] != a and lists[i, p] != b and lists[i, p] != new:
                        lists[i, kept] = lists[i, p]
                        kept += 1
                if not there:  # otherwise the three cancel
                    slack[i] -= cost
                    lists[i, kept] = new
                    kept += 1
                weights[i] = kept


@njit(cache=True, nogil=True, inline="always")
def _kraft_cost(low, high, max_depth):  # type: ignore[no-untyped-def]
    """Return how much of a row's slack the gate of two signals of these depths takes; 0 without a bound."""
    if max_depth < 0:
        return 0
    return (1 << max(low, high)) - (1 << min(low, high))


@njit(cache=True, nogil=True)
def _image(vector, tables, g):  # type: ignore[no-untyped-def]
    """Return the image of a vector under symmetry g."""
    image = uint64(0)
    for i in range(8):
        image ^= tables[g, i, (vector >> uint64(8 * i)) & uint64(255)]
    return image
