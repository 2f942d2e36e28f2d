"""Checks of what a model consists of, the same before anything is encoded, before it is written and when it is read."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from xoropt.common.dtypes import name_of
from xoropt.common.errors import ArgumentError, FormatError
from xoropt.common.foreign_arrays import to_numpy
from xoropt.model.arrays import native

__all__ = ["MAX_AXES", "array_of", "check_metadata", "check_names", "check_shape"]

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


def array_of(name: str, value: Any) -> np.ndarray:
    """Return a tensor as an array in the machine's byte order.

    Args:
        name: the tensor's, for messages.
        value: an array, a tensor of torch, or what NumPy makes an array of without losing anything.

    Raises:
        ArgumentError: there is no such array, or a safetensors file can't hold it; the message names the tensor.
    """
    where = f"Tensor '{name}'"
    if isinstance(value, np.ma.MaskedArray):
        raise ArgumentError(f"{where} is a masked array; fill it first, for example with value.filled(0).")
    if isinstance(value, Mapping):
        raise ArgumentError(f"{where} is no tensor but holds others by name; compress those: checkpoint[{name!r}].")
    try:
        value = to_numpy(value)
    except ArgumentError as error:
        raise ArgumentError(f"{where}: {error}") from None
    if not isinstance(value, np.ndarray) and hasattr(value, "toarray"):
        raise ArgumentError(f"{where} is a sparse matrix; make an array of it first with value.toarray().")
    array = np.asarray(value)
    try:
        name_of(array.dtype)
        check_shape(array.shape)
    except FormatError as error:
        hint = "; convert it to one that has" if array.dtype != object else ", which is no array of numbers"
        raise ArgumentError(f"{where}: {error}{hint if 'dtype' in str(error) else ''}.") from None
    return native(array)
