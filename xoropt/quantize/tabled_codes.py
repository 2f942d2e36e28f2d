"""Codes of weights of one or two bytes, looked up when they are needed: they take no memory beside the weights."""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["TabledCodes", "all_patterns", "look_up"]

AT_ONCE = 1 << 16
"""Numbers that are looked up at once: NumPy copies them to integers of 8 bytes, which then stay in the cache."""


@dataclass(frozen=True, eq=False)
class TabledCodes:
    """The code of each weight, which follows from its number and from the class of its row.

    Attributes:
        patterns: the bits of the numbers, uint8 or uint16, flat.
        table: uint8 (2^bits,), the code of every number; or (k, 2^bits), one for each class of rows.
        classes: uint8 (rows,), below k, the class of each row; None: there is one table.
    """

    patterns: np.ndarray = field(repr=False)
    table: np.ndarray = field(repr=False)
    classes: np.ndarray | None = field(default=None, repr=False)

    def part(self, first: int, stop: int) -> np.ndarray:
        """Return the codes of weights first … stop − 1: uint8, flat."""
        stop = max(first, min(stop, len(self.patterns)))
        if self.classes is None:
            return look_up(self.table, self.patterns[first:stop])
        columns = len(self.patterns) // max(1, len(self.classes))
        found = np.empty(stop - first, dtype=np.uint8)
        for row in range(first // columns, -(-stop // columns)) if stop > first else ():
            begin, end = max(first, row * columns), min(stop, (row + 1) * columns)
            found[begin - first : end - first] = look_up(self.table[self.classes[row]], self.patterns[begin:end])
        return found


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
