"""The walk over sets of vectors: take one out, put another in, as long as everything can still be built.

A circuit is a set of vectors: the unit vectors, the targets, and interior ones. It is valid when every target is
reached from the units by sums of two members, in at most `max_depth` levels. Which sum builds a member stays open,
so that one state stands for all circuits with the same signals; its cost is the number of members that are not units.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, uint64

from xoropt.circuits.kernels.tables import (
    count_of,
    random_below,
    random_word,
    slot_delete,
    slot_insert,
    slot_of,
    tally,
)

__all__ = ["BEST", "INPUT", "INTERIOR", "MAX_WEIGHT", "TARGET", "State", "insert", "insert_all", "new_state", "walk"]

DEAD, INPUT, TARGET, INTERIOR = 0, 1, 2, 3
TAKEN = -1
LIVE, USED, BEST, HOT, TARGETS, MOVES = range(6)  # the fields of State.info
MAX_TRIES = 6
MAX_WEIGHT = 31


class State(NamedTuple):
    """One set of vectors with its tables; slots 0 … capacity-1 hold the members.

    Passing it costs half a microsecond: no call inside a loop over members may take it.
    """

    vectors: np.ndarray  # uint64 (capacity,)
    kind: np.ndarray  # int8: DEAD, INPUT, TARGET or INTERIOR
    live: np.ndarray  # int32: the slots in use, first info[LIVE] entries
    place: np.ndarray  # int32: where in `live` a slot is
    hot: np.ndarray  # int32: the interior slots, first info[HOT] entries
    hot_place: np.ndarray
    first: np.ndarray  # int32 (capacity, partners): the triples {x, first, second} of slot x whose vectors sum to 0
    second: np.ndarray
    triples: np.ndarray  # int32: how many each slot has
    slot_keys: np.ndarray
    slots: np.ndarray
    pairs: np.ndarray  # uint64: how many pairs of members sum to a vector, see `tally`
    seen: np.ndarray  # int8: 0 not reached, 1 reached, 2 expanded; -1 for the member that counts as taken out
    depth: np.ndarray
    queue: np.ndarray
    mate: np.ndarray
    chosen: np.ndarray  # uint64: candidates of one move
    weight: np.ndarray  # float64: their weights
    best: np.ndarray  # uint64: the smallest set's vectors that are not units, info[BEST] of them
    random: np.ndarray
    info: np.ndarray


def new_state(capacity: int, seed: int, partners: int = 0) -> State:
    """An empty set with room for `capacity` vectors."""
    partners = partners or max(4, capacity // 2 + 1)
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
    n = s.triples[x]
    s.first[x, n] = a
    s.second[x, n] = b
    s.triples[x] = n + 1


@njit(cache=True, nogil=True)
def _link(s, slot):  # type: ignore[no-untyped-def]
    """Enter the triples of a new member."""
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
    """Take the triples of a member out of its partners' lists."""
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
    s.pairs[:] = uint64(0)
    used = 0
    for i in range(s.info[LIVE]):
        vector = s.vectors[s.live[i]]
        for j in range(i):
            used += tally(s.pairs, vector ^ s.vectors[s.live[j]], True)
    s.info[USED] = used


@njit(cache=True, nogil=True)
def insert(s, vector, kind):  # type: ignore[no-untyped-def]
    """Make a vector a member; its slot, or -1 if it is one already (a better kind is taken over) or there's no room."""
    known = slot_of(s.slot_keys, s.slots, vector)
    if known >= 0:
        return -1
    slot = -1
    for i in range(s.kind.size):
        if s.kind[i] == DEAD:
            slot = i
            break
    if slot < 0:
        return -1
    if 10 * (s.info[USED] + s.info[LIVE]) > 6 * s.pairs.size:
        _rebuild_pairs(s)
    used = 0
    for i in range(s.info[LIVE]):
        used += tally(s.pairs, vector ^ s.vectors[s.live[i]], True)
    s.info[USED] += used
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
def _remove(s, slot):  # type: ignore[no-untyped-def]
    """Take an interior member out."""
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
    for i in range(s.info[LIVE]):
        tally(s.pairs, vector ^ s.vectors[s.live[i]], False)


@njit(cache=True, nogil=True)
def _reach(s, out, max_depth):  # type: ignore[no-untyped-def]
    """Mark what the inputs reach without member `out` (-1: with all) within `max_depth` levels, breadth first.

    Returns: how many targets they don't reach.
    """
    s.seen[:] = 0
    if out >= 0:
        s.seen[out] = TAKEN
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


@njit(cache=True, nogil=True, inline="always")
def _mark(s, slot, marks):  # type: ignore[no-untyped-def]
    s.seen[slot] = 1
    s.queue[marks] = slot
    return marks + 1


@njit(cache=True, nogil=True)
def _reach_with(s, vector, missing):  # type: ignore[no-untyped-def]
    """How many targets stay unreached when a vector joins a state that `_reach` has marked; the marks are put back.

    -1 when the vector itself can't be built. Only for walks without a depth bound.
    """
    built = False
    marks = 0
    for i in range(s.info[LIVE]):
        a = s.live[i]
        b = slot_of(s.slot_keys, s.slots, vector ^ s.vectors[a])
        s.mate[a] = b
        if b >= 0 and s.seen[a] > 0:
            if s.seen[b] == 0:
                s.queue[marks] = b
                marks += 1
            elif s.seen[b] != TAKEN:
                built = True
    if not built:
        return -1
    for i in range(marks):
        s.seen[s.queue[i]] = 1
    start = 0
    while start < marks:
        x = s.queue[start]
        start += 1
        missing -= s.kind[x] == TARGET
        b = s.mate[x]
        if b >= 0 and s.seen[b] == 0:
            marks = _mark(s, b, marks)
        for i in range(s.triples[x]):
            a = s.first[x, i]
            b = s.second[x, i]
            if s.seen[a] == 0 and s.seen[b] > 0:
                marks = _mark(s, a, marks)
            elif s.seen[b] == 0 and s.seen[a] > 0:
                marks = _mark(s, b, marks)
    for i in range(marks):
        s.seen[s.queue[i]] = 0
    return missing


