"""Masks that follow from the numbers of a tensor, made when they are needed: a mask takes a byte a weight in memory."""

import numpy as np

from xoropt.common.lazy_arrays import LazyArray

__all__ = ["count_kept", "kept_part", "mask_of"]


def mask_of(patterns: np.ndarray | LazyArray, fill: int, shape: tuple[int, ...], with_sign: bool = True) -> LazyArray:
    """Return the mask of the weights that differ from one number: bool.

    Args:
        patterns: the bits of the numbers, unsigned integers, flat.
        fill: those of pruned weights.
        shape: of the tensor.
        with_sign: whether the sign counts; otherwise numbers are compared without their highest bit.
    """
    kind, magnitude = patterns.dtype.type, (1 << 8 * patterns.itemsize - 1) - 1

    def read(first: int, stop: int) -> np.ndarray:
        some = patterns[first:stop] if with_sign else patterns[first:stop] & kind(magnitude)
        kept: np.ndarray = some != kind(fill)
        return kept

    return LazyArray(read, shape, np.dtype(bool))


def kept_part(mask: np.ndarray | LazyArray, first: int, stop: int) -> np.ndarray:
    """Return which of the weights first … stop − 1 are kept: bool, flat."""
    return mask.reshape(-1)[first:stop]


def count_kept(mask: np.ndarray | LazyArray) -> int:
    """Count the weights that are kept."""
    if not isinstance(mask, LazyArray):
        return int(np.count_nonzero(mask))
    return sum(int(np.count_nonzero(mask.read(*some))) for some in mask.ranges())
