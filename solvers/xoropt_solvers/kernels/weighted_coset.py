"""Coset leaders of minimum weight for small blocks of weighted rows, see `xoropt_solvers.kernels.coset`."""

from numba import njit

from xoropt_solvers.kernels.bits import inner, int64, stopped
from xoropt_solvers.kernels.first_sets import SIGNATURE, SMALL, first_set, make_scratch, run_trellis
from xoropt_solvers.kernels.information_sets import DEFICIT, SETS, SIZE, add_set, keep_columns, write_answer
from xoropt_solvers.kernels.patterns import search_weighted, weight_table
from xoropt_solvers.kernels.steps import NODE, trellis_steps

__all__ = ["weighted_coset_blocks"]


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


@njit(SIGNATURE, cache=True, nogil=True)
def weighted_coset_blocks(rows, values, starts, weights, todo, budget, x, cost, lower_bound, stop):  # type: ignore[no-untyped-def]
    """Do what `coset_blocks` does where rows have weights; those of each block come heaviest first."""
    s, scratch = make_scratch(starts, todo)
    for block in todo:
        lo, hi = starts[block], starts[block + 1]
        while hi > lo and weights[hi - 1] == 0:
            hi -= 1
        rank, c, best = first_set(s, rows, values, weights, lo, hi, x, block)
        bound = int64(0)
        if best > 0:
            bound = weights[hi - 1]
        if rank == 0:
            bound = best
        if bound < best:
            keep_columns(s, int64(0), rank, c)
            best, bound = finish_weighted(
                s, scratch, rows, values, weights, lo, hi, rank, c, bound, best, budget, x, block, stop
            )
        cost[block] = best
        lower_bound[block] = bound
