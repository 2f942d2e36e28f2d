"""The places of the kept weights, for masks that keep next to none: their gaps, Golomb–Rice coded.

The part `mask` is the number of kept weights, a little-endian uint64, and their places as a plane's patches are stored.
"""

import numpy as np

from xoropt.codec.stream_patches import StreamPatches, pack_stream_patches, unpack_stream_patches
from xoropt.errors import DecodeError

__all__ = ["decode", "encode"]


def encode(mask: np.ndarray, jobs: int = 1) -> dict[str, np.ndarray] | None:
    """The mask, bool of any shape, as its stored part `mask`; None where it keeps more than one weight in eight."""
    at = np.flatnonzero(mask)
    if 8 * len(at) > mask.size:
        return None
    patches = pack_stream_patches([at], mask.size)
    return {"mask": np.concatenate([np.array([len(at)], dtype="<u8").view(np.uint8), patches.data[0]])}


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> np.ndarray:
    """The mask of the given shape and size.

    Raises:
        DecodeError: the part does not fit the shape.
    """
    data = parts.get("mask", np.zeros(0, np.uint8))
    if len(data) < 8:
        raise DecodeError("the mask of positions ends too early")
    count = int.from_bytes(data[:8].tobytes(), "little")
    mask = np.zeros(size, dtype=bool)
    mask[unpack_stream_patches(StreamPatches((count,), (data[8:],)), 0, size)] = True
    return mask.reshape(shape)
