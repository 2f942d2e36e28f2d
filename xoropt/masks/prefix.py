"""Prefix codes with don't-care tails, stored through an XOR network: near the entropy, at a fixed rate.

Every group of G consecutive mask bits of a row owns L output positions of a network; its codeword, from a Huffman code
limited to L bits, is written into the first of them and the others are don't-cares. So the care bits are the code's
own bits, which a windowed network stores at the limit, while every group's outputs sit at fixed places: a decoder
evaluates L outputs and looks the group up, without anything that stands before it. (Compressed static functions do the
same with hashed equations: Hreinsson, Krøyer, Pagh, *Storing a Compressed Function with Constant Access Time*, ESA
2009; Genuzio and Vigna, *Engineering Compressed Static Functions*, DCC 2018.)

Rows and columns of groups are sorted into classes of like density; each pair of classes has one of several codes. A
code follows from its density alone, by integer arithmetic: the weight of a group with j ones is
⌊2^46·d^j·(1−d)^(G−j)⌋ for a density d in units of 1/65536, at least a floor of 1. Nodes of equal weight and kind
(groups with as many ones, nodes merged at the same time) are taken in runs for the Huffman tree: the lightest run, the
older among equals, merges with itself in pairs; its last node, when there is an odd one, with one of the next run.
While the tree is deeper than L the floor is quadrupled. Of groups with as many ones, those of lower number (first
weight lowest) have the shorter codewords; the lengths then give a canonical code.

The plane that is encoded has the shape (tiles, L, 512): tile by tile, the first output of 512 groups, then their second
and so on. The tiles, ⌈groups/512⌉ of them at least, form ⌈that/64⌉ bands of equally many; tile t of a band of n holds
in place k the band's group k·n + t. Care bits come in runs, the beginnings of codewords, and dense rows of the mask
have longer ones; laid out so, every row of a window holds one place of codewords from all over the band, and its care
bits are as even as independent ones.

The part `mask` is: seven little-endian uint32 (rows, columns, G, L, row class bits, column class bits, codes); a uint16
density for every code; the class of every row, then of every column of groups, as bit streams; for every pair of
classes, row class first, the number of its code, as a byte; the encoding of the plane: the lengths of its description
and of its parts `seeds`, `patches` and `segments`, four uint32, then the description, as for a tensor's planes, in
JSON, and the parts.
"""

import json

import numpy as np

from xoropt.codec import decode as decode_planes
from xoropt.codec import encode as encode_planes
from xoropt.codec.stored import describe, restore
from xoropt.errors import DecodeError, XoroptError
from xoropt.masks.classes import Reader, matrix_shape, pack_classes, sort_into_classes, unpack_classes
from xoropt.masks.huffman import code_lengths, codewords

__all__ = ["decode", "encode"]

GROUPS = (16, 15, 14, 13, 12, 11, 10, 9, 8)
"""Group sizes that are tried; the larger, the nearer to the entropy."""

EXTRA = 8
"""Outputs of a group beyond its size: L = G + EXTRA."""

CODES = 16
"""Codes at most."""

PARTS = ("seeds", "patches", "segments")
"""The parts of an encoding, in the order in which they are stored."""

TILE = 512
"""Groups whose outputs lie side by side."""

BAND = 64
"""Tiles of a band at most."""


