"""The search for scales: whether a tensor's weights are codes times a scale for each block, and which.

Blocks of several shapes are tried on a few of each: rows, columns, squares, and groups along a row or down a column.
The first shape of which all blocks have a scale is taken; the products are then compared with the weights, bit by bit.
"""

import math
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import ml_dtypes
import numpy as np

from xoropt.quantize.block_scales import CHUNK, WEIGHT_DTYPES, BlockScales, blocks_of

__all__ = ["ScaledCodes", "find_scaled_codes"]

SQUARES = (128, 64, 32)
"""Sides of square blocks that are tried."""
GROUPS = (1024, 512, 256, 128, 64, 32, 16)
"""Lengths of groups that are tried."""
FEWEST = 1 << 12
"""Weights of a tensor from which on scales are looked for."""
FEWEST_IN_A_BLOCK = 16
"""Weights of the smallest block."""
SAMPLED, CROP = 6, 1 << 15
"""Blocks that are looked at first, and weights of each at most."""
STEPS = 100
"""Weights that are looked at for each weight of a tensor before the search is given up. Found ones took up to 60."""
SMALLEST = 2.0**-117
"""The smallest scale: no product is a subnormal float32, which a process may have flushed to zero (torch can)."""
INTEGERS, FLOATS = 255, 64
"""Codes that the largest weight of a block may have: integers up to this, or so many 8-bit floats."""


class ScaledCodes(NamedTuple):
    """A tensor as codes and scales.

    Attributes:
        codes: of the tensor's shape, int8, int16 or 8-bit floats.
        scales: of their blocks.
    """

    codes: np.ndarray
    scales: BlockScales


def find_scaled_codes(weights: np.ndarray) -> ScaledCodes | None:
    """Find codes and scales whose products are a tensor's weights, bit for bit.

    Args:
        weights: any shape, any dtype.

    Returns:
        The codes and scales; None where there are none, and for small tensors and those that are no floats.
    """
    if weights.ndim < 2 or weights.size < FEWEST or weights.dtype.name not in WEIGHT_DTYPES:
        return None
    weights, steps = np.ascontiguousarray(weights), np.array([STEPS * max(CHUNK, weights.size)])
    failed = [0, 0]
    for columns, sides in _shapes(weights.shape):
        matrix = weights.reshape(-1, columns)
        for floats in (False, True):
            with np.errstate(invalid="ignore"):  # NaN in a dtype of ml_dtypes
                sample = _sample(matrix, sides)
                if sample is None or _intervals(*sample, weights.dtype, floats, steps) is None:
                    continue
                if (found := _find(weights, columns, sides, floats, steps, failed)) is not None:
                    return found
    return None


