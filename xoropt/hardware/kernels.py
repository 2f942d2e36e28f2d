"""The decoder's control cycle by cycle: what its Verilog does with valid and ready, without the data."""

import numpy as np
from numba import njit


@njit(cache=True)
def is_open(cycle, multiplier, rate):
    """Return whether a port that is open in `rate` of 256 cycles is open in this one."""
    return ((cycle * multiplier) & 0xFFFFFFFF) >> 24 < rate


@njit(cache=True)
def run(first, steps, lag, fifo, flips, rates, limit):
    """Count the cycles from the first one after reset until the last step is taken, and what the decoder waited for.

    Args:
        first: bool (words,), the seed words that begin a run.
        steps: int64 (patches + 1,), the step of each patch, ascending; the last one is the end mark.
        lag: the decoder's lag.
        fifo, flips: as in `DecoderConfig`.
        rates: int64 (3,), the number of 256 cycles in which seeds, patches and outputs can pass.
        limit: the number of steps to make.

    Returns:
        int64 (6,): cycles; steps; cycles without a step because no seed word was offered, and because the first words
        of a run filled the registers; cycles with a step that waited for patches, and with one that was not taken.
    """
    found = np.zeros(6, dtype=np.int64)
    held = np.zeros(fifo + 1, dtype=np.int64)  # the steps of the patches in the FIFO
    level = seed = patch = 0
    missing = lag
    pending = False
    cycle = step = 0
    while step < limit:
        seed_valid = seed < len(first) and is_open(cycle, 2654435769, rates[0])
        patch_valid = patch < len(steps) and is_open(cycle, 2246822507, rates[1])
        out_ready = is_open(cycle, 3266489917, rates[2])
        matched = 0
        while matched < flips and matched < level and held[matched] == step:
            matched += 1
        done = matched < level and held[matched] != step
        take = pending and done and out_ready
        accept = seed_valid and (not pending or take)
        if not pending:
            found[3 if missing > 0 and seed_valid else 2] += 1
        elif not done:
            found[4] += 1
        elif not out_ready:
            found[5] += 1
        pop = matched if take or (pending and not done) else 0
        push = patch_valid and level < fifo
        for i in range(level - pop):
            held[i] = held[i + pop]
        level -= pop
        if push:
            held[level] = steps[patch]
            level += 1
            patch += 1
        if take:
            step += 1
        if accept:
            missing = lag if first[seed] else max(0, missing - 1)
            pending = missing == 0
            seed += 1
        elif take:
            pending = False
        cycle += 1
        if seed == len(first) and not pending and step < limit:
            break
    found[0], found[1] = cycle, step
    return found
