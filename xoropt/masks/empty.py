"""Every weight is pruned: nothing to store."""

import numpy as np

from xoropt.masks.mask_codec import MaskCodec, MaskPlan

__all__ = ["CODEC"]


def plan(mask: np.ndarray) -> MaskPlan | None:
    """Plan no part at all; None for a mask with a kept weight, which this codec cannot hold."""
    return MaskPlan.of_parts({}) if not mask.any() else None


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Keep no weight of the range."""
    return np.zeros(stop - first, dtype=bool)


CODEC = MaskCodec(plan, decode)
