"""Decoding of prefix-coded masks, by NumPy and by compiled loops."""

import numpy as np

from xoropt.codec import decode as decode_planes
from xoropt.codec.decoder import choose_decoder
from xoropt.common.errors import DecodeError, XoroptError
from xoropt.masks.huffman import codewords
from xoropt.masks.mask_codec import Parts, by_chunks
from xoropt.masks.prefix.codes import group_lengths
from xoropt.masks.prefix.column_order import restore_columns
from xoropt.masks.prefix.lookup import lookup_tables
from xoropt.masks.prefix.stored import TILE, PrefixMask, parse_mask
from xoropt.masks.prefix.unpacking import unpack_mask

__all__ = ["decode", "decode_packed"]


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`; only the bands in which they lie are decoded."""
    if choose_decoder("auto", 2 * (stop - first)) == "compiled":
        packed, start = decode_packed(parts, shape, size, first, stop)
        return np.unpackbits(packed, count=stop - start, bitorder="little")[first - start :].view(bool)
    return _decode_by_chunks(parts, shape, size, first, stop)


def _decode_numpy(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1 with NumPy, see `MaskCodec.decode`."""
    mask = parse_mask(parts, shape, size)
    if stop <= first:
        return np.empty(0, dtype=bool)
    row, end = first // mask.columns, -(-stop // mask.columns)
    symbols = _symbols(mask, row, end)
    octets = symbols.astype("<u4").view(np.uint8).reshape(-1, 4)[:, : -(-mask.group_size // 8)]
    bits = np.unpackbits(octets, axis=1, bitorder="little")[:, : mask.group_size].reshape(end - row, -1)
    flat = _restore_places(mask, np.ascontiguousarray(bits[:, : mask.columns]), row)
    return flat[first - row * mask.columns :][: stop - first]


_decode_by_chunks = by_chunks(_decode_numpy)


def _symbols(mask: PrefixMask, row: int, end: int) -> np.ndarray:
    """Decode the groups of rows `row` … end − 1 to their bitmaps, uint32."""
    length, row_groups, band_groups = mask.group_outputs, mask.row_groups, mask.band_groups
    bands = slice(row * row_groups // band_groups, -(-end * row_groups // band_groups))
    outputs = _decode_plane(mask, slice(bands.start * mask.band_tiles, bands.stop * mask.band_tiles))
    by_tile = np.zeros((len(outputs), TILE), dtype=np.uint32)
    for place in range(length):
        by_tile |= outputs[:, place].astype(np.uint32) << np.uint32(length - 1 - place)
    values = by_tile.reshape(-1, mask.band_tiles, TILE).transpose(0, 2, 1).reshape(-1)
    values = values[row * row_groups - bands.start * band_groups :][: (end - row) * row_groups]
    symbols = np.zeros(len(values), dtype=np.uint32)
    codes = mask.code_of_pair[mask.row_class[row:end, None], mask.column_class[None, :]].reshape(-1)
    for code, density in enumerate(mask.densities):
        at = np.flatnonzero(codes == code)
        if len(at):
            symbols[at] = _look_up(values[at], group_lengths(density, mask.group_size), length) if density else 0
    return symbols


def _restore_places(mask: PrefixMask, bits: np.ndarray, row: int) -> np.ndarray:
    """Move the columns of whole rows from `row` on to their places and add the listed weights; bool, flat."""
    if mask.column_places is not None:
        bits = bits.reshape(-1, mask.columns)[:, mask.column_places]
    bits = bits.reshape(-1).view(bool)
    first = row * mask.columns
    bits[mask.listed_within(first, first + len(bits)) - first] = True
    return bits


def _decode_plane(mask: PrefixMask, tiles: slice) -> np.ndarray:
    try:
        return decode_planes(mask.plane, "numpy", rows=tiles)[0]
    except XoroptError as error:
        raise DecodeError(f"the planes of the prefix-coded mask: {str(error).rstrip('.')}") from None


def decode_packed(
    parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None = None
) -> tuple[np.ndarray, int]:
    """Decode weights first … stop − 1 by compiled loops, see `MaskCodec.decode_packed`.

    Only the bands in which they lie are decoded.
    """
    mask = parse_mask(parts, shape, size)
    if stop <= first:
        return np.empty(0, dtype=np.uint8), first
    from xoropt.common.words.kernels import flip_bits

    tables = lookup_tables(mask.densities, mask.group_size, mask.group_outputs)
    packed, start = unpack_mask(mask, tables, first, stop, jobs)
    if mask.column_places is not None:
        row, end = first // mask.columns, -(-stop // mask.columns)
        begin, start = start, row * mask.columns
        packed = restore_columns(packed, start - begin, end - row, mask.column_places, jobs)
    flip_bits(packed.view(np.uint64), mask.listed_within(first, stop), first, stop, start)
    return packed, start


def _look_up(values: np.ndarray, lengths: np.ndarray, length: int) -> np.ndarray:
    """Find the symbol whose codeword begins each value of `length` bits: canonical codes are intervals in order."""
    order = np.argsort(lengths, kind="stable")
    first = codewords(lengths)[order].astype(np.int64) << (length - lengths[order])
    return order[np.searchsorted(first, values.astype(np.int64), side="right") - 1].astype(np.uint32)
