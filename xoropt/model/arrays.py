"""Arrays as tensors of a model: byte order, negative zeros, and comparison by bytes."""

import numpy as np

from xoropt.common.foreign_arrays import to_numpy

__all__ = ["merge_zeros", "native", "same_bytes"]


def native(array: np.ndarray) -> np.ndarray:
    """Return the array, or a tensor of torch, in the machine's own byte order."""
    array = np.asarray(to_numpy(array))
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def merge_zeros(array: np.ndarray) -> np.ndarray:
    """Return the array with 0.0 for −0.0."""
    return np.where(array == 0, np.zeros((), array.dtype), array)


def same_bytes(a: np.ndarray, b: np.ndarray) -> bool:
    """Check whether two arrays have the same dtype, size and bytes: −0.0 differs from 0.0, and a NaN equals itself."""
    kind = f"u{a.dtype.itemsize}"
    a, b = np.ascontiguousarray(a.reshape(-1)), np.ascontiguousarray(b.reshape(-1))
    return a.shape == b.shape and a.dtype == b.dtype and bool((a.view(kind) == b.view(kind)).all())
