"""The positions of the kept weights, for masks that keep very few: their gaps, Golomb–Rice coded.

The part `mask` is the number of kept weights, a little-endian uint64, and their positions, stored as the patches of a
plane are. Files call this codec "positions".
"""

import numpy as np

from xoropt.codec.streams.patches import (
    StreamPatches,
    pack_stream_patches,
    stream_patch_bytes,
    unpack_stream_patches,
)
from xoropt.common.errors import DecodeError
from xoropt.masks.mask_codec import CHUNK, MaskCodec, MaskPlan, Parts

__all__ = ["CODEC", "pack_positions", "packed_bytes", "unpack_positions"]


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan the stored part `mask`; None for a mask that keeps more than one weight in eight."""
    count, flat = int(np.count_nonzero(mask)), mask.reshape(-1)
    if 8 * count > mask.size:
        return None
    # The positions take as much memory as the mask, so that only some of them are held.
    parts = (first + np.flatnonzero(flat[first : first + CHUNK]) for first in range(0, mask.size, CHUNK))
    return MaskPlan(
        8 + stream_patch_bytes(parts, count, mask.size),
        lambda jobs, effort: {"mask": pack_positions(np.flatnonzero(mask), mask.size)},
    )


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`."""
    mask, data = np.zeros(stop - first, dtype=bool), parts.get("mask", np.zeros(0, np.uint8))
    step = max(CHUNK, size // 32)  # each step reads the list's directory
    for a in range(first, max(stop, first + 1), step):
        mask[unpack_positions(data, size, a, min(stop, a + step)) - first] = True
    return mask


def pack_positions(positions: np.ndarray, size: int) -> np.ndarray:
    """Pack ascending positions among `size` weights: their number, then their coded gaps; uint8."""
    patches = pack_stream_patches([positions], size)
    return np.concatenate([np.array([len(positions)], dtype="<u8").view(np.uint8), patches.data[0]])


def packed_bytes(positions: np.ndarray, size: int) -> int:
    """Count the bytes that `pack_positions` returns, without packing."""
    return 8 + stream_patch_bytes([positions], len(positions), size)


def unpack_positions(data: np.ndarray, size: int, first: int, stop: int) -> np.ndarray:
    """Unpack what `pack_positions` packed: the positions from `first` to `stop` − 1, int64.

    Raises:
        DecodeError: the data are damaged.
    """
    if len(data) < 8:
        raise DecodeError("the mask of positions ends too early")
    count = int.from_bytes(data[:8].tobytes(), "little")
    return unpack_stream_patches(StreamPatches((count,), (data[8:],)), 0, size, first, stop)


def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check the part `mask`, see `MaskCodec.check`."""
    unpack_positions(parts.get("mask", np.zeros(0, np.uint8)), size, 0, size)


CODEC = MaskCodec(plan, decode, check=check)
