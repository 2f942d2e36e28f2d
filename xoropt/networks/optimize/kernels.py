"""The estimator's compiled loop: how many equations of a banded system depend on earlier ones."""

import numpy as np
from numba import njit

from xoropt.common.words.vectors import trailing_zeros

__all__ = ["dependent"]

ONE = np.uint64(1)


@njit(cache=True, nogil=True)
def dependent(heads, pattern, rows, width, window, words, limit):
    """Count the equations, in their order, that are sums of earlier ones.

    Pivot rows are kept in place, modulo 64·words columns; the earliest remaining column becomes the pivot.

    Args:
        heads: int64 (E,), ascending, the first column of each equation's window.
        pattern: int64 (E,), each equation's row in `rows`.
        rows: uint64 (n_out·width,), the rows of the network one after the other.
        width: words per row.
        window: columns of a row.
        words: a power of two with 64·words ≥ window + 64.
        limit: the count to stop at.
    """
    mask = words - 1
    columns = 64 * words
    pivots = np.zeros(columns * words, np.uint64)
    owned = np.zeros(columns, np.uint8)
    work = np.zeros(words, np.uint64)
    end = found = 0
    for e in range(len(heads)):
        head = heads[e]
        for c in range(end, head + window):  # columns that come into reach
            owned[c & (columns - 1)] = 0
        end = head + window
        for k in range(words):
            work[k] = 0
        at, shift = head >> 6, np.uint64(head & 63)
        source = pattern[e] * width
        for k in range(width):
            word = rows[source + k]
            work[(at + k) & mask] ^= word << shift
            if shift:
                work[(at + k + 1) & mask] ^= word >> (np.uint64(64) - shift)
        placed = False
        for i in range(at, ((end - 1) >> 6) + 1):
            while work[i & mask]:
                c = (i * 64 + trailing_zeros(work[i & mask])) & (columns - 1)
                base = c * words
                if not owned[c]:
                    for k in range(words):
                        pivots[base + k] = work[k]
                    owned[c] = 1
                    placed = True
                    break
                for k in range(words):
                    work[k] ^= pivots[base + k]
            if placed:
                break
        if not placed:
            found += 1
            if found >= limit:
                break
    return found
