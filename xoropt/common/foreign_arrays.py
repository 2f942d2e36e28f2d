"""Arrays of other libraries as NumPy's: tensors of torch, which this package does not import."""

import sys
from typing import Any

import numpy as np

from xoropt.common.errors import ArgumentError

__all__ = ["to_numpy"]


def to_numpy(value: Any) -> Any:
    """Return a tensor of torch as an array; anything else as it is.

    Parameters, tensors that need a gradient, and tensors on a device are copied to the processor's memory where they
    are not there. Dtypes that NumPy has not (bfloat16, 8-bit floats) become those of ml_dtypes, by their bits.

    Raises:
        ArgumentError: a tensor that is sparse or quantized, has no memory of its own, or a dtype that no array has.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor):
        return value
    tensor = value.detach()
    if tensor.layout is not torch.strided or tensor.is_quantized:
        raise ArgumentError(
            "A sparse or quantized tensor of torch has no plain memory; call to_dense() or dequantize()."
        )
    if tensor.device.type == "meta":
        raise ArgumentError("A tensor of torch on the device 'meta' has no values; load the model first.")
    tensor = tensor.resolve_conj().resolve_neg().cpu()
    name = str(tensor.dtype).removeprefix("torch.")
    try:
        return tensor.numpy()
    except TypeError:
        return _by_bits(torch, tensor, name)


def _by_bits(torch: Any, tensor: Any, name: str) -> np.ndarray:
    """Return a tensor of a dtype that NumPy has not as an array of the dtype of the same name of ml_dtypes."""
    import ml_dtypes

    kind = getattr(ml_dtypes, name, None)
    if kind is None:
        raise ArgumentError(f"A tensor of torch has the dtype {name}, which no array can have; convert it first.")
    same_size = {1: torch.uint8, 2: torch.int16, 4: torch.int32}[tensor.element_size()]
    return tensor.contiguous().view(same_size).numpy().view(kind)
