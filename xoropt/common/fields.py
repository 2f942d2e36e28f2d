"""Checks of what a file says, before anything relies on it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from xoropt.common.errors import FormatError

__all__ = ["get", "take", "whole"]


def get(entry: Any, key: str, kind: Callable[..., Any]) -> Any:
    """entry[key] if it is there and of the right type; FormatError otherwise."""
    value = entry.get(key) if isinstance(entry, dict) else None
    if type(value) is not kind:
        raise FormatError(f"the description lacks a valid '{key}'")
    return value


def whole(value: Any, key: str, most: int = 2**48) -> int:
    """The value if it is an integer from 0 to `most`; FormatError naming `key` otherwise."""
    if type(value) is not int or not 0 <= value <= most:
        raise FormatError(f"the description lacks a valid '{key}'")
    return value


def take(held: dict[str, np.ndarray], part: str, dtype: np.dtype | None, shape: tuple[int, ...] | None) -> np.ndarray:
    """The array of that part, of the given dtype and shape where they are given; FormatError otherwise."""
    if part not in held:
        raise FormatError(f"its part '{part}' is missing")
    array = held[part]
    if (dtype is not None and array.dtype != dtype) or (shape is not None and array.shape != shape):
        raise FormatError(f"its part '{part}' has the wrong shape or dtype")
    return array
