"""`LazyPlanes`: bit planes that are made when they are needed, so that a whole tensor never lies in memory as bits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = ["LazyPlanes"]


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
