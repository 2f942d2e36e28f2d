"""Parity checks in systematic form, for blocks whose rows have at most 64 bits.

Elimination in a given order picks `rank` independent rows, the *information set* I, and writes every other row as a sum
of these *members*. Let e be the error pattern. Each dependent row d gives one parity check: e_d ⊕ (the e_j of the
members j of its sum) = s_d, a bit of the syndrome. So the pattern on I determines the pattern on all other rows:
H = [P | 1], and column j of P says which syndrome bits a mismatch of member j flips.
"""

import numpy as np

from xoropt_solvers.kernels.bits import count_ones, inner, trailing_zeros, uint64

__all__ = ["collapse_columns", "solve_members", "systematic_form"]

ONE = np.uint64(1)


@inner
def systematic_form(rows, values, lo, order, k, pivot_rows, tracks, members, dependents, sums, columns):  # type: ignore[no-untyped-def]
    """Eliminate rows[lo + order[:k]] in this order; returns (rank, pivots, the members' values as a word).

    Fills pivot_rows[p] and tracks[p] (the members whose sum the pivot row of x_p is, as a mask), members (row numbers
    relative to lo), dependents and sums (the members of each sum, as a mask), and columns[:, j], the syndrome bits that
    member j flips, in ⌈c/64⌉ words for c dependents.
    """
    pivots = uint64(0)
    member_values = uint64(0)
    rank = 0
    c = 0
    for q in range(k):
        i = order[q]
        row = rows[lo + i]
        track = uint64(0)
        dependent = True
        while row != 0:
            p = uint64(trailing_zeros(row))
            if (pivots >> p) & ONE == 0:
                pivots |= ONE << p
                pivot_rows[p] = row
                tracks[p] = track | (ONE << uint64(rank))
                member_values |= uint64(values[lo + i]) << uint64(rank)
                members[rank] = i
                rank += 1
                dependent = False
                break
            row ^= pivot_rows[p]
            track ^= tracks[p]
        if dependent:
            dependents[c] = i
            sums[c] = track
            c += 1
    for w in range((c + 63) >> 6):
        for j in range(rank):
            columns[w, j] = 0
    for d in range(c):
        left = sums[d]
        while left != 0:
            columns[d >> 6, trailing_zeros(left)] |= ONE << uint64(d & 63)
            left &= left - ONE
    return rank, pivots, member_values


@inner
def solve_members(pivot_rows, tracks, pivots, member_values):  # type: ignore[no-untyped-def]
    """Find the x (a uint64, with free unknowns 0) that gives each member its bit of member_values."""
    answer = uint64(0)
    for q in range(64):
        p = uint64(63 - q)
        if (pivots >> p) & ONE:
            ones = uint64(count_ones(tracks[p] & member_values)) ^ uint64(count_ones(pivot_rows[p] & answer))
            answer |= (ones & ONE) << p
    return answer


@inner
def collapse_columns(columns, words, weights, rank, unit_weights, kept):  # type: ignore[no-untyped-def]
    """Fill `kept` with the members that a search has to try, the lightest first; returns how many there are.

    These are the lightest of members with equal columns, and none whose column is empty, or is a single syndrome bit
    that the error of its dependent row flips at no higher cost. Some optimal pattern uses no others.
    """
    m = 0
    for j in range(rank):
        ones = 0
        single = 0
        for w in range(words):
            ones += count_ones(columns[w, j])
            if columns[w, j] != 0:
                single = 64 * w + trailing_zeros(columns[w, j])
        if ones == 0 or (ones == 1 and weights[j] >= unit_weights[single]):
            continue
        twin = -1
        for q in range(m):
            same = True
            for w in range(words):
                if columns[w, kept[q]] != columns[w, j]:
                    same = False
                    break
            if same:
                twin = q
                break
        if twin < 0:
            kept[m] = j
            m += 1
        elif weights[j] < weights[kept[twin]]:
            kept[twin] = j
    for q in range(1, m):  # insertion sort by weight; stable, so that unit weights keep their order
        j = kept[q]
        place = q
        while place > 0 and weights[kept[place - 1]] > weights[j]:
            kept[place] = kept[place - 1]
            place -= 1
        kept[place] = j
    return m
