"""Products of planes with vectors, tile by tile, so that a plane is never whole in memory."""

import math

import numpy as np

from xoropt.codec.decoder import decode
from xoropt.codec.encoding import Encoding
from xoropt.common.errors import ArgumentError
from xoropt.common.foreign_arrays import plain_array

__all__ = ["plane_products"]

TILE = 1 << 20
"""Bits of a plane that a tile holds, rounded to whole rows."""


def plane_products(
    encoded: Encoding, x: np.ndarray, mask: np.ndarray | None = None, decoder: str = "auto", jobs: int | None = None
) -> np.ndarray:
    """Multiply the planes of an encoding, as matrices of zeros and ones, by a vector.

    Args:
        encoded: with planes of at least one axis, taken as matrices of the first axis by all others.
        x: real numbers, (columns,), or (columns, k) for k vectors at once.
        mask: bool of the shape of a plane: the bits that count, as the others may be anything; None: all of them.
        decoder, jobs: as for `decode`.

    Returns:
        (planes, rows) or (planes, rows, k), without the first axis where the encoding has no axis of planes; float64
        where x is float64 or integers of 4 or 8 bytes, otherwise float32.

    Raises:
        ArgumentError: x or the mask does not fit.
        DecodeError: the encoding's parts do not fit together.
    """
    x = plain_array("Argument 'x'", x)
    if not encoded.shape or x.dtype.kind not in "biufV" or x.ndim not in (1, 2):
        raise ArgumentError("Argument 'x' must be real numbers of one or two axes, for planes of at least one axis.")
    rows, columns = encoded.shape[0], math.prod(encoded.shape[1:])
    if len(x) != columns:
        raise ArgumentError(f"Argument 'x' must have {columns} rows for planes of shape {encoded.shape}, not {len(x)}.")
    if mask is not None and (not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.shape != encoded.shape):
        raise ArgumentError(f"Argument 'mask' must be a bool array of shape {encoded.shape}.")
    double = x.dtype == np.float64 or (x.dtype.kind in "iu" and x.dtype.itemsize > 2)
    kind = np.dtype(np.float64 if double else np.float32)
    x, planes = x.astype(kind, copy=False), len(encoded.seeds)
    y = np.empty((planes, rows, *x.shape[1:]), dtype=kind)
    step = max(1, TILE // max(1, columns))
    for first in range(0, rows, step):
        part = slice(first, min(rows, first + step))
        bits = decode(encoded, decoder, rows=part, mask=mask, jobs=jobs).reshape(planes, -1, columns)
        if mask is not None:
            bits = bits & mask[part].reshape(-1, columns)
        y[:, part] = bits.astype(kind) @ x
    return y[0] if encoded.planes is None else y
