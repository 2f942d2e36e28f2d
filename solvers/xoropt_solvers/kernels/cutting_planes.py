"""Odd cuts of sparse parity checks, and the linear program over them, in compiled loops.

A sum of checks, as bits of a mask, is an odd cut if its syndrome is 1: an odd number of its errors is wrong, so at
least one. The linear program is: minimize w·z with Σ z ≥ 1 over each cut, z ≥ 0. It is kept as a dictionary (Chvátal
1983): a row for each basic variable, a column for each other one, and cost and infeasibility at the edges.
"""

import numba
import numpy as np
from numba import njit

from xoropt_solvers.kernels.bits import boolean, count_ones, inner, int64, trailing_zeros, uint64

__all__ = ["add_cut", "cut_errors", "find_cuts", "pivot_dictionary", "span_syndrome"]

ONE = np.uint64(1)
TINY = 1e-9
ENOUGH = 1 - 1e-6  # the value of a cut that counts as held
float64 = numba.float64
UNSEEN = np.int64(1 << 62)


@inner
def _value(columns, order, values, cut):  # type: ignore[no-untyped-def]
    """Add up the values of the errors in `order` that are in a cut."""
    total = 0.0
    for j in order:
        ones = int64(0)
        for w in range(cut.size):
            ones += count_ones(columns[j, w] & cut[w])
        if ones & 1:
            total += values[j]
    return total


@njit(int64(uint64[:, ::1], int64[::1], float64[::1], uint64[::1], int64, uint64[:, ::1]), cache=True, nogil=True)
def find_cuts(columns, order, values, syndrome, checks, cuts):  # type: ignore[no-untyped-def]
    """Find odd cuts that the errors in `order` violate: those in the cut have values below 1 in all. Returns how many.

    The sums of checks that no error of a growing set is in are found by elimination. An error that is new to the set
    takes one of them away, the one of fewest checks; it is an odd cut if its syndrome is 1. So are those that are left
    in the end. Where none of the sums left has the syndrome 1, the errors of the set can have the syndrome, and the
    search ends.

    Args:
        columns: uint64 (errors, words), the checks of each error.
        order: int64, errors, the first of the set first; all others have the value 0.
        values: float64 (errors,).
        syndrome: uint64 (words,).
        checks: the number of checks.
        cuts: uint64 (checks, words), gets the cuts, of which the last is found last.
    """
    words = columns.shape[1]
    sums = np.zeros((checks, words), dtype=np.uint64)
    odd = np.zeros(checks, dtype=np.bool_)
    sizes = np.ones(checks, dtype=np.int64)
    alive = np.ones(checks, dtype=np.bool_)
    hit = np.empty(checks, dtype=np.int64)
    left = int64(0)
    for i in range(checks):
        sums[i, i >> 6] = ONE << uint64(i & 63)
        odd[i] = (syndrome[i >> 6] >> uint64(i & 63)) & ONE == ONE
        left += odd[i]
    count = int64(0)
    for j in order:
        if left == 0:
            break
        hits, least = 0, -1
        for i in range(checks):
            if not alive[i]:
                continue
            ones = int64(0)
            for w in range(words):
                ones += count_ones(sums[i, w] & columns[j, w])
            if ones & 1:
                hit[hits] = i
                hits += 1
                if least < 0 or sizes[i] < sizes[least]:
                    least = i
        if least < 0:
            continue
        alive[least] = False
        if odd[least]:
            left -= 1
            if _value(columns, order, values, sums[least]) < ENOUGH:
                cuts[count] = sums[least]
                count += 1
        for h in range(hits):
            i = hit[h]
            if i == least:
                continue
            ones = int64(0)
            for w in range(words):
                sums[i, w] ^= sums[least, w]
                ones += count_ones(sums[i, w])
            sizes[i] = ones
            if odd[least]:
                left += 1 - 2 * int64(odd[i])
                odd[i] = not odd[i]
    for i in range(checks):
        if alive[i] and odd[i] and count < checks:
            cuts[count] = sums[i]
            count += 1
    return count


@njit(int64(uint64[:, ::1], boolean[::1], uint64[::1], int64[::1]), cache=True, nogil=True)
def cut_errors(columns, active, cut, found):  # type: ignore[no-untyped-def]
    """List the active errors that are in a cut, in `found`; returns their number."""
    count = int64(0)
    for j in range(len(columns)):
        if not active[j]:
            continue
        ones = int64(0)
        for w in range(columns.shape[1]):
            ones += count_ones(columns[j, w] & cut[w])
        if ones & 1:
            found[count] = j
            count += 1
    return count


@njit(cache=True, nogil=True)
def _reduce(row, words, at, basis):  # type: ignore[no-untyped-def]
    """Reduce a row by a basis, in place, and return its first pivot that the basis lacks; −1 where nothing is left.

    Args:
        row: uint64 (2·words,), the bits and behind them which vectors of the basis were added.
        words: the words of the bits.
        at: the place in the basis of each pivot, −1 where there is none.
        basis: uint64 (rank, 2·words).
    """
    for w in range(words):
        while row[w] != 0:
            p = int64(64 * w + trailing_zeros(row[w]))
            if at[p] < 0:
                return p
            for q in range(2 * words):
                row[q] ^= basis[at[p], q]
    return int64(-1)


