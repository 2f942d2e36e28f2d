"""A bitmap: one bit a weight, in row-major order."""

import numpy as np

from xoropt.codec.compiled.reader import readonly
from xoropt.codec.lazy_planes import one_plane, packed_octets
from xoropt.common.errors import DecodeError
from xoropt.common.lazy_arrays import LazyArray
from xoropt.masks.mask_codec import MaskBatches, MaskCodec, MaskPlan, Parts

__all__ = ["CODEC"]


def plan(mask: np.ndarray | LazyArray) -> MaskPlan:
    """Plan the one stored part, `mask`: uint8 (⌈size/8⌉,), lowest bit of each byte first."""
    return MaskPlan(-(-mask.size // 8), lambda jobs, effort: {"mask": packed_octets(one_plane(mask))[0]})


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`."""
    some = _bitmap(parts, size)[first // 8 : -(-stop // 8)]
    return np.unpackbits(some, bitorder="little")[first % 8 :][: stop - first].view(bool)


def decode_packed(
    parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None
) -> tuple[np.ndarray, int]:
    """Return the whole bitmap as it is stored, see `MaskCodec.decode_packed`."""
    return _bitmap(parts, size), 0


def _bitmap(parts: Parts, size: int) -> np.ndarray:
    """Return the stored part of a mask of `size` weights, uint8 (⌈size/8⌉,); DecodeError where it does not fit."""
    stored = parts.get("mask")
    if stored is None or stored.dtype != np.uint8 or stored.shape != (-(-size // 8),):
        raise DecodeError("the bitmap of the mask does not fit the shape")
    return np.ascontiguousarray(stored)


def batches(parts: Parts, shape: tuple[int, ...], size: int) -> MaskBatches | None:
    """Return the bitmap for compiled loops, see `MaskCodec.batches`."""
    if not shape or not size:
        return None
    return MaskBatches(512, 0, 0, size // shape[0], readonly(_bitmap(parts, size)), np.zeros(0, dtype=np.int64))


def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check the part `mask`, see `MaskCodec.check`."""
    _bitmap(parts, size)


CODEC = MaskCodec(plan, decode, packed_decoder=decode_packed, check=check, batches=batches, plans_lazily=True)
