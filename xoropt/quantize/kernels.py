"""The hot loop of low-rank pruning."""

import numpy as np
from numba import njit

__all__ = ["improve_rows"]


@njit("int64(float32[:,::1], int16[:,::1], bool_[:,::1], bool_[:,::1], float64, int64[::1])", cache=True, nogil=True)
def improve_rows(gain, cover, left, right, price, order):  # type: ignore[no-untyped-def]
    """Switch each row's part in each rectangle on or off where that raises the total gain; returns the switches.

    gain: (m, n), what keeping a weight is worth; cover: (m, n), how many rectangles cover it, updated; left: (m, rank),
    updated; right: (rank, n); price: of a one in `left`; order: the ranks in the order of trial.
    """
    m, n = gain.shape
    rank = left.shape[1]
    starts = np.zeros(rank + 1, np.int64)
    for k in range(rank):
        starts[k + 1] = starts[k]
        for j in range(n):
            starts[k + 1] += right[k, j]
    columns = np.empty(starts[rank], np.int32)
    for k in range(rank):
        place = starts[k]
        for j in range(n):
            if right[k, j]:
                columns[place] = j
                place += 1
    switches = 0
    for i in range(m):
        for k in order:
            only = 1 if left[i, k] else 0  # a weight changes hands where this rectangle alone covers it, or would
            worth = 0.0
            for place in range(starts[k], starts[k + 1]):
                if cover[i, columns[place]] == only:
                    worth += gain[i, columns[place]]
            wanted = worth > price
            if wanted != left[i, k]:
                left[i, k] = wanted
                step = 1 if wanted else -1
                for place in range(starts[k], starts[k + 1]):
                    cover[i, columns[place]] += step
                switches += 1
    return switches
