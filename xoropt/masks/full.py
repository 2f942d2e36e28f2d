"""No weight is pruned: nothing to store."""

import numpy as np

from xoropt.masks.mask_codec import MaskCodec, MaskPlan

__all__ = ["CODEC"]


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan no part at all; None for a mask with a pruned weight, which this codec cannot hold."""
    return MaskPlan.of_parts({}) if mask.all() else None


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Keep all weights of the range."""
    return np.ones(stop - first, dtype=bool)


def decode_packed(
    parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None
) -> tuple[None, int]:
    """Nothing: every weight is kept."""
    return None, first


CODEC = MaskCodec(plan, decode, packed=decode_packed)
