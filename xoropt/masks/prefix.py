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
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np

from xoropt.codec import Encoded, StreamEncoded
from xoropt.codec import decode as decode_planes
from xoropt.codec import encode as encode_planes
from xoropt.codec.decode import check_encoded, chosen, flips_of, reader_of
from xoropt.codec.packed import PackedValues
from xoropt.codec.stored import describe, restore
from xoropt.errors import DecodeError, XoroptError
from xoropt.masks.classes import Reader, matrix_shape, pack_classes, sort_into_classes, unpack_classes
from xoropt.masks.huffman import code_lengths, codewords

__all__ = ["decode", "decode_packed", "encode"]

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

NEAR = 12
"""Bits of a value that find its symbol in one step, unless its codeword is longer."""


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


@dataclass(frozen=True, eq=False)
class _Coded:
    """A prefix-coded mask, read from its part and checked.

    Attributes:
        rows, columns: of the mask as a matrix.
        size: G. length: L.
        row_class, column_class: uint8, of every row and column of groups.
        code_of: uint8 (row classes, column classes), the number of the code.
        densities: of the codes.
        encoded: the plane, (bands·of_band, L, 512).
        bands, of_band: the bands and the tiles of each.
    """

    rows: int
    columns: int
    size: int
    length: int
    row_class: np.ndarray
    column_class: np.ndarray
    code_of: np.ndarray
    densities: tuple[int, ...]
    encoded: Encoded | StreamEncoded
    bands: int
    of_band: int

    @property
    def across(self) -> int:
        """Groups of a row."""
        return -(-self.columns // self.size)


def _read(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> _Coded:
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
        if isinstance(encoded, PackedValues):
            raise DecodeError("packed values can't be decoded without their mask")
    except (XoroptError, ValueError, RecursionError) as error:
        raise DecodeError(f"the planes of the prefix-coded mask: {str(error).rstrip('.')}") from None
    return _Coded(
        rows,
        columns,
        group,
        length,
        row_class.astype(np.uint8),
        column_class.astype(np.uint8),
        np.ascontiguousarray(code_of),
        tuple(densities.tolist()),
        encoded,
        bands,
        of_band,
    )


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> np.ndarray:
    """The mask of the given shape and size.

    Raises:
        DecodeError: the parts do not fit the shape or each other.
    """
    coded = _read(parts, shape, size)
    if chosen("auto", 2 * size) == "compiled":
        octets, _ = _packed(coded, 0, size, None)
        return np.unpackbits(octets, count=size, bitorder="little").view(bool).reshape(shape)
    rows, columns, group, length, across = coded.rows, coded.columns, coded.size, coded.length, coded.across
    bits = _plane(coded, "numpy")
    value = np.zeros((coded.bands * coded.of_band, TILE), dtype=np.uint32)
    for place in range(length):
        value |= bits[:, place].astype(np.uint32) << np.uint32(length - 1 - place)
    value = value.reshape(coded.bands, coded.of_band, TILE).transpose(0, 2, 1).reshape(-1)[: rows * across]
    symbols = np.zeros(rows * across, dtype=np.uint32)
    pair = coded.code_of[coded.row_class[:, None], coded.column_class[None, :]].reshape(-1)
    for code, density in enumerate(coded.densities):
        at = np.flatnonzero(pair == code)
        if len(at):
            symbols[at] = _look_up(value[at], code_lengths(density, group, length), length)
    octets = symbols.astype("<u4").view(np.uint8).reshape(-1, 4)[:, : -(-group // 8)]
    every = np.unpackbits(octets, axis=1, bitorder="little")[:, :group].reshape(rows, across * group)
    return np.ascontiguousarray(every[:, :columns]).view(bool).reshape(shape)


def _plane(coded: _Coded, decoder: str) -> np.ndarray:
    try:
        return decode_planes(coded.encoded, decoder)[0]
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
    return _packed(_read(parts, shape, size), first, stop, jobs)


def _packed(coded: _Coded, first: int, stop: int, jobs: int | None) -> tuple[np.ndarray, int]:
    from xoropt.codec.compiled.kernels import flip
    from xoropt.codec.ranges import spread, threads_for
    from xoropt.codec.reader import aligned
    from xoropt.masks.kernels import unpack_groups

    rows, columns, across, length = coded.rows, coded.columns, coded.across, coded.length
    groups = TILE * coded.of_band  # of a band
    begin = first // columns * across // groups
    end = min(coded.bands, -(-(-(-stop // columns) * across) // groups))
    start = begin * groups // across * columns // 64 * 64
    last = min(rows, (end * groups - 1) // across + 1) * columns
    out = np.zeros(-(-(last - start) // 64) + 1, dtype=np.uint64)
    tables = [_tables(density, coded.size, length) for density in coded.densities]
    near, limits, before, symbols = (np.stack([table[i] for table in tables]) for i in range(4))
    band = coded.of_band * length * TILE  # outputs
    check_encoded(coded.encoded)
    planes, flips = reader_of(coded.encoded), flips_of(coded.encoded, begin * band, end * band)[0]
    form, lock = (rows, columns, coded.size, length), Lock()

    def run(some: list[int]) -> None:
        scratch, values = planes.scratch(), aligned(64, np.uint32)
        for number in some:
            a, b = number * band, (number + 1) * band
            origin = planes.origin(a)
            held = aligned(planes.room(a, b) + 8)
            planes.fill(scratch, 0, a, b, held, origin, False)
            flip(held, flips[slice(*np.searchsorted(flips, (a, b)))] - origin)
            words = held[(a - origin) // 64 :][: band // 64]
            low = number * groups // across * columns // 64 * 64  # neighbouring bands share words of the mask
            high = min(rows, ((number + 1) * groups - 1) // across + 1) * columns
            made = np.zeros(-(-(high - low) // 64) + 1, dtype=np.uint64)
            unpack_groups(
                words,
                coded.of_band,
                form,
                number * groups,
                coded.row_class,
                coded.column_class,
                coded.code_of,
                near,
                limits,
                before,
                symbols,
                values,
                made,
                low,
            )
            with lock:
                out[(low - start) // 64 :][: len(made)] |= made

    spread(list(range(begin, end)), threads_for(jobs, 4 * (last - start)), run)
    return out.view(np.uint8), start


@lru_cache(maxsize=64)
def _tables(density: int, size: int, length: int) -> tuple[np.ndarray, ...]:
    """What `unpack_groups` looks symbols of one code up in."""
    lengths = code_lengths(density, size, length)
    order = np.argsort(lengths, kind="stable")
    ascending = lengths[order]
    values = codewords(lengths)[order].astype(np.int64) << (length - ascending)
    at = np.searchsorted(values, np.arange(1 << NEAR, dtype=np.int64) << (length - NEAR), side="right") - 1
    near = np.where(ascending[at] <= NEAR, order[at] | ascending[at] << 16, 0).astype(np.uint32)
    before = np.searchsorted(ascending, np.arange(length + 1))
    shorter = np.searchsorted(ascending, np.arange(length + 1), side="right")
    limits = np.append(values, 1 << length)[shorter]
    return near, limits, before.astype(np.int64), order.astype(np.uint16)


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
