"""Bit planes that are made when they are needed, so that a whole tensor never lies in memory as bits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xoropt.common.lazy_arrays import LazyArray

__all__ = ["LazyPlane", "LazyPlanes", "count_ones", "one_plane", "packed_octets", "packed_planes"]

AT_ONCE = 1 << 22
"""Bits that are made at once, a multiple of 8, to be counted or packed."""


@dataclass(frozen=True, eq=False)
class LazyPlane:
    """One plane, flat; an array of NumPy, bool (weights,), is made of it by `np.asarray`.

    Attributes:
        read: makes the weights from one number to before another: bool, flat.
        first, stop: the first of the weights, and the one after the last.
    """

    read: Callable[[int, int], np.ndarray]
    first: int
    stop: int

    def __len__(self) -> int:
        """Return the number of weights."""
        return self.stop - self.first

    def __getitem__(self, which: slice) -> "LazyPlane":
        """Return some neighbouring weights."""
        weights = range(self.first, self.stop)[which]
        return replace(self, first=weights.start, stop=weights.start + len(weights))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Make the bits."""
        return self.read(self.first, self.stop)


@dataclass(frozen=True, eq=False)
class LazyPlanes:
    """Flat bit planes; an array of NumPy, bool (planes, weights), is made of them by `np.asarray`.

    Attributes:
        read: makes the weights from one number to before another of a plane: bool, flat.
        numbers: the planes.
        first, stop: the first of the weights, and the one after the last.
    """

    read: Callable[[int, int, int], np.ndarray]
    numbers: range
    first: int
    stop: int

    @property
    def shape(self) -> tuple[int, int]:
        """The planes and the weights of each."""
        return len(self.numbers), self.stop - self.first

    def __len__(self) -> int:
        """Return the number of planes."""
        return len(self.numbers)

    def __iter__(self) -> Iterator[LazyPlane]:
        """Yield each plane."""
        return (self.plane(i) for i in range(len(self)))

    def plane(self, which: int) -> LazyPlane:
        """Return one of the planes."""
        number = self.numbers[which]
        return LazyPlane(lambda first, stop: self.read(number, first, stop), self.first, self.stop)

    def __getitem__(self, which: tuple[slice, slice]) -> "LazyPlanes":
        """Return some of the planes, and some neighbouring weights of them."""
        weights = range(self.first, self.stop)[which[1]]
        return replace(self, numbers=self.numbers[which[0]], first=weights.start, stop=weights.start + len(weights))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Make the bits."""
        made = np.empty(self.shape, dtype=bool)
        for row, number in zip(made, self.numbers, strict=True):
            row[:] = self.read(number, self.first, self.stop)
        return made


def packed_planes(octets: np.ndarray, size: int) -> LazyPlanes:
    """Return planes that lie in memory as packed bits.

    Args:
        octets: uint8 (planes, ⌈size/8⌉), the first weight in the lowest bit.
        size: weights of a plane.
    """

    def read(number: int, first: int, stop: int) -> np.ndarray:
        some = np.unpackbits(octets[number, first // 8 : -(-stop // 8)], bitorder="little")
        return some[first % 8 :][: stop - first].view(bool)

    return LazyPlanes(read, range(len(octets)), 0, size)


def one_plane(array: np.ndarray | LazyArray) -> np.ndarray | LazyPlanes:
    """Return an array, bool, as a plane by itself: (1, weights)."""
    if isinstance(array, np.ndarray):
        return array.reshape(1, -1)
    flat = array.reshape(-1)
    return LazyPlanes(lambda number, first, stop: flat[first:stop], range(1), 0, array.size)


def packed_octets(planes: np.ndarray | LazyPlanes) -> np.ndarray:
    """Pack planes, some weights at a time: uint8 (planes, ⌈weights/8⌉), the first weight in the lowest bit."""
    count, size = planes.shape
    packed = np.empty((count, -(-size // 8)), dtype=np.uint8)
    for first in range(0, size, AT_ONCE):
        some = np.packbits(np.asarray(planes[:, first : first + AT_ONCE]), axis=1, bitorder="little")
        packed[:, first // 8 :][:, : some.shape[1]] = some
    return packed


def count_ones(plane: np.ndarray | LazyPlane, row: int | None = None) -> np.ndarray:
    """Count the bits of a plane that are set, some at a time.

    Args:
        plane: bool (weights,).
        row: weights of a row; None: all of them are one.

    Returns:
        int64 (rows,), the count of every row; the last one may be incomplete.
    """
    size = len(plane)
    if row is None:
        sums = [int(np.count_nonzero(np.asarray(plane[at : at + AT_ONCE]))) for at in range(0, size, AT_ONCE)]
        return np.array([sum(sums)], dtype=np.int64)
    counts = np.zeros(-(-size // row), dtype=np.int64)
    whole, step = size // row, max(1, AT_ONCE // row)
    for at in range(0, whole, step):
        stop = min(whole, at + step)
        some = np.asarray(plane[at * row : stop * row])
        if row % 64:
            counts[at:stop] = np.count_nonzero(some.reshape(stop - at, row), axis=1)
        else:  # five times as fast
            words = np.packbits(some).view(np.uint64).reshape(stop - at, row // 64)
            counts[at:stop] = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    if size > whole * row:
        counts[whole] = np.count_nonzero(np.asarray(plane[whole * row :]))
    return counts
