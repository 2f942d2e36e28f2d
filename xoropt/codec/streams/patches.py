"""Patches of a stream: ascending positions in about lg(outputs / patches) + 1.6 bits each, with random access.

The gaps between neighbouring patches are Golomb–Rice coded (Rice, 1979): the lower k bits of a gap as they are, the
rest in unary, k fitting the mean gap (Kiely, *Selecting the Golomb parameter in Rice coding*, 2004). The patches of
a plane are

    lower parts      count·k bits
    directory        for every 256th patch but the first: its position (⌈lg outputs⌉ bits), and the bit of the unary
    parts at
                     which its own begins
    unary parts      each q as q zeros and a one, to the stream's end

so that a range of outputs reads the directory and at most 256 patches beyond its own.
"""

from dataclasses import dataclass, field

import numpy as np

from xoropt.common.errors import DecodeError

__all__ = [
    "GROUP",
    "StreamPatches",
    "join_stream_patches",
    "pack_stream_patches",
    "split_stream_patches",
    "stream_patch_bytes",
    "unpack_stream_patches",
]

GROUP = 256
"""Patches between two entries of the directory."""


@dataclass(frozen=True)
class StreamPatches:
    """The patches of all planes of a tensor.

    Attributes:
        counts: patches of each plane.
        data: uint8 for each plane, its stream; empty without patches.
    """

    counts: tuple[int, ...]
    data: tuple[np.ndarray, ...] = field(repr=False)

    @property
    def count(self) -> int:
        """Patches in all."""
        return sum(self.counts)

    @property
    def bits(self) -> int:
        """Stored bits, padding to whole bytes included."""
        return 8 * sum(len(data) for data in self.data)


