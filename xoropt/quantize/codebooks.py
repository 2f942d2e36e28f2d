"""Codebooks: tensors that are pruned and quantized already are kept exactly, byte for byte."""

import numpy as np

from xoropt.common.foreign_arrays import plain_array
from xoropt.common.lazy_arrays import LazyArray
from xoropt.quantize.lazy_masks import kept_part, mask_of
from xoropt.quantize.levels import Codebook
from xoropt.quantize.quantized_tensor import CHUNK, QuantizedTensor
from xoropt.quantize.tabled_codes import tabled_codes

__all__ = ["MAX_VALUES", "codebook", "codebook_of", "few_values", "places_of"]

MAX_VALUES = 256
"""The most values besides zero that a codebook may hold."""
COMPARED = 8
"""Values up to which numbers are compared with each, which is faster than a search."""


def few_values(patterns: np.ndarray | LazyArray) -> np.ndarray | None:
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


def places_of(values: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    """Return for each number its place among some values.

    Args:
        values: ascending.
        patterns: of the same dtype, each one of the values, or below all of them, which counts as the first.
    """
    if len(values) > COMPARED:
        return np.searchsorted(values, patterns)
    places = np.zeros(len(patterns), dtype=np.uint8)
    for value in values[1:]:
        places += patterns >= value
    return places


def codebook(weights: np.ndarray) -> QuantizedTensor | None:
    """Represent a tensor that has few values by a mask, codes of equal length and a codebook.

    Values are told apart by their bytes: −0.0, infinities and every NaN are values like others and come back as they
    were; only the zero whose bytes are all 0 counts as pruned.

    Args:
        weights: any shape, any dtype of 1, 2, 4 or 8 bytes.

    Returns:
        The tensor with the fewest planes, or None where it has more than 256 values besides zero.

    Raises:
        ArgumentError: the weights are no array of numbers.
    """
    weights = plain_array("Argument 'weights'", weights)
    # A contiguous copy of a 0-d array would become 1-d; reshape first.
    patterns = np.ascontiguousarray(weights.reshape(-1)).view(f"u{weights.dtype.itemsize}")
    values = few_values(patterns)
    return None if values is None else codebook_of(weights, patterns, values)


def codebook_of(
    weights: np.ndarray | LazyArray, patterns: np.ndarray | LazyArray, values: np.ndarray
) -> QuantizedTensor:
    """Represent a tensor by a codebook of its different values.

    Args:
        weights: the tensor.
        patterns: its numbers as unsigned integers, flat.
        values: the different ones, ascending.
    """
    values = values[values != 0]
    mask = mask_of(patterns, 0, weights.shape)
    levels = Codebook(values.view(weights.dtype))
    if patterns.itemsize <= 2:
        table = np.zeros(1 << 8 * patterns.itemsize, dtype=np.uint8)
        table[values] = np.arange(len(values))
        return QuantizedTensor(mask, tabled_codes(patterns, table), levels)
    codes = np.zeros(len(patterns), dtype=np.uint8)
    if len(values) > 1:
        for first in range(0, len(patterns), CHUNK):
            some = slice(first, first + CHUNK)
            codes[some] = np.where(kept_part(mask, first, some.stop), places_of(values, patterns[some]), 0)
    return QuantizedTensor(mask, codes.reshape(weights.shape), levels)
