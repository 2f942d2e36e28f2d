"""Arrays of other libraries as NumPy's: tensors of torch, which this package does not import."""

import sys
from typing import Any

import numpy as np

from xoropt.common.dtypes import name_of
from xoropt.common.errors import ArgumentError, FormatError

__all__ = ["plain_array", "real_array", "to_numpy"]


def plain_array(where: str, value: Any) -> np.ndarray:
    """Return a tensor as an array of numbers that a safetensors file can hold.

    Args:
        where: what it is, at the beginning of a message: "Tensor 'w'".
        value: an array, a tensor of torch, or what NumPy makes an array of without losing anything.

    Raises:
        ArgumentError: there is no such array.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise ArgumentError(f"{where} is a masked array; fill it first, for example with value.filled(0).")
    try:
        value = to_numpy(value)
    except ArgumentError as error:
        raise ArgumentError(f"{where}: {error}") from None
    if not isinstance(value, np.ndarray) and hasattr(value, "toarray"):
        raise ArgumentError(f"{where} is a sparse matrix; make an array of it first with value.toarray().")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{where} is no array of numbers ({error}).") from None
    try:
        name_of(array.dtype)
    except FormatError as error:
        hint = ": it is no array of numbers" if array.dtype.kind in "OUS" else "; convert it to one that has"
        raise ArgumentError(f"{where}: {error}{hint}.") from None
    return array


def real_array(name: str, value: Any) -> np.ndarray:
    """Return an argument that must be real numbers as an array.

    Args:
        name: of the argument.
        value: as for `plain_array`.

    Raises:
        ArgumentError: it is none; the message names the argument.
    """
    array = plain_array(f"Argument '{name}'", value)
    if array.dtype.kind == "c":
        raise ArgumentError(f"Argument '{name}' must be real numbers, not {array.dtype}.")
    return array


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
