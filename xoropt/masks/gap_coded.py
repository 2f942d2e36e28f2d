"""The places of the kept weights, for masks that keep next to none: their gaps, Golomb–Rice coded.

The part `mask` is the number of kept weights, a little-endian uint64, and their places as a plane's patches are stored.
"""

import numpy as np

from xoropt.codec.streams.patches import StreamPatches, pack_stream_patches, unpack_stream_patches
from xoropt.common.errors import DecodeError

__all__ = ["decode", "encode", "join", "split"]


def encode(mask: np.ndarray, jobs: int = 1) -> dict[str, np.ndarray] | None:
    """The mask, bool of any shape, as its stored part `mask`; None where it keeps more than one weight in eight."""
    at = np.flatnonzero(mask)
    return None if 8 * len(at) > mask.size else {"mask": join(at, mask.size)}


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


def split(data: np.ndarray, size: int, first: int, stop: int) -> np.ndarray:
    """The places from `first` to `stop` − 1 of those that `join` joined, int64; DecodeError where they are damaged."""
    if len(data) < 8:
        raise DecodeError("the mask of positions ends too early")
    count = int.from_bytes(data[:8].tobytes(), "little")
    return unpack_stream_patches(StreamPatches((count,), (data[8:],)), 0, size, first, stop)
