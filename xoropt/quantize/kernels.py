"""The compiled loop of low-rank pruning."""

import numpy as np
from numba import njit

__all__ = ["improve_rows"]


@njit("int64(float32[:,::1], int16[:,::1], bool_[:,::1], bool_[:,::1], float64, int64[::1])", cache=True, nogil=True)
def improve_rows(gain, cover, left, right, price, order):  # type: ignore[no-untyped-def]
    """Switch entries of the left factor where that raises the total gain.

    Column k of `left` and row k of `right` make a rectangle: the weights that they cover. An entry of `left` says
    whether a row takes part in it.

    Args:
        gain: (m, n), what keeping a weight is worth.
        cover: (m, n), how many rectangles cover a weight; updated.
        left: (m, rank); updated.
        right: (rank, n).
        price: what a one in `left` costs.
        order: the rectangles in the order in which they are tried.

    Returns:
        The number of entries switched.
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
        entry = starts[k]
        for j in range(n):
            if right[k, j]:
                columns[entry] = j
                entry += 1
    switches = 0
    for i in range(m):
        for k in order:
            own = 1 if left[i, k] else 0  # the cover of a weight that no other rectangle covers
            worth = 0.0
            for entry in range(starts[k], starts[k + 1]):
                if cover[i, columns[entry]] == own:
                    worth += gain[i, columns[entry]]
            wanted = worth > price
            if wanted != left[i, k]:
                left[i, k] = wanted
                step = 1 if wanted else -1
                for entry in range(starts[k], starts[k + 1]):
                    cover[i, columns[entry]] += step
                switches += 1
    return switches
