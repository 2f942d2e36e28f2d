"""Checks of arguments: integers, positive numbers, choices, time limits, paths and kinds, one function each."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xoropt.common.errors import ArgumentError

__all__ = [
    "MOST_JOBS",
    "check_callable",
    "check_choice",
    "check_finite_positive",
    "check_flag",
    "check_int",
    "check_kind",
    "check_seconds",
    "check_time_limit",
    "in_short",
    "path_of",
]

MOST_JOBS = 4096
"""The most threads or processes that may be asked for: far more than any machine has cores."""
LONGEST_VALUE = 60
"""The most characters of a value that a message shows."""


def check_int(name: str, value: object, low: int, high: int | None = None) -> int:
    """Return `value` as an int in [low, high].

    Args:
        name: the argument's name, for the message.
        value: what was given; NumPy's integers are fine, booleans are not.
        low: the least value allowed.
        high: the greatest value allowed; None: there is none.

    Raises:
        ArgumentError: it is no integer, or out of range; the message names the argument.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"Argument '{name}' must be an integer, not {in_short(value)}.")
    value = int(value)
    if value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ArgumentError(f"Argument '{name}' must be {allowed}, not {value}.")
    return value


def check_finite_positive(name: str, value: Any) -> None:
    """Check a number that must be above 0 and finite.

    Args:
        name: the argument's name, for the message.
        value: what was given; NumPy's numbers are fine, booleans are not.

    Raises:
        ArgumentError: it is anything else; the message names the argument.
    """
    if not (_is_finite_number(value) and value > 0):
        raise ArgumentError(f"Argument '{name}' must be a number above 0, not {in_short(value)}.")


def check_time_limit(seconds: Any, name: str = "time_limit") -> None:
    """Check a time limit: None for no limit, or a finite number of seconds above 0.

    Args:
        seconds: what was given; NumPy's numbers are fine, booleans are not.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: it is anything else; the message names the argument.
    """
    if seconds is not None and not (_is_finite_number(seconds) and seconds > 0):
        raise ArgumentError(f"Argument '{name}' must be None or a positive number of seconds, not {in_short(seconds)}.")


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Check a text that must be one of a few.

    Args:
        name: the argument's name, for the message.
        value: what was given.
        choices: what is allowed, in the order in which the message lists it.

    Raises:
        ArgumentError: it is anything else; the message names the argument and the choices.
    """
    if not isinstance(value, str) or value not in choices:
        raise ArgumentError(f"Argument '{name}' must be one of {', '.join(choices)}, not {in_short(value)}.")


def _is_finite_number(value: Any) -> bool:
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return number and -math.inf < value < math.inf


def check_seconds(seconds: Any, name: str = "time_limit") -> None:
    """Check the time for a search that always makes a first result: a finite number of seconds, 0 or more.

    Args:
        seconds: what was given; NumPy's numbers are fine, booleans are not.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: it is anything else; the message names the argument.
    """
    if not (_is_finite_number(seconds) and seconds >= 0):
        raise ArgumentError(f"Argument '{name}' must be at least 0 seconds, and finite, not {in_short(seconds)}.")


def check_kind(name: str, value: object, kinds: type | tuple[type, ...], what: str) -> None:
    """Check that a value is of a kind.

    Args:
        name: the argument's name, for the message.
        value: what was given.
        kinds: the types that are allowed.
        what: what the argument must be, as the message says it: "a CompressedModel, as xoropt.load returns it".

    Raises:
        ArgumentError: it is of another kind; the message names the argument and what was given.
    """
    if not isinstance(value, kinds):
        raise ArgumentError(f"Argument '{name}' must be {what}, not {in_short(value)}.")


def check_callable(name: str, value: object) -> None:
    """Check a function that may be None, such as one that is told the progress.

    Raises:
        ArgumentError: it can't be called; the message names the argument.
    """
    if value is not None and not callable(value):
        raise ArgumentError(f"Argument '{name}' must be a function or None, not {in_short(value)}.")


def check_flag(name: str, value: object) -> None:
    """Check a choice between yes and no.

    Raises:
        ArgumentError: it is neither True nor False; the message names the argument.
    """
    check_kind(name, value, (bool, np.bool_), "True or False")


def path_of(value: object, name: str = "path", what: str = "the path of a file or folder") -> Path:
    """Return a path, given as text or as an object of the standard library's `os.PathLike`.

    Args:
        value: what was given.
        name: the argument's name, for the message.
        what: what the argument must be, as the message says it.

    Raises:
        ArgumentError: it is no path; the message names the argument.
    """
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(path, str):
        raise ArgumentError(f"Argument '{name}' must be {what}, not {in_short(value)}.")
    if "\0" in path:
        raise ArgumentError(f"Argument '{name}' must be {what}, and none holds a null character; rename it.")
    return Path(path)


def in_short(value: object) -> str:
    """Return a value as Python writes it where that is short and on one line, and otherwise what kind it is."""
    text = repr(value)
    plain = len(text) <= LONGEST_VALUE and text.isprintable() and " at 0x" not in text
    return text if plain else f"an object of the type {type(value).__name__}"
