"""The banded elimination in plain NumPy, on whole rows: the twin of the compiled loops."""

import numpy as np

__all__ = ["eliminate_plainly", "left_sides"]


def left_sides(equations):
    """Write the equations out: bool (E, n), the columns that each reads."""
    matrix, count = equations.network.matrix(), len(equations.heads)
    made = np.zeros((count, equations.n), dtype=bool)
    for tap in range(matrix.shape[1]):  # a window longer than the ring meets a column twice
        made[np.arange(count), (equations.heads + tap) % equations.n] ^= matrix[equations.pattern, tap]
    return made & equations.live


def eliminate_plainly(equations, values):
    """Eliminate column by column, those of the border last; each takes the first equation left that reads it.

    Returns:
        The equation of each column, int64 (n,), −1 where there is none; the dependent equations, int64 (D,); and
        their residuals, uint64 (D,).
    """
    rows, values = np.packbits(left_sides(equations), axis=1), values.copy()
    border = equations.system.border
    owner, left = np.full(equations.n, -1), np.ones(len(rows), dtype=bool)
    for column in [*range(border, equations.n), *range(border)]:
        readers = np.flatnonzero((rows[:, column >> 3] >> (7 - (column & 7)) & 1 != 0) & left)
        if len(readers):
            first, others = readers[0], readers[1:]
            owner[column], left[first] = first, False
            rows[others] ^= rows[first]
            values[others] ^= values[first]
    return owner, np.flatnonzero(left), values[left]
