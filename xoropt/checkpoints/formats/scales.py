"""Ordinary weights from codes, scales and zero points."""

import numpy as np

from xoropt.checkpoints.formats.contract import Config
from xoropt.common.errors import FormatError

__all__ = ["block_of", "check_groups", "dequantize"]

CHUNK = 1 << 20
"""Weights handled at once: bounds the memory beside the result."""


def block_of(weights: Config) -> list[int]:
    """Return rows and columns that share a scale, as a configuration says it for weights; [] where it does not."""
    block, group = weights.get("block_structure"), weights.get("group_size")
    if isinstance(block, list) and len(block) == 2 and all(type(n) is int and n > 0 for n in block):
        return block
    return [1, group] if type(group) is int and group > 0 else []


@np.errstate(over="ignore", invalid="ignore")
def dequantize(
    codes: np.ndarray,
    scales: np.ndarray,
    zero_points: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    block: list[int] | None = None,
) -> np.ndarray:
    """Return (codes − zero points) · scales, rounded once to the dtype of the scales.

    Args:
        codes: integers or floats of 8 bits, (rows, columns), or any shape with one scale.
        scales: floats; one, or (blocks of rows, blocks of columns).
        zero_points: of the scales' shape; None: zero.
        groups: integers (columns,), the block of each column; None: they follow each other.
        block: rows and columns that share a scale, for when the last block is smaller than the others.

    Raises:
        FormatError: the shapes do not fit together, or a group is none.
    """
    if zero_points is not None and zero_points.shape != scales.shape:
        raise FormatError(f"zero points of the shape {list(zero_points.shape)} for scales {list(scales.shape)}")
    factors = scales.astype(np.float64)
    zeros = np.zeros(scales.shape) if zero_points is None else zero_points.astype(np.float64)
    if scales.size == 1:
        return ((codes.astype(np.float64) - zeros.reshape(-1)) * factors.reshape(-1)).astype(scales.dtype)
    misfit = FormatError(f"scales of the shape {list(scales.shape)} for weights {list(codes.shape)}")
    if codes.ndim != 2 or scales.ndim != 2 or not scales.size or not codes.size:
        raise misfit
    if groups is not None:
        check_groups(groups, scales.shape[1], codes.shape[1])
    down, across = block if block and groups is None else (0, 0)
    row = np.arange(len(codes)) // _step(len(codes), len(scales), down, misfit)
    column = groups
    if column is None:
        column = np.arange(codes.shape[1]) // _step(codes.shape[1], scales.shape[1], across, misfit)
    made = np.empty(codes.shape, dtype=scales.dtype)
    for first in range(0, len(codes), lines := max(1, CHUNK // codes.shape[1])):
        some = slice(first, first + lines)
        at = row[some, None], column
        made[some] = ((codes[some].astype(np.float64) - zeros[at]) * factors[at]).astype(scales.dtype)
    return made


def _step(size: int, blocks: int, given: int, misfit: FormatError) -> int:
    """Return how many rows or columns share a scale."""
    if size % blocks == 0:
        return size // blocks
    if given and -(-size // given) == blocks:
        return given
    raise misfit


def check_groups(groups: np.ndarray, number: int, columns: int) -> None:
    """Check which group each column belongs to.

    Args:
        groups: the numbers.
        number: of the groups.
        columns: of the weight.

    Raises:
        FormatError: they are not integers from 0, one for each column.
    """
    if groups.dtype.kind not in "iu" or groups.shape != (columns,):
        raise FormatError(f"the groups of columns have the shape {list(groups.shape)}, and there are {columns} columns")
    if groups.size and not 0 <= groups.min() <= groups.max() < number:
        wrong = groups.max() if groups.max() >= number else groups.min()
        raise FormatError(f"the group {wrong} of a column is none of the {number} groups")
