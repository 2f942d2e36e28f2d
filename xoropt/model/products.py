"""Products with compressed tensors, tile by tile, so that a layer is never whole in memory."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from xoropt.codec import Encoding
from xoropt.codec.decoder import check_jobs, reader_of
from xoropt.codec.products import plane_products
from xoropt.common.errors import ArgumentError
from xoropt.common.foreign_arrays import to_numpy
from xoropt.model.compiled_weights import decode_range, use_compiled
from xoropt.model.decompression import decompress_tensor
from xoropt.model.tensors import CompressedTensor, UncompressedTensor, shape_and_dtype
from xoropt.quantize.levels import CodedField, level_table

__all__ = ["matvec"]

TILE = 1 << 20
"""The number of weights that a tile of the NumPy decoder holds, rounded to whole rows."""


def matvec(
    tensor: CompressedTensor | UncompressedTensor | Encoding,
    x: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    decoder: str = "auto",
    jobs: int | None = None,
) -> np.ndarray:
    """Multiply a compressed matrix by a vector, y = W·x: a tile of rows at a time is decoded, used and dropped.

    Args:
        tensor: of at least one axis, taken as a matrix of its first axis by all others; or an encoding, whose planes
            are such matrices of zeros and ones.
        x: real numbers, (columns,), or (columns, k) for k vectors at once; an array, or a tensor of torch.
        mask: for an encoding alone: bool of the shape of a plane, the bits that count, as those that are no care bits
            may be anything; None: all.
        decoder: as for `xoropt.decode`.
        jobs: threads, as for `xoropt.decode`.

    Returns:
        (rows,) or (rows, k): float64 where the weights or x are float64 or integers of 4 or 8 bytes, otherwise float32.
        The BLAS library chooses the order of the sums, so the last bits depend on it. For an encoding with an axis of
        planes (planes, rows) or (planes, rows, k).

    Raises:
        ArgumentError: x does not fit the tensor, there is a mask beside a tensor, the weights are complex, there is no
            such decoder, or jobs is below 1.
        DecodeError: the tensor's parts do not fit together.
    """
    check_jobs(jobs)
    if not isinstance(tensor, CompressedTensor | UncompressedTensor):
        if not hasattr(tensor, "check_parts"):
            raise ArgumentError(f"Argument 'tensor' must be a tensor of a model or an encoding, not {tensor!r:.80}.")
        return plane_products(tensor, x, mask, decoder, jobs)
    if mask is not None:
        raise ArgumentError("Argument 'mask' goes with an encoding; a tensor of a model has its own.")
    shape, dtype = shape_and_dtype(tensor)
    x = np.asarray(to_numpy(x))
    real = x.dtype.kind in "biufV" and not x.dtype.name.startswith("void")
    if not shape or dtype.kind == "c" or not real or x.ndim not in (1, 2):
        raise ArgumentError("Argument 'x' must be real numbers of one or two axes, for a matrix of real numbers.")
    rows, columns = shape[0], int(np.prod(shape[1:], dtype=np.int64))
    if len(x) != columns:
        raise ArgumentError(f"Argument 'x' must have {columns} rows for a tensor of shape {shape}, not {len(x)}.")
    double = any(one == np.float64 or (one.kind in "iu" and one.itemsize > 2) for one in (dtype, x.dtype))
    kind = np.dtype(np.float64 if double else np.float32)
    x = x.astype(kind, copy=False)
    y = np.empty((rows, *x.shape[1:]), dtype=kind)
    if isinstance(tensor, UncompressedTensor):
        y[...] = tensor.array.reshape(rows, columns).astype(kind) @ x
    elif isinstance(tensor.levels, CodedField) or not use_compiled(tensor, decoder, 0, rows * columns):
        for part in _row_tiles(rows, columns):
            y[part] = (
                decompress_tensor(tensor, decoder, rows=part).reshape(part.stop - part.start, columns).astype(kind) @ x
            )
    else:
        table = level_table(tensor.levels, len(tensor.encoded.seeds)).astype(kind)
        cuts = [cut // columns for cut in reader_of(tensor.encoded).cuts(0, rows * columns)]
        room = np.empty(max((b - a for a, b in pairwise(cuts)), default=0) * columns + 1, dtype=kind)
        for a, b in pairwise(cuts):
            tile = decode_range(tensor, table, a * columns, b * columns, jobs, room[: (b - a) * columns])
            np.matmul(tile.reshape(b - a, columns), x, out=y[a:b])
    return y


def _row_tiles(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of rows of about `TILE` weights."""
    step = max(1, TILE // max(1, columns))
    for first in range(0, rows, step):
        yield slice(first, min(rows, first + step))
