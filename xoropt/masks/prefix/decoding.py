"""Decoding of prefix-coded masks, by NumPy and by compiled loops."""

from functools import lru_cache
from threading import Lock

import numpy as np

from xoropt.codec import decode as decode_planes
from xoropt.codec.decode import check_encoded, chosen, flips_of, reader_of
from xoropt.errors import DecodeError, XoroptError
from xoropt.masks.huffman import codewords
from xoropt.masks.prefix.codes import group_lengths
from xoropt.masks.prefix.stored import TILE, Coded, read

__all__ = ["decode", "decode_packed"]

NEAR = 12
"""Bits of a value that find its symbol in one step, unless its codeword is longer."""


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> np.ndarray:
    """The mask of the given shape and size.

    Raises:
        DecodeError: the parts do not fit the shape or each other.
    """
    coded = read(parts, shape, size)
    if chosen("auto", 2 * size) == "compiled":
        octets, _ = _packed(coded, 0, size, None)
        return _placed(coded, np.unpackbits(octets, count=size, bitorder="little"), 0).reshape(shape)
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
            symbols[at] = _look_up(value[at], group_lengths(density, group), length) if density else 0
    octets = symbols.astype("<u4").view(np.uint8).reshape(-1, 4)[:, : -(-group // 8)]
    every = np.unpackbits(octets, axis=1, bitorder="little")[:, :group].reshape(rows, across * group)
    return _placed(coded, np.ascontiguousarray(every[:, :columns]), 0).reshape(shape)


def _placed(coded: Coded, bits: np.ndarray, row: int) -> np.ndarray:
    """Whole rows of the mask from `row` on, with columns where they belong and the listed weights; bool, flat."""
    if coded.moved is not None:
        bits = bits.reshape(-1, coded.columns)[:, coded.moved]
    bits = bits.reshape(-1).view(bool)
    first = row * coded.columns
    bits[coded.listed_within(first, first + len(bits)) - first] = True
    return bits


def _plane(coded: Coded, decoder: str) -> np.ndarray:
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
    coded = read(parts, shape, size)
    octets, start = _packed(coded, first, stop, jobs)
    if coded.moved is None:
        from xoropt.codec.compiled.kernels import flip

        flip(octets.view(np.uint64), coded.listed_within(first, stop) - start)
        return octets, start
    row, end = first // coded.columns, -(-stop // coded.columns)
    bits = np.unpackbits(octets, count=end * coded.columns - start, bitorder="little")
    return np.packbits(_placed(coded, bits[row * coded.columns - start :], row), bitorder="little"), row * coded.columns


def _packed(coded: Coded, first: int, stop: int, jobs: int | None) -> tuple[np.ndarray, int]:
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
    if not density:  # whatever is read is the symbol 0
        near, edges = np.full(1 << NEAR, 1 << 16, dtype=np.uint32), np.zeros(length + 1, dtype=np.int64)
        return near, edges, edges, np.zeros(1 << size, dtype=np.uint16)
    lengths = group_lengths(density, size)
    order = np.argsort(lengths, kind="stable")
    ascending = lengths[order]
    values = codewords(lengths)[order].astype(np.int64) << (length - ascending)
    at = np.searchsorted(values, np.arange(1 << NEAR, dtype=np.int64) << (length - NEAR), side="right") - 1
    near = np.where(ascending[at] <= NEAR, order[at] | ascending[at] << 16, 0).astype(np.uint32)
    before = np.searchsorted(ascending, np.arange(length + 1))
    shorter = np.searchsorted(ascending, np.arange(length + 1), side="right")
    limits = np.append(values, 1 << length)[shorter]
    return near, limits, before.astype(np.int64), order.astype(np.uint16)


def _look_up(value: np.ndarray, lengths: np.ndarray, length: int) -> np.ndarray:
    """The symbol whose codeword begins each value of `length` bits: canonical codes are intervals in order."""
    order = np.argsort(lengths, kind="stable")
    first = codewords(lengths)[order].astype(np.int64) << (length - lengths[order])
    return order[np.searchsorted(first, value.astype(np.int64), side="right") - 1].astype(np.uint32)
