"""The method of four Russians: a circuit for a large matrix in a moment.

V. L. Arlazarov, E. A. Dinic, M. A. Kronrod, I. A. Faradžev, 1970: the columns fall into groups, each sum of columns of
a group that some row needs is made once, and every row adds one signal of each group.
"""

import numpy as np
from numba import int64, njit

from xoropt.circuits.kernels.finishing import finish_rows

__all__ = ["depth_of", "group_gates"]


@njit(cache=True, nogil=True)
def group_gates(rows, size):  # type: ignore[no-untyped-def]
    """Make the gates for groups of `size` columns: int32 (gates, 2).

    Args:
        rows: uint8 (rows, columns).
        size: the columns of a group; the last group may have fewer.
    """
    k, n = rows.shape
    groups = (n + size - 1) // size
    gates = np.zeros((max(1, min(int64(rows.sum()), groups << size) + k * groups), 2), np.int32)
    count = 0
    lists = np.zeros((k, groups), np.int32)
    weights = np.zeros(k, np.int64)
    signal = np.zeros(1 << size, np.int32)  # of each sum of the group's columns, -1 before it is made
    for start in range(0, n, size):
        signal[:] = -1
        for i in range(k):
            code = 0
            for j in range(start, min(start + size, n)):
                code |= int64(rows[i, j]) << (j - start)
            if code == 0:
                continue
            # Each sum is that without its highest column, plus this column.
            low = 0
            for j in range(size):
                if not (code >> j) & 1:
                    continue
                whole = low | 1 << j
                if signal[whole] < 0:
                    if low == 0:
                        signal[whole] = start + j
                    else:
                        gates[count, 0] = start + j
                        gates[count, 1] = signal[low]
                        if signal[low] < start + j:
                            gates[count, 0], gates[count, 1] = gates[count, 1], gates[count, 0]
                        signal[whole] = n + count
                        count += 1
                low = whole
            lists[i, weights[i]] = signal[code]
            weights[i] += 1
    count = finish_rows(lists, weights, n, gates, count)
    return gates[:count]


@njit(cache=True, nogil=True)
def depth_of(gates, columns):  # type: ignore[no-untyped-def]
    """Return the levels of some gates."""
    level = np.zeros(columns + len(gates), np.int64)
    most = 0
    for i in range(len(gates)):
        level[columns + i] = 1 + max(level[gates[i, 0]], level[gates[i, 1]])
        most = max(most, level[columns + i])
    return most
