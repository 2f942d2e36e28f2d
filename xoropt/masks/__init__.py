"""Mask codecs: which weights were pruned, stored exactly."""

import numpy as np

from xoropt.errors import ArgumentError, DecodeError
from xoropt.masks import bitmap, full

__all__ = ["CODECS", "decode_mask", "encode_mask"]

CODECS = {"bitmap": bitmap, "full": full}
"""Each codec has `encode(mask)`, its parts or None where it cannot hold the mask, and `decode(parts, shape, size)`."""


def encode_mask(mask: np.ndarray, codec: str = "auto") -> tuple[str, dict[str, np.ndarray]]:
    """The codec's name and the parts to store, uint8 arrays by name; "auto" takes the codec that stores least.

    Raises:
        ArgumentError: no such codec, or it cannot hold this mask.
    """
    if codec != "auto":
        if codec not in CODECS:
            raise ArgumentError(f"Argument 'mask' must be auto or one of {', '.join(CODECS)}, not {codec!r}.")
        parts = CODECS[codec].encode(mask)
        if parts is None:
            raise ArgumentError(f"The mask codec '{codec}' cannot hold this mask; use 'auto'.")
        return codec, parts
    held = {name: parts for name, each in CODECS.items() if (parts := each.encode(mask)) is not None}
    return min(held.items(), key=lambda item: sum(part.nbytes for part in item[1].values()))


def decode_mask(codec: str, parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> np.ndarray:
    """The mask, bool of the given shape and size, from what `encode_mask` returned.

    Raises:
        DecodeError: no such codec, or parts that do not fit the shape.
    """
    if codec not in CODECS:
        raise DecodeError(f"the mask codec '{codec}' is not known to this version")
    return CODECS[codec].decode(parts, shape, size)
