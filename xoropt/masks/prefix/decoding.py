"""Decoding of prefix-coded masks, by NumPy and by compiled loops."""

import numpy as np

from xoropt.codec import decode as decode_planes
from xoropt.codec.decoder import choose_decoder
from xoropt.common.errors import DecodeError, XoroptError
from xoropt.masks.huffman import codewords
from xoropt.masks.prefix.codes import group_lengths
from xoropt.masks.prefix.column_order import restore_columns
from xoropt.masks.prefix.lookup import tables
from xoropt.masks.prefix.stored import TILE, Coded, read
from xoropt.masks.prefix.unpacking import unpack

__all__ = ["decode", "decode_packed"]


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Weights first … stop − 1 of the mask of the given shape and size, bool; only the bands in which they lie are
    decoded.

    Raises:
        DecodeError: the parts do not fit the shape or each other.
    """
    if choose_decoder("auto", 2 * (stop - first)) == "compiled":
        octets, start = decode_packed(parts, shape, size, first, stop)
        return np.unpackbits(octets, count=stop - start, bitorder="little")[first - start :].view(bool)
    coded = read(parts, shape, size)
    if stop <= first:
        return np.empty(0, dtype=bool)
    columns, group, length, across = coded.columns, coded.size, coded.length, coded.across
    row, end = first // columns, -(-stop // columns)
    of_band = TILE * coded.of_band  # groups
    bands = slice(row * across // of_band, -(-end * across // of_band))
    bits = _plane(coded, slice(bands.start * coded.of_band, bands.stop * coded.of_band))
    by_tile = np.zeros((len(bits), TILE), dtype=np.uint32)
    for place in range(length):
        by_tile |= bits[:, place].astype(np.uint32) << np.uint32(length - 1 - place)
    value = by_tile.reshape(-1, coded.of_band, TILE).transpose(0, 2, 1).reshape(-1)
    value = value[row * across - bands.start * of_band :][: (end - row) * across]
    symbols = np.zeros(len(value), dtype=np.uint32)
    pair = coded.code_of[coded.row_class[row:end, None], coded.column_class[None, :]].reshape(-1)
    for code, density in enumerate(coded.densities):
        at = np.flatnonzero(pair == code)
        if len(at):
            symbols[at] = _look_up(value[at], group_lengths(density, group), length) if density else 0
    octets = symbols.astype("<u4").view(np.uint8).reshape(-1, 4)[:, : -(-group // 8)]
    every = np.unpackbits(octets, axis=1, bitorder="little")[:, :group].reshape(end - row, across * group)
    flat = _placed(coded, np.ascontiguousarray(every[:, :columns]), row)
    return flat[first - row * columns :][: stop - first]


def _placed(coded: Coded, bits: np.ndarray, row: int) -> np.ndarray:
    """Whole rows of the mask from `row` on, with columns where they belong and the listed weights; bool, flat."""
    if coded.moved is not None:
        bits = bits.reshape(-1, coded.columns)[:, coded.moved]
    bits = bits.reshape(-1).view(bool)
    first = row * coded.columns
    bits[coded.listed_within(first, first + len(bits)) - first] = True
    return bits


def _plane(coded: Coded, tiles: slice) -> np.ndarray:
    try:
        return decode_planes(coded.encoded, "numpy", rows=tiles)[0]
    except XoroptError as error:
        raise DecodeError(f"the planes of the prefix-coded mask: {str(error).rstrip('.')}") from None


def decode_packed(
    parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None = None
) -> tuple[np.ndarray, int]:
    """The mask of weights first … stop − 1, one bit a weight, by compiled loops, from the bands in which they lie.

    Returns:
        uint8 and the weight that its bit 0 stands for, as `xoropt.masks.decode_packed`.

    Raises:
        DecodeError: as for `decode`.
    """
    coded = read(parts, shape, size)
    if stop <= first:
        return np.empty(0, dtype=np.uint8), first
    from xoropt.common.words.kernels import flip_bits

    octets, start = unpack(coded, tables(coded.densities, coded.size, coded.length), first, stop, jobs)
    if coded.moved is not None:
        row, end = first // coded.columns, -(-stop // coded.columns)
        begin, start = start, row * coded.columns
        octets = restore_columns(octets, start - begin, end - row, coded.moved, jobs)
    flip_bits(octets.view(np.uint64), coded.listed_within(first, stop), first, stop, start)
    return octets, start


def _look_up(value: np.ndarray, lengths: np.ndarray, length: int) -> np.ndarray:
    """The symbol whose codeword begins each value of `length` bits: canonical codes are intervals in order."""
    order = np.argsort(lengths, kind="stable")
    first = codewords(lengths)[order].astype(np.int64) << (length - lengths[order])
    return order[np.searchsorted(first, value.astype(np.int64), side="right") - 1].astype(np.uint32)
