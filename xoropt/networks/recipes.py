"""Recipes: a network's name as a short string, `topology:key=value,key=value`."""

import difflib
import inspect

from xoropt.common.errors import ArgumentError
from xoropt.networks.network import XorNetwork
from xoropt.networks.topologies.registry import TOPOLOGIES

__all__ = ["from_recipe", "is_recipe", "nearest"]


def nearest(word: str, known: list[str]) -> str:
    """The end of a message about an unknown word: the known one that is nearest."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.0)
    return f"; the nearest is '{close[0]}'" if close else ""


def is_recipe(text: str) -> bool:
    """Whether a text is meant as a recipe, right or wrong, rather than as a file's name."""
    return ":" in text or text in TOPOLOGIES


def from_recipe(recipe: str) -> XorNetwork:
    """The network that a recipe names.

    Args:
        recipe: `topology:key=value,...`, for example `block:n_in=20,n_out=180,seed=0`; keys left out take the
            defaults of the topology's function.

    Raises:
        ArgumentError: unknown topology or key (the nearest known one is named), or a value out of range.

    >>> from_recipe("block:n_in=20,n_out=180").recipe
    'block:n_in=20,n_out=180,seed=0'
    """
    if not isinstance(recipe, str):
        raise ArgumentError(f"Argument 'recipe' must be a string such as 'block:n_in=20,n_out=180', not {recipe!r}.")
    topology, _, settings = recipe.partition(":")
    build = TOPOLOGIES.get(topology)
    if build is None:
        known = ", ".join(TOPOLOGIES)
        near = nearest(topology, [*TOPOLOGIES])
        raise ArgumentError(f"Recipe '{recipe[:80]}' names no known topology ({known}){near}.")
    parameters = inspect.signature(build).parameters
    arguments: dict[str, int | str | None] = {}
    for setting in filter(None, settings.split(",")):
        key, equals, value = setting.partition("=")
        if key not in parameters:
            raise ArgumentError(f"Topology '{topology}' has no key '{key[:80]}'{nearest(key, [*parameters])}.")
        if key in arguments:
            raise ArgumentError(f"Key '{key}' stands twice in recipe '{recipe[:80]}'.")
        if not equals:
            raise ArgumentError(f"Key '{key}' in recipe '{recipe[:80]}' needs a value: '{key}=...'.")
        arguments[key] = _value(key, value, parameters[key].annotation)
    missing = [p.name for p in parameters.values() if p.default is p.empty and p.name not in arguments]
    if missing:
        raise ArgumentError(f"Recipe '{recipe[:80]}' lacks the key '{missing[0]}'.")
    return build(**arguments)


def _value(key: str, text: str, annotation: object) -> int | str | None:
    if text == "none" and annotation not in (int, str):  # an optional count, such as the taps of a dense window
        return None
    if annotation in (str, str | None):
        return text
    if not text.isascii() or not text.isdecimal() or len(text) > 20:
        raise ArgumentError(f"Key '{key}' of a recipe must be a non-negative integer, not '{text[:80]}'.")
    return int(text)
