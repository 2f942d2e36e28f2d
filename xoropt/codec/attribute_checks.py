"""Forms: the types, dtypes and numbers of axes that the parts of an encoding must have.

An encoding may have been made by hand or by someone hostile. Each scheme declares the form of its dataclass, and checks
it before it looks at any value.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt.common.errors import DecodeError

__all__ = ["NUMBERS", "OCTETS", "OCTETS_2D", "Fields", "Form", "check_form"]


@dataclass(frozen=True)
class ArrayForm:
    """The form of an array: its dtype and its number of axes."""

    dtype: type
    axes: int


@dataclass(frozen=True, eq=False)
class Fields:
    """The form of a dataclass: its type, and the forms of its attributes by name."""

    kind: type
    attributes: dict[str, "Form"]


OCTETS, OCTETS_2D, NUMBERS = ArrayForm(np.uint8, 1), ArrayForm(np.uint8, 2), ArrayForm(np.int64, 1)

Form = Any
"""A type, an `ArrayForm`, a `Fields`, or (form,) for a tuple of items of that form."""


def check_form(value: object, form: Form, name: str = "") -> None:
    """Check that a value, and everything that it holds, has a form.

    Args:
        value: what to check.
        form: the form that it must have.
        name: the attribute's name, for the message.

    Raises:
        DecodeError: it has another form; the message names the attribute.
    """
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
