"""Weights by the compiled decoder: planes, mask and levels meet in the cache, tile by tile."""

import sys
from dataclasses import replace

import numpy as np

from xoropt.codec.decoder import choose_decoder, flips_of, reader_of
from xoropt.masks import decode_mask
from xoropt.masks.coding import codec_of_file
from xoropt.masks.mask_codec import KeptValues
from xoropt.model.tensors import CompressedTensor
from xoropt.quantize import Codebook, Scales
from xoropt.quantize.tensor import level_table

__all__ = ["compiled_suits", "compiled_weights", "levels_of", "mask_of", "tile_weights"]


def mask_of(tensor: CompressedTensor) -> np.ndarray:
    """The mask of a compressed tensor, bool of its shape."""
    return decode_mask(tensor.mask_codec, tensor.mask_parts, tensor.shape, tensor.encoded.outputs)


def compiled_suits(tensor: CompressedTensor, decoder: str, first: int, stop: int) -> bool:
    """Whether to use the compiled decoder for a range; ArgumentError when there is no decoder of that name."""
    planes = len(tensor.encoded.seeds)
    suits = sys.byteorder == "little" and stop > first and not tensor.encoded.needs_mask
    return choose_decoder(decoder, (planes + 1) * (stop - first)) == "compiled" and suits


def compiled_weights(
    tensor: CompressedTensor, rows: slice | None, first: int, stop: int, jobs: int | None, out: np.ndarray | None
) -> np.ndarray:
    """Decode the weights first … stop − 1 of some rows, flat; arguments as for `tile_weights`."""
    return tile_weights(tensor, _table(tensor, rows), first, stop, jobs, out)


def levels_of(tensor: CompressedTensor, rows: slice | None) -> Scales | Codebook:
    """The levels of some rows of a tensor."""
    levels = tensor.levels
    if rows is not None and isinstance(levels, Scales) and levels.alpha.shape[1] > 1:
        return replace(levels, alpha=levels.alpha[:, rows])
    return levels


def _table(tensor: CompressedTensor, rows: slice | None) -> np.ndarray:
    """The weight for every code, in each row of the tensor that has its own, of which only those asked for are set."""
    levels = levels_of(tensor, rows)
    table = level_table(levels, len(tensor.encoded.seeds))
    if levels is tensor.levels:
        return table
    assert isinstance(tensor.levels, Scales)
    whole = np.empty((tensor.levels.alpha.shape[1], table.shape[1]), dtype=table.dtype)
    whole[rows] = table
    return whole


def tile_weights(
    tensor: CompressedTensor, table: np.ndarray, first: int, stop: int, jobs: int | None, out: np.ndarray | None
) -> np.ndarray:
    """Decode weights first … stop − 1 by the compiled decoder.

    Args:
        tensor: one that `compiled_suits`.
        table: the weight for every code, for each row or for all.
        first, stop: the range, in row-major order.
        jobs: threads; None: as many as are worth it.
        out: where to write, flat, of the table's dtype; None: a new array.
    """
    from xoropt.codec.compiled.ranges import STREAM_BYTES, decode_weights

    encoded, codec = tensor.encoded, codec_of_file(tensor.mask_codec)
    pattern = np.dtype(f"u{table.dtype.itemsize}")
    values = KeptValues(
        reader_of(encoded), flips_of(encoded, first, stop), table.view(pattern), encoded.outputs // len(table)
    )
    into = None if out is None else out.view(pattern)
    part = tensor.mask_parts, tensor.shape, encoded.outputs, first, stop
    weights = None
    if (stop - first) * pattern.itemsize > STREAM_BYTES:  # writing to memory is what takes long
        weights = codec.write_weights(*part, values, jobs, into)
    if weights is None:
        mask, begin = codec.decode_packed(*part, jobs)
        reader, flips, levels, row_length = values
        weights = decode_weights(reader, flips, mask, begin, levels, row_length, first, stop, jobs, into)
    return weights.view(table.dtype)
