"""The searches of `xoropt_solvers.kernels.coset` on one problem of any rank, given by the columns of its checks."""

import numpy as np
from numba import njit, types

from xoropt_solvers.kernels.bits import boolean, int64, stopped, uint64
from xoropt_solvers.kernels.patterns import meet_in_the_middle, search_level, search_weighted, trellis, weight_table
from xoropt_solvers.kernels.steps import HUGE, NODE, level_steps, meet_steps, trellis_steps

__all__ = ["wide_coset"]

ONE = np.uint64(1)
INTS = int64[::1]


@njit(
    types.UniTuple(int64, 3)(uint64[:, ::1], INTS, INTS, boolean, int64, int64, int64, INTS, INTS),
    cache=True,
    nogil=True,
)
def wide_coset(columns, column_weights, unit_weights, weighted, best, bound, budget, found, stop):  # type: ignore[no-untyped-def]
    """Lower `best` and raise `bound` until they meet, `budget` steps are spent, or `stop` is set.

    `columns` (1, m + 1) are the m columns to try, of at most 64 bits, the lightest first, and then the syndrome. The
    first `size` of the m + 64 entries of `found` are the last improvement's columns by number; size = −1 without one.
    Returns (best, bound, size).
    """
    m = column_weights.size
    c = unit_weights.size
    stack = np.empty((m + 2, 1), dtype=np.uint64)
    indices = np.empty(m + 2, dtype=np.int64)
    counts = np.empty(m + 2, dtype=np.int64)
    size = int64(-1)
    spent = int64(0)
    level = int64(0)
    relax = trellis_steps(m, c)
    every = np.empty(m + c, dtype=np.uint64)
    every[:m] = columns[0, :m]
    for d in range(c):
        every[m + d] = ONE << uint64(d)
    table = np.empty((8, 256), dtype=np.int64)
    weight_table(unit_weights, c, table)
    limit = int64(0)
    while bound < best and not stopped(stop):
        if weighted:
            limit = max(bound, 2 * limit)
            cap = min(budget - spent, relax) // NODE
            best, used, nodes, complete = search_weighted(
                columns, 1, column_weights, m, table, c, limit, 1, best, cap, stack, indices, counts, found, stop
            )
            spent += nodes * NODE
            size = used if used > 0 else size
            if complete:
                bound = max(bound, min(best, limit + 1))
                continue
            if stopped(stop):
                break
            steps, meet = HUGE, HUGE
        else:
            steps = int64(0)
            for t in range(level + 1, best):
                steps = min(steps + level_steps(m, t, 1), HUGE)
            meet = meet_steps(m + c, bound, best) if bound >= 2 else HUGE
        if relax <= min(steps, meet):
            if spent + relax > budget:
                break
            dist = np.empty(int64(1) << c, dtype=np.int64)
            best, used = trellis(columns[0], column_weights, m, unit_weights, c, columns[0, m], best, dist, found, stop)
            return best, bound if stopped(stop) else best, used if used >= 0 else size
        if meet < steps and meet <= 20 * level_steps(m, level + 1, 1):
            spent += meet_steps(m + c, bound, bound + 1)
            if spent > budget:
                break
            used = meet_in_the_middle(every, m + c, columns[0, m], bound, found, stop)
            if used > 0:
                size = 0
                for d in range(used):
                    if found[d] < m:
                        found[size] = found[d]
                        size += 1
                return bound, bound, size
            bound += not stopped(stop)
            continue
        spent += level_steps(m, level + 1, 1)
        if spent > budget:
            break
        level += 1
        before = best
        best = search_level(columns, 1, m, level, best, stack, indices, counts, found, stop)
        if best < before:
            size = level
        if stopped(stop):
            break
        bound = max(bound, min(best, level + 1))
    return best, bound, size
