"""Weights of a compressed tensor by the compiled decoder: planes, mask and levels meet in the cache, tile by tile."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from xoropt.codec.decoder import choose_decoder, flips_of, reader_of
from xoropt.masks import decode_mask
from xoropt.masks.coding import codec_of_file
from xoropt.masks.mask_codec import KeptValues
from xoropt.model.tensors import CompressedTensor
from xoropt.quantize.levels import CodedField, Levels, Scales, level_table
from xoropt.quantize.quantized_tensor import listed_fields

if TYPE_CHECKING:
    from xoropt.codec.compiled.writers import Writer

__all__ = ["decode_range", "decode_rows", "has_table", "levels_of", "mask_of", "use_compiled", "writer_of"]


def mask_of(tensor: CompressedTensor) -> np.ndarray:
    """Decode the mask of a compressed tensor: bool of the shape of its planes."""
    return decode_mask(tensor.mask_codec, tensor.mask_parts, tensor.encoded.shape, tensor.encoded.outputs)


def use_compiled(tensor: CompressedTensor, decoder: str, first: int, stop: int) -> bool:
    """Choose whether the compiled decoder makes weights first … stop − 1.

    It makes codes, but no products with scales, and no complex weights.

    Raises:
        ArgumentError: there is no decoder of that name.
    """
    planes = len(tensor.encoded.seeds)
    possible = sys.byteorder == "little" and stop > first and not tensor.encoded.needs_mask and tensor.stored is tensor
    return choose_decoder(decoder, (planes + 1) * (stop - first)) == "compiled" and possible


def decode_rows(
    tensor: CompressedTensor, rows: slice | None, first: int, stop: int, jobs: int | None, out: np.ndarray | None
) -> np.ndarray:
    """Decode some rows of a tensor by the compiled decoder.

    Args:
        tensor: one for which `use_compiled` is true.
        rows: a range of the first axis; None: all of it.
        first: the first weight of these rows, in row-major order.
        stop: the weight after the last one.
        jobs: threads; None: chosen by the number of weights.
        out: where to write, flat, of the tensor's dtype; None: a new array.

    Returns:
        The weights, flat.
    """
    if has_table(tensor):
        return decode_range(tensor, _weight_table(tensor, rows), first, stop, jobs, out)
    from xoropt.codec.compiled.ranges import decode_weights

    encoded = tensor.encoded
    writer, plane = writer_of(tensor, rows, first, stop)
    mask, begin = codec_of_file(tensor.mask_codec).decode_packed(
        tensor.mask_parts, tensor.shape, encoded.outputs, first, stop, jobs
    )
    into = None if out is None else out.view(writer.dtype)
    flips = flips_of(encoded, first, stop)[plane:]
    weights = decode_weights(reader_of(encoded), flips, mask, begin, writer, first, stop, jobs, into, plane)
    return weights.view(tensor.levels.dtype)


def has_table(tensor: CompressedTensor) -> bool:
    """Return whether a tensor's levels have a table, because no weight has a raw field and none is listed."""
    return not isinstance(tensor.levels, CodedField) or tensor.levels.has_own_rows


def writer_of(tensor: CompressedTensor, rows: slice | None, first: int, stop: int) -> "tuple[Writer, int]":
    """Make what writes weights of decoded planes and a mask.

    Args:
        tensor, rows, first, stop: as for `decode_rows`.

    Returns:
        The writer, and the first of the planes that it needs decoded: it has those before as bytes.
    """
    from xoropt.codec.compiled.writers import NO_OCTETS, field_tables, weights_writer

    levels, encoded = tensor.levels, tensor.encoded
    if not isinstance(levels, CodedField) or has_table(tensor):
        table = _weight_table(tensor, rows)
        return weights_writer(table.view(f"u{table.dtype.itemsize}"), encoded.outputs // len(table)), 0
    form, octets = levels.form, NO_OCTETS if encoded.octets is None else encoded.octets
    fields = form.raw_bits, form.zeros, levels.sign, levels.fill
    listed = listed_fields(levels, tensor.listed.within(first, stop), encoded.outputs)
    writer = field_tables(octets, levels.code_table(), *fields, listed, levels.classes, encoded.outputs)
    return writer, 8 * len(octets)


def levels_of(tensor: CompressedTensor, rows: slice | None) -> Levels:
    """Return the levels of some rows of a tensor."""
    levels = tensor.levels
    if rows is not None and isinstance(levels, Scales) and levels.alpha.shape[1] > 1:
        return replace(levels, alpha=levels.alpha[:, rows])
    if rows is not None and isinstance(levels, CodedField) and levels.classes is not None:
        return replace(levels, classes=levels.classes[rows])
    if rows is not None and isinstance(levels, CodedField) and levels.has_own_rows:
        return replace(levels, values=levels.values[rows])
    return levels


def _weight_table(tensor: CompressedTensor, rows: slice | None) -> np.ndarray:
    """Return the weight for every code.

    Where each row of the tensor has its own scales there is a row for each, and only those that are asked for are set.
    """
    levels = levels_of(tensor, rows)
    table = level_table(levels, len(tensor.encoded.seeds))
    if levels is tensor.levels:
        return table
    whole = np.empty((tensor.shape[0], table.shape[1]), dtype=table.dtype)
    whole[rows] = table
    return whole


def decode_range(
    tensor: CompressedTensor, table: np.ndarray, first: int, stop: int, jobs: int | None, out: np.ndarray | None
) -> np.ndarray:
    """Decode weights first … stop − 1 by the compiled decoder.

    Args:
        tensor: one for which `use_compiled` is true, and whose levels have a table; listed weights are not put in.
        table: the weight for every code, (1 or the tensor's rows, 2^planes).
        first: the first weight of the range, in row-major order.
        stop: the weight after the last one.
        jobs: threads; None: chosen by the number of weights.
        out: where to write, flat, of the table's dtype; None: a new array.

    Returns:
        The weights, flat.
    """
    from xoropt.codec.compiled.ranges import STREAM_BYTES, decode_weights
    from xoropt.codec.compiled.writers import weights_writer

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
        writer = weights_writer(values.table, values.row_length)
        weights = decode_weights(values.reader, values.flips, mask, begin, writer, first, stop, jobs, into)
    return weights.view(table.dtype)
