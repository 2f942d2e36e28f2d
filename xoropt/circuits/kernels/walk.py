"""The walk over sets of vectors: take one out, put another in, as long as everything can still be built."""

from numba import njit, uint64

from xoropt.circuits.kernels.sets import (
    BEST,
    HOT,
    INPUT,
    INTERIOR,
    LIVE,
    TAKEN,
    TARGET,
    TARGETS,
    insert,
    reach,
    remove,
)
from xoropt.circuits.kernels.tables import count_of, random_below, random_word, slot_of

__all__ = ["MAX_WEIGHT", "drop_unreached", "keep_if_better", "shared_sum", "uniform", "walk"]

MAX_TRIES = 6
"""The most candidates that one move tries."""
MAX_WEIGHT = 31
"""The most pairs that count for the weight of a candidate."""


@njit(cache=True, nogil=True, inline="always")
def _mark(s, slot, marks):  # type: ignore[no-untyped-def]
    """Mark a slot as reached, queue it, and return the new length of the queue."""
    s.seen[slot] = 1
    s.queue[marks] = slot
    return marks + 1


@njit(cache=True, nogil=True)
def _reach_with(s, vector, missing):  # type: ignore[no-untyped-def]
    """Count the targets that stay unreached if a vector joins a state that `reach` has marked; restore the marks.

    Only for walks without a depth bound.

    Returns:
        The number of targets, or -1 if the vector itself can't be built.
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
def drop_unreached(s):  # type: ignore[no-untyped-def]
    """Remove the interior members that are not reached, when every target is reached without them."""
    i = 0
    while i < s.info[HOT]:
        slot = s.hot[i]
        if s.seen[slot] > 0:
            i += 1
        else:
            remove(s, slot)


@njit(cache=True, nogil=True)
def keep_if_better(s):  # type: ignore[no-untyped-def]
    """Copy the set to `best` if it is smaller than the smallest so far."""
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
    """Replace member `out` by a vector if that makes every target reachable, and return whether it did."""
    if max_depth < 0:
        if _reach_with(s, vector, missing) != 0:
            return False
        remove(s, out)
        insert(s, vector, INTERIOR)
        return True
    slot = insert(s, vector, INTERIOR)
    if reach(s, out, max_depth) == 0:
        remove(s, out)
        return True
    remove(s, slot)
    reach(s, out, max_depth)
    return False


@njit(cache=True, nogil=True)
def _candidates(s, out, weights):  # type: ignore[no-untyped-def]
    """Collect vectors that build one random unreached member from a reached one and are the sum of two members.

    The member `out` counts as taken out, but may be its own successor.

    Returns:
        The number of candidates; `chosen` and `weight` hold them.
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
def shared_sum(s, tries):  # type: ignore[no-untyped-def]
    """Return the sum of two random members that most pairs share, of `tries` ones; 0: none is new and shared."""
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
    return found


@njit(cache=True, nogil=True)
def _add_random(s, tries):  # type: ignore[no-untyped-def]
    """Make a sum of two random members a member, too."""
    found = shared_sum(s, tries)
    if found:
        insert(s, found, INTERIOR)


@njit(cache=True, nogil=True, inline="always")
def uniform(random):  # type: ignore[no-untyped-def]
    """Return a random number in [0, 1)."""
    return (random_word(random) >> uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True)
def walk(s, steps, weights, spare, up, max_depth):  # type: ignore[no-untyped-def]
    """Make `steps` moves from a valid set; info[BEST] and `best` hold the smallest set met.

    A move takes a random interior member out. If every target is still reached, the member was a gate too many.
    Otherwise a vector is drawn from those that build what was lost, and put in; it may be the old one.

    Args:
        s: the set, changed in place.
        steps: the number of moves.
        weights: float64, the weight of a vector by the number of pairs that sum to it, up to MAX_WEIGHT.
        spare: the number of members that the set may have more than the smallest.
        up: the probability with which a move adds a vector first, if `spare` allows it.
        max_depth: the most levels of gates, -1 for no bound.
    """
    bound = max_depth if max_depth >= 0 else 1 << 30
    for _ in range(steps):
        if s.info[HOT] == 0:
            return
        if up > 0.0 and s.info[HOT] + s.info[TARGETS] < s.info[BEST] + spare and uniform(s.random) < up:
            reach(s, -1, bound)
            _add_random(s, 16)
        out = s.hot[random_below(s.random, s.info[HOT])]
        missing = reach(s, out, bound)
        if missing == 0:
            drop_unreached(s)
            keep_if_better(s)
            continue
        count = _candidates(s, out, weights)
        total = 0.0
        for i in range(count):
            total += s.weight[i]
        for _ in range(min(count, MAX_TRIES)):
            point = uniform(s.random) * total
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