def encode(mask: np.ndarray, jobs: int = 1) -> dict[str, np.ndarray] | None:
    """The mask, bool of any shape, as its stored parts, uint8; None for one that is empty, full or of no weight."""
    if not mask.any() or mask.all():
        return None
    rows, columns = matrix_shape(mask.shape, mask.size)
    matrix = np.ascontiguousarray(mask).reshape(rows, columns)
    # Padding a row to whole groups costs about as much as it has zeros; a size that divides the row costs none.
    size = min(GROUPS, key=lambda g: (-(-columns // g) * g / columns) * (1 + 0.06 / g))
    across = -(-columns // size)
    symbols = _symbols(matrix, size, across)
    ones = np.bitwise_count(symbols)
    classes = sort_into_classes(ones, size)
    density = classes.counts / np.maximum(classes.sizes, 1)
    code_of, densities = _codes(density, classes.sizes)
    length = size + EXTRA
    table = np.stack([code_lengths(int(d), size, length) for d in densities])
    words = np.stack([codewords(lengths) for lengths in table])
    pair = code_of[classes.row_class[:, None], classes.column_class[None, :]]
    lengths = table[pair, symbols].reshape(-1)
    word = (words[pair, symbols].reshape(-1) << (length - lengths)).astype(np.uint32)
    bands, of_band = _bands(len(word))
    bits, care = np.zeros((2, bands * of_band, length, TILE), dtype=bool)
    for array, values in ((bits, word), (care, lengths)):
        padded = np.zeros(bands * of_band * TILE, dtype=values.dtype)
        padded[: len(values)] = values
        by_tile = padded.reshape(bands, TILE, of_band).transpose(0, 2, 1).reshape(-1, TILE)
        for place in range(length):
            ones = by_tile > place if array is care else by_tile >> np.uint32(length - 1 - place) & np.uint32(1)
            array[:, place] = ones
    entry, parts = describe(encode_planes(bits, care, jobs=jobs))
    text = json.dumps(entry, separators=(",", ":")).encode()
    head = [rows, columns, size, length, classes.row_bits, classes.column_bits, len(densities)]
    streams = [
        np.array(head, dtype="<u4"),
        densities.astype("<u2"),
        pack_classes(classes.row_class, classes.row_bits),
        pack_classes(classes.column_class, classes.column_bits),
        code_of.astype(np.uint8),
        *_join(text, parts),
    ]
    return {"mask": np.concatenate([stream.reshape(-1).view(np.uint8) for stream in streams])}


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> np.ndarray:
    """The mask of the given shape and size.

    Raises:
        DecodeError: the parts do not fit the shape or each other.
    """
    reader = Reader(parts.get("mask", np.zeros(0, np.uint8)))
    rows, columns, group, length, row_bits, column_bits, codes = reader.take(7, "<u4").tolist()
    if (rows, columns) != matrix_shape(shape, size) or group not in GROUPS or length != group + EXTRA:
        raise DecodeError("the head of the prefix-coded mask does not fit the shape")
    if max(row_bits, column_bits) > 5 or not 0 < codes <= CODES:
        raise DecodeError("the head of the prefix-coded mask is damaged")
    across = -(-columns // group)
    densities = reader.take(codes, "<u2")
    row_class = unpack_classes(reader.take(-(-rows * row_bits // 8), np.uint8), row_bits, rows)
    column_class = unpack_classes(reader.take(-(-across * column_bits // 8), np.uint8), column_bits, across)
    code_of = reader.take(1 << row_bits + column_bits, np.uint8).reshape(1 << row_bits, 1 << column_bits)
    lengths = reader.take(1 + len(PARTS), "<u4").tolist()
    text = reader.take(lengths[0], np.uint8).tobytes()
    held = {part: reader.take(n, np.uint8) for part, n in zip(PARTS, lengths[1:], strict=True) if n}
    reader.end()
    if (code_of >= codes).any() or not densities.all():
        raise DecodeError("the codes of the prefix-coded mask are damaged")
    try:
        bands, of_band = _bands(rows * across)
        encoded = restore(json.loads(text), held, (bands * of_band, length, TILE), 1)
        bits = decode_planes(encoded)[0]
    except (XoroptError, ValueError, RecursionError) as error:
        raise DecodeError(f"the planes of the prefix-coded mask: {str(error).rstrip('.')}") from None
    value = np.zeros((bands * of_band, TILE), dtype=np.uint32)
    for place in range(length):
        value |= bits[:, place].astype(np.uint32) << np.uint32(length - 1 - place)
    value = value.reshape(bands, of_band, TILE).transpose(0, 2, 1).reshape(-1)[: rows * across]
    symbols = np.zeros(rows * across, dtype=np.uint32)
    pair = code_of[row_class[:, None], column_class[None, :]].reshape(-1)
    for code, density in enumerate(densities.tolist()):
        at = np.flatnonzero(pair == code)
        if len(at):
            symbols[at] = _look_up(value[at], code_lengths(density, group, length), length)
    if (np.bitwise_count(symbols) > group).any() or (symbols >> np.uint32(group)).any():
        raise DecodeError("the prefix-coded mask is damaged")
    octets = symbols.astype("<u4").view(np.uint8).reshape(-1, 4)[:, : -(-group // 8)]
    every = np.unpackbits(octets, axis=1, bitorder="little")[:, :group].reshape(rows, across * group)
    return np.ascontiguousarray(every[:, :columns]).view(bool).reshape(shape)


def _bands(groups: int) -> tuple[int, int]:
    """The bands and the tiles of each."""
    tiles = -(-groups // TILE)
    bands = -(-tiles // BAND)
    return bands, -(-tiles // max(1, bands))


def _join(text: bytes, parts: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The encoding's lengths, description and parts, one after the other."""
    arrays = [np.frombuffer(text, dtype=np.uint8)]
    arrays += [parts.get(part, np.zeros(0, dtype=np.uint8)).reshape(-1) for part in PARTS]
    return [np.array([len(array) for array in arrays], dtype="<u4"), *arrays]


def _symbols(matrix: np.ndarray, size: int, across: int) -> np.ndarray:
    """Each group's bits as a number, first weight lowest: uint32 (rows, groups of a row)."""
    rows, columns = matrix.shape
    padded = np.zeros((rows, across * size), dtype=bool)
    padded[:, :columns] = matrix
    octets = np.packbits(padded.reshape(rows * across, size), axis=1, bitorder="little")
    numbers = octets[:, 0].astype(np.uint32)
    if octets.shape[1] > 1:
        numbers |= octets[:, 1].astype(np.uint32) << np.uint32(8)
    return numbers.reshape(rows, across)


def _codes(density: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every pair of classes the number of its code, and the codes' densities in units of 1/65536.

    Densities are cut into at most `CODES` intervals of equal width on the logistic scale; each takes its mean.
    """
    units = np.clip(density, 1 / 4096, 1 - 1 / 4096)
    logit = np.log(units / (1 - units))
    used = sizes > 0
    low, high = logit[used].min(), logit[used].max()
    count = int(min(CODES, 1 + (high - low) / 0.15))
    number = np.clip((logit - low) / max(high - low, 1e-9) * count, 0, count - 1).astype(int)
    means = [
        np.average(density[used & (number == k)], weights=sizes[used & (number == k)])
        for k in range(count)
        if (used & (number == k)).any()
    ]
    renumber = np.cumsum([(used & (number == k)).any() for k in range(count)]) - 1
    densities = np.clip(np.rint(np.array(means) * 65536), 16, 65520).astype(np.int64)
    return np.where(used, renumber[number], 0), densities


def _look_up(value: np.ndarray, lengths: np.ndarray, length: int) -> np.ndarray:
    """The symbol whose codeword begins each value of `length` bits: canonical codes are intervals in order."""
    order = np.argsort(lengths, kind="stable")
    first = codewords(lengths)[order].astype(np.int64) << (length - lengths[order])
    return order[np.searchsorted(first, value.astype(np.int64), side="right") - 1].astype(np.uint32)
