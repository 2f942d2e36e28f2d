"""Gaussian elimination over GF(2) of one matrix with rows of any length, in words of 64 bits."""

import numpy as np
from numba import njit

from xoropt_solvers.kernels.bits import boolean, count_ones, int64, trailing_zeros, uint64

__all__ = ["reduce_rows", "reduce_word", "solve_pivots"]

ONE = np.uint64(1)


@njit(int64(uint64[:, ::1], int64, int64, int64[::1], int64[::1]), cache=True, nogil=True)
def reduce_rows(rows, words, limit, pivot_of, member):  # type: ignore[no-untyped-def]
    """Reduce each row by the ones before it; its pivot is the lowest bit left. Returns the rank.

    The first `words` words of a row are reduced; the others follow, such as the row's value. `pivot_of`, int64
    (64·words,), gets the row of each pivot, or −1. `member`, int64 (rows,), gets each row's number among the
    independent ones, or −1. Where `limit` is positive, `limit` words from `words` on are filled with the members whose
    sum the reduced row is, one bit each; for a dependent row this is the sum that it equals.
    """
    k, width = rows.shape
    pivot_of[:] = -1
    rank = int64(0)
    for i in range(k):
        member[i] = -1
        w = 0
        while w < words:
            word = rows[i, w]
            if word == 0:
                w += 1
                continue
            p = 64 * w + trailing_zeros(word)
            other = pivot_of[p]
            if other < 0:
                pivot_of[p] = i
                member[i] = rank
                if limit > 0:
                    rows[i, words + (rank >> 6)] ^= ONE << uint64(rank & 63)
                rank += 1
                break
            for q in range(w, width):
                rows[i, q] ^= rows[other, q]
    return rank


@njit(boolean(uint64[:, ::1], int64, int64[::1], uint64[::1]), cache=True, nogil=True)
def reduce_word(rows, words, pivot_of, row):  # type: ignore[no-untyped-def]
    """Reduce one more row by those that `reduce_rows` has made; tells whether nothing of its first words is left."""
    for w in range(words):
        while row[w] != 0:
            other = pivot_of[64 * w + trailing_zeros(row[w])]
            if other < 0:
                return False
            for q in range(w, row.size):
                row[q] ^= rows[other, q]
    return True


@njit(uint64[::1](uint64[:, ::1], int64, int64[::1]), cache=True, nogil=True)
def solve_pivots(rows, words, pivot_of):  # type: ignore[no-untyped-def]
    """Find the x (words) that gives each pivot row the value in bit 0 of its word `words`; free unknowns are 0."""
    x = np.zeros(words, dtype=np.uint64)
    for q in range(pivot_of.size):
        p = pivot_of.size - 1 - q
        i = pivot_of[p]
        if i < 0:
            continue
        ones = int64(0)
        for w in range(p >> 6, words):
            ones += count_ones(rows[i, w] & x[w])
        if (uint64(ones) ^ rows[i, words]) & ONE:
            x[p >> 6] |= ONE << uint64(p & 63)
    return x
