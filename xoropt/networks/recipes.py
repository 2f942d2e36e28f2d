"""Recipes: short strings that describe a network completely, `topology:key=value,key=value`."""

import difflib
from collections.abc import Callable

from xoropt.common.errors import ArgumentError
from xoropt.networks.network import XorNetwork
from xoropt.networks.topologies.declaration import Setting, settings_of, work_of
from xoropt.networks.topologies.registry import TOPOLOGIES

__all__ = ["from_recipe", "is_recipe", "nearest", "work_of_recipe"]

_LONGEST_WORD = 80
"""Letters of an unknown word that are compared with known ones, which takes long for many."""


def nearest(word: str, known: list[str]) -> str:
    """Return the end of a message about an unknown word, which names the most similar known one, if one is alike."""
    close = difflib.get_close_matches(word[:_LONGEST_WORD], known, n=1, cutoff=0.4)
    return f"; the nearest is '{close[0]}'" if close else ""


def is_recipe(text: str) -> bool:
    """Return whether a text is meant as a recipe, right or wrong, and not as a file's name."""
    return ":" in text or text in TOPOLOGIES


def from_recipe(recipe: str) -> XorNetwork:
    """Return the network that a recipe describes.

    Args:
        recipe: `topology:key=value,...`, for example `block:n_in=20,n_out=180,seed=0`; keys left out take the
            defaults of the topology's function.

    Raises:
        ArgumentError: the topology or a key is unknown (the message names the nearest known one), or a value is out
            of range.

    >>> from_recipe("block:n_in=20,n_out=180").recipe
    'block:n_in=20,n_out=180,seed=0'
    """
    build, arguments = _parse(recipe)
    return build(**arguments)


def work_of_recipe(recipe: str) -> int:
    """Estimate the work of making the network of a recipe, without making it, see `topology`.

    Raises:
        ArgumentError: as for `from_recipe`, as far as the declared ranges say.
    """
    return work_of(*_parse(recipe))


def _parse(recipe: str) -> tuple[Callable[..., XorNetwork], dict[str, int | str | None]]:
    """Return the function of a recipe's topology, and its arguments."""
    if not isinstance(recipe, str):
        raise ArgumentError(f"Argument 'recipe' must be a string such as 'block:n_in=20,n_out=180', not {recipe!r}.")
    topology, _, text = recipe.partition(":")
    build = TOPOLOGIES.get(topology)
    if build is None:
        known = ", ".join(TOPOLOGIES)
        near = nearest(topology, [*TOPOLOGIES])
        raise ArgumentError(f"Recipe '{recipe[:80]}' names no known topology ({known}){near}.")
    settings = settings_of(build)
    arguments: dict[str, int | str | None] = {}
    for part in filter(None, text.split(",")):
        key, equals, value = part.partition("=")
        if key not in settings:
            raise ArgumentError(f"Topology '{topology}' has no key '{key[:80]}'{nearest(key, [*settings])}.")
        if key in arguments:
            raise ArgumentError(f"Key '{key}' is given twice in recipe '{recipe[:80]}'.")
        if not equals:
            raise ArgumentError(f"Key '{key}' in recipe '{recipe[:80]}' needs a value: '{key}=...'.")
        arguments[key] = _value(key, value, settings[key])
    missing = [key for key, setting in settings.items() if setting.required and key not in arguments]
    if missing:
        raise ArgumentError(f"Recipe '{recipe[:80]}' lacks the key '{missing[0]}'.")
    return build, arguments


def _value(key: str, text: str, setting: Setting) -> int | str | None:
    if text == "none" and setting.optional:
        return None
    if setting.kind is str:
        return text
    if not text.isascii() or not text.isdecimal() or len(text) > 20:
        raise ArgumentError(f"Key '{key}' of a recipe must be a non-negative integer, not '{text[:80]}'.")
    return int(text)
