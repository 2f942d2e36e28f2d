"""One bit a weight, in row-major order."""

import numpy as np

from xoropt.errors import DecodeError

__all__ = ["decode", "encode"]


def encode(mask: np.ndarray, jobs: int = 1) -> dict[str, np.ndarray]:
    """The mask, bool of any shape, as its stored part: uint8 (⌈size/8⌉,), lowest bit first."""
    return {"mask": np.packbits(mask, bitorder="little")}


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> np.ndarray:
    """The mask of `size` weights and the given shape."""
    if "mask" not in parts or len(parts["mask"]) != -(-size // 8):
        raise DecodeError("the bitmap of the mask does not fit the shape")
    return np.unpackbits(parts["mask"], count=size, bitorder="little").view(bool).reshape(shape)
