"""Whether the parts of an encoding fit together: each encoding is checked once, before anything of it is decoded."""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from xoropt.codec.encoding import Encoding
from xoropt.common.errors import DecodeError

__all__ = [
    "NUMBERS",
    "OCTETS",
    "OCTETS_2D",
    "Fields",
    "Form",
    "check",
    "check_form",
    "check_planes",
    "checked",
    "flips_of",
]

LARGEST = 1 << 62
"""Weights of a plane at most: decoders count them in 64 bits."""


@dataclass(frozen=True)
class ArrayForm:
    """The dtype and the number of axes of an array."""

    dtype: type
    axes: int


@dataclass(frozen=True, eq=False)
class Fields:
    """A dataclass, and the forms of its attributes by name."""

    kind: type
    attributes: dict[str, "Form"]


OCTETS, OCTETS_2D, NUMBERS = ArrayForm(np.uint8, 1), ArrayForm(np.uint8, 2), ArrayForm(np.int64, 1)

Form = Any
"""A type, an `ArrayForm`, `Fields`, or (form,) for a tuple of these."""

_CHECKED: WeakKeyDictionary[Encoding, list[np.ndarray] | None] = WeakKeyDictionary()


def checked(encoded: Encoding) -> list[np.ndarray] | None:
    """Check an encoding, unless that was done before; the result of its `check_parts`.

    Raises:
        DecodeError: the parts do not fit.
    """
    try:
        return _CHECKED[encoded]
    except KeyError:
        pass
    flips = encoded.check_parts()
    _CHECKED[encoded] = flips
    return flips


def check(encoded: Encoding) -> None:
    """Raise DecodeError unless all parts fit, every patch included."""
    if checked(encoded) is None:
        encoded.flips(0, encoded.outputs)


def flips_of(encoded: Encoding, first: int, stop: int) -> list[np.ndarray]:
    """For each plane the weights to flip, at least those from `first` to `stop` − 1, int64, ascending.

    Raises:
        DecodeError: the parts do not fit, or a stream of patches is damaged there.
    """
    flips = checked(encoded)
    return encoded.flips(first, stop) if flips is None else flips


def check_planes(encoded: Encoding) -> None:
    """Raise DecodeError unless the number of planes and the shape are possible."""
    planes = len(encoded.seeds)
    if planes != (1 if encoded.planes is None else encoded.planes):
        raise DecodeError(f"there are seeds of {planes} planes, but 'planes' is {encoded.planes}")
    if min(encoded.shape, default=0) < 0 or encoded.outputs > LARGEST:
        raise DecodeError("the shape has a negative side or is too large")


def check_form(value: object, form: Form, name: str = "") -> None:
    """Raise DecodeError, which names the attribute, unless the value and all that it holds have the form."""
    if isinstance(form, tuple):
        check_form(value, tuple, name)
        for i, item in enumerate(value):  # type: ignore[arg-type, var-annotated]
            check_form(item, form[0], f"{name}[{i}]")
    elif isinstance(form, ArrayForm):
        if not isinstance(value, np.ndarray) or value.dtype != form.dtype or value.ndim != form.axes:
            what = f"{value.ndim}-D array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
            raise DecodeError(f"'{name}' must be a {form.axes}-D array of {form.dtype.__name__}, not a {what}")
    elif isinstance(form, Fields):
        check_form(value, form.kind, name)
        for key, part in form.attributes.items():
            check_form(getattr(value, key), part, f"{name}.{key}" if name else key)
    elif not isinstance(value, form):
        raise DecodeError(f"'{name}' must be of the type {getattr(form, '__name__', form)}, not {type(value).__name__}")
