"""Numbers as bit streams: first value first, each value's lowest bit first, bytes filled from their lowest bit."""

import numpy as np

__all__ = ["pack", "pack_fixed", "pack_words", "row_numbers", "tiled_bits", "unpack", "unpack_fixed"]


def pack_fixed(values: np.ndarray, width: int) -> np.ndarray:
    """Values of `width` bits each (0 to 64), uint64 (count,), as uint8 (⌈count·width/8⌉,)."""
    octets = -(-width // 8)  # unpack no more bytes of a value than it needs
    data = np.ascontiguousarray(values.astype("<u8").reshape(-1, 1)).view(np.uint8)[:, :octets]
    return np.packbits(np.unpackbits(data, axis=1, bitorder="little")[:, :width], bitorder="little")


def unpack_fixed(data: np.ndarray, width: int, first: int, count: int) -> np.ndarray:
    """Values `first` … `first`+`count`-1 of a stream that `pack_fixed` wrote, as uint64 (count,)."""
    begin, end = first * width, (first + count) * width
    bits = np.unpackbits(data[begin // 8 : -(-end // 8)], bitorder="little")[begin % 8 :][: end - begin]
    octets = np.zeros((count, 8), dtype=np.uint8)
    if width:
        packed = np.packbits(bits.reshape(count, width), axis=1, bitorder="little")
        octets[:, : packed.shape[1]] = packed
    return octets.view("<u8").astype(np.uint64).reshape(count)


def pack(values: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Values of `widths` bits each, both (count,), as uint8 bytes."""
    owner, shift = _spread(widths)
    return np.packbits((values.astype(np.uint64)[owner] >> shift) & np.uint64(1) != 0, bitorder="little")


def unpack(data: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """All values of a stream that `pack` wrote with these widths, as uint64 (count,)."""
    owner, shift = _spread(widths)
    bits = np.unpackbits(data, bitorder="little")[: len(owner)].astype(np.uint64)
    values = np.zeros(len(widths), dtype=np.uint64)
    np.bitwise_or.at(values, owner, bits << shift)
    return values


def _spread(widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each bit of the stream, the value that it belongs to and its place in it."""
    widths = widths.astype(np.int64)
    owner = np.repeat(np.arange(len(widths)), widths)
    ends = np.cumsum(widths)
    return owner, (np.arange(len(owner)) - (ends - widths)[owner]).astype(np.uint64)


def row_numbers(rows: np.ndarray) -> list[int]:
    """Packed rows as Python integers: uint64 (count, words), first word lowest."""
    return [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in rows]


def tiled_bits(data: np.ndarray, bits: int, times: int) -> np.ndarray:
    """A bit stream `times` times over, without the gaps at the ends of bytes: uint8."""
    return np.packbits(np.tile(np.unpackbits(data, bitorder="little", count=bits), times), bitorder="little")


def pack_words(bits: np.ndarray) -> np.ndarray:
    """Bits as words: bool (planes, weights) to uint64 (planes, ⌈weights/64⌉), first weight lowest."""
    planes, size = bits.shape
    octets = np.zeros((planes, -(-size // 64) * 8), dtype=np.uint8)
    octets[:, : -(-size // 8)] = np.packbits(bits, axis=1, bitorder="little")
    return octets.view("<u8").astype(np.uint64)
