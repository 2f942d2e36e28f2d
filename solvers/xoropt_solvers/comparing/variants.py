"""Strategies with options, as a line of text names them: ``sat:engine=minisat22,encoding=binary``."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from xoropt_solvers import registry
from xoropt_solvers.errors import InvalidInputError, UnknownStrategyError
from xoropt_solvers.solving import check_options

__all__ = ["ALL", "Variant", "read_variants"]

ALL = "all"
ALIASES = {"solver": "engine"}
"""Other words for an option, where a strategy has the second and not the first."""


@dataclass(frozen=True)
class Variant:
    """A strategy and the options that it is called with.

    Attributes:
        name: what tables call it: the strategy, and a colon and the options where there are some.
        strategy: the strategy by name.
        options: the options.
    """

    name: str
    strategy: str
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


def read_variants(texts: str | Iterable[str | Variant] = ALL) -> list[Variant]:
    """Read a list of strategies, each with or without options.

    Args:
        texts: "all" for every strategy that is installed; or names separated by commas or blanks, as one text or as
            several. Options follow a colon: "coset, sat:engine=minisat22,encoding=binary, xorsat".

    Returns:
        The variants in their order, none twice.

    Raises:
        InvalidInputError: the list is empty, or a strategy does not take an option.
        UnknownStrategyError: no strategy has a name.
        MissingPackageError: a strategy needs a package that is not installed.
    """
    if not isinstance(texts, str | list | tuple | set | frozenset | Iterator):
        raise InvalidInputError(f"Argument 'strategies' must be names of strategies, not {str(texts)[:60]!r}.")
    found: list[Variant] = []
    for text in [texts] if isinstance(texts, str) else texts:
        found += [text] if isinstance(text, Variant) else _read(text)
    variants = list({variant.name: variant for variant in found}.values())
    if not variants:
        raise InvalidInputError(f"Argument 'strategies' must name a strategy; there are {', '.join(registry.names())}.")
    return variants


def _read(text: str) -> list[Variant]:
    if not isinstance(text, str):
        raise InvalidInputError(f"Argument 'strategies' must hold names of strategies, not {repr(text)[:60]}.")
    whole: list[str] = []
    for word in re.split(r"[,;\s]+", text.strip()):
        if whole and ":" in whole[-1] and "=" in word and ":" not in word.partition("=")[0]:
            whole[-1] += f",{word}"  # one more option of the strategy before it
        elif word:
            whole.append(word)
    return [
        variant for word in whole for variant in ([_variant(w) for w in _all()] if word == ALL else [_variant(word)])
    ]


def _all() -> list[str]:
    return registry.available()


def _variant(word: str) -> Variant:
    name, _, rest = word.partition(":")
    name = name.replace("-", "_") if name not in registry.names() else name
    if name not in registry.names():
        raise UnknownStrategyError(
            f"Argument 'strategies' has no strategy {name!r}; there are {', '.join(registry.names())}."
        )
    strategy = registry.find(name)
    registry.require(strategy)
    taken = list(inspect.signature(strategy.run).parameters.values())[2:]
    kinds = {parameter.name: parameter for parameter in taken}
    options: dict[str, Any] = {}
    for pair in filter(None, rest.split(",")):
        key, equals, value = pair.partition("=")
        key = ALIASES.get(key, key) if key not in kinds else key
        if not equals or key not in kinds:
            allowed = f"takes {', '.join(kinds)}" if kinds else "takes no options"
            raise InvalidInputError(
                f"Strategy {name!r} has no option {pair!r}; it {allowed}, as in '{_example(name, taken)}'."
            )
        options[key] = _value(value)
    check_options(strategy, options)
    tail = ",".join(f"{key}={value}" for key, value in options.items())
    return Variant(f"{name}:{tail}" if tail else name, name, options)


def _example(name: str, taken: list[inspect.Parameter]) -> str:
    return f"{name}:{taken[0].name}={taken[0].default}" if taken else name


def _value(text: str) -> Any:
    """Read an option's value: a number, true or false, none, or else a text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False, "none": None}.get(text.lower(), text)
