"""A mask and the numbers that it keeps as one array: pruned numbers have a pattern that no kept one has."""

import numpy as np

from xoropt.common.errors import FormatError

__all__ = ["choose_fill", "join_kept", "kept_of", "patterns"]

TRIED = 64
"""Patterns of wide numbers that are tried before one is taken to be impossible to find."""


def patterns(array: np.ndarray) -> np.ndarray:
    """Return an array's numbers as unsigned integers of their bits, of its shape."""
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def choose_fill(kept: np.ndarray) -> int | None:
    """Return a pattern that no kept number has: that of 0, or of −0.0, or the largest that there is.

    Zeros are what pruned weights are; the library's own kept zeros, −0.0 and NaN have to survive beside them.

    Args:
        kept: unsigned integers, the numbers' bits.

    Returns:
        The pattern; None where all occur.
    """
    ones = (1 << 8 * kept.itemsize) - 1
    first = (0, (ones >> 1) + 1)
    if kept.itemsize <= 2:
        occurs = np.zeros(ones + 1, dtype=bool)
        occurs[kept.reshape(-1)] = True
        order = (*first, *np.flatnonzero(~occurs)[-1:].tolist())
        return next((pattern for pattern in order if not occurs[pattern]), None)
    tried = (*first, *range(ones, ones - TRIED, -1))
    return next((pattern for pattern in tried if not (kept == kept.dtype.type(pattern)).any()), None)


def join_kept(mask: np.ndarray, kept: np.ndarray, fill: int) -> np.ndarray:
    """Put kept numbers, in the order of rows, where a mask is True, and the fill elsewhere.

    Args:
        mask: bool, any shape.
        kept: as many numbers as the mask keeps, of any shape and dtype.
        fill: the pattern of the others.

    Returns:
        The array, of the mask's shape.

    Raises:
        FormatError: there are more or fewer numbers.
    """
    count = int(np.count_nonzero(mask))
    if kept.size != count:
        raise FormatError(f"the mask keeps {count} weights, and there are {kept.size}")
    bits = patterns(kept)
    dense = np.full(mask.shape, fill, dtype=bits.dtype)
    dense[mask] = bits.reshape(-1)
    return dense.view(kept.dtype)


def kept_of(dense: np.ndarray, fill: int) -> tuple[np.ndarray, np.ndarray]:
    """Take apart what `join_kept` joined: bool, the mask, and the kept numbers, one-dimensional."""
    bits = patterns(dense)
    mask = bits != bits.dtype.type(fill)
    return mask, bits[mask].view(dense.dtype)
