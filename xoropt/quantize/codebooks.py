"""Codebooks: tensors that are pruned and quantized already are kept exactly, byte for byte."""

import numpy as np

from xoropt.quantize.levels import Codebook
from xoropt.quantize.quantized_tensor import CHUNK, QuantizedTensor

__all__ = ["MAX_VALUES", "codebook", "few_values"]

MAX_VALUES = 256
"""The most values besides zero that a codebook may hold."""


def few_values(patterns: np.ndarray) -> np.ndarray | None:
    """Return the different numbers of an array, ascending; None where there are more than 256 besides 0.

    Args:
        patterns: unsigned integers, flat.
    """
    if len(np.unique(patterns[:4096])) > MAX_VALUES + 1:  # cheap, and settles most dense tensors
        return None
    if patterns.itemsize <= 2:
        present = np.zeros(1 << 8 * patterns.itemsize, dtype=bool)
        for first in range(0, len(patterns), CHUNK):
            present[patterns[first : first + CHUNK]] = True
        values = np.flatnonzero(present).astype(patterns.dtype)
    else:
        values = patterns[:0]
        for first in range(0, len(patterns), CHUNK):
            values = np.union1d(values, patterns[first : first + CHUNK])
            if np.count_nonzero(values) > MAX_VALUES:
                break
    return None if np.count_nonzero(values) > MAX_VALUES else values


def codebook(weights: np.ndarray) -> QuantizedTensor | None:
    """Represent a tensor that has few values by a mask, codes of equal length and a codebook.

    Values are told apart by their bytes: −0.0, infinities and every NaN are values like others and come back as they
    were; only the zero whose bytes are all 0 counts as pruned.

    Args:
        weights: any shape, any dtype of 1, 2, 4 or 8 bytes.

    Returns:
        The tensor with the fewest planes, or None where it has more than 256 values besides zero.
    """
    # A contiguous copy of a 0-d array would become 1-d; reshape first.
    patterns = np.ascontiguousarray(weights.reshape(-1)).view(f"u{weights.dtype.itemsize}")
    values = few_values(patterns)
    if values is None:
        return None
    values = values[values != 0]
    mask = patterns != 0
    codes = np.zeros(len(patterns), dtype=np.uint8)
    if len(values) > 1:
        for first in range(0, len(patterns), CHUNK):
            some = slice(first, first + CHUNK)
            codes[some] = np.where(mask[some], np.searchsorted(values, patterns[some]), 0)
    return QuantizedTensor(
        mask.reshape(weights.shape), codes.reshape(weights.shape), Codebook(values.view(weights.dtype))
    )
