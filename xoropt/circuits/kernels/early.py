"""The walk that brings the outputs forward: the number of members is bounded, and the levels too many fall."""

import numpy as np
from numba import njit

from xoropt.circuits.kernels.orbits import insert_orbit, orbit_of, take_out
from xoropt.circuits.kernels.sets import HOT, LIVE, TARGET, TARGETS, reach, remove
from xoropt.circuits.kernels.tables import count_of, random_below, slot_of
from xoropt.circuits.kernels.walk import MAX_WEIGHT, drop_unreached, shared_sum, uniform

__all__ = ["early_walk", "levels_over"]

ANY = 1 << 30
LOST = 0.5
"""The probability with which a move builds a member that it lost, rather than a target that comes too late."""


@njit(cache=True, nogil=True)
def levels_over(s, max_depth):  # type: ignore[no-untyped-def]
    """Return the levels beyond `max_depth` at which targets come, summed over the targets, after `reach`."""
    over = 0
    for i in range(s.info[LIVE]):
        slot = s.live[i]
        if s.kind[slot] == TARGET and s.depth[slot] > max_depth:
            over += s.depth[slot] - max_depth
    return over


@njit(cache=True, nogil=True)
def _wanted(s, missing, max_depth):  # type: ignore[no-untyped-def]
    """Return a random member that is not reached or, otherwise or by chance, a random target that comes too late."""
    if missing == 0 or uniform(s.random) >= LOST:
        late = 0
        for i in range(s.info[LIVE]):
            slot = s.live[i]
            if s.seen[slot] > 0 and s.kind[slot] == TARGET and s.depth[slot] > max_depth:
                s.queue[late] = slot
                late += 1
        if late > 0:
            return s.queue[random_below(s.random, late)]
    lost = 0
    for i in range(s.info[LIVE]):
        if s.seen[s.live[i]] == 0:
            s.queue[lost] = s.live[i]
            lost += 1
    return s.queue[random_below(s.random, lost)] if lost > 0 else -1


@njit(cache=True, nogil=True)
def _draw(s, wanted, weights):  # type: ignore[no-untyped-def]
    """Return a random vector that builds a member from a reached one and is the sum of two members; 0 for none."""
    count, total = 0, 0.0
    target = s.vectors[wanted]
    for i in range(s.info[LIVE]):
        r = s.live[i]
        if s.seen[r] <= 0 or (s.seen[wanted] > 0 and s.depth[r] >= s.depth[wanted]):
            continue
        vector = target ^ s.vectors[r]
        n = count_of(s.pairs, vector)
        if n < 2 or slot_of(s.slot_keys, s.slots, vector) >= 0:
            continue
        s.chosen[count] = vector
        total += weights[min(n, MAX_WEIGHT)]
        s.weight[count] = total
        count += 1
    if count == 0:
        return target ^ target
    point = uniform(s.random) * total
    i = 0
    while i < count - 1 and s.weight[i] <= point:
        i += 1
    return s.chosen[i]


@njit(cache=True, nogil=True)
def early_walk(s, tables, steps, weights, most, max_depth, heat, up):  # type: ignore[no-untyped-def]
    """Make up to `steps` moves from a set whose members reach every target, at whatever level.

    A move takes an orbit of interior members out and puts another in. It is made if the levels too many
    (`levels_over`) do not grow, or by chance (Metropolis).

    Args:
        s: the set, changed in place.
        tables: the symmetries that keep the set, as `image_tables` gives them.
        steps: the number of moves.
        weights: as for `walk`.
        most: the most members that are not inputs.
        max_depth: the levels that are wanted.
        heat: the levels that are lost with a probability of 1/e.
        up: the probability of adding an orbit where there is room.

    Returns:
        The levels too many at the end; 0 where every target comes in time.
    """
    order = tables.shape[0]
    orbit = np.zeros(order, np.uint64)
    outs = np.zeros(order, np.int32)
    reach(s, -1, ANY)
    over = levels_over(s, max_depth)
    for _ in range(steps):
        if over == 0 or s.info[HOT] == 0:
            return over
        room = most - s.info[HOT] - s.info[TARGETS]
        if room > 0 and uniform(s.random) < up:
            reach(s, -1, ANY)
            wanted = _wanted(s, 0, max_depth)
            vector = _draw(s, wanted, weights) if uniform(s.random) < LOST else shared_sum(s, 16)
            if vector:
                size = orbit_of(vector, tables, orbit)
                if size <= room and insert_orbit(s, orbit, size):
                    reach(s, -1, ANY)
                    over = levels_over(s, max_depth)
                    continue
        first = s.hot[random_below(s.random, s.info[HOT])]
        n_out = orbit_of(s.vectors[first], tables, orbit)
        for i in range(n_out):
            outs[i] = slot_of(s.slot_keys, s.slots, orbit[i])
        missing = take_out(s, outs, n_out, ANY)
        if missing == 0:
            now = levels_over(s, max_depth)
            if now <= over or uniform(s.random) < np.exp((over - now) / heat):
                over = now
                drop_unreached(s)
                continue
        wanted = _wanted(s, missing, max_depth)
        vector = _draw(s, wanted, weights) if wanted >= 0 else shared_sum(s, 16)
        if not vector:
            continue
        size = orbit_of(vector, tables, orbit)
        if size - n_out > room or not insert_orbit(s, orbit, size):
            continue
        now = levels_over(s, max_depth) if take_out(s, outs, n_out, ANY) == 0 else -1
        if now >= 0 and (now <= over or uniform(s.random) < np.exp((over - now) / heat)):
            over = now
            drop_unreached(s)
            continue
        for k in range(size):
            remove(s, slot_of(s.slot_keys, s.slots, orbit[k]))
    return over
