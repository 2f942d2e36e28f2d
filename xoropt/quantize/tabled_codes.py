"""Codes of weights of one or two bytes, looked up when they are needed: they take no memory beside the weights."""

import numpy as np

from xoropt.common.lazy_arrays import LazyArray

__all__ = ["all_patterns", "look_up", "tabled_codes"]

AT_ONCE = 1 << 16
"""Numbers that are looked up at once: NumPy copies them to integers of 8 bytes, which then stay in the cache."""


def tabled_codes(patterns: np.ndarray | LazyArray, table: np.ndarray, classes: np.ndarray | None = None) -> LazyArray:
    """Return the code of each weight, which follows from its number and from the class of its row: uint8, flat.

    Args:
        patterns: the bits of the numbers, uint8 or uint16, flat.
        table: uint8 (2^bits,), the code of every number; or (k, 2^bits), one for each class of rows.
        classes: uint8 (rows,), below k, the class of each row; None: there is one table.
    """

    def read(first: int, stop: int) -> np.ndarray:
        if classes is None:
            return look_up(table, patterns[first:stop])
        columns = len(patterns) // max(1, len(classes))
        found = np.empty(stop - first, dtype=np.uint8)
        some = patterns[first:stop]
        for row in range(first // columns, -(-stop // columns)) if stop > first else ():
            begin, end = max(first, row * columns) - first, min(stop, (row + 1) * columns) - first
            found[begin:end] = look_up(table[classes[row]], some[begin:end])
        return found

    return LazyArray(read, (len(patterns),), np.dtype(np.uint8))


def all_patterns(dtype: np.dtype) -> np.ndarray:
    """Return every unsigned integer of a dtype of one or two bytes, ascending."""
    return np.arange(1 << 8 * dtype.itemsize).astype(dtype)


def look_up(table: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return the entry of a table for each number.

    Args:
        table: (2^bits,), of any dtype.
        numbers: unsigned integers of so many bits, flat.
    """
    found = np.empty(len(numbers), dtype=table.dtype)
    for first in range(0, len(numbers), AT_ONCE):
        np.take(table, numbers[first : first + AT_ONCE], out=found[first : first + AT_ONCE], mode="clip")
    return found
