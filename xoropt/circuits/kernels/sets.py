"""Sets of vectors with the tables that a walk over them needs: members, their triples, the sums of their pairs.

A circuit is a set of vectors: the unit vectors, the targets, and interior vectors. It is valid if the units reach every
target by sums of two members, in at most `max_depth` levels. The sum that builds a member is left open, so that one
state stands for all circuits with the same signals. Its cost is the number of members that are not units.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, uint64

from xoropt.circuits.kernels.tables import slot_delete, slot_insert, slot_of, tally

__all__ = [
    "BEST",
    "HOT",
    "INPUT",
    "INTERIOR",
    "LIVE",
    "TAKEN",
    "TARGET",
    "TARGETS",
    "State",
    "insert",
    "insert_all",
    "join",
    "leave",
    "new_state",
    "reach",
    "remove",
    "spread",
]

DEAD, INPUT, TARGET, INTERIOR = range(4)  # kinds of slots
TAKEN = -1  # in State.seen
LIVE, USED, BEST, HOT, TARGETS = range(5)  # the fields of State.info


class State(NamedTuple):
    """One set of vectors with its tables; slots 0 … capacity-1 hold the members.

    Passing it to a compiled function takes half a microsecond: no call inside a loop over members may do so.
    """

    vectors: np.ndarray  # uint64 (capacity,)
    kind: np.ndarray  # int8: DEAD, INPUT, TARGET or INTERIOR
    live: np.ndarray  # int32: the slots in use, the first info[LIVE] entries
    place: np.ndarray  # int32: the index of a slot in `live`
    hot: np.ndarray  # int32: the interior slots, the first info[HOT] entries
    hot_place: np.ndarray  # int32: the index of a slot in `hot`
    first: np.ndarray  # int32 (capacity, partners): the triples {x, first, second} of slot x whose vectors sum to 0
    second: np.ndarray
    triples: np.ndarray  # int32: the number of triples of each slot
    slot_keys: np.ndarray  # the table from a vector to its slot
    slots: np.ndarray
    pairs: np.ndarray  # uint64: the table from a vector to the number of pairs that sum to it, see `tally`
    seen: np.ndarray  # int8: 0 not reached, 1 reached, 2 expanded; -1 for the member that counts as taken out
    depth: np.ndarray  # int32: the level of each reached slot
    queue: np.ndarray  # int32: the slots of a breadth-first search
    mate: np.ndarray  # int32: the slot that sums with each slot to the vector of a move
    chosen: np.ndarray  # uint64: the candidates of one move
    weight: np.ndarray  # float64: their weights
    best: np.ndarray  # uint64: the vectors of the smallest set that are not units, info[BEST] of them
    random: np.ndarray  # uint64 (1,): the state of the random numbers
    info: np.ndarray  # int64: LIVE, HOT, TARGETS: numbers of slots; USED: cells of `pairs`; BEST: the least cost


def new_state(capacity: int, seed: int) -> State:
    """Return an empty set with room for `capacity` vectors."""
    partners = max(4, capacity // 2 + 1)
    table = 1 << max(6, int(4 * capacity - 1).bit_length())
    pair_table = 1 << max(10, int(2 * capacity * capacity).bit_length())
    ints = lambda: np.zeros(capacity, np.int32)  # noqa: E731
    return State(
        vectors=np.zeros(capacity, np.uint64),
        kind=np.zeros(capacity, np.int8),
        live=ints(),
        place=ints(),
        hot=ints(),
        hot_place=ints(),
        first=np.zeros((capacity, partners), np.int32),
        second=np.zeros((capacity, partners), np.int32),
        triples=ints(),
        slot_keys=np.zeros(table, np.uint64),
        slots=np.zeros(table, np.int32),
        pairs=np.zeros(pair_table, np.uint64),
        seen=np.zeros(capacity, np.int8),
        depth=ints(),
        queue=ints(),
        mate=np.full(capacity, -1, np.int32),
        chosen=np.zeros(capacity, np.uint64),
        weight=np.zeros(capacity, np.float64),
        best=np.zeros(capacity, np.uint64),
        random=np.array([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % (1 << 64) | 1], np.uint64),
        info=np.zeros(8, np.int64),
    )


@njit(cache=True, nogil=True, inline="always")
def _add_triple(s, x, a, b):  # type: ignore[no-untyped-def]
    """Append the triple {x, a, b} to the list of x."""
    n = s.triples[x]
    s.first[x, n] = a
    s.second[x, n] = b
    s.triples[x] = n + 1


@njit(cache=True, nogil=True)
def _link(s, slot):  # type: ignore[no-untyped-def]
    """Add the triples of a new member to all lists."""
    vector = s.vectors[slot]
    for i in range(s.info[LIVE]):
        a = s.live[i]
        b = slot_of(s.slot_keys, s.slots, vector ^ s.vectors[a])
        if b > a:
            _add_triple(s, slot, a, b)
            _add_triple(s, a, slot, b)
            _add_triple(s, b, slot, a)


@njit(cache=True, nogil=True)
def _unlink(s, slot):  # type: ignore[no-untyped-def]
    """Remove the triples of a member from all lists."""
    for i in range(s.triples[slot]):
        for x in (s.first[slot, i], s.second[slot, i]):
            n = s.triples[x] - 1
            for j in range(n + 1):
                if s.first[x, j] == slot or s.second[x, j] == slot:
                    s.first[x, j] = s.first[x, n]
                    s.second[x, j] = s.second[x, n]
                    break
            s.triples[x] = n
    s.triples[slot] = 0


@njit(cache=True, nogil=True)
def _rebuild_pairs(s):  # type: ignore[no-untyped-def]
    """Count all pairs again in an empty table, which drops the keys that no pair sums to."""
    s.pairs[:] = uint64(0)
    used = 0
    for i in range(s.info[LIVE]):
        vector = s.vectors[s.live[i]]
        for j in range(i):
            used += tally(s.pairs, vector ^ s.vectors[s.live[j]], True)
    s.info[USED] = used


@njit(cache=True, nogil=True)
def insert(s, vector, kind):  # type: ignore[no-untyped-def]
    """Make a vector a member and return its slot; return -1 if it is a member already or there is no room."""
    if s.info[LIVE] == s.kind.size or slot_of(s.slot_keys, s.slots, vector) >= 0:
        return -1
    if 10 * (s.info[USED] + s.info[LIVE]) > 6 * s.pairs.size:
        _rebuild_pairs(s)
    used = 0
    for i in range(s.info[LIVE]):
        used += tally(s.pairs, vector ^ s.vectors[s.live[i]], True)
    s.info[USED] += used
    return join(s, vector, kind)


@njit(cache=True, nogil=True)
def join(s, vector, kind):  # type: ignore[no-untyped-def]
    """Do what `insert` does, but for the counts of pairs: for members that are tried and soon `leave`."""
    if slot_of(s.slot_keys, s.slots, vector) >= 0:
        return -1
    slot = -1
    for i in range(s.kind.size):
        if s.kind[i] == DEAD:
            slot = i
            break
    if slot < 0:
        return -1
    s.vectors[slot] = vector
    s.kind[slot] = kind
    _link(s, slot)
    slot_insert(s.slot_keys, s.slots, vector, slot)
    s.place[slot] = s.info[LIVE]
    s.live[s.info[LIVE]] = slot
    s.info[LIVE] += 1
    if kind == INTERIOR:
        s.hot_place[slot] = s.info[HOT]
        s.hot[s.info[HOT]] = slot
        s.info[HOT] += 1
    elif kind == TARGET:
        s.info[TARGETS] += 1
    return slot


@njit(cache=True, nogil=True)
def remove(s, slot):  # type: ignore[no-untyped-def]
    """Remove an interior member."""
    leave(s, slot)
    for i in range(s.info[LIVE]):
        tally(s.pairs, s.vectors[slot] ^ s.vectors[s.live[i]], False)


@njit(cache=True, nogil=True)
def leave(s, slot):  # type: ignore[no-untyped-def]
    """Remove an interior member that came by `join`."""
    vector = s.vectors[slot]
    _unlink(s, slot)
    slot_delete(s.slot_keys, s.slots, vector)
    s.kind[slot] = DEAD
    last = s.live[s.info[LIVE] - 1]
    s.live[s.place[slot]] = last
    s.place[last] = s.place[slot]
    s.info[LIVE] -= 1
    last = s.hot[s.info[HOT] - 1]
    s.hot[s.hot_place[slot]] = last
    s.hot_place[last] = s.hot_place[slot]
    s.info[HOT] -= 1


@njit(cache=True, nogil=True)
def reach(s, out, max_depth):  # type: ignore[no-untyped-def]
    """Mark what the inputs reach in `max_depth` levels without member `out` (-1: with all members), breadth first.

    Returns:
        The number of targets that they don't reach.
    """
    s.seen[:] = 0
    if out >= 0:
        s.seen[out] = TAKEN
    return spread(s, max_depth)


@njit(cache=True, nogil=True)
def spread(s, max_depth):  # type: ignore[no-untyped-def]
    """Mark what the inputs reach in `max_depth` levels, when nothing is marked but what counts as taken out.

    Returns:
        The number of targets that they don't reach.
    """
    end = 0
    for i in range(s.info[LIVE]):
        slot = s.live[i]
        if s.kind[slot] == INPUT:
            s.seen[slot] = 1
            s.depth[slot] = 0
            s.queue[end] = slot
            end += 1
    missing = s.info[TARGETS]
    start = 0
    while start < end:
        x = s.queue[start]
        start += 1
        s.seen[x] = 2
        if s.depth[x] == max_depth:
            continue
        for i in range(s.triples[x]):
            a = s.first[x, i]
            b = s.second[x, i]
            if s.seen[a] != 2:
                a, b = b, a
            if s.seen[a] == 2 and s.seen[b] == 0:
                s.seen[b] = 1
                s.depth[b] = s.depth[x] + 1
                s.queue[end] = b
                end += 1
                if s.kind[b] == TARGET:
                    missing -= 1
    return missing


@njit(cache=True, nogil=True)
def insert_all(s, vectors, kind):  # type: ignore[no-untyped-def]
    """Make every vector a member that is not one yet."""
    for vector in vectors:
        insert(s, vector, kind)
