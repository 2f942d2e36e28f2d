"""A mask that keeps every weight: nothing is stored."""

import numpy as np

from xoropt.masks.mask_codec import MaskCodec, MaskPlan, NearMask, Parts

__all__ = ["CODEC"]


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan a mask without any part; None for a mask that prunes a weight."""
    return MaskPlan.of_parts({}) if mask.all() else None


def near(mask: np.ndarray) -> NearMask | None:
    """Return the full mask for one that prunes few weights, see `MaskCodec.near`."""
    if 8 * (mask.size - int(np.count_nonzero(mask))) > mask.size:
        return None
    return NearMask(MaskPlan(0, _encode), np.flatnonzero(~mask))


def _encode(jobs: int, effort: str) -> Parts:
    return {}


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, all of them kept."""
    return np.ones(stop - first, dtype=bool)


def decode_packed(
    parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None
) -> tuple[None, int]:
    """Return None, which stands for a mask that keeps every weight, see `MaskCodec.decode_packed`."""
    return None, first


CODEC = MaskCodec(plan, decode, packed_decoder=decode_packed, near=near)
