"""Coset leaders of minimum weight for many small blocks: which search to run when, and what each has proved.

There are four searches, all exact (`xoropt_solvers.kernels.patterns`):

- *Information sets* (Brouwer–Zimmermann, for cosets). A pattern of weight w has weight at most w/M on one of M disjoint
  information sets. When all patterns of weight up to t_i were tried on the i-th, any other weighs at least Σ(t_i + 1).
- *Meet in the middle* over sums of columns, for few patches and many members.
- *Trellis*, a table over the 2^c syndromes, for few dependent rows and patterns of any weight.
- *Depth first* by weight on the information sets, for weighted rows (`xoropt_solvers.kernels.weighted_coset`).
"""

import numpy as np
from numba import njit

from xoropt_solvers.kernels.bits import inner, int64, stopped, uint64
from xoropt_solvers.kernels.first_sets import SIGNATURE, SMALL, first_set, make_scratch, run_trellis
from xoropt_solvers.kernels.information_sets import (
    LEVEL,
    SETS,
    SIZE,
    add_set,
    cheapest_level,
    keep_columns,
    level_bound,
    plan_levels,
    write_answer,
)
from xoropt_solvers.kernels.patterns import meet_in_the_middle, search_level
from xoropt_solvers.kernels.steps import HUGE, level_steps, meet_steps, trellis_steps

__all__ = ["coset_blocks"]

ONE = np.uint64(1)


@inner
def run_meeting(s, scratch, c, weight, best, x, block, stop):  # type: ignore[no-untyped-def]
    """Search patterns of exactly `weight` where all lighter ones are excluded; returns (best, the new bound)."""
    m = s.figures[0, SIZE]
    for j in range(m):
        scratch.columns[j] = s.checks[0, 0, j]
    for d in range(c):
        scratch.columns[m + d] = ONE << uint64(d)
    size = meet_in_the_middle(scratch.columns, m + c, s.checks[0, 0, 64], weight, scratch.integers[2], stop)
    if size == 0:
        return best, weight if stopped(stop) else weight + 1
    used = 0
    for d in range(size):
        if scratch.integers[2][d] < m:
            scratch.integers[2][used] = scratch.integers[2][d]
            used += 1
    write_answer(s, int64(0), scratch.integers[2], used, x, block)
    return weight, weight


@inner
def finish_unit(s, scratch, rows, values, weights, lo, hi, rank, c, best, budget, x, block, stop):  # type: ignore[no-untyped-def]
    """Finish a block of unit weights whose first set is made; returns (best, bound).

    Cheap levels come first, since each may lower what is left to prove; then the cheapest way to the proof.
    """
    words = (c + 63) >> 6
    sets = int64(1)
    widened = False
    bound = int64(1)
    spent = int64(0)
    while True:
        bound = min(best, max(bound, level_bound(s, sets)))
        if bound == best or stopped(stop):
            return best, bound
        steps = plan_levels(s, sets, best, words)
        relax = trellis_steps(s.figures[0, SIZE], c)
        if not widened and steps > SMALL and relax > SMALL:
            widened = True
            spent += SMALL
            for i in range(1, min(SETS, (c + rank - 1) // rank + 1)):
                _, _, cost = add_set(s, i, rows, values, weights, lo, hi)
                sets += 1
                if cost < best:
                    best = cost
                    write_answer(s, i, scratch.integers[2], int64(0), x, block)
                keep_columns(s, i, rank, c)
            continue
        m = s.figures[0, SIZE] + c
        meet = meet_steps(m, bound, best) if c <= 64 and m <= 128 and bound >= 2 else HUGE
        chosen, price = cheapest_level(s, sets, words)
        first = level_steps(s.figures[0, SIZE], s.figures[0, LEVEL] + 1, words)
        if 20 * first <= min(steps, min(relax, meet)):
            chosen, price = 0, first
        elif relax <= steps and relax <= meet and spent + relax <= budget:
            best = run_trellis(s, scratch, c, best, x, block, stop)
            return best, bound if stopped(stop) else best
        elif meet < steps:
            spent += meet_steps(m, bound, bound + 1)
            if spent > budget:
                return best, bound
            best, bound = run_meeting(s, scratch, c, bound, best, x, block, stop)
            continue
        spent += price
        if spent > budget:
            return best, bound
        level = s.figures[chosen, LEVEL] + 1
        before = best
        best = search_level(
            s.checks[chosen],
            words,
            s.figures[chosen, SIZE],
            level,
            best,
            scratch.stack,
            scratch.integers[0],
            scratch.integers[1],
            scratch.integers[2],
            stop,
        )
        if best < before:
            write_answer(s, chosen, scratch.integers[2], level, x, block)
        if not stopped(stop):
            s.figures[chosen, LEVEL] = level


@njit(SIGNATURE, cache=True, nogil=True)
def coset_blocks(rows, values, starts, weights, todo, budget, x, cost, lower_bound, stop):  # type: ignore[no-untyped-def]
    """Find the cheapest x of the blocks `todo`, or the best within `budget` steps for each, and a lower bound.

    `weights` is empty: those of weighted rows are `weighted_coset_blocks`, compiled only where there are some. Once
    `stop`, an int64 array of one entry, is set, each block has what was found and proved until then.
    """
    s, scratch = make_scratch(starts, todo)
    for block in todo:
        lo, hi = starts[block], starts[block + 1]
        rank, c, best = first_set(s, rows, values, weights, lo, hi, x, block)
        bound = best if rank == 0 else min(best, 1)
        if bound < best:
            keep_columns(s, int64(0), rank, c)
            best, bound = finish_unit(s, scratch, rows, values, weights, lo, hi, rank, c, best, budget, x, block, stop)
        cost[block] = best
        lower_bound[block] = bound
