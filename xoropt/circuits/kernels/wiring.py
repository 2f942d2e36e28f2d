"""Gates for a set of vectors, found breadth first, so that the depth is the least possible."""

import numpy as np
from numba import njit

from xoropt.circuits.kernels.tables import lengthened, slot_insert, slot_of

__all__ = ["wire"]


@njit(cache=True, nogil=True)
def wire(units, vectors, keys, slots):  # type: ignore[no-untyped-def]
    """Make a gate for each vector that sums of two members can build.

    Args:
        units: uint64, the words of the inputs.
        vectors: uint64, distinct; none is zero or a unit.
        keys, slots: an empty table with more than twice as many cells as there are units and vectors.

    Returns:
        The gates in topological order, int32 (gates, 2).
    """
    n = units.size
    m = n + vectors.size
    words = lengthened(units, m)
    for i in range(vectors.size):
        words[n + i] = vectors[i]
    for i in range(m):
        slot_insert(keys, slots, words[i], i)
    signal = np.full(m, -1, np.int32)  # of each word, once it is built
    expanded = np.zeros(m, np.uint8)
    queue = np.zeros(m, np.int32)
    waiting = np.zeros(vectors.size, np.int32)
    for i in range(n):
        queue[i] = i
        signal[i] = i
    left = vectors.size
    for i in range(left):
        waiting[i] = n + i
    gates = np.zeros((vectors.size, 2), np.int32)
    start, end = 0, n
    while start < end and left:
        x = queue[start]
        start += 1
        expanded[x] = 1
        kept = 0
        for i in range(left):
            v = waiting[i]
            b = slot_of(keys, slots, words[v] ^ words[x])
            if b >= 0 and expanded[b]:
                gates[end - n, 0] = min(signal[x], signal[b])
                gates[end - n, 1] = max(signal[x], signal[b])
                signal[v] = end
                queue[end] = v
                end += 1
            else:
                waiting[kept] = v
                kept += 1
        left = kept
    return gates[: end - n]