def _shapes(shape: tuple[int, ...]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield shapes of blocks: the columns of the matrix and the sides of a block, those of the most weights first."""
    last, high = shape[-1], shape[-2]
    row = math.prod(shape[1:])
    tried = [(row, (1, row)), (last, (1, last)), (last, (high, 1))]
    tried += [(last, (side, side)) for side in SQUARES]
    for length in GROUPS:
        tried += [(last, (1, length)), (last, (length, 1))]
        tried.append((row, (1, length)))
    for columns, (a, b) in dict.fromkeys(tried):
        rows = math.prod(shape) // columns
        fits = a <= rows and b <= columns and (len(shape) == 2 or a == 1 or high % a == 0)
        if fits and FEWEST_IN_A_BLOCK <= a * b < rows * columns:
            yield columns, (a, b)


def _sample(matrix: np.ndarray, sides: tuple[int, int]) -> tuple[np.ndarray, tuple[int, int]] | None:
    """Take some blocks, one below the other; None where one of them has numbers that no scale makes."""
    counts = [-(-a // b) for a, b in zip(matrix.shape, sides, strict=True)]
    wide = min(sides[1], CROP)
    high = min(sides[0], max(1, CROP // wide))
    made = np.zeros((SAMPLED, high, wide), dtype=np.float64)
    for i, number in enumerate(np.linspace(0, math.prod(counts) - 1, SAMPLED).astype(int).tolist()):
        top, left = (place * side for place, side in zip(divmod(number, counts[1]), sides, strict=True))
        block = matrix[top : top + high, left : left + wide]
        made[i, : block.shape[0], : block.shape[1]] = block
    return (made.reshape(-1, wide), (high, wide)) if np.isfinite(made).all() else None


def _intervals(
    matrix: np.ndarray, sides: tuple[int, int], dtype: np.dtype, floats: bool, steps: np.ndarray
) -> np.ndarray | None:
    """Find the least and the greatest scale of every block: float64 (rows of blocks, blocks of a row, 2).

    Returns:
        None where a block has no scale, or no steps are left, see `find_scales`.
    """
    from xoropt.quantize.scale_kernels import find_scales

    found = np.empty((*(-(-a // b) for a, b in zip(matrix.shape, sides, strict=True)), 2), dtype=np.float64)
    info, flat = ml_dtypes.finfo(dtype), found.reshape(-1, 2)
    digits, least = int(info.nmant) + 1, float(info.smallest_subnormal)
    done = find_scales(matrix, *sides, digits, least, floats, FLOATS if floats else INTEGERS, steps, flat)
    return found if done == len(flat) else None


def _find(
    weights: np.ndarray, columns: int, sides: tuple[int, int], floats: bool, steps: np.ndarray, failed: list[int]
) -> ScaledCodes | None:
    """Find the scales of all blocks, and the codes.

    Args:
        weights: C-contiguous.
        columns, sides, floats: the blocks and codes that are tried.
        steps: see `find_scales`.
        failed: two weights: near the row of one, blocks of a row had no scale, and near the column of the other, other
            blocks. There it is tried first. Changed where these blocks have none, too.
    """
    matrix = weights.reshape(-1, columns)
    high, wide = sides
    across = max(1, min(-(-columns // wide), CHUNK // (high * wide)))  # blocks, and rows of them, at once
    down = max(1, CHUNK // (high * wide * across))
    intervals = np.empty((-(-len(matrix) // high), -(-columns // wide), 2), dtype=np.float64)
    parts = list(product(range(0, intervals.shape[0], down), range(0, intervals.shape[1], across)))
    row, column = failed[0] // columns, failed[1] % columns
    near = row // (high * down) * down, column // (wide * across) * across
    for i, j in sorted(parts, key=lambda part: part != near):
        part = matrix[i * high : (i + down) * high, j * wide : (j + across) * wide]
        part = np.ascontiguousarray(part, dtype=np.float64)
        found = _intervals(part, sides, weights.dtype, floats, steps) if np.isfinite(part).all() else None
        if found is None:
            failed[high > 1] = i * high * columns + j * wide
            return None
        intervals[i : i + down, j : j + across] = found
    for kind in dict.fromkeys((weights.dtype, np.dtype(np.float32))):
        values = intervals.mean(axis=-1).astype(kind)
        wide_values = values.astype(np.float64)
        least, most = np.maximum(intervals[..., 0], SMALLEST), intervals[..., 1]
        if not ((least <= wide_values) & (wide_values <= most)).all():
            continue
        codes = _codes(matrix, values, sides, floats).reshape(weights.shape)
        made = ScaledCodes(codes, BlockScales(weights.dtype, columns, sides, values))
        if _is_exact(made, weights):
            return made
    return None


def _codes(matrix: np.ndarray, values: np.ndarray, sides: tuple[int, int], floats: bool) -> np.ndarray:
    """Divide a matrix by its scales, to the nearest codes."""
    kind = np.dtype(ml_dtypes.float8_e4m3fn if floats else np.int16)
    codes, wide = np.empty(matrix.shape, dtype=kind), values.astype(np.float64)
    step = max(1, CHUNK // matrix.shape[1])
    for first in range(0, len(matrix), step):
        part = matrix[first : first + step]
        numbers = part.astype(np.float64)
        negative_zero = (numbers == 0) & np.signbit(numbers)
        scales = np.broadcast_to(blocks_of(wide, matrix.shape[1], sides, first, len(part)), part.shape)
        numbers /= scales
        codes[first : first + step] = (numbers if floats else _integers(numbers, scales, part)).astype(kind)
        if not floats:
            codes[first : first + step][negative_zero] = np.iinfo(kind).min
    if floats:
        return codes
    free = np.where(codes == np.iinfo(np.int16).min, np.int16(-128), codes)
    clash = codes.min(initial=0) == np.iinfo(np.int16).min and (codes == -128).any()
    return free.astype(np.int8) if not clash and free.min() >= -128 and free.max() < 128 else codes


def _integers(numbers: np.ndarray, scales: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Round quotients to the integers whose products are the weights: of a large one that may be its neighbour."""
    made = np.rint(numbers)
    wrong = np.nonzero((made * scales).astype(np.float32).astype(weights.dtype) != weights)
    for step in (-1.0, 1.0):
        other = made[wrong] + step
        fits = (other * scales[wrong]).astype(np.float32).astype(weights.dtype) == weights[wrong]
        made[tuple(axis[fits] for axis in wrong)] = other[fits]
    return made


def _is_exact(made: ScaledCodes, weights: np.ndarray) -> bool:
    """Return whether the products are the weights."""
    columns, pattern = made.scales.columns, f"u{weights.dtype.itemsize}"
    codes, matrix = made.codes.reshape(-1, columns), weights.reshape(-1, columns)
    step = max(1, CHUNK // columns)
    return all(
        (
            made.scales.weights(codes[first : first + step], first * columns).view(pattern)
            == np.ascontiguousarray(matrix[first : first + step]).view(pattern)
        ).all()
        for first in range(0, len(matrix), step)
    )
