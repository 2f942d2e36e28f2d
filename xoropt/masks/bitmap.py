"""One bit a weight, in row-major order."""

import numpy as np

from xoropt.common.errors import DecodeError

__all__ = ["decode", "encode", "octets"]


def encode(mask: np.ndarray, jobs: int = 1) -> dict[str, np.ndarray]:
    """The mask, bool of any shape, as its stored part: uint8 (⌈size/8⌉,), lowest bit first."""
    return {"mask": np.packbits(mask, bitorder="little")}


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Weights first … stop − 1 of a mask of `size` weights, bool."""
    some = octets(parts, size)[first // 8 : -(-stop // 8)]
    return np.unpackbits(some, bitorder="little")[first % 8 :][: stop - first].view(bool)


def octets(parts: dict[str, np.ndarray], size: int) -> np.ndarray:
    """The stored part of a mask of `size` weights, checked: uint8 (⌈size/8⌉,)."""
    stored = parts.get("mask")
    if stored is None or stored.dtype != np.uint8 or stored.shape != (-(-size // 8),):
        raise DecodeError("the bitmap of the mask does not fit the shape")
    return np.ascontiguousarray(stored)
