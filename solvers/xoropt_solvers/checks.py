"""Checks of arguments, each in one pattern: "Argument 'n' must be at least 1, not 0."."""

import math
from typing import Any

import numpy as np

from xoropt_solvers.errors import InvalidInputError

__all__ = ["binary_array", "count", "time_limit", "weight_array"]

LONGEST = 1e9  # seconds of a time limit that are still told from none


def binary_array(value: Any, name: str, ndim: int) -> np.ndarray:
    """A fresh boolean array of `ndim` dimensions from anything that holds only zeros and ones.

    Accepts booleans, integers, sparse matrices (through their ``toarray``) and empty lists.
    """
    try:
        array = np.asarray(value.toarray() if hasattr(value, "toarray") else value)
    except ValueError as error:
        raise InvalidInputError(f"Argument {name!r} must have rows of one length: {error}") from error
    if array.ndim != ndim:
        raise InvalidInputError(f"Argument {name!r} must have {ndim} dimension(s), not {array.ndim}.")
    if array.dtype == bool:
        return array.copy()
    if array.size == 0:
        return np.zeros(array.shape, dtype=bool)
    if array.dtype.kind not in "iu":
        what = f"{array.dtype} entries"
        if array.dtype.kind in "fc" and not np.isfinite(array).all():
            what += ", some of them NaN or infinite"
        raise InvalidInputError(f"Argument {name!r} must hold booleans or the integers 0 and 1, not {what}.")
    wrong = (array != 0) & (array != 1)
    if wrong.any():
        raise InvalidInputError(f"Argument {name!r} must hold only 0 and 1, not {array[wrong][0]}.")
    return array.astype(bool)


def weight_array(value: Any, name: str, length: int) -> np.ndarray:
    """A fresh int64 array of `length` non-negative integers whose sum fits 62 bits."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidInputError(f"Argument {name!r} must be a flat sequence: {error}") from error
    if array.shape != (length,):
        raise InvalidInputError(f"Argument {name!r} must have shape ({length},), one weight a row, not {array.shape}.")
    if length == 0:
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind not in "biu":
        what = f"{array.dtype} entries"
        if array.dtype.kind in "fc" and not np.isfinite(array).all():
            what += ", some of them NaN or infinite"
        raise InvalidInputError(f"Argument {name!r} must hold non-negative integers, not {what}.")
    if (array < 0).any():
        raise InvalidInputError(f"Argument {name!r} must hold non-negative integers, not {array[array < 0][0]}.")
    if array.astype(np.float64).sum() >= 2.0**62:
        raise InvalidInputError(
            f"Argument {name!r} must sum to less than 2**62, not {array.astype(np.float64).sum():.3g}."
        )
    return array.astype(np.int64)


def count(value: Any, name: str, least: int, most: int | None = None) -> int:
    """An integer of at least `least` and, where given, at most `most`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InvalidInputError(f"Argument {name!r} must be an integer, not {value!r}.")
    if value < least:
        raise InvalidInputError(f"Argument {name!r} must be at least {least}, not {value}.")
    if most is not None and value > most:
        raise InvalidInputError(f"Argument {name!r} must be at most {most}, not {value}.")
    return int(value)


def time_limit(value: Any) -> float | None:
    """None for no limit, else a positive number of seconds."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InvalidInputError(f"Argument 'time_limit' must be None or a positive number of seconds, not {value!r}.")
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf if value > 0 else -math.inf
    if math.isnan(seconds) or seconds <= 0:
        raise InvalidInputError(f"Argument 'time_limit' must be None or a positive number of seconds, not {value}.")
    # Longer than anybody waits, and more than engines and timers can hold.
    return None if seconds > LONGEST else seconds
