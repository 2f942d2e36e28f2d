"""Checks of arguments: integers, positive numbers, choices and time limits, one function each."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from xoropt.common.errors import ArgumentError

__all__ = ["check_choice", "check_finite_positive", "check_int", "check_seconds", "check_time_limit"]


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
        raise ArgumentError(f"Argument '{name}' must be an integer, not {value!r}.")
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
        raise ArgumentError(f"Argument '{name}' must be a number above 0, not {value!r}.")


def check_time_limit(seconds: Any, name: str = "time_limit") -> None:
    """Check a time limit: None for no limit, or a finite number of seconds above 0.

    Args:
        seconds: what was given; NumPy's numbers are fine, booleans are not.
        name: the argument's name, for the message.

    Raises:
        ArgumentError: it is anything else; the message names the argument.
    """
    if seconds is not None and not (_is_finite_number(seconds) and seconds > 0):
        raise ArgumentError(f"Argument '{name}' must be None or a positive number of seconds, not {seconds!r}.")


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
        raise ArgumentError(f"Argument '{name}' must be one of {', '.join(choices)}, not {value!r}.")


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
        raise ArgumentError(f"Argument '{name}' must be at least 0 seconds, and finite, not {seconds!r}.")
