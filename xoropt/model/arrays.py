"""Arrays as tensors of a model: byte order, negative zeros, and comparison by bytes."""

from collections.abc import Mapping

import numpy as np

from xoropt.common.foreign_arrays import to_numpy

__all__ = ["merge_zeros", "native", "same_bytes", "ties_of"]

SAMPLE = 64
"""Numbers by which arrays are told apart before all of their bytes are compared."""


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


def ties_of(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Find arrays with the same dtype, shape and bytes as an earlier one, such as tied weights.

    Returns:
        By name, the name of the first array that is the same.
    """
    firsts: dict[tuple[str, tuple[int, ...], bytes], list[str]] = {}
    ties = {}
    for name, array in arrays.items():
        flat = array.reshape(-1)
        sample = np.ascontiguousarray(flat[:: max(1, array.size // SAMPLE)]).tobytes()
        alike = firsts.setdefault((array.dtype.name, array.shape, sample), [])
        first = next((other for other in alike if same_bytes(arrays[other], array)), None)
        if first is None:
            alike.append(name)
        else:
            ties[name] = first
    return ties
