"""Block sparsity: whole rectangles of the mask are kept or pruned together, with one bit for each.

The mask is a matrix, its first axis by all others. The part `mask` is two bytes, the binary logarithms of the rows and
columns of a block, and the bitmap of the blocks in row-major order. Blocks at the edges may be cut short.
"""

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks.density_classes import matrix_shape
from xoropt.masks.mask_codec import MaskCodec, MaskPlan, Parts

__all__ = ["CODEC"]

MAX_LOG = 8
"""The binary logarithm of the largest side of a block."""


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan the stored part `mask`; None for a mask that is not made of blocks of at least two weights."""
    matrix = np.ascontiguousarray(mask).reshape(matrix_shape(mask.shape, mask.size))
    row_log = column_log = 0
    while matrix.size and column_log < MAX_LOG and matrix.shape[1] > 1 and (halved := _halve(matrix)) is not None:
        matrix, column_log = halved, column_log + 1
    while matrix.size and row_log < MAX_LOG and matrix.shape[0] > 1 and (halved := _halve(matrix.T)) is not None:
        matrix, row_log = halved.T, row_log + 1
    if not row_log + column_log:
        return None
    head = np.array([row_log, column_log], np.uint8)
    return MaskPlan.of_parts({"mask": np.concatenate([head, np.packbits(matrix, bitorder="little")])})


def _halve(matrix: np.ndarray) -> np.ndarray | None:
    """Replace each pair of neighbouring columns by one; None where the two of a pair differ."""
    first = matrix[:, ::2]
    second = matrix[:, 1::2]
    return first if (first[:, : second.shape[1]] == second).all() else None


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`."""
    data = parts.get("mask", np.zeros(0, np.uint8))
    row_log, column_log = data[:2].tolist() if len(data) >= 2 else (MAX_LOG + 1, 0)
    rows, columns = matrix_shape(shape, size)
    if max(row_log, column_log) > MAX_LOG:
        raise DecodeError("the head of the mask of blocks is damaged")
    coarse = (-(-rows // (1 << row_log)), -(-columns // (1 << column_log)))
    if len(data) != 2 - (-coarse[0] * coarse[1] // 8):
        raise DecodeError("the mask of blocks does not fit the shape")
    if stop <= first:
        return np.empty(0, dtype=bool)
    row, end = first // columns, -(-stop // columns)
    begin, last = (row >> row_log) * coarse[1], (end - 1 >> row_log) * coarse[1] + coarse[1]
    bits = np.unpackbits(data[2 + begin // 8 : 2 - (-last // 8)], bitorder="little")[begin % 8 :][: last - begin]
    tall = bits.view(bool).reshape(-1, coarse[1])[(np.arange(row, end) >> row_log) - (row >> row_log)]
    flat = np.repeat(tall, 1 << column_log, axis=1)[:, :columns].reshape(-1)
    return flat[first - row * columns :][: stop - first]


CODEC = MaskCodec(plan, decode)
