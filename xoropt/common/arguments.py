"""Checks of arguments: integers in a range, limits and times, each in one place."""

import numpy as np

from xoropt.common.errors import ArgumentError

__all__ = ["check_int"]


def check_int(name: str, value: object, low: int, high: int | None = None) -> int:
    """`value` as an int in [low, high]; ArgumentError naming the argument otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ArgumentError(f"Argument '{name}' must be an integer, not {value!r}.")
    value = int(value)
    if value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ArgumentError(f"Argument '{name}' must be {allowed}, not {value}.")
    return value
