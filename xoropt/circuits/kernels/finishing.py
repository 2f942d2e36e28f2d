"""The quick end of a greedy run that is stopped: what is left of each row becomes a tree of its own."""

from numba import njit

__all__ = ["finish_bounded", "finish_rows"]


@njit(cache=True, nogil=True)
def finish_rows(lists, weights, columns, gates, count):  # type: ignore[no-untyped-def]
    """Add up the signals that are left of each row, in a balanced tree.

    Args:
        lists: int32 (rows, signals), the signals of each row, changed in place.
        weights: int64 (rows,), how many there are.
        columns: the number of inputs; gate i is signal `columns` + i.
        gates: int32 (gates, 2), with room for one gate less than all signals of each row.
        count: the number of gates so far.

    Returns:
        The number of gates.
    """
    for i in range(weights.size):
        left = weights[i]
        while left > 1:
            kept = 0
            for p in range(0, left, 2):
                if p + 1 < left:
                    gates[count, 0] = min(lists[i, p], lists[i, p + 1])
                    gates[count, 1] = max(lists[i, p], lists[i, p + 1])
                    lists[i, kept] = columns + count
                    count += 1
                else:
                    lists[i, kept] = lists[i, p]
                kept += 1
            left = kept
    return count


@njit(cache=True, nogil=True)
def finish_bounded(lists, weights, depth, columns, gates, count):  # type: ignore[no-untyped-def]
    """Do the same with the shallowest two signals first, which gives the least depth that is left (Golumbic 1976).

    Args:
        lists, weights, columns, gates, count: as above.
        depth: int64, the level of each signal, changed in place.

    Returns:
        The number of gates.
    """
    for i in range(weights.size):
        left = weights[i]
        while left > 1:
            for place in range(2):  # the shallowest two come to the end
                lowest = 0
                for p in range(left - place):
                    if depth[lists[i, p]] < depth[lists[i, lowest]]:
                        lowest = p
                end = left - 1 - place
                lists[i, lowest], lists[i, end] = lists[i, end], lists[i, lowest]
            a, b = lists[i, left - 1], lists[i, left - 2]
            gates[count, 0] = min(a, b)
            gates[count, 1] = max(a, b)
            depth[columns + count] = 1 + max(depth[a], depth[b])
            lists[i, left - 2] = columns + count
            count += 1
            left -= 1
    return count