def rice_parameter(outputs: int, count: int) -> int:
    """k for `count` patches among `outputs` positions, ⌊lg(0.9625·mean gap)⌋ and at least 0."""
    return max(0, (outputs * 77 // (80 * count)).bit_length() - 1)


def pack_stream_patches(positions: list[np.ndarray], outputs: int) -> StreamPatches:
    """The patches at the given positions.

    Args:
        positions: for each plane, ascending int64 below `outputs`.
        outputs: bits of a plane.
    """
    return StreamPatches(tuple(len(at) for at in positions), tuple(_pack(at, outputs) for at in positions))


def _pack(at: np.ndarray, outputs: int) -> np.ndarray:
    count = len(at)
    if not count:
        return np.zeros(0, dtype=np.uint8)
    k = rice_parameter(outputs, count)
    gaps = np.diff(at, prepend=-1) - 1
    ends = np.cumsum((gaps >> k) + 1)  # of the unary parts
    unary = np.zeros(int(ends[-1]), dtype=bool)
    unary[ends - 1] = True
    place_width, offset_width = _directory_widths(outputs, count, k)
    firsts = np.arange(GROUP, count, GROUP)
    directory = np.concatenate([_bits(at[firsts], place_width), _bits(ends[firsts - 1], offset_width)], axis=1)
    lower = _bits(gaps & ((1 << k) - 1), k)
    return np.packbits(np.concatenate([lower.reshape(-1), directory.reshape(-1), unary]), bitorder="little")


def stream_patch_bytes(at: np.ndarray, outputs: int) -> int:
    """The bytes of a plane's stream of patches, before it is made.

    Args:
        at: ascending int64 positions below `outputs`.
        outputs: bits of the plane.
    """
    count = len(at)
    if not count:
        return 0
    k = rice_parameter(outputs, count)
    unary = int(((np.diff(at, prepend=-1) - 1) >> k).sum()) + count
    return -(-(count * k + (count - 1) // GROUP * sum(_directory_widths(outputs, count, k)) + unary) // 8)


def _directory_widths(outputs: int, count: int, k: int) -> tuple[int, int]:
    """Bits of a position and of an offset into the unary parts, which are at most count + outputs/2^k bits long."""
    return (outputs - 1).bit_length(), (count + (outputs >> k)).bit_length()


def unpack_stream_patches(
    patches: StreamPatches, plane: int, outputs: int, first: int = 0, stop: int | None = None
) -> np.ndarray:
    """The patches of a plane from position `first` up to `stop` (the end), int64, ascending.

    Raises:
        DecodeError: the stream is too short or too long for its count, a patch lies outside the plane, or the directory
            contradicts the patches. Of a range, what was read is checked.
    """
    count, data = patches.counts[plane], patches.data[plane]
    stop = outputs if stop is None else stop
    if not count:
        if len(data):
            raise DecodeError("a plane without patches has a stream of patches")
        return np.empty(0, dtype=np.int64)
    if not 0 < count <= outputs:
        raise DecodeError(f"a plane of {outputs} outputs cannot have {count} patches")
    k = rice_parameter(outputs, count)
    groups = (count - 1) // GROUP
    place_width, offset_width = _directory_widths(outputs, count, k)
    entry = place_width + offset_width
    unary = count * k + groups * entry
    if unary + count > 8 * len(data):
        raise DecodeError(f"the stream of {count} patches is too short")
    directory = _window(data, count * k, groups * entry).reshape(groups, entry)
    places, offsets = _numbers(directory[:, :place_width]), _numbers(directory[:, place_width:])
    if first <= 0 and stop >= outputs:
        low, high = 0, groups  # whatever the directory says
    else:
        low, high = _groups_of_range(places, first, stop)
    begin, end = low * GROUP, min(count, (high + 1) * GROUP)
    from_bit = int(offsets[low - 1]) if low else 0
    to_bit = int(offsets[high]) if high < groups else 8 * len(data) - unary
    if not from_bit <= to_bit <= 8 * len(data) - unary:
        raise DecodeError("the directory of the patches is damaged")
    ones = np.flatnonzero(_window(data, unary + from_bit, to_bit - from_bit))
    if len(ones) < end - begin:
        raise DecodeError(f"the stream of {count} patches is too short")
    if len(ones) > end - begin:
        raise DecodeError(f"the stream of {count} patches holds more than these")
    lower = _numbers(_window(data, begin * k, (end - begin) * k).reshape(end - begin, k))
    if ones[-1] >= len(ones) + (outputs >> k):  # before anything is shifted out of an int64
        raise DecodeError(f"a patch lies outside the plane of {outputs} outputs")
    gaps = (np.diff(ones, prepend=-1) - 1 << k) | lower
    at = np.cumsum(gaps + 1) - 1
    if low:
        at += int(places[low - 1]) - at[0]
    if at[-1] >= outputs:
        raise DecodeError(f"a patch lies outside the plane of {outputs} outputs")
    heads = np.arange(GROUP, end - begin, GROUP)
    if not (
        np.array_equal(places[low:high], at[heads])
        and np.array_equal(offsets[low:high], from_bit + ones[heads - 1] + 1)
    ):
        raise DecodeError("the directory of the patches is damaged")
    return at[(at >= first) & (at < stop)]


def _groups_of_range(places: np.ndarray, first: int, stop: int) -> tuple[int, int]:
    """The first and the last group to read for a range.

    One more on either side than the range needs: the entries of the directory that led there are then checked against
    the patches, so that a wrong one is noticed wherever it matters.
    """
    if (np.diff(places) <= 0).any():
        raise DecodeError("the directory of the patches is damaged")
    low = int(np.searchsorted(places, first, side="right"))  # group of the last known patch at or before `first`
    high = int(np.searchsorted(places, stop))
    return max(0, low - 1), min(len(places), max(low, high) + 1)


def join_stream_patches(patches: StreamPatches) -> tuple[dict[str, list[int]], np.ndarray]:
    """What a file holds: counts and bytes of each plane, and one uint8 array of their streams."""
    sizes = [len(data) for data in patches.data]
    return {"counts": list(patches.counts), "bytes": sizes}, np.concatenate([np.zeros(0, np.uint8), *patches.data])


def split_stream_patches(counts: list[int], sizes: list[int], data: np.ndarray) -> StreamPatches:
    """The patches that `join_stream_patches` joined.

    Raises:
        DecodeError: the array is too short or too long for what the description says.
    """
    if len(counts) != len(sizes) or sum(sizes) != len(data):
        raise DecodeError("the streams of patches do not fit their description")
    return StreamPatches(tuple(counts), tuple(np.split(data, np.cumsum(sizes[:-1])) if sizes else ()))


def _bits(values: np.ndarray, width: int) -> np.ndarray:
    """Numbers as bits, lowest first: bool (count, width)."""
    return (values[:, None] >> np.arange(width, dtype=np.int64)) & 1 != 0


def _numbers(bits: np.ndarray) -> np.ndarray:
    """The inverse of `_bits`: bool (count, width) as int64 (count,)."""
    octets = np.zeros((len(bits), 8), dtype=np.uint8)
    packed = np.packbits(bits, axis=1, bitorder="little")
    octets[:, : packed.shape[1]] = packed
    return octets.view("<i8").astype(np.int64).reshape(-1)


def _window(data: np.ndarray, first: int, count: int) -> np.ndarray:
    """Bits first … first + count − 1 of a byte stream, bool."""
    bits = np.unpackbits(data[first // 8 : -(-(first + count) // 8)], bitorder="little")
    return bits[first % 8 :][:count].astype(bool)
