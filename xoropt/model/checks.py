"""Checks of what a model consists of, the same before anything is encoded, before it is written and when it is read."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from xoropt.common.arguments import check_kind
from xoropt.common.errors import ArgumentError, FormatError
from xoropt.common.foreign_arrays import plain_array
from xoropt.masks.low_rank import BinaryFactors
from xoropt.model.arrays import native

__all__ = ["MAX_AXES", "array_of", "check_factors", "check_metadata", "check_names", "check_shape"]

MAX_AXES = 32
"""The most axes of a tensor: NumPy's limit before version 2, so that any reader can hold it."""


def check_names(names: Mapping[Any, Any]) -> None:
    """Raise ArgumentError unless the names of tensors are text."""
    for name in names:
        if not isinstance(name, str):
            raise ArgumentError(f"Names of tensors must be text, not {name!r}; rename that one.")
        if not _is_text(name):
            raise ArgumentError(f"The tensor's name {name!r} holds half a character, which UTF-8 lacks; rename it.")


def check_metadata(metadata: Mapping[Any, Any]) -> None:
    """Raise ArgumentError unless metadata are text by name, as a safetensors file has them."""
    check_kind("metadata", metadata, Mapping, "text by name")
    for key, value in metadata.items():
        for word in (key, value):
            if not isinstance(word, str):
                what = f"{key!r} is {value!r}" if word is value else f"the key {key!r} is not"
                raise ArgumentError(f"Metadata must be text by name, but {what}; convert it with str().")
            if not _is_text(word):
                raise ArgumentError(f"Metadata hold half a character, which UTF-8 lacks, at {key!r}; remove it.")


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_shape(shape: tuple[int, ...]) -> None:
    """Raise FormatError unless a tensor may have this shape."""
    if len(shape) > MAX_AXES:
        raise FormatError(f"it has {len(shape)} dimensions; at most {MAX_AXES} are allowed")


def check_factors(factors: Any) -> None:
    """Raise ArgumentError unless Boolean products are given by name."""
    check_kind("factors", factors, Mapping, "products by name, as xoropt.quantize.prune_low_rank returns them")
    for product in factors.values():
        check_kind(
            "factors", product, BinaryFactors, "products by name, as xoropt.quantize.prune_low_rank returns them"
        )


def array_of(name: str, value: Any) -> np.ndarray:
    """Return a tensor as an array in the machine's byte order.

    Args:
        name: the tensor's, for messages.
        value: an array, a tensor of torch, or what NumPy makes an array of without losing anything.

    Raises:
        ArgumentError: there is no such array, or a safetensors file can't hold it; the message names the tensor.
    """
    where = f"Tensor '{name}'"
    if isinstance(value, Mapping):
        raise ArgumentError(f"{where} is no tensor but holds others by name; compress those: checkpoint[{name!r}].")
    array = plain_array(where, value)
    try:
        check_shape(array.shape)
    except FormatError as error:
        raise ArgumentError(f"{where}: {error}.") from None
    return native(array)
