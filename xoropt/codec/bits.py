"""Numbers as bit streams: the first number first, lowest bit first, bytes filled from their lowest bit."""

import numpy as np

__all__ = ["pack", "pack_fixed", "pack_words", "rows_as_integers", "tile_bits", "unpack", "unpack_fixed"]


def pack_fixed(values: np.ndarray, width: int) -> np.ndarray:
    """Pack values of equal width into a bit stream.

    Args:
        values: integers (count,), each below 2^width.
        width: bits of a value, 0 to 64.

    Returns:
        The stream, uint8 (⌈count·width/8⌉,).
    """
    octets = -(-width // 8)  # unpack no more bytes of a value than it needs
    data = np.ascontiguousarray(values.astype("<u8").reshape(-1, 1)).view(np.uint8)[:, :octets]
    return np.packbits(np.unpackbits(data, axis=1, bitorder="little")[:, :width], bitorder="little")


def unpack_fixed(data: np.ndarray, width: int, first: int, count: int) -> np.ndarray:
    """Unpack the values first … first + count − 1 of a stream that `pack_fixed` wrote: uint64 (count,)."""
    begin, end = first * width, (first + count) * width
    bits = np.unpackbits(data[begin // 8 : -(-end // 8)], bitorder="little")[begin % 8 :][: end - begin]
    octets = np.zeros((count, 8), dtype=np.uint8)
    if width:
        packed = np.packbits(bits.reshape(count, width), axis=1, bitorder="little")
        octets[:, : packed.shape[1]] = packed
    return octets.view("<u8").astype(np.uint64).reshape(count)


def pack(values: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Pack values with a width each, both integers (count,), into a bit stream, uint8."""
    owner, shift = _locate_bits(widths)
    return np.packbits((values.astype(np.uint64)[owner] >> shift) & np.uint64(1) != 0, bitorder="little")


def unpack(data: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Unpack all values of a stream that `pack` wrote with these widths: uint64 (count,)."""
    owner, shift = _locate_bits(widths)
    bits = np.unpackbits(data, bitorder="little")[: len(owner)].astype(np.uint64)
    values = np.zeros(len(widths), dtype=np.uint64)
    np.bitwise_or.at(values, owner, bits << shift)
    return values


def _locate_bits(widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find, for each bit of the stream, the value that it belongs to and its place in that value."""
    widths = widths.astype(np.int64)
    owner = np.repeat(np.arange(len(widths)), widths)
    ends = np.cumsum(widths)
    return owner, (np.arange(len(owner)) - (ends - widths)[owner]).astype(np.uint64)


def rows_as_integers(rows: np.ndarray) -> list[int]:
    """Convert packed rows, uint64 (count, words) with the lowest word first, to Python integers."""
    return [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in rows]


def tile_bits(data: np.ndarray, bits: int, times: int) -> np.ndarray:
    """Repeat the first `bits` bits of a stream `times` times, without padding in between: uint8."""
    return np.packbits(np.tile(np.unpackbits(data, bitorder="little", count=bits), times), bitorder="little")


def pack_words(bits: np.ndarray) -> np.ndarray:
    """Pack bool (planes, weights) into uint64 (planes, ⌈weights/64⌉), the first weight in the lowest bit."""
    planes, size = bits.shape
    octets = np.zeros((planes, -(-size // 64) * 8), dtype=np.uint8)
    octets[:, : -(-size // 8)] = np.packbits(bits, axis=1, bitorder="little")
    return octets.view("<u8").astype(np.uint64)
