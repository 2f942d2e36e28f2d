"""Arrays as tensors of torch, by their bits where NumPy has not the dtype itself."""

import numpy as np
import torch

from xoropt.common.errors import ArgumentError

__all__ = ["bytes_tensor", "to_torch"]

_SAME_SIZE = {1: np.uint8, 2: np.int16, 4: np.int32, 8: np.int64}


def to_torch(array: np.ndarray) -> torch.Tensor:
    """Return an array as a tensor of the dtype of the same name, which shares its memory where that may be written.

    Raises:
        ArgumentError: torch has no such dtype.
    """
    if not array.flags.writeable or not array.flags.c_contiguous:
        array = array.copy(order="C")
    try:
        return torch.from_numpy(array)
    except TypeError:
        kind = getattr(torch, array.dtype.name, None)
        if kind is None:
            raise ArgumentError(f"torch has no dtype {array.dtype.name}; decompress the tensor with NumPy.") from None
        return torch.from_numpy(array.view(_SAME_SIZE[array.dtype.itemsize])).view(kind)


def bytes_tensor(array: np.ndarray) -> torch.Tensor:
    """Return a copy of the bytes of an array: uint8, flat."""
    return torch.from_numpy(np.ascontiguousarray(array).reshape(-1).view(np.uint8).copy())
