"""Coset leaders of minimum weight for many small blocks: which search to run when, and what each has proved.

There are four searches, all exact (`xoropt_solvers.kernels.patterns`):

- *Information sets* (Brouwer–Zimmermann, for cosets). A pattern of weight w has weight at most w/M on one of M disjoint
  information sets. When all patterns of weight up to t_i were tried on the i-th, any other weighs at least Σ(t_i + 1).
- *Meet in the middle* over sums of columns, for few patches and many members.
- *Trellis*, a table over the 2^c syndromes, for few dependent rows and patterns of any weight.
- *Depth first* by weight on the information sets, for weighted rows.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, types, void

from xoropt_solvers.kernels.bits import boolean, inner, int64, stopped, uint64
from xoropt_solvers.kernels.information_sets import (
    DEFICIT,
    LEVEL,
    SETS,
    SIZE,
    add_set,
    cheapest_level,
    information_sets,
    keep_columns,
    level_bound,
    plan_levels,
    write_answer,
)
from xoropt_solvers.kernels.patterns import meet_in_the_middle, search_level, search_weighted, trellis, weight_table
from xoropt_solvers.kernels.steps import HUGE, NODE, TRELLIS_BITS, level_steps, meet_steps, trellis_steps
from xoropt_solvers.kernels.systematic import solve_members

__all__ = ["coset_blocks"]

ROWS = types.Array(uint64, 1, "C", readonly=True)
VALUES = types.Array(boolean, 1, "C", readonly=True)
INTS = types.Array(int64, 1, "C", readonly=True)
ONE = np.uint64(1)
SMALL = 4000  # steps below which to plan costs more than it saves


class Scratch(NamedTuple):
    """The working arrays of the searches, used again for each block."""

    stack: np.ndarray  # uint64 (66, words)
    integers: np.ndarray  # int64 (3, 128): indices; counts; the pattern found
    columns: np.ndarray  # uint64 (128,)
    table: np.ndarray  # int64 (8 · words, 256)
    dist: np.ndarray  # int64 (2^largest c up to TRELLIS_BITS,)


@inner
def run_trellis(s, scratch, c, best, x, block, stop):  # type: ignore[no-untyped-def]
    """Run the table over all syndromes on the first set; returns the minimum, or `best` where it was stopped."""
    best, used = trellis(
        s.checks[0, 0],
        s.members[0, 2],
        s.figures[0, SIZE],
        s.unit_weights[0],
        c,
        s.checks[0, 0, 64],
        best,
        scratch.dist,
        scratch.integers[2],
        stop,
    )
    if used >= 0:
        write_answer(s, int64(0), scratch.integers[2], used, x, block)
    return best


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


@inner
def finish_weighted(s, scratch, rows, values, weights, lo, hi, rank, c, bound, best, budget, x, block, stop):  # type: ignore[no-untyped-def]
    """Finish a block of weighted rows whose first set is made; returns (best, bound).

    Patterns are tried by their own weight on every set, up to a limit that doubles. The trellis takes over where it is
    cheaper from the start, or becomes so.
    """
    words = (c + 63) >> 6
    relax = trellis_steps(s.figures[0, SIZE], c)
    if relax <= SMALL:
        best = run_trellis(s, scratch, c, best, x, block, stop)
        return best, bound if stopped(stop) else best
    sets = int64(1)
    for i in range(1, min(SETS, (c + rank) // rank)):
        _, _, cost = add_set(s, i, rows, values, weights, lo, hi)
        if cost < best:
            best = cost
            write_answer(s, i, scratch.integers[2], int64(0), x, block)
        if s.figures[i, DEFICIT] > 0:  # a member counted twice could be the heaviest, so that this set gives no bound
            break
        keep_columns(s, i, rank, c)
        sets += 1
    spent = int64(SMALL)
    limit = int64(0)
    while bound < best:
        limit = max(bound, 2 * limit)
        for i in range(sets):
            weight_table(s.unit_weights[i], c, scratch.table)
            cap = min(budget - spent, relax) // (NODE * words)
            best, used, nodes, complete = search_weighted(
                s.checks[i],
                words,
                s.members[i, 2],
                s.figures[i, SIZE],
                scratch.table,
                c,
                limit,
                sets,
                best,
                cap,
                scratch.stack,
                scratch.integers[0],
                scratch.integers[1],
                scratch.integers[2],
                stop,
            )
            if used > 0:
                write_answer(s, i, scratch.integers[2], used, x, block)
            spent += nodes * NODE * words
            if not complete:
                if spent + relax > budget or stopped(stop):
                    return best, bound
                best = run_trellis(s, scratch, c, best, x, block, stop)
                return best, bound if stopped(stop) else best
        bound = max(bound, min(best, sets * (limit + 1)))
    return best, bound


@njit(
    void(ROWS, VALUES, INTS, INTS, INTS, int64, uint64[::1], int64[::1], int64[::1], int64[::1]),
    cache=True,
    nogil=True,
)
def coset_blocks(rows, values, starts, weights, todo, budget, x, cost, lower_bound, stop):  # type: ignore[no-untyped-def]
    """Find the cheapest x of the blocks `todo`, or the best within `budget` steps for each, and a lower bound.

    `weights` is empty for unit weights. In a weighted batch the rows of each block come heaviest first.
    Once `stop`, an int64 array of one entry, is set, each block has what was found and proved until then.
    """
    weighted = weights.size > 0
    longest = 1
    for block in todo:
        longest = max(longest, starts[block + 1] - starts[block])
    words = (longest + 63) >> 6
    s = information_sets(longest)
    scratch = Scratch(
        np.empty((66, words), dtype=np.uint64),
        np.empty((3, 128), dtype=np.int64),
        np.empty(128, dtype=np.uint64),
        np.empty((8 * words, 256), dtype=np.int64),
        np.empty(1 << min(longest, TRELLIS_BITS), dtype=np.int64),
    )
    for block in todo:
        lo, hi = starts[block], starts[block + 1]
        while weighted and hi > lo and weights[hi - 1] == 0:
            hi -= 1
        rank, c, best = add_set(s, int64(0), rows, values, weights, lo, hi)
        x[block] = solve_members(s.systems[0, 0], s.systems[0, 1], s.heads[0, 0], s.heads[0, 1])
        bound = int64(0)
        if best > 0:
            bound = weights[hi - 1] if weighted else int64(1)
        if rank == 0:
            bound = best
        if bound < best:
            keep_columns(s, int64(0), rank, c)
            if weighted:
                best, bound = finish_weighted(
                    s, scratch, rows, values, weights, lo, hi, rank, c, bound, best, budget, x, block, stop
                )
            else:
                best, bound = finish_unit(
                    s, scratch, rows, values, weights, lo, hi, rank, c, best, budget, x, block, stop
                )
        cost[block] = best
        lower_bound[block] = bound
