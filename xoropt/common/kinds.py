"""Kinds of arguments: a public function's own annotations, checked before it runs."""

import collections.abc
import os
import sys
import types
from collections.abc import Callable, Mapping
from functools import cache, wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, ParamSpec, TypeVar, Union, get_args, get_origin

import numpy as np

from xoropt.common.arguments import in_short
from xoropt.common.errors import ArgumentError

__all__ = ["checked"]

P = ParamSpec("P")
R = TypeVar("R")

NUMBERS: dict[Any, tuple[type, ...]] = {
    bool: (bool, np.bool_),
    int: (int, np.integer),
    float: (int, float, np.integer, np.floating),
}
"""The types that stand for a kind of number; a bool is none of the others."""
WORDS: dict[Any, str] = {
    int: "an integer",
    float: "a number",
    bool: "True or False",
    str: "a text",
    None: "None",
    np.ndarray: "an array",
    os.PathLike: "a path",
    collections.abc.Callable: "a function",
    collections.abc.Mapping: "a dictionary",
    collections.abc.Sequence: "a list",
    collections.abc.Iterable: "a list",
    tuple: "a tuple",
    list: "a list",
    dict: "a dictionary",
}
"""What messages call the kinds of arguments."""


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function refuse arguments of other kinds than its annotations name.

    Kinds are checked, not ranges: classes, unions, None, numbers (NumPy's, too, but no bool for an integer), paths,
    functions, and what tuples, lists and dictionaries hold. A kind that is imported for type checkers alone is known by
    its name. Functions that are called for every few weights check by themselves, which is faster.

    Returns:
        The function, which raises ArgumentError, in one line that names the argument, before it does anything.
    """
    shape = signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = shape.bind(*args, **kwargs).arguments
        except TypeError:
            return function(*args, **kwargs)  # Python says which argument is missing
        for name, value in given.items():
            kind = _kinds(function, shape)[name]
            if kind is not Any and not _fits(value, kind):
                raise ArgumentError(f"Argument '{name}' must be {_words(kind)}, not {in_short(value)}.")
        return function(*args, **kwargs)

    return call


@cache
def _kinds(function: Callable[..., Any], shape: Signature) -> dict[str, Any]:
    """Return what each argument must be; a text where that is a class which can't be looked up."""
    spaces = vars(sys.modules[function.__module__])
    found = {}
    for name, param in shape.parameters.items():
        kind = param.annotation
        while isinstance(kind, str):
            try:
                kind = eval(kind, dict(spaces))
            except (NameError, AttributeError):
                break
        loose = kind is Parameter.empty or param.kind in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL)
        found[name] = Any if loose or name == "cls" else kind
    return found


def _fits(value: object, kind: Any) -> bool:
    """Tell whether a value is of a kind."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any or kind is object or isinstance(kind, TypeVar):
        return True
    if kind is None or kind is type(None):
        return value is None
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in parts) and not (
            _is_path(kind) and isinstance(value, str) and "\0" in value
        )
    if origin is Annotated:
        return _fits(value, parts[0])
    if isinstance(kind, str):  # imported for type checkers alone
        return bool({part.strip().rpartition(".")[2] for part in kind.split("|")} & set(_names(value)))
    if kind in NUMBERS:
        return isinstance(value, NUMBERS[kind]) and (kind is bool or not isinstance(value, bool | np.bool_))
    if origin is collections.abc.Callable:
        return callable(value)
    if getattr(kind, "_is_protocol", False):
        return all(hasattr(value, name) for name in vars(kind) if not name.startswith("_"))
    if origin is tuple and isinstance(value, list):
        return _holds(tuple(value), origin, parts)
    if not isinstance(value, origin or kind) or (isinstance(value, str) and origin not in (None, os.PathLike)):
        return False
    return _holds(value, origin, parts)


def _names(value: object) -> list[str]:
    return ["None"] if value is None else [base.__name__ for base in type(value).__mro__]


def _holds(value: Any, origin: Any, parts: tuple[Any, ...]) -> bool:
    """Tell whether what a tuple, list or dictionary holds is of the kinds it must be."""
    if not parts or origin is os.PathLike or isinstance(value, np.ndarray):
        return True
    if isinstance(value, Mapping):
        return all(_fits(key, parts[0]) and _fits(item, parts[1]) for key, item in value.items())
    if origin is tuple and parts[-1] is not ...:
        return len(value) == len(parts) and all(_fits(item, part) for item, part in zip(value, parts, strict=True))
    return not isinstance(value, list | tuple) or all(_fits(item, parts[0]) for item in value)


def _is_path(kind: Any) -> bool:
    return any(get_origin(part) is os.PathLike for part in get_args(kind))


def _words(kind: Any) -> str:
    """Say what an argument must be."""
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, str) and "|" in kind:
        return " or ".join(_words(part.strip()) for part in kind.split("|"))
    if origin in (Union, types.UnionType):
        others = [part for part in parts if not (_is_path(kind) and part is str)]
        *first, last = map(_words, others)
        return f"{', '.join(first)} or {last}" if first else last
    if origin is Annotated:
        return _words(parts[0])
    if kind in (type(None), "None"):
        return "None"
    words = WORDS.get(origin or kind)
    if words is None:
        name = kind.rpartition(".")[2] if isinstance(kind, str) else kind.__name__
        return f"{'an' if name[0] in 'AEIOUX' else 'a'} {name}"
    held = parts[1:] if words == WORDS[dict] else parts[:1]
    if words.rpartition(" ")[2] in ("tuple", "list", "dictionary") and held and held[0] is not Any:
        return f"{words}, each item {_words(held[0])}"
    return words
