"""Other shapes in which a mask may have structure, and what codecs estimate of it."""

import math

import numpy as np

from xoropt.masks.density_classes import matrix_shape

__all__ = ["LONGEST_SIDE", "MAX_AXES", "SAMPLE", "binary_entropy", "leading_sample", "list_bits", "views_of"]

MAX_AXES = 8
"""The most axes of a stored view."""

LONGEST_SIDE = (1 << 32) - 1
"""The longest side of a stored view."""

SAMPLE = 1 << 18
"""Weights of a mask in which structure is looked for before all of it is read."""


def views_of(mask: np.ndarray) -> list[np.ndarray]:
    """Return a mask in the shapes in which it may have structure: its own without axes of one, and as a matrix."""
    rows, columns = matrix_shape(mask.shape, mask.size)
    own = tuple(side for side in mask.shape if side != 1) or (1,)
    shapes = [own] if len(own) <= MAX_AXES else []
    if rows > 1 and (rows, columns) != own:
        shapes.append((rows, columns))
    mask = np.ascontiguousarray(mask)
    return [mask.reshape(shape) for shape in shapes if max(shape) <= LONGEST_SIDE]


def leading_sample(view: np.ndarray) -> np.ndarray:
    """Return neighbouring indices of the first axis, from its middle, of about `SAMPLE` weights in all."""
    each = view.size // max(1, len(view))
    count = max(64, SAMPLE // max(1, each))
    first = max(0, len(view) - count) // 2
    return view[first : first + count]


def binary_entropy(p: float) -> float:
    """Return the bits of information in a bit that is 1 with probability p."""
    return -(p * math.log2(p) + (1 - p) * math.log2(1 - p)) if 0 < p < 1 else 0.0


def list_bits(count: float, size: int) -> float:
    """Estimate the bits that a list of `count` of `size` weights takes: a gap takes lg(mean gap) + 1.6 or so."""
    return count * (math.log2(max(1.0, size / count)) + 1.6) if count else 0.0