@njit(int64(uint64[:, ::1], int64[::1], uint64[::1], int64[::1]), cache=True, nogil=True)
def span_syndrome(columns, order, syndrome, found):  # type: ignore[no-untyped-def]
    """Find errors that have the syndrome among the first independent ones in `order`; returns their number, or −1.

    Each basis vector is kept with the set of its errors, as bits over the basis; `found` gets the errors.
    """
    words = columns.shape[1]
    rank_most = 64 * words
    basis = np.zeros((rank_most, 2 * words), dtype=np.uint64)
    at = np.full(rank_most, -1, dtype=np.int64)
    member = np.empty(rank_most, dtype=np.int64)
    target = np.zeros(2 * words, dtype=np.uint64)
    target[:words] = syndrome
    row = np.empty(2 * words, dtype=np.uint64)
    rank = int64(0)
    for step in range(-1, len(order)):
        if step >= 0:
            row[:] = 0
            row[:words] = columns[order[step]]
            new = _reduce(row, words, at, basis)
            if new < 0:
                continue
            row[words + (rank >> 6)] ^= ONE << uint64(rank & 63)
            basis[rank] = row
            at[new] = rank
            member[rank] = order[step]
            rank += 1
        done = _reduce(target, words, at, basis) < 0
        if done:
            count = int64(0)
            for r in range(rank):
                if (target[words + (r >> 6)] >> uint64(r & 63)) & ONE:
                    found[count] = member[r]
                    count += 1
            return count
    return int64(-1)


@njit(
    int64(
        float64[:, ::1],
        float64[::1],
        float64[::1],
        int64[::1],
        int64[::1],
        int64[::1],
        float64[::1],
        int64[::1],
        int64,
        int64,
    ),
    cache=True,
    nogil=True,
)
def add_cut(table, constants, prices, basic, other, where, weights, errors, rows, columns):  # type: ignore[no-untyped-def]
    """Add the cut over `errors` to a dictionary of so many rows and columns; returns its new number of columns.

    The slack of cut i is the variable errors + i. A variable is at ``where``: its column, or −1 − its row, or UNSEEN.
    """
    slack = len(weights) + rows
    basic[rows] = slack
    where[slack] = -1 - rows
    constants[rows] = -1.0
    table[rows, :] = 0.0
    for e in errors:
        place = where[e]
        if place == UNSEEN:
            table[: rows + 1, columns] = 0.0
            prices[columns] = weights[e]
            other[columns] = e
            where[e] = columns
            table[rows, columns] = 1.0
            columns += 1
        elif place >= 0:
            table[rows, place] += 1.0
        else:
            row = -1 - place
            constants[rows] += constants[row]
            for c in range(columns):
                table[rows, c] += table[row, c]
    return columns


@njit(
    int64(float64[:, ::1], float64[::1], float64[::1], int64[::1], int64[::1], int64[::1], int64, int64, int64),
    cache=True,
    nogil=True,
)
def pivot_dictionary(table, constants, prices, basic, other, where, rows, columns, most):  # type: ignore[no-untyped-def]
    """Make a dictionary feasible by the dual simplex method.

    Returns:
        0 where it is, 1 where the program has no solution, 2 where `most` pivots were not enough.
    """
    norms = np.empty(rows)
    for i in range(rows):
        norms[i] = 1.0
        for j in range(columns):
            norms[i] += table[i, j] * table[i, j]
    for _ in range(most):
        r, steepest = int64(-1), 0.0
        for i in range(rows):
            if constants[i] < -TINY and constants[i] * constants[i] > steepest * norms[i]:
                r, steepest = i, constants[i] * constants[i] / norms[i]
        if r < 0:
            return int64(0)
        c, least = int64(-1), 0.0
        for j in range(columns):
            if table[r, j] > 1e-7:
                ratio = max(prices[j], 0.0) / table[r, j]
                if c < 0 or ratio < least - 1e-12 or (ratio <= least + 1e-12 and table[r, j] > table[r, c]):
                    c, least = j, ratio
        if c < 0:
            return int64(1)
        p = table[r, c]
        for j in range(columns):
            table[r, j] = -table[r, j] / p
        table[r, c] = 1.0 / p
        norms[r] = 1.0
        for j in range(columns):
            norms[r] += table[r, j] * table[r, j]
        constants[r] = -constants[r] / p
        for i in range(rows):
            f = table[i, c]
            if i == r or f == 0.0:
                continue
            table[i, c] = 0.0
            norm = 1.0
            for j in range(columns):
                entry = table[i, j] + f * table[r, j]
                table[i, j] = entry
                norm += entry * entry
            norms[i] = norm
            constants[i] += f * constants[r]
        f = prices[c]
        prices[c] = 0.0
        for j in range(columns):
            prices[j] += f * table[r, j]
        leaving, entering = basic[r], other[c]
        basic[r], other[c] = entering, leaving
        where[entering], where[leaving] = -1 - r, c
    return int64(2)
