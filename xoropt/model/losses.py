"""What pruning and quantizing cost: the difference between a tensor and what is stored of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from xoropt.common.lazy_arrays import LazyArray
from xoropt.model.decompression import decompress_tensor
from xoropt.model.tensors import CompressedTensor, Loss, UncompressedTensor

__all__ = ["LossFigures", "figures_of", "measure_loss", "with_loss"]

CHUNK = 1 << 20
"""Weights that are compared at once: bounds the memory beside the arrays."""
DIGITS = 6
"""Decimal digits of the sums: few enough that any processor finds the same, whatever the order in which it adds."""


@dataclass(frozen=True)
class LossFigures:
    """The cost of pruning and quantizing, as it is reported.

    Attributes:
        relative_error: ‖W − Ŵ‖ / ‖W‖, of the stored weights Ŵ against the original ones W.
        magnitude_share: Σ|w| over the weights that are not zero after pruning, as a share of Σ|w| over all.
    """

    relative_error: float
    magnitude_share: float


def measure_loss(original: np.ndarray | LazyArray, stored: np.ndarray) -> Loss:
    """Compare a tensor with what is stored of it.

    Args:
        original: real numbers, any shape.
        stored: of the same shape.
    """
    sums = np.zeros(4)
    flat, held = original.reshape(-1), stored.reshape(-1)
    for first in range(0, flat.size, CHUNK):
        weights = flat[first : first + CHUNK].astype(np.float64)
        restored = held[first : first + CHUNK].astype(np.float64)
        size = np.abs(weights)
        with np.errstate(over="ignore"):  # infinite sums are told by who asks
            sums += (
                float(((weights - restored) ** 2).sum()),
                float((weights**2).sum()),
                float(size[restored != 0].sum()),
                float(size.sum()),
            )
    return Loss(*(float(f"{part:.{DIGITS}g}") for part in sums.tolist()))


def with_loss(
    tensor: CompressedTensor | UncompressedTensor, original: np.ndarray | LazyArray
) -> CompressedTensor | UncompressedTensor:
    """Return a tensor with its loss, where it was pruned and quantized and that is finite; others as they are."""
    if isinstance(tensor, UncompressedTensor) or "bits" not in (tensor.quantization or {}):
        return tensor
    loss = measure_loss(original, decompress_tensor(tensor))
    return replace(tensor, loss=loss) if np.isfinite(loss).all() else tensor


def figures_of(losses: Iterable[Loss | None]) -> LossFigures | None:
    """Return the figures of one tensor, or of several together; None where nothing was pruned or it is not known."""
    known = [loss for loss in losses if loss is not None]
    if not known:
        return None
    error, squares, kept, magnitude = np.sum(known, axis=0).tolist()
    return LossFigures(
        relative_error=float(np.sqrt(error / squares)) if squares else 0.0,
        magnitude_share=kept / magnitude if magnitude else 1.0,
    )
