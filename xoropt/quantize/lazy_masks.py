"""Masks that follow from the numbers of a tensor, made when they are needed: a mask takes a byte a weight in memory."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["CHUNK", "LazyMask", "count_kept", "kept_part"]

CHUNK = 1 << 20
"""Weights handled at once: bounds the memory beside the result."""


@dataclass(frozen=True, eq=False)
class LazyMask:
    """The mask of the weights that differ from one number; an array of NumPy, bool, is made of it by `np.asarray`.

    Attributes:
        patterns: the bits of the numbers, unsigned integers, flat.
        fill: those of pruned weights.
        shape: of the tensor.
        with_sign: whether the sign counts; otherwise numbers are compared without their highest bit.
    """

    patterns: np.ndarray = field(repr=False)
    fill: int
    shape: tuple[int, ...]
    with_sign: bool = True

    @property
    def size(self) -> int:
        """The number of weights."""
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def part(self, first: int, stop: int) -> np.ndarray:
        """Return which of the weights first … stop − 1 are kept: bool, flat."""
        some, kind = self.patterns[first:stop], self.patterns.dtype.type
        if not self.with_sign:
            some = some & kind((1 << 8 * self.patterns.itemsize - 1) - 1)
        kept: np.ndarray = some != kind(self.fill)
        return kept

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Make the mask."""
        made = np.empty(self.size, dtype=bool)
        for first in range(0, self.size, CHUNK):
            made[first : first + CHUNK] = self.part(first, first + CHUNK)
        return made.reshape(self.shape)


def kept_part(mask: np.ndarray | LazyMask, first: int, stop: int) -> np.ndarray:
    """Return which of the weights first … stop − 1 are kept: bool, flat."""
    return mask.part(first, stop) if isinstance(mask, LazyMask) else mask.reshape(-1)[first:stop]


def count_kept(mask: np.ndarray | LazyMask) -> int:
    """Count the weights that are kept."""
    if not isinstance(mask, LazyMask):
        return int(np.count_nonzero(mask))
    return sum(int(np.count_nonzero(mask.part(first, first + CHUNK))) for first in range(0, mask.size, CHUNK))
