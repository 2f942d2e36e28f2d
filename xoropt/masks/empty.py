"""A mask that prunes every weight: nothing is stored."""

import numpy as np

from xoropt.masks.mask_codec import MaskCodec, MaskPlan, Parts

__all__ = ["CODEC"]


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan a mask without any part; None for a mask that keeps a weight."""
    return MaskPlan.of_parts({}) if not mask.any() else None


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, all of them pruned."""
    return np.zeros(stop - first, dtype=bool)


CODEC = MaskCodec(plan, decode)
