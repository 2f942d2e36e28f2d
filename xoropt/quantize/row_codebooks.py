"""Codebooks of rows: tensors that were quantized with a scale for each row and stored as the products.

A row has few values, the tensor many. Values of unlike rows get the same symbol where they have the same place among
the values of their rows, counted from 0 outwards: for codes times a scale, that is the code.
"""

from typing import NamedTuple

import numpy as np

from xoropt.quantize.levels import CodedField
from xoropt.quantize.number_form import NumberForm, has_sign_bit, is_signed_integer
from xoropt.quantize.prefix_codes import MAX_LENGTH, limited_lengths, plane_words
from xoropt.quantize.quantized_tensor import CHUNK, QuantizedTensor

__all__ = ["RowPlan", "plan_rows"]

MOST_VALUES = 1 << MAX_LENGTH
"""The most symbols."""
FEWEST_A_VALUE = 4
"""Weights of a row for each of its values from which on a codebook of its own may pay."""
SAMPLED = 8
"""Rows that are looked at first."""


class RowPlan(NamedTuple):
    """How a tensor can be stored by codebooks of its rows.

    Attributes:
        tensor: with `levels` whose values have a row for each index of the first axis.
        bits: of the kept weights and the codebooks.
    """

    tensor: QuantizedTensor
    bits: float


def plan_rows(weights: np.ndarray, masked: bool) -> RowPlan | None:
    """Plan codebooks of rows.

    Args:
        weights: any shape, real numbers of 1, 2, 4 or 8 bytes.
        masked: whether zeros are pruned weights; otherwise every weight is kept.

    Returns:
        The plan; None where rows do not have few values.
    """
    if weights.ndim < 2 or weights.dtype.kind == "c" or not weights.size:
        return None
    rows = weights.shape[0]
    patterns = np.ascontiguousarray(weights).reshape(rows, -1).view(f"u{weights.dtype.itemsize}")
    columns = patterns.shape[1]
    most = min(MOST_VALUES, columns // FEWEST_A_VALUE)
    if any(len(np.unique(row)) > most for row in patterns[:: max(1, rows // SAMPLED)]):
        return None
    zero = int(_keys(np.zeros(1, dtype=patterns.dtype), weights.dtype)[0])
    symbols = np.empty(patterns.shape, dtype=np.int16)
    step = max(1, CHUNK // columns)
    for first in range(0, rows, step):
        some = _symbols(_keys(patterns[first : first + step], weights.dtype), zero)
        if np.abs(some).max(initial=0) >= MOST_VALUES:
            return None
        symbols[first : first + step] = some
    lowest = int(symbols.min())
    counts = np.zeros(int(symbols.max()) - lowest + 1, dtype=np.int64)
    for first in range(0, rows, step):
        counts += np.bincount((symbols[first : first + step] - lowest).reshape(-1), minlength=len(counts))
    mask = symbols != 0 if masked else np.ones(symbols.shape, dtype=bool)
    if masked:
        counts[-lowest] = 0
    used = np.flatnonzero(counts)
    used = used[np.argsort(-counts[used], kind="stable")]
    if not 1 <= len(used) <= most:
        return None
    lengths = limited_lengths(counts[used])
    number = np.zeros(len(counts), dtype=np.int64)
    number[used] = np.arange(len(used))
    values = np.zeros((rows, len(used)), dtype=patterns.dtype)
    codes = np.empty(patterns.shape, dtype=np.uint8)
    words = plane_words(lengths)
    for first in range(0, rows, step):
        part = slice(first, first + step)
        numbers = number[symbols[part] - lowest]
        codes[part] = words[numbers]
        row, column = np.nonzero(mask[part])
        values[part][row, numbers[row, column]] = patterns[part][row, column]
    levels = CodedField(NumberForm(weights.dtype), values, lengths)
    bits = float(counts[used] @ lengths.astype(np.int64)) + 8 * levels.nbytes
    return RowPlan(QuantizedTensor(mask.reshape(weights.shape), codes.reshape(weights.shape), levels), bits)


def _keys(patterns: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return unsigned integers in the order of the numbers that have these bits."""
    top = patterns.dtype.type(1 << 8 * patterns.itemsize - 1)
    if has_sign_bit(dtype):
        return np.where(patterns & top, ~patterns, patterns | top)
    return patterns ^ top if is_signed_integer(dtype) else patterns


def _symbols(keys: np.ndarray, zero: int) -> np.ndarray:
    """Number the values of each row from 0 outwards, in the order of their keys: int64, of the shape of `keys`."""
    order = np.argsort(keys, axis=1, kind="stable")
    ascending = np.take_along_axis(keys, order, axis=1)
    rank = np.zeros(keys.shape, dtype=np.int64)
    np.cumsum(ascending[:, 1:] != ascending[:, :-1], axis=1, out=rank[:, 1:])
    below = ascending < keys.dtype.type(zero)
    at_zero = np.where(below, rank + 1, 0).max(axis=1)  # values below 0
    with_zero = (ascending == keys.dtype.type(zero)).any(axis=1)
    rank -= at_zero[:, None]
    rank += ~below & ~with_zero[:, None]
    symbols = np.empty_like(rank)
    np.put_along_axis(symbols, order, rank, axis=1)
    return symbols
