"""Codes of a weight, unpacked at once, or when they are needed where they would take much memory."""

import math
from collections.abc import Callable

import numpy as np

from xoropt.common.lazy_arrays import AT_ONCE, MANY, LazyArray

__all__ = ["unpacked_codes"]

FEW_BITS = 4
"""Bits of a code up to which many are unpacked when they are needed: others take less than twice their words."""


def unpacked_codes(
    rows: Callable[[int, int], np.ndarray], shape: tuple[int, ...], dtype: type[np.generic], bits: int
) -> np.ndarray | LazyArray:
    """Return the codes of a weight.

    Args:
        rows: unpacks the rows from one number to before another, (…, columns), of the axes before the last together.
        shape: of the weight.
        dtype: of the codes, a byte each.
        bits: of a code.
    """
    columns, lines = shape[-1], math.prod(shape[:-1])
    if lines * columns > MANY and columns <= AT_ONCE and bits <= FEW_BITS:
        return LazyArray.of_rows(rows, shape, np.dtype(dtype))
    codes = np.empty((lines, columns), dtype=dtype)
    step = max(1, AT_ONCE // max(1, columns))
    for first in range(0, lines, step):
        codes[first : first + step] = rows(first, min(lines, first + step))
    return codes.reshape(shape)
