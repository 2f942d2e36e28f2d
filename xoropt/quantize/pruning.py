"""Magnitude pruning: which weights to keep."""

from collections.abc import Mapping

import numpy as np

from xoropt.common.arguments import check_kind
from xoropt.common.errors import ArgumentError
from xoropt.common.foreign_arrays import real_array

__all__ = ["check_sparsity", "prune", "prune_globally"]


def check_sparsity(sparsity: float) -> float:
    """Return a pruning rate as a float in [0, 1).

    Raises:
        ArgumentError: it is no number, or out of range.
    """
    try:
        rate = float(sparsity)
    except (TypeError, ValueError):
        rate = float("nan")
    if not 0.0 <= rate < 1.0:
        raise ArgumentError(f"Argument 'sparsity' must be at least 0 and below 1, not {sparsity}.")
    return rate


def prune(weights: np.ndarray, sparsity: float) -> np.ndarray:
    """Make the mask that keeps the largest magnitudes of one tensor.

    Args:
        weights: real numbers, any shape.
        sparsity: the share S of weights to prune, in [0, 1).

    Returns:
        bool, of the shape of `weights`, True for exactly round((1 − S)·size) of them, or for all that are not zero
        where those are fewer. Of equal magnitudes the first in row-major order are kept.

    Raises:
        ArgumentError: `sparsity` is out of range, or a weight is NaN or infinite.

    >>> prune(np.array([0.5, -2.0, 1.0, -1.0]), 0.5).tolist()
    [False, True, True, False]
    """
    return prune_globally({"weights": real_array("weights", weights)}, sparsity)["weights"]


def prune_globally(tensors: Mapping[str, np.ndarray], sparsity: float) -> dict[str, np.ndarray]:
    """Make the masks that keep the largest magnitudes of several tensors, by one threshold for all.

    Args:
        tensors: real numbers, any shapes, by name.
        sparsity: the share S of all weights together to prune, in [0, 1).

    Returns:
        The masks by name, as `prune` makes them. Of equal magnitudes those of the first tensor are kept.

    Raises:
        ArgumentError: `sparsity` is out of range, or a weight is NaN or infinite; the message names the tensor.
    """
    sparsity = check_sparsity(sparsity)
    check_kind("tensors", tensors, Mapping, "arrays by name")
    tensors = {name: real_array(name, weights) for name, weights in tensors.items()}
    magnitudes = {name: np.abs(_as_float(name, weights)).reshape(-1) for name, weights in tensors.items()}
    pooled = np.concatenate([np.empty(0, np.float32), *magnitudes.values()])
    kept = round((1.0 - sparsity) * pooled.size)
    if not kept:
        return {name: np.zeros(weights.shape, dtype=bool) for name, weights in tensors.items()}
    threshold = np.partition(pooled, pooled.size - kept)[pooled.size - kept]
    spare = kept - int(np.count_nonzero(pooled > threshold))  # how many of those that equal the threshold are kept
    masks = {}
    for name, magnitude in magnitudes.items():
        mask = magnitude > threshold
        equal = np.flatnonzero(magnitude == threshold)[:spare]
        mask[equal] = threshold > 0  # a weight that is zero is pruned already
        spare -= len(equal)
        masks[name] = mask.reshape(tensors[name].shape)
    return masks


def _as_float(name: str, weights: np.ndarray) -> np.ndarray:
    values = weights if weights.dtype == np.float64 else weights.astype(np.float32)
    if not np.isfinite(values).all():
        raise ArgumentError(f"Tensor '{name}' holds NaN or infinity, which can't be pruned; replace them.")
    return values
