"""One bit a weight, in row-major order."""

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks.mask_codec import MaskCodec, MaskPlan

__all__ = ["CODEC", "octets"]


def plan(mask: np.ndarray) -> MaskPlan:
    """Plan the one stored part, `mask`: uint8 (⌈size/8⌉,), lowest bit first."""
    return MaskPlan(-(-mask.size // 8), lambda jobs: {"mask": np.packbits(mask, bitorder="little")})


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1 of a mask of `size` weights: bool."""
    some = octets(parts, size)[first // 8 : -(-stop // 8)]
    return np.unpackbits(some, bitorder="little")[first % 8 :][: stop - first].view(bool)


def octets(parts: dict[str, np.ndarray], size: int) -> np.ndarray:
    """Check the stored part of a mask of `size` weights: uint8 (⌈size/8⌉,)."""
    stored = parts.get("mask")
    if stored is None or stored.dtype != np.uint8 or stored.shape != (-(-size // 8),):
        raise DecodeError("the bitmap of the mask does not fit the shape")
    return np.ascontiguousarray(stored)


def decode_packed(
    parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None
) -> tuple[np.ndarray, int]:
    """The whole bitmap; see `MaskCodec.decode_packed`."""
    return octets(parts, size), 0


CODEC = MaskCodec(plan, decode, packed=decode_packed)
