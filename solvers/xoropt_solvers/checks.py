"""Checks of arguments, each in one pattern: "Argument 'n' must be at least 1, not 0."."""

import math
from typing import Any

import numpy as np

from xoropt_solvers.errors import InvalidInputError

__all__ = [
    "binary_array",
    "function",
    "integer",
    "is_integer",
    "row_mask",
    "scaled_weights",
    "time_limit",
    "weight_array",
]

# Seconds (30 years) beyond which a time limit is none: nobody waits longer, and engines and timers cannot hold more.
LONGEST = 1e9
LARGEST_SUM = 1 << 62  # of the weights of a problem, so that costs fit an int64 with room to spare
LARGEST_SCALED = 1 << 16  # what the heaviest of weights that are no integers is at most scaled to


def is_integer(value: Any) -> bool:
    """Tell whether a value is an integer, Python's or NumPy's; a bool is none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def function(value: Any, name: str) -> None:
    """Check a function that may be None, such as one that is told the progress.

    Raises:
        InvalidInputError: it can't be called; the message names the argument.
    """
    if value is not None and not callable(value):
        raise InvalidInputError(f"Argument {name!r} must be a function or None, not {str(value)[:60]!r}.")


def integer(value: Any, name: str, least: int, most: int | None = None) -> int:
    """Check an integer of at least `least` and, where given, at most `most`.

    Raises:
        InvalidInputError: it is none; the message names the argument.
    """
    if not is_integer(value):
        raise InvalidInputError(f"Argument {name!r} must be an integer, not {value!r}.")
    if value < least:
        raise InvalidInputError(f"Argument {name!r} must be at least {least}, not {value}.")
    if most is not None and value > most:
        raise InvalidInputError(f"Argument {name!r} must be at most {most}, not {value}.")
    return int(value)


def time_limit(value: Any, name: str = "time_limit") -> float | None:
    """Check a time limit: None, or a finite positive number of seconds.

    Returns:
        The seconds, or None for no limit, which is also what a limit of more than 30 years means.

    Raises:
        InvalidInputError: it is neither; the message names the argument.
    """
    if value is None:
        return None
    number = is_integer(value) or isinstance(value, float | np.floating)
    if not number or not 0 < value < np.inf:
        raise InvalidInputError(
            f"Argument {name!r} must be None or a finite positive number of seconds, not {value!r}."
        )
    return None if value > LONGEST else float(value)


def binary_array(value: Any, name: str, ndim: int) -> np.ndarray:
    """Copy anything that holds only zeros and ones to a boolean array.

    Args:
        value: booleans, integers, a sparse matrix (read by its ``toarray``) or an empty list.
        name: the argument's name.
        ndim: the number of dimensions that it must have.

    Raises:
        InvalidInputError: it has other dimensions, or other values than 0 and 1; the message names the argument.
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
        raise InvalidInputError(
            f"Argument {name!r} must hold booleans or the integers 0 and 1, not {_entries_of(array)}."
        )
    wrong = (array != 0) & (array != 1)
    if wrong.any():
        raise InvalidInputError(f"Argument {name!r} must hold only 0 and 1, not {array[wrong][0]}.")
    return array.astype(bool)


def weight_array(value: Any, name: str, length: int) -> np.ndarray:
    """Copy non-negative integers whose sum is below 2**62 to an int64 array.

    Args:
        value: booleans or integers.
        name: the argument's name.
        length: the number of weights that it must have.

    Raises:
        InvalidInputError: it has another shape, or holds anything else; the message names the argument.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidInputError(f"Argument {name!r} must be a flat sequence: {error}") from error
    if array.shape != (length,):
        raise InvalidInputError(f"Argument {name!r} must have shape ({length},), one weight a row, not {array.shape}.")
    if length == 0:
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind not in "biu":
        raise InvalidInputError(f"Argument {name!r} must hold non-negative integers, not {_entries_of(array)}.")
    if (array < 0).any():
        raise InvalidInputError(f"Argument {name!r} must hold non-negative integers, not {array[array < 0][0]}.")
    total = array.sum(dtype=np.float64)
    if total >= LARGEST_SUM:
        raise InvalidInputError(f"Argument {name!r} must sum to less than 2**62, not {total:.3g}.")
    return array.astype(np.int64)


def scaled_weights(value: Any, name: str, length: int, scale: float | None = None) -> tuple[np.ndarray, float, float]:
    """Take weights of any real type, as integers.

    Integers, also as floats, stay as they are. Other weights are multiplied by a power of two that brings the heaviest
    to between 2^15 and 2^16, and rounded; no positive one becomes 0.

    Args:
        value: non-negative numbers.
        name: the argument's name.
        length: the number of weights that it must have.
        scale: what to multiply by instead; None leaves the choice.

    Returns:
        The integers, the scale, and the largest error of a weight, |weight − integer/scale|.

    Raises:
        InvalidInputError: it has another shape, or holds negative, infinite or other values; the message names the
            argument.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.zeros(0, dtype=object)
    real = array.dtype.kind == "f" or (scale is not None and array.dtype.kind in "biu")
    if not real or array.shape != (length,):
        return weight_array(value, name, length), 1.0, 0.0
    weights = array.astype(np.float64)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise InvalidInputError(f"Argument {name!r} must hold finite numbers of at least 0, not {_first_bad(weights)}.")
    if scale is None:
        if (weights == np.rint(weights)).all():
            scale = 1.0
        else:
            scale = 2.0 ** math.floor(math.log2(LARGEST_SCALED / float(weights.max())))
    elif isinstance(scale, bool) or not isinstance(scale, int | float | np.number) or not 0 < scale < np.inf:
        raise InvalidInputError(f"Argument 'scale' must be a finite positive number, not {scale!r}.")
    scaled = np.maximum(np.rint(weights * float(scale)), weights > 0)
    if scaled.sum() >= LARGEST_SUM:
        raise InvalidInputError(f"Argument {name!r} must sum to less than 2**62, scaled by {scale:g}.")
    error = float(np.abs(weights - scaled / float(scale)).max(initial=0.0))
    return scaled.astype(np.int64), float(scale), error


def _first_bad(weights: np.ndarray) -> str:
    i = int((~(np.isfinite(weights) & (weights >= 0))).argmax())
    return f"{weights[i]} (row {i})"


def row_mask(value: Any, name: str, length: int) -> np.ndarray:
    """Read which rows are meant: booleans, one for each row, or the indices of rows.

    Returns:
        bool (length,).

    Raises:
        InvalidInputError: it is neither; the message names the argument.
    """
    array = np.asarray(value)
    if array.dtype == bool and array.shape == (length,):
        return array.copy()
    mask = np.zeros(length, dtype=bool)
    if array.size == 0 and array.ndim == 1:
        return mask
    if array.dtype.kind not in "iu" or array.ndim != 1 or array.min() < 0 or array.max() >= length:
        raise InvalidInputError(
            f"Argument {name!r} must be ({length},) booleans or indices of rows from 0 to {length - 1}, not"
            f" {str(value)[:60]}."
        )
    mask[array] = True
    return mask


def _entries_of(array: np.ndarray) -> str:
    what = f"{array.dtype} entries"
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        what += ", some of them NaN or infinite"
    return what
