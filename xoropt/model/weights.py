"""From compressed tensors to weights: whole, some rows, or multiplied with a vector tile by tile."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from xoropt.codec import decode
from xoropt.codec.decoder import check_jobs, check_out, chosen, flips_of, reader_of, weights_range
from xoropt.codec.packed.encoding import PackedValues, unpack_values
from xoropt.common.errors import ArgumentError, DecodeError
from xoropt.masks import decode_mask, decode_packed
from xoropt.masks.prefix import write_weights
from xoropt.model.tensors import CompressedTensor, UncompressedTensor
from xoropt.quantize import Codebook, QuantizedTensor, Scales, dequantize
from xoropt.quantize.tensor import check_levels, level_table

__all__ = ["decompress_tensor", "form", "matvec"]

TILE = 1 << 20
"""Weights, about, that `matvec` holds at once."""


def decompress_tensor(
    tensor: CompressedTensor | UncompressedTensor,
    decoder: str = "auto",
    *,
    rows: slice | None = None,
    jobs: int | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """One tensor's array, of its original dtype and shape.

    Args:
        tensor: of a `CompressedModel`.
        decoder, jobs: as for `xoropt.decode`.
        rows: a range of the first axis, `slice(a, b)`; only the seeds, patches and mask bits that it needs are read, if
            the mask's codec can.
        out: an array to write to, of the result's shape and dtype, C-contiguous; None: a new one.

    Raises:
        ArgumentError: rows out of range, `out` of another form, no such decoder, jobs below 1.
        DecodeError: its stored parts do not fit together.
    """
    check_jobs(jobs)
    shape, dtype = form(tensor)
    first, stop, part = weights_range(shape, rows)
    if out is not None:
        check_out(out, part, dtype)
    if isinstance(tensor, UncompressedTensor):
        made = tensor.array if rows is None else tensor.array[rows]
    elif _compiled(tensor, decoder, first, stop):
        into = None if out is None else out.reshape(-1)
        table = _table(tensor, rows)
        made = _weights(tensor, table, first, stop, jobs, into).reshape(part)
        return made if out is None else out
    else:
        # Packed values are tiny, and their places are counted from the first one on.
        some = None if isinstance(tensor.encoded, PackedValues) else rows
        mask = decode_mask(tensor.mask_codec, tensor.mask_parts, tensor.shape, tensor.encoded.outputs, some)
        planes = _planes(tensor, mask, decoder, rows, jobs)
        kept = mask if rows is None or some is not None else mask[rows]
        made = dequantize(QuantizedTensor(kept, planes, _levels(tensor, rows)))
    if out is None:
        return np.array(made) if isinstance(tensor, UncompressedTensor) else made
    out[...] = made
    return out


def matvec(
    tensor: CompressedTensor | UncompressedTensor, x: np.ndarray, *, decoder: str = "auto", jobs: int | None = None
) -> np.ndarray:
    """y = W·x straight from the compressed planes: a tile of rows is unpacked, used and dropped.

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
    shape, dtype = form(tensor)
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
    elif isinstance(tensor.encoded, PackedValues) or not _compiled(tensor, decoder, 0, rows * columns):
        for part in _parts(rows, columns):
            y[part] = (
                decompress_tensor(tensor, decoder, rows=part).reshape(part.stop - part.start, columns).astype(kind) @ x
            )
    else:
        table = level_table(tensor.levels, len(tensor.encoded.seeds)).astype(kind)
        cuts = [cut // columns for cut in reader_of(tensor.encoded).cuts(0, rows * columns)]
        held = np.empty(max((b - a for a, b in pairwise(cuts)), default=0) * columns + 1, dtype=kind)
        for a, b in pairwise(cuts):
            tile = _weights(tensor, table, a * columns, b * columns, jobs, held[: (b - a) * columns])
            np.matmul(tile.reshape(b - a, columns), x, out=y[a:b])
    return y


def form(tensor: CompressedTensor | UncompressedTensor) -> tuple[tuple[int, ...], np.dtype]:
    """A tensor's shape and dtype; DecodeError where its planes have another shape, or its levels do not fit them."""
    if isinstance(tensor, UncompressedTensor):
        return tensor.array.shape, tensor.array.dtype
    if tensor.encoded.shape != tensor.shape:
        raise DecodeError(f"the planes have the shape {tensor.encoded.shape}, not {tensor.shape}")
    check_levels(tensor.levels, len(tensor.encoded.seeds), tensor.shape)
    return tensor.shape, tensor.levels.dtype


def _compiled(tensor: CompressedTensor, decoder: str, first: int, stop: int) -> bool:
    """Whether to use the compiled decoder."""
    planes = len(tensor.encoded.seeds)
    suits = sys.byteorder == "little" and stop > first and not isinstance(tensor.encoded, PackedValues)
    return chosen(decoder, (planes + 1) * (stop - first)) == "compiled" and suits


def _planes(
    tensor: CompressedTensor, mask: np.ndarray, decoder: str, rows: slice | None, jobs: int | None
) -> np.ndarray:
    """The planes of some rows of a tensor with the given mask; packed values are tiny and unpacked as a whole."""
    if isinstance(tensor.encoded, PackedValues):
        planes = unpack_values(tensor.encoded, mask)
        return planes if rows is None else planes[:, rows]
    return decode(tensor.encoded, decoder, rows=rows, jobs=jobs)


def _parts(rows: int, columns: int) -> Iterator[slice]:
    step = max(1, TILE // max(1, columns))
    for first in range(0, rows, step):
        yield slice(first, min(rows, first + step))


def _levels(tensor: CompressedTensor, rows: slice | None) -> Scales | Codebook:
    """The levels of some rows."""
    levels = tensor.levels
    if rows is not None and isinstance(levels, Scales) and levels.alpha.shape[1] > 1:
        return replace(levels, alpha=levels.alpha[:, rows])
    return levels


def _table(tensor: CompressedTensor, rows: slice | None) -> np.ndarray:
    """The weight for every code, in each row of the tensor that has its own, of which only those asked for are set."""
    levels = _levels(tensor, rows)
    table = level_table(levels, len(tensor.encoded.seeds))
    if levels is tensor.levels:
        return table
    assert isinstance(tensor.levels, Scales)
    whole = np.empty((tensor.levels.alpha.shape[1], table.shape[1]), dtype=table.dtype)
    whole[rows] = table
    return whole


def _weights(
    tensor: CompressedTensor, table: np.ndarray, first: int, stop: int, jobs: int | None, out: np.ndarray | None
) -> np.ndarray:
    """Weights first … stop − 1, flat, of the table's dtype, by the compiled decoder."""
    from xoropt.codec.compiled.ranges import STREAM_BYTES, weights_of

    encoded = tensor.encoded
    assert not isinstance(encoded, PackedValues)
    flips = flips_of(encoded, first, stop)
    reader, pattern = reader_of(encoded), np.dtype(f"u{table.dtype.itemsize}")
    levels, length = table.view(pattern), encoded.outputs // len(table)
    into = None if out is None else out.view(pattern)
    part = tensor.mask_parts, tensor.shape, encoded.outputs, first, stop
    made = None
    if tensor.mask_codec == "prefix" and (stop - first) * pattern.itemsize > STREAM_BYTES:  # memory is what takes long
        made = write_weights(*part, reader, flips, levels, length, jobs, into)
    if made is None:
        mask, begin = decode_packed(tensor.mask_codec, *part, jobs)
        made = weights_of(reader, flips, mask, begin, levels, length, first, stop, jobs, into)
    return made.view(table.dtype)
