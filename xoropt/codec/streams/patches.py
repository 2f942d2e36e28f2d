"""Patches of a stream: ascending positions, with random access, in about lg(outputs / patches) + 1.6 bits each.

The gaps between neighbouring patches are Golomb–Rice coded (Rice, 1979): the lower k bits of a gap as they are, the
rest in unary. k fits the mean gap (Kiely, *Selecting the Golomb parameter in Rice coding*, 2004). The patches of a
plane are one bit stream of three parts:

    lower parts    count·k bits
    directory      for every 256th patch except the first, its position (⌈lg outputs⌉ bits); then, for the same patches,
                   the bit of the unary parts at which theirs begins
    unary parts    each number q as q zeros and a one, up to the end of the stream

A range of outputs reads the directory, the groups of 256 patches that it touches, and one group more on either side.
"""

from collections.abc import Iterable
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
"""Patches for each entry of the directory."""
AT_ONCE = 1 << 16
"""Patches that are packed or unpacked at once, a multiple of `GROUP`: bounds the memory beside the result."""


@dataclass(frozen=True)
class StreamPatches:
    """The patches of all planes of a tensor.

    Attributes:
        counts: number of patches of each plane.
        data: uint8 for each plane, its stream of patches; empty where there are none.
    """

    counts: tuple[int, ...]
    data: tuple[np.ndarray, ...] = field(repr=False)

    @property
    def count(self) -> int:
        """Number of patches over all planes."""
        return sum(self.counts)

    @property
    def bits(self) -> int:
        """Stored bits, with the padding to whole bytes."""
        return 8 * sum(len(data) for data in self.data)


