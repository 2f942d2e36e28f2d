"""Codebooks: tensors that are pruned and quantized already are kept exactly, byte for byte."""

import numpy as np

from xoropt.quantize.quantized_tensor import Codebook, QuantizedTensor

__all__ = ["MAX_VALUES", "codebook"]

MAX_VALUES = 256
"""The most values besides zero that a codebook may hold."""


def codebook(weights: np.ndarray) -> QuantizedTensor | None:
    """Represent a tensor that has few values by a mask, planes and a codebook.

    Values are told apart by their bytes: −0.0, infinities and every NaN are values like others and come back as they
    were; only the zero whose bytes are all 0 counts as pruned.

    Args:
        weights: any shape, any dtype of 1, 2, 4 or 8 bytes.

    Returns:
        The tensor with the fewest planes, or None where it has more than 256 values besides zero.
    """
    # A contiguous copy of a 0-d array would become 1-d; reshape first.
    patterns = np.ascontiguousarray(weights.reshape(-1)).view(f"u{weights.dtype.itemsize}")
    if len(np.unique(patterns[:4096])) > MAX_VALUES + 1:  # cheap, and settles most dense tensors
        return None
    if patterns.itemsize <= 2:
        present = np.zeros(1 << 8 * patterns.itemsize, dtype=bool)
        present[patterns] = True
        values = np.flatnonzero(present).astype(patterns.dtype)
    else:
        values = np.unique(patterns)
    values = values[values != 0]
    if len(values) > MAX_VALUES:
        return None
    mask = patterns != 0
    count = max(0, len(values) - 1).bit_length()
    code = np.zeros(len(patterns), dtype=np.uint8)
    if count:
        code[mask] = np.searchsorted(values, patterns[mask])
    planes = np.empty((count, len(patterns)), dtype=bool)
    for i, plane in enumerate(planes):
        np.not_equal(code & np.uint8(1 << i), 0, out=plane)
    levels = Codebook(values.view(weights.dtype))
    return QuantizedTensor(mask.reshape(weights.shape), planes.reshape(count, *weights.shape), levels)
