"""A function's annotations, checked before it runs."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked

if TYPE_CHECKING:
    from networkx import Graph


@checked
def example(
    count: int = 1,
    share: float | None = None,
    path: str | os.PathLike[str] = "a",
    arrays: Mapping[str, np.ndarray] | None = None,
    parts: tuple[np.ndarray, ...] = (),
    names: Sequence[str] = (),
    told: Callable[[int], None] | None = None,
    flag: bool = False,
    graph: "Graph | None" = None,
    anything: Any = None,
) -> str:
    """Return that it ran."""
    return "ran"


@pytest.mark.parametrize(
    "given",
    [
        {"count": np.int8(3), "share": 2, "path": os.path, "anything": object()} | {"path": "b"},
        {"share": np.float32(0.5), "arrays": {"w": np.zeros(3)}, "parts": [np.zeros(2)], "names": ["a"]},
        {"told": print, "flag": np.True_, "graph": None},
    ],
)
def test_right_kinds(given):
    assert example(**given) == "ran"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("count", True, "an integer, not True"),
        ("count", 2.5, "an integer, not 2.5"),
        ("count", None, "an integer, not None"),
        ("share", "much", "a number or None, not 'much'"),
        ("path", 3, "a path, not 3"),
        ("path", b"bytes", "a path, not b'bytes'"),
        ("path", "a\0b", "a path, not 'a\\x00b'"),
        ("arrays", [1], "a dictionary, each item an array or None, not [1]"),
        ("arrays", {"w": 3}, "a dictionary, each item an array or None, not {'w': 3}"),
        ("parts", [1], "a tuple, each item an array, not [1]"),
        ("names", "text", "a list, each item a text, not 'text'"),
        ("told", 3, "a function or None, not 3"),
        ("graph", 3, "a Graph or None, not 3"),
        ("flag", 1, "True or False, not 1"),
        ("count", np.zeros((40, 40)), "an integer, not an object of the type ndarray"),
    ],
)
def test_wrong_kinds_are_named_in_one_line(name, value, words):
    with pytest.raises(ArgumentError) as error:
        example(**{name: value})
    assert str(error.value) == f"Argument '{name}' must be {words}."


def test_missing_arguments_are_pythons_own_error():
    with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
        example(nothing=3)


def test_the_signature_stays():
    assert example.__name__ == "example"
    assert example.__doc__ == "Return that it ran."