def rice_parameter(outputs: int, count: int) -> int:
    """Return k for `count` patches among `outputs` positions: ⌊lg(0.9625·mean gap)⌋, but at least 0."""
    return max(0, (outputs * 77 // (80 * count)).bit_length() - 1)


def pack_stream_patches(positions: list[np.ndarray], outputs: int) -> StreamPatches:
    """Pack patches.

    Args:
        positions: the weights to flip in each plane, int64, ascending, below `outputs`.
        outputs: bits of a plane.
    """
    return StreamPatches(tuple(len(at) for at in positions), tuple(_pack(at, outputs) for at in positions))


def _pack(at: np.ndarray, outputs: int) -> np.ndarray:
    """Pack the patches of one plane: uint8."""
    count = len(at)
    if not count:
        return np.zeros(0, dtype=np.uint8)
    k = rice_parameter(outputs, count)
    widths = _directory_widths(outputs, count, k)
    directory, unary = count * k, count * k + (count - 1) // GROUP * sum(widths)
    bits = np.zeros(unary + _unary_bits([at], k), dtype=bool)
    end, before = 0, -1
    for first in range(0, count, AT_ONCE):
        some = at[first : first + AT_ONCE]
        gaps = np.diff(some, prepend=before) - 1
        ends = np.cumsum((gaps >> k) + 1) + end  # of the unary parts
        bits[first * k :][: len(some) * k] = _to_bits(gaps & ((1 << k) - 1), k).reshape(-1)
        bits[unary + ends - 1] = True
        heads = np.arange(0 if first else GROUP, len(some), GROUP)
        begins = np.concatenate([[end], ends])[heads]
        entries = np.concatenate([_to_bits(some[heads], widths[0]), _to_bits(begins, widths[1])], axis=1)
        bits[directory:][: entries.size] = entries.reshape(-1)
        directory += entries.size
        end, before = int(ends[-1]), int(some[-1])
    return np.packbits(bits, bitorder="little")


def stream_patch_bytes(parts: Iterable[np.ndarray], count: int, outputs: int) -> int:
    """Compute how many bytes the patches of a plane take, without packing them.

    Args:
        parts: the weights to flip, int64, ascending, below `outputs`; some after the other.
        count: of all of them.
        outputs: bits of the plane.
    """
    if not count:
        return 0
    k = rice_parameter(outputs, count)
    directory = (count - 1) // GROUP * sum(_directory_widths(outputs, count, k))
    return -(-(count * k + directory + _unary_bits(parts, k)) // 8)


def _unary_bits(parts: Iterable[np.ndarray], k: int) -> int:
    """Count the bits of the unary parts of patches, some of which follow the others."""
    bits, before = 0, -1
    for part in parts:
        for first in range(0, len(part), AT_ONCE):
            at = part[first : first + AT_ONCE]
            bits += int(((np.diff(at, prepend=before) - 1) >> k).sum()) + len(at)
            before = int(at[-1])
    return bits


def _directory_widths(outputs: int, count: int, k: int) -> tuple[int, int]:
    """Return the bits of a position and of an offset; the unary parts are at most count + outputs/2^k bits long."""
    return (outputs - 1).bit_length(), (count + (outputs >> k)).bit_length()


def unpack_stream_patches(
    patches: StreamPatches, plane: int, outputs: int, first: int = 0, stop: int | None = None
) -> np.ndarray:
    """Unpack and check the patches of a plane in a range.

    Args:
        patches: what `pack_stream_patches` returned.
        plane: which plane.
        outputs: bits of a plane.
        first, stop: the range; None: up to the end of the plane.

    Returns:
        The weights to flip, int64, ascending.

    Raises:
        DecodeError: the stream is too short or too long for its count, a patch lies outside the plane, or the directory
            contradicts the patches. For a part of the plane, only what is read is checked.
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
    directory = _slice_bits(data, count * k, groups * entry).reshape(groups, entry)
    places, offsets = _from_bits(directory[:, :place_width]), _from_bits(directory[:, place_width:])
    if first <= 0 and stop >= outputs:
        low, high = 0, groups  # whatever the directory says
    else:
        low, high = _groups_of_range(places, first, stop)
    found, before = np.empty(min(count, (high + 1) * GROUP) - low * GROUP, dtype=np.int64), -1
    for group in range(low, high + 1, AT_ONCE // GROUP):
        then = min(high + 1, group + AT_ONCE // GROUP)
        begin, end = group * GROUP, min(count, then * GROUP)
        from_bit = int(offsets[group - 1]) if group else 0
        to_bit = int(offsets[then - 1]) if then <= groups else 8 * len(data) - unary
        if not from_bit <= to_bit <= 8 * len(data) - unary:
            raise DecodeError("the directory of the patches is damaged")
        ones = np.flatnonzero(_slice_bits(data, unary + from_bit, to_bit - from_bit))
        if len(ones) < end - begin:
            raise DecodeError(f"the stream of {count} patches is too short")
        if len(ones) > end - begin:
            raise DecodeError(f"the stream of {count} patches holds more than these")
        lower = _from_bits(_slice_bits(data, begin * k, (end - begin) * k).reshape(end - begin, k))
        if ones[-1] >= len(ones) + (outputs >> k):  # before a shift overflows an int64
            raise DecodeError(f"a patch lies outside the plane of {outputs} outputs")
        at = np.cumsum(((np.diff(ones, prepend=-1) - 1 << k) | lower) + 1)
        at += int(places[low - 1]) - at[0] if group == low and low else before
        if at[-1] >= outputs:
            raise DecodeError(f"a patch lies outside the plane of {outputs} outputs")
        entries, heads = slice(max(0, group - 1), then - 1), np.arange(0 if group else GROUP, end - begin, GROUP)
        ends = np.concatenate([[0], ones + 1])
        if not (
            np.array_equal(places[entries], at[heads])
            and np.array_equal(offsets[entries], from_bit + ends[heads])
            and (then > groups or ends[-1] == to_bit - from_bit)
        ):
            raise DecodeError("the directory of the patches is damaged")
        found[begin - low * GROUP :][: len(at)], before = at, int(at[-1])
    return found[slice(*np.searchsorted(found, (first, stop)))]


def _groups_of_range(places: np.ndarray, first: int, stop: int) -> tuple[int, int]:
    """Return the first and the last group to read for a range.

    It is one group more on either side than the range needs. So the entries of the directory that led there are checked
    against the patches, and a wrong one is noticed wherever it matters.
    """
    if (np.diff(places) <= 0).any():
        raise DecodeError("the directory of the patches is damaged")
    low = int(np.searchsorted(places, first, side="right"))  # the group with the last known patch up to `first`
    high = int(np.searchsorted(places, stop))
    return max(0, low - 1), min(len(places), max(low, high) + 1)


def join_stream_patches(patches: StreamPatches) -> tuple[dict[str, list[int]], np.ndarray]:
    """Join patches to what a file holds: counts and bytes of each plane, and one uint8 array of their streams."""
    sizes = [len(data) for data in patches.data]
    return {"counts": list(patches.counts), "bytes": sizes}, np.concatenate([np.zeros(0, np.uint8), *patches.data])


def split_stream_patches(counts: list[int], sizes: list[int], data: np.ndarray) -> StreamPatches:
    """Split what `join_stream_patches` joined.

    Raises:
        DecodeError: the array does not have the length that the description says.
    """
    if len(counts) != len(sizes) or sum(sizes) != len(data):
        raise DecodeError("the streams of patches do not fit their description")
    return StreamPatches(tuple(counts), tuple(np.split(data, np.cumsum(sizes[:-1])) if sizes else ()))


def _to_bits(values: np.ndarray, width: int) -> np.ndarray:
    """Convert numbers to bits, lowest first: bool (count, width)."""
    return (values[:, None] >> np.arange(width, dtype=np.int64)) & 1 != 0


def _from_bits(bits: np.ndarray) -> np.ndarray:
    """Convert bits, bool (count, width), to numbers, int64 (count,), the inverse of `_to_bits`."""
    octets = np.zeros((len(bits), 8), dtype=np.uint8)
    packed = np.packbits(bits, axis=1, bitorder="little")
    octets[:, : packed.shape[1]] = packed
    return octets.view("<i8").astype(np.int64).reshape(-1)


def _slice_bits(data: np.ndarray, first: int, count: int) -> np.ndarray:
    """Return the bits first … first + count − 1 of a byte stream, bool."""
    bits = np.unpackbits(data[first // 8 : -(-(first + count) // 8)], bitorder="little")
    return bits[first % 8 :][:count].astype(bool)
