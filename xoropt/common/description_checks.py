"""Checks of what the description in a file says, before anything relies on it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from xoropt.common.errors import FormatError

__all__ = ["get", "non_negative_int", "take"]


def get(entry: Any, key: str, kind: Callable[..., Any]) -> Any:
    """Return entry[key].

    Raises:
        FormatError: `entry` is no dict, lacks the key, or the value's type is not exactly `kind`.
    """
    value = entry.get(key) if isinstance(entry, dict) else None
    if type(value) is not kind:
        raise FormatError(f"the description lacks a valid '{key}'")
    return value


def non_negative_int(value: Any, key: str, most: int = 2**48) -> int:
    """Return `value`, an int from 0 to `most`.

    Raises:
        FormatError: it is no int or out of range; the message names `key`.
    """
    if type(value) is not int or not 0 <= value <= most:
        raise FormatError(f"the description lacks a valid '{key}'")
    return value


def take(held: dict[str, np.ndarray], part: str, dtype: np.dtype | None, shape: tuple[int, ...] | None) -> np.ndarray:
    """Return the array of one part of a tensor.

    Args:
        held: the tensor's arrays by the names of their parts.
        part: the name of the part.
        dtype: the dtype that it must have; None: any.
        shape: the shape that it must have; None: any.

    Raises:
        FormatError: the part is missing, or its dtype or shape is another.
    """
    if part not in held:
        raise FormatError(f"its part '{part}' is missing")
    array = held[part]
    if (dtype is not None and array.dtype != dtype) or (shape is not None and array.shape != shape):
        raise FormatError(f"its part '{part}' has the wrong shape or dtype")
    return array
