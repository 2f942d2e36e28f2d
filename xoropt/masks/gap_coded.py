"""The places of the kept weights, for masks that keep next to none: their gaps, Golomb–Rice coded.

The part `mask` is the number of kept weights, a little-endian uint64, and their places as a plane's patches are stored.
"""

import numpy as np

from xoropt.codec.streams.patches import (
    StreamPatches,
    pack_stream_patches,
    stream_patch_bytes,
    unpack_stream_patches,
)
from xoropt.common.errors import DecodeError
from xoropt.masks.mask_codec import MaskCodec, MaskPlan

__all__ = ["CODEC", "join", "joined_bytes", "split"]


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan the stored part `mask`; None where the mask keeps more than one weight in eight."""
    if 8 * int(np.count_nonzero(mask)) > mask.size:
        return None
    at = np.flatnonzero(mask)
    return MaskPlan(joined_bytes(at, mask.size), lambda jobs: {"mask": join(at, mask.size)})


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Weights first … stop − 1 of the mask of the given shape and size, bool.

    Raises:
        DecodeError: the part does not fit the shape.
    """
    mask = np.zeros(stop - first, dtype=bool)
    mask[split(parts.get("mask", np.zeros(0, np.uint8)), size, first, stop) - first] = True
    return mask


def join(at: np.ndarray, size: int) -> np.ndarray:
    """Ascending places among `size` weights as stored: uint8."""
    patches = pack_stream_patches([at], size)
    return np.concatenate([np.array([len(at)], dtype="<u8").view(np.uint8), patches.data[0]])


def joined_bytes(at: np.ndarray, size: int) -> int:
    """The bytes of what `join` returns."""
    return 8 + stream_patch_bytes(at, size)


def split(data: np.ndarray, size: int, first: int, stop: int) -> np.ndarray:
    """The places from `first` to `stop` − 1 of those that `join` joined, int64; DecodeError where they are damaged."""
    if len(data) < 8:
        raise DecodeError("the mask of positions ends too early")
    count = int.from_bytes(data[:8].tobytes(), "little")
    return unpack_stream_patches(StreamPatches((count,), (data[8:],)), 0, size, first, stop)


CODEC = MaskCodec(plan, decode)