@njit(cache=True, nogil=True)
def _drop_unreached(s):  # type: ignore[no-untyped-def]
    """Take out interior members that no one can build: every target is reached without them."""
    i = 0
    while i < s.info[HOT]:
        slot = s.hot[i]
        if s.seen[slot] > 0:
            i += 1
        else:
            _remove(s, slot)


@njit(cache=True, nogil=True)
def _keep_if_better(s):  # type: ignore[no-untyped-def]
    size = s.info[HOT] + s.info[TARGETS]
    if size >= s.info[BEST]:
        return
    s.info[BEST] = size
    n = 0
    for i in range(s.info[LIVE]):
        slot = s.live[i]
        if s.kind[slot] != INPUT:
            s.best[n] = s.vectors[slot]
            n += 1


@njit(cache=True, nogil=True)
def _exchange(s, out, vector, missing, max_depth):  # type: ignore[no-untyped-def]
    """Put a vector in the place of member `out` if that makes every target reachable; whether it did."""
    if max_depth < 0:
        if _reach_with(s, vector, missing) != 0:
            return False
        _remove(s, out)
        insert(s, vector, INTERIOR)
        return True
    slot = insert(s, vector, INTERIOR)
    if _reach(s, out, max_depth) == 0:
        _remove(s, out)
        return True
    _remove(s, slot)
    _reach(s, out, max_depth)
    return False


@njit(cache=True, nogil=True)
def _candidates(s, out, weights):  # type: ignore[no-untyped-def]
    """Vectors that would build one random unreached member from a reached one, each itself the sum of two members.

    The member `out` counts as taken out, but may be its own successor.
    """
    count = 0
    lost = 0
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
        if n < 2:
            continue
        known = slot_of(s.slot_keys, s.slots, vector)
        if known >= 0 and known != out:
            continue
        if known < 0 and slot_of(s.slot_keys, s.slots, vector ^ s.vectors[out]) >= 0:
            n -= 1  # a pair with `out`
            if n < 2:
                continue
        s.chosen[count] = vector
        s.weight[count] = weights[min(n, MAX_WEIGHT)]
        count += 1
    return count


@njit(cache=True, nogil=True)
def _add_random(s, tries):  # type: ignore[no-untyped-def]
    """Make the sum of two random members a member too: of a few sums, the one that most pairs share."""
    most = 1
    found = uint64(0)
    for _ in range(tries):
        a = s.live[random_below(s.random, s.info[LIVE])]
        b = s.live[random_below(s.random, s.info[LIVE])]
        if a == b or s.seen[a] <= 0 or s.seen[b] <= 0:
            continue
        vector = s.vectors[a] ^ s.vectors[b]
        n = count_of(s.pairs, vector)
        if n > most and slot_of(s.slot_keys, s.slots, vector) < 0:
            most = n
            found = vector
    if most > 1:
        insert(s, found, INTERIOR)


@njit(cache=True, nogil=True, inline="always")
def _uniform(random):  # type: ignore[no-untyped-def]
    return (random_word(random) >> uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True)
def walk(s, steps, weights, spare, up, max_depth):  # type: ignore[no-untyped-def]
    """`steps` moves from a valid set; info[BEST] and `best` hold the smallest set met.

    A move takes a random interior member out. If every target is still reached, that was a gate too many. Else a
    vector is drawn from those that build what was lost, with weight weights[number of pairs that sum to it], and put
    in; it may be the old one. With probability `up` a vector is added first, as long as the set stays at most `spare`
    larger than the smallest.

    max_depth: levels allowed, -1 for no bound.
    """
    bound = max_depth if max_depth >= 0 else 1 << 30
    for _ in range(steps):
        if s.info[HOT] == 0:
            return
        s.info[MOVES] += 1
        if up > 0.0 and s.info[HOT] + s.info[TARGETS] < s.info[BEST] + spare and _uniform(s.random) < up:
            _reach(s, -1, bound)
            _add_random(s, 16)
        out = s.hot[random_below(s.random, s.info[HOT])]
        missing = _reach(s, out, bound)
        if missing == 0:
            _drop_unreached(s)
            _keep_if_better(s)
            continue
        count = _candidates(s, out, weights)
        total = 0.0
        for i in range(count):
            total += s.weight[i]
        for _ in range(min(count, MAX_TRIES)):
            point = _uniform(s.random) * total
            i = 0
            while i < count - 1 and point >= s.weight[i]:
                point -= s.weight[i]
                i += 1
            if s.chosen[i] == s.vectors[out] or _exchange(s, out, s.chosen[i], missing, max_depth):
                break
            total -= s.weight[i]
            count -= 1
            s.weight[i] = s.weight[count]
            s.chosen[i] = s.chosen[count]


@njit(cache=True, nogil=True)
def insert_all(s, vectors, kind):  # type: ignore[no-untyped-def]
    """Make vectors members, those that aren't yet."""
    for vector in vectors:
        insert(s, vector, kind)
