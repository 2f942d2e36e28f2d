"""Disjoint information sets of one block, and how far to search each of them."""

from typing import NamedTuple

import numpy as np

from xoropt_solvers.kernels.bits import count_ones, inner, int64, uint64
from xoropt_solvers.kernels.steps import HUGE, level_steps
from xoropt_solvers.kernels.systematic import collapse_columns, solve_members, systematic_form

__all__ = [
    "DEFICIT",
    "LEVEL",
    "SETS",
    "SIZE",
    "InformationSets",
    "add_set",
    "cheapest_level",
    "information_sets",
    "keep_columns",
    "level_bound",
    "plan_levels",
    "write_answer",
]

ONE = np.uint64(1)
SETS = 8  # the most that are made; blocks with rows for more have better searches


class InformationSets(NamedTuple):
    """The sets of a block: set i is entry i of each array. There are few arrays, since each one costs compile time."""

    systems: np.ndarray  # uint64 (sets, 2, 64): pivot rows; tracks
    heads: np.ndarray  # uint64 (sets, 2): pivots; the members' values, a bit each
    checks: np.ndarray  # uint64 (sets, words, 65): the columns to try, and the syndrome last
    members: np.ndarray  # int64 (sets, 3, 64): row numbers within the block; the members to try; their weights
    unit_weights: np.ndarray  # int64 (sets, longest): weights of the dependent rows
    figures: np.ndarray  # int64 (sets, 4): SIZE, DEFICIT, LEVEL, TARGET
    row_scratch: np.ndarray  # int64 (3, longest): order; dependents; rows that some set has
    sums: np.ndarray  # uint64 (longest,)
    raw: np.ndarray  # uint64 (words, 64): all columns


SIZE = 0  # the number of members to try
DEFICIT = 1  # the number of members that an earlier set has, too
LEVEL = 2  # all patterns of so many members have been tried
TARGET = 3  # the level that the plan asks for


@inner
def information_sets(longest):  # type: ignore[no-untyped-def]
    """Allocate the sets for blocks of up to `longest` rows."""
    words = (longest + 63) >> 6
    return InformationSets(
        np.empty((SETS, 2, 64), dtype=np.uint64),
        np.empty((SETS, 2), dtype=np.uint64),
        np.empty((SETS, words, 65), dtype=np.uint64),
        np.empty((SETS, 3, 64), dtype=np.int64),
        np.empty((SETS, longest), dtype=np.int64),
        np.empty((SETS, 4), dtype=np.int64),
        np.empty((3, longest), dtype=np.int64),
        np.empty(longest, dtype=np.uint64),
        np.empty((words, 64), dtype=np.uint64),
    )


@inner
def add_set(s, i, rows, values, weights, lo, hi):  # type: ignore[no-untyped-def]
    """Make set i of the block rows[lo:hi], as far as possible from rows that no earlier set has.

    Returns (rank, c, the cost where every member is right).
    """
    weighted = weights.size > 0
    order, dependents, taken = s.row_scratch[0], s.row_scratch[1], s.row_scratch[2]
    members = s.members[i, 0]
    if i == 0:
        for q in range(hi - lo):
            taken[q] = 0
    k = 0
    for again in range(2):
        for q in range(hi - lo):
            if taken[q] == again and (not weighted or weights[lo + q] > 0):
                order[k] = q
                k += 1
    pivot_rows, tracks = s.systems[i, 0], s.systems[i, 1]
    rank, pivots, member_values = systematic_form(
        rows, values, lo, order, k, pivot_rows, tracks, members, dependents, s.sums, s.raw
    )
    s.heads[i, 0] = pivots
    s.heads[i, 1] = member_values
    c = k - rank
    for w in range((c + 63) >> 6):
        s.checks[i, w, 64] = 0
    cost = int64(0)
    for d in range(c):
        row = dependents[d]
        weight = weights[lo + row] if weighted else 1
        s.unit_weights[i, d] = weight
        if (uint64(values[lo + row]) ^ uint64(count_ones(s.sums[d] & member_values))) & ONE:
            s.checks[i, d >> 6, 64] |= ONE << uint64(d & 63)
            cost += weight
    s.figures[i, DEFICIT] = 0
    s.figures[i, LEVEL] = 0
    for j in range(rank):
        s.members[i, 2, j] = weights[lo + members[j]] if weighted else 1
        s.figures[i, DEFICIT] += taken[members[j]]
        taken[members[j]] = 1
    return rank, c, cost


@inner
def keep_columns(s, i, rank, c):  # type: ignore[no-untyped-def]
    """Choose the members of set i that a search has to try."""
    words = (c + 63) >> 6
    kept, weights = s.members[i, 1], s.members[i, 2]
    m = collapse_columns(s.raw, words, weights, rank, s.unit_weights[i], kept)
    s.figures[i, SIZE] = m
    for q in range(m):
        for w in range(words):
            s.checks[i, w, q] = s.raw[w, kept[q]]
        s.members[i, 0, q] = weights[kept[q]]  # the row numbers are not needed any more
    for q in range(m):
        weights[q] = s.members[i, 0, q]


@inner
def write_answer(s, i, found, used, x, block):  # type: ignore[no-untyped-def]
    """Write the x of the pattern found[:used] on set i."""
    wrong = uint64(0)
    for d in range(used):
        wrong |= ONE << uint64(s.members[i, 1, found[d]])
    x[block] = solve_members(s.systems[i, 0], s.systems[i, 1], s.heads[i, 0], s.heads[i, 1] ^ wrong)


@inner
def level_bound(s, sets):  # type: ignore[no-untyped-def]
    """Return the least cost, with unit weights, of a pattern that the levels tried so far have not seen.

    It has more than LEVEL mismatches in each set, of which at most DEFICIT are in members that another set counts.
    """
    bound = int64(0)
    for i in range(sets):
        bound += max(int64(0), s.figures[i, LEVEL] + 1 - s.figures[i, DEFICIT])
    return bound


@inner
def plan_levels(s, sets, best, words):  # type: ignore[no-untyped-def]
    """Plan the cheapest levels that raise the bound to `best`: the first q sets share it evenly, for the best q.

    Fills TARGET; returns the steps that remain.
    """
    cheapest = HUGE
    chosen = 1
    for q in range(1, sets + 1):
        steps = int64(0)
        for i in range(q):
            target = (best + q - 1 - i) // q - 1 + s.figures[i, DEFICIT]
            for t in range(s.figures[i, LEVEL] + 1, target + 1):
                steps = min(steps + level_steps(s.figures[i, SIZE], t, words), HUGE)
        if steps < cheapest:
            cheapest = steps
            chosen = q
    for i in range(sets):
        s.figures[i, TARGET] = (best + chosen - 1 - i) // chosen - 1 + s.figures[i, DEFICIT] if i < chosen else -1
    return cheapest


@inner
def cheapest_level(s, sets, words):  # type: ignore[no-untyped-def]
    """Return the set and the steps of the cheapest level that the plan still asks for."""
    chosen = 0
    price = int64(2) * HUGE
    for i in range(sets):
        if s.figures[i, LEVEL] < s.figures[i, TARGET]:
            steps = level_steps(s.figures[i, SIZE], s.figures[i, LEVEL] + 1, words)
            if steps < price:
                price = steps
                chosen = i
    return chosen, price
