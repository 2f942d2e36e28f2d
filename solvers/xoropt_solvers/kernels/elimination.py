"""Gaussian elimination over GF(2) of many small blocks whose rows have at most 64 bits."""

import numpy as np
from numba import njit, types, void

from xoropt_solvers.kernels.bits import boolean, count_ones, int64, trailing_zeros, uint64

__all__ = ["batch_costs", "greedy_blocks"]

# Read-only input types accept writable arrays too; without them a memory-mapped input would compile a second version.
ROWS = types.Array(uint64, 1, "C", readonly=True)
VALUES = types.Array(boolean, 1, "C", readonly=True)
INTS = types.Array(int64, 1, "C", readonly=True)


@njit(void(ROWS, VALUES, INTS, INTS, uint64[::1], int64[::1], int64[::1]), cache=True, nogil=True)
def greedy_blocks(rows, values, starts, weights, x, cost, lower_bound):  # type: ignore[no-untyped-def]
    """Run the paper's patch search on every block.

    A row joins the echelon system unless the rows before it contradict it; its pivot is the lowest bit left. `weights`
    is empty for unit weights; rows of weight 0 are skipped. A block that leaves no row out costs 0. Otherwise no x
    satisfies all rows, so that the least positive weight is a lower bound.
    """
    weighted = weights.size > 0
    pivot_rows = np.zeros(64, dtype=np.uint64)
    one = uint64(1)
    for block in range(starts.size - 1):
        pivots = uint64(0)
        pivot_values = uint64(0)  # bit p: the right-hand side of the pivot row of x_p
        missed = int64(0)
        least = int64(0)
        for i in range(starts[block], starts[block + 1]):
            if weighted and weights[i] == 0:
                continue
            row = rows[i]
            value = uint64(values[i])
            if weighted and (least == 0 or weights[i] < least):
                least = weights[i]
            while row != 0:
                p = uint64(trailing_zeros(row))
                if (pivots >> p) & one == 0:
                    pivots |= one << p
                    pivot_values |= value << p
                    pivot_rows[p] = row
                    value = uint64(0)
                    break
                row ^= pivot_rows[p]
                value ^= (pivot_values >> p) & one
            if value != 0:
                missed += weights[i] if weighted else 1
        # Back-substitution from the highest pivot down; the free unknowns are 0.
        answer = uint64(0)
        left = pivots
        for q in range(64):
            if left == 0:
                break
            p = uint64(63 - q)
            if (left >> p) & one:
                left ^= one << p
                bit = (uint64(count_ones(pivot_rows[p] & answer)) ^ (pivot_values >> p)) & one
                answer |= bit << p
        x[block] = answer
        cost[block] = missed
        lower_bound[block] = 0 if missed == 0 else (least if weighted else 1)


@njit(void(ROWS, VALUES, INTS, INTS, ROWS, int64[::1]), cache=True, nogil=True)
def batch_costs(rows, values, starts, weights, x, cost):  # type: ignore[no-untyped-def]
    """Compute the cost of each block's x from the rows alone, to check the answers to a batch."""
    weighted = weights.size > 0
    for block in range(starts.size - 1):
        total = int64(0)
        for i in range(starts[block], starts[block + 1]):
            wrong = int64((uint64(count_ones(rows[i] & x[block])) ^ uint64(values[i])) & uint64(1))
            total += wrong * weights[i] if weighted else wrong
        cost[block] = total
