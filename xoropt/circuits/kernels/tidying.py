"""Gates without those that nobody needs."""

import numpy as np
from numba import njit, uint64

from xoropt.circuits.kernels.tables import lengthened, slot_insert, slot_of

__all__ = ["tidy_gates"]


@njit(cache=True, nogil=True)
def tidy_gates(units, targets, gates, keys, slots):  # type: ignore[no-untyped-def]
    """Return gates without those that repeat a signal, are zero, or are needed by no target: int32 (gates, 2).

    Args:
        units, targets: uint64, the words of the inputs and the targets.
        gates: int32 (gates, 2).
        keys, slots: an empty table with more than twice as many cells as there are inputs and gates.
    """
    n, total = units.size, len(gates)
    words = lengthened(units, n + total)
    place = np.zeros(n + total, np.int32)  # of each old signal among the new ones; -1 for zero
    for i in range(n):
        place[i] = i
        if slot_of(keys, slots, units[i]) < 0:
            slot_insert(keys, slots, units[i], i)
    rows = np.zeros((total, 2), np.int32)
    count = 0
    for g in range(total):
        a, b = gates[g, 0], gates[g, 1]
        word = words[a] ^ words[b]
        words[n + g] = word
        slot = -1
        if word != uint64(0):
            slot = slot_of(keys, slots, word)
            if slot < 0:
                # A gate that reads a zero signal repeats an earlier one, so that no kept row holds -1.
                slot = n + count
                slot_insert(keys, slots, word, slot)
                rows[count, 0] = place[a]
                rows[count, 1] = place[b]
                count += 1
        place[n + g] = slot
    alive = np.zeros(n + count, np.uint8)
    for word in targets:
        slot = slot_of(keys, slots, word)
        if slot >= 0:
            alive[slot] = 1
    for g in range(count - 1, -1, -1):
        if alive[n + g]:
            alive[rows[g, 0]] = 1
            alive[rows[g, 1]] = 1
    number = np.zeros(n + count, np.int32)
    for i in range(n):
        number[i] = i
    kept = 0
    for g in range(count):
        if alive[n + g]:
            number[n + g] = n + kept
            rows[kept, 0] = number[rows[g, 0]]
            rows[kept, 1] = number[rows[g, 1]]
            kept += 1
    return rows[:kept].copy()
