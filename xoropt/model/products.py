"""Products with stored tensors, tile by tile, so that no layer need ever be whole in memory."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from xoropt.codec.decoder import check_jobs, reader_of
from xoropt.common.errors import ArgumentError
from xoropt.model.decompression import decompress_tensor
from xoropt.model.tensors import CompressedTensor, UncompressedTensor, shape_and_dtype
from xoropt.model.weights import compiled_suits, tile_weights
from xoropt.quantize.tensor import level_table

__all__ = ["matvec"]

TILE = 1 << 20
"""Weights that a tile holds, roughly."""


def matvec(
    tensor: CompressedTensor | UncompressedTensor, x: np.ndarray, *, decoder: str = "auto", jobs: int | None = None
) -> np.ndarray:
    """Multiply a stored matrix and a vector, y = W·x: a tile of rows at a time is unpacked, used and dropped.

    Args:
        tensor: of at least one axis, taken as a matrix of its first axis by all others.
        x: real numbers, (columns,), or (columns, k) for k vectors at once.
        decoder, jobs: as for `xoropt.decode`.

    Returns:
        (rows,) or (rows, k), float64 when the weights or x are (or are integers of 4 or 8 bytes), float32 otherwise;
        sums in the order of the BLAS library, so the last bits depend on it.

    Raises:
        ArgumentError: x does not fit the tensor, the weights are complex, no such decoder, jobs below 1.
        DecodeError: its stored parts do not fit together.
    """
    check_jobs(jobs)
    shape, dtype = shape_and_dtype(tensor)
    x = np.asarray(x)
    real = x.dtype.kind in "biufV" and not x.dtype.name.startswith("void")
    if not shape or dtype.kind == "c" or not real or x.ndim not in (1, 2):
        raise ArgumentError("Argument 'x' must be one or two axes of real numbers, and the tensor a matrix of such.")
    rows, columns = shape[0], int(np.prod(shape[1:], dtype=np.int64))
    if len(x) != columns:
        raise ArgumentError(f"Argument 'x' must have {columns} rows for a tensor of shape {shape}, not {len(x)}.")
    double = any(one == np.float64 or (one.kind in "iu" and one.itemsize > 2) for one in (dtype, x.dtype))
    kind = np.dtype(np.float64 if double else np.float32)
    x = x.astype(kind, copy=False)
    y = np.empty((rows, *x.shape[1:]), dtype=kind)
    if isinstance(tensor, UncompressedTensor):
        y[...] = tensor.array.reshape(rows, columns).astype(kind) @ x
    elif not compiled_suits(tensor, decoder, 0, rows * columns):
        for part in _parts(rows, columns):
            y[part] = (
                decompress_tensor(tensor, decoder, rows=part).reshape(part.stop - part.start, columns).astype(kind) @ x
            )
    else:
        table = level_table(tensor.levels, len(tensor.encoded.seeds)).astype(kind)
        cuts = [cut // columns for cut in reader_of(tensor.encoded).cuts(0, rows * columns)]
        held = np.empty(max((b - a for a, b in pairwise(cuts)), default=0) * columns + 1, dtype=kind)
        for a, b in pairwise(cuts):
            tile = tile_weights(tensor, table, a * columns, b * columns, jobs, held[: (b - a) * columns])
            np.matmul(tile.reshape(b - a, columns), x, out=y[a:b])
    return y


def _parts(rows: int, columns: int) -> Iterator[slice]:
    step = max(1, TILE // max(1, columns))
    for first in range(0, rows, step):
        yield slice(first, min(rows, first + step))
