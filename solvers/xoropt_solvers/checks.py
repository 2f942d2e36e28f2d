"""Checks of arguments, each in one pattern: "Argument 'n' must be at least 1, not 0."."""

from typing import Any

import numpy as np

from xoropt_solvers.errors import InvalidInputError

__all__ = ["binary_array", "integer", "is_integer", "time_limit", "weight_array"]

# Seconds (30 years) beyond which a time limit is none: nobody waits longer, and engines and timers cannot hold more.
LONGEST = 1e9
LARGEST_SUM = 1 << 62  # of the weights of a problem, so that costs fit an int64 with room to spare


def is_integer(value: Any) -> bool:
    """Tell whether a value is an integer, Python's or NumPy's; a bool is none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


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


def _entries_of(array: np.ndarray) -> str:
    what = f"{array.dtype} entries"
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        what += ", some of them NaN or infinite"
    return what
