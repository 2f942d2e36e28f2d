"""The annealed walk over sets of vectors: members too many and levels too many have a price, and the price falls."""

import numpy as np
from numba import njit

from xoropt.circuits.kernels.orbits import insert_orbit, orbit_of, take_out
from xoropt.circuits.kernels.sets import HOT, INTERIOR, LIVE, TARGET, TARGETS, join, leave, reach
from xoropt.circuits.kernels.tables import count_of, random_below, slot_of
from xoropt.circuits.kernels.walk import MAX_WEIGHT, drop_unreached, shared_sum, uniform

__all__ = ["ANY", "early_walk", "levels_over"]

ANY = 1 << 30
"""A bound of the levels that no circuit reaches."""
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
def _energy(s, most, max_depth, price):  # type: ignore[no-untyped-def]
    """Return the levels too many, and `price` for each member more than `most`, after `reach`."""
    return levels_over(s, max_depth) + price * max(0, s.info[HOT] + s.info[TARGETS] - most)


@njit(cache=True, nogil=True)
def early_walk(s, tables, steps, weights, most, max_depth, price, heat, up):  # type: ignore[no-untyped-def]
    """Make up to `steps` moves from a set whose members reach every target, at whatever level.

    A move takes an orbit of interior members out and puts another in, or does one of the two. It is made if the energy,
    the levels too many and the price of the members too many, does not grow, or by chance (Metropolis).

    Args:
        s: the set, changed in place; its capacity bounds the members.
        tables: the symmetries that keep the set, as `image_tables` gives them.
        steps: the number of moves.
        weights: as for `walk`.
        most: the members that are wanted at most, inputs not counted.
        max_depth: the levels that are wanted at most.
        price: the energy of a member too many.
        heat: the energy that is paid with a probability of 1/e.
        up: the probability of a move that only adds.

    Returns:
        The energy at the end; 0 where there are as few members and levels as are wanted.
    """
    order = tables.shape[0]
    orbit = np.zeros(order, np.uint64)
    outs = np.zeros(order, np.int32)
    reach(s, -1, ANY)
    energy = _energy(s, most, max_depth, price)
    for _ in range(steps):
        if energy == 0.0 or s.info[HOT] == 0:
            return energy
        room = most - s.info[HOT] - s.info[TARGETS]
        if uniform(s.random) < up and (room > 0 or uniform(s.random) < np.exp(-price / heat)):
            reach(s, -1, ANY)
            wanted = _wanted(s, 0, max_depth)
            vector = _draw(s, wanted, weights) if wanted >= 0 and uniform(s.random) < LOST else shared_sum(s, 16)
            if vector:
                size = orbit_of(vector, tables, orbit)
                if s.info[LIVE] + size <= s.kind.size and insert_orbit(s, orbit, size):
                    reach(s, -1, ANY)
                    energy = _energy(s, most, max_depth, price)
            continue
        first = s.hot[random_below(s.random, s.info[HOT])]
        n_out = orbit_of(s.vectors[first], tables, orbit)
        for i in range(n_out):
            outs[i] = slot_of(s.slot_keys, s.slots, orbit[i])
        missing = take_out(s, outs, n_out, ANY)
        if missing == 0:
            fewer = min(n_out, max(0, -room))
            now = levels_over(s, max_depth) + price * (max(0, -room) - fewer)
            if now <= energy or uniform(s.random) < np.exp((energy - now) / heat):
                drop_unreached(s)
                energy = _energy(s, most, max_depth, price)
                continue
        wanted = _wanted(s, missing, max_depth)
        vector = _draw(s, wanted, weights) if wanted >= 0 else shared_sum(s, 16)
        if not vector:
            continue
        size = orbit_of(vector, tables, orbit)
        if s.info[LIVE] + size > s.kind.size:
            continue
        for k in range(size):
            join(s, orbit[k], INTERIOR)
        missing = take_out(s, outs, n_out, ANY)
        now = levels_over(s, max_depth) + price * max(0, size - n_out - room)
        for k in range(size):
            leave(s, slot_of(s.slot_keys, s.slots, orbit[k]))
        if missing == 0 and (now <= energy or uniform(s.random) < np.exp((energy - now) / heat)):
            insert_orbit(s, orbit, size)  # into the same slots, so that what is marked stays
            drop_unreached(s)
            energy = _energy(s, most, max_depth, price)
    return energy
