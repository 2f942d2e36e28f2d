"""Vectors in groups, as compiled loops take them: some vectors at once, 64 numbers of each after the other."""

from typing import NamedTuple

import numpy as np

__all__ = ["VectorGroup", "group_vectors"]

SIZES = (1, 4, 8)
"""Vectors that a loop takes at once; others are filled up with zeros."""


class VectorGroup(NamedTuple):
    """Some of the vectors of a product.

    Attributes:
        first, stop: the first of them, and the one after the last.
        size: how many there are with the zeros.
        numbers: float32 (blocks·size·64,), for each 64 numbers those of each vector.
    """

    first: int
    stop: int
    size: int
    numbers: np.ndarray


def group_vectors(x: np.ndarray, in_quarters: bool) -> list[VectorGroup]:
    """Group vectors, float32 (length, vectors).

    Args:
        x: the vectors.
        in_quarters: whether 64 numbers lie in the order of quarters, see `xoropt.linear.vectors`.
    """
    length, vectors = x.shape
    groups = []
    for first in range(0, vectors, SIZES[-1]):
        stop = min(vectors, first + SIZES[-1])
        size = next(size for size in SIZES if size >= stop - first)
        whole = np.zeros((-(-length // 64) * 64, size), dtype=np.float32)
        whole[:length, : stop - first] = x[:, first:stop]
        parts = whole.reshape(-1, 16, 4, size).transpose(0, 3, 2, 1) if in_quarters else whole.reshape(-1, 64, size)
        numbers = parts if in_quarters else parts.swapaxes(1, 2)
        groups.append(VectorGroup(first, stop, size, np.ascontiguousarray(numbers).reshape(-1)))
    return groups
