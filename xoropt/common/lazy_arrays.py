"""Arrays whose numbers are made when they are needed, so that a whole one need not lie in memory."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

__all__ = ["AT_ONCE", "MANY", "LazyArray"]

MANY = 1 << 26
"""Numbers beyond which making parts of an array again and again is worth the memory."""

AT_ONCE = 1 << 20
"""Numbers that are made at once: bounds the memory beside the result."""


@dataclass(frozen=True, eq=False)
class LazyArray:
    """An array of NumPy that is made by `numpy.asarray`, and some rows of which are made by a slice.

    Attributes:
        read: makes the numbers from one place to before another, in row-major order: flat, of the dtype.
        shape: of the array.
        dtype: of the numbers.
    """

    read: Callable[[int, int], np.ndarray] = field(repr=False)
    shape: tuple[int, ...]
    dtype: np.dtype

    @classmethod
    def of_rows(cls, rows: Callable[[int, int], np.ndarray], shape: tuple[int, ...], dtype: np.dtype) -> "LazyArray":
        """Return an array of whole rows.

        Args:
            rows: makes the rows from one number to before another, of any shape.
            shape: of the array; the last axis is a row, and all before it together count the rows.
            dtype: of the numbers.
        """
        each = shape[-1]

        def read(first: int, stop: int) -> np.ndarray:
            begin = first // each
            return rows(begin, -(-stop // each)).reshape(-1)[first - begin * each :][: stop - first]

        return cls(read, shape, dtype)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def itemsize(self) -> int:
        """The bytes of a number."""
        return self.dtype.itemsize

    def ranges(self, first: int = 0, stop: int | None = None) -> Iterator[tuple[int, int]]:
        """Cut the numbers from one place to before another into ranges that are made at once."""
        stop = self.size if stop is None else stop
        return ((low, min(stop, low + AT_ONCE)) for low in range(first, stop, AT_ONCE))

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def reshape(self, *shape: int) -> "LazyArray":
        """Return the same numbers in another shape; −1 stands for the axis that follows from the others."""
        rest = self.size // max(1, -math.prod(shape))
        return replace(self, shape=tuple(rest if side == -1 else side for side in shape))

    def view(self, dtype: Any) -> "LazyArray":
        """Return the same bytes as numbers of another dtype of that size."""
        kind = np.dtype(dtype)
        return replace(self, read=lambda first, stop: self.read(first, stop).view(kind), dtype=kind)

    def __getitem__(self, which: slice | np.ndarray) -> np.ndarray:
        """Make some rows: those of a slice, or those with the numbers in an array of integers."""
        each = self.size // max(1, len(self))
        if isinstance(which, slice):
            first, stop, step = which.indices(len(self))
            if step == 1:
                stop = max(first, stop)
                return self._part(first * each, stop * each).reshape(stop - first, *self.shape[1:])
            which = np.arange(first, stop, step)
        found = np.empty((len(which), each), dtype=self.dtype)
        order, rows = np.argsort(which, kind="stable"), max(1, AT_ONCE // max(1, each))
        ascending = which[order]
        for first in np.unique(ascending // rows) * rows:  # those of like numbers are made together
            some = slice(*np.searchsorted(ascending, (first, first + rows)))
            low, high = int(ascending[some.start]), int(ascending[some.stop - 1]) + 1
            found[order[some]] = self._part(low * each, high * each).reshape(-1, each)[ascending[some] - low]
        return found.reshape(len(which), *self.shape[1:])

    def _part(self, first: int, stop: int) -> np.ndarray:
        if stop - first <= AT_ONCE:
            return self.read(first, stop)
        made = np.empty(stop - first, dtype=self.dtype)
        for low, high in self.ranges(first, stop):
            made[low - first : high - first] = self.read(low, high)
        return made

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Make the whole array."""
        made = self._part(0, self.size).reshape(self.shape)
        return made if dtype is None else made.astype(dtype, copy=False)
