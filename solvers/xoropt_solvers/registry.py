"""All strategies by name: this package's own, and those that other packages register."""

import importlib
import importlib.metadata
import shlex
from functools import cache
from typing import Any

from xoropt_solvers.errors import InvalidInputError, MissingPackageError, UnknownStrategyError
from xoropt_solvers.strategy import Strategy, missing_packages

__all__ = ["ENTRY_POINT_GROUP", "available", "find", "is_built_in", "names", "require"]

ENTRY_POINT_GROUP = "xoropt.solvers"

# One line for each strategy. Its module imports the engine on use, so that to list all of them is cheap.
BUILT_IN = {
    "portfolio": "xoropt_solvers.strategies.portfolio",
    "greedy": "xoropt_solvers.strategies.greedy",
    "exhaustive": "xoropt_solvers.strategies.exhaustive",
    "coset": "xoropt_solvers.strategies.coset",
    "brouwer-zimmermann": "xoropt_solvers.strategies.brouwer_zimmermann",
    "isd": "xoropt_solvers.strategies.isd",
    "osd": "xoropt_solvers.strategies.osd",
    "odd-cuts": "xoropt_solvers.strategies.odd_cuts",
    "sat": "xoropt_solvers.strategies.sat",
    "xorsat": "xoropt_solvers.strategies.xorsat",
    "maxsat": "xoropt_solvers.strategies.maxsat",
    "cpsat": "xoropt_solvers.strategies.cpsat",
    "ilp": "xoropt_solvers.strategies.ilp",
}


@cache
def _entry_points() -> dict[str, importlib.metadata.EntryPoint]:
    return {entry.name: entry for entry in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)}


def names() -> list[str]:
    """List every registered name, whether its packages are installed or not: first this package's, then the others."""
    return [*BUILT_IN, *(name for name in sorted(_entry_points()) if name not in BUILT_IN)]


def find(name: str) -> Strategy:
    """Find the strategy of this name.

    Raises:
        InvalidInputError: `name` is not a string.
        UnknownStrategyError: there is none, or another package registered something else; the message lists all names.
    """
    if not isinstance(name, str):
        raise InvalidInputError(f"Argument 'solver' must be the name of a strategy, not {name!r}.")
    if name in BUILT_IN:
        strategy: Any = importlib.import_module(BUILT_IN[name]).STRATEGY
    elif name in _entry_points():
        strategy = _entry_points()[name].load()
        if not isinstance(strategy, Strategy):
            raise UnknownStrategyError(
                f"The entry point {name!r} of group {ENTRY_POINT_GROUP!r} must be an xoropt_solvers.Strategy,"
                f" not {type(strategy).__name__}."
            )
    else:
        raise UnknownStrategyError(f"Argument 'solver' must be one of {', '.join(names())}, not {name!r}.")
    return strategy


def is_built_in(strategy: Strategy) -> bool:
    """Tell whether a strategy is this package's own; another package's may have the same name."""
    return strategy.name in BUILT_IN and find(strategy.name) is strategy


def available() -> list[str]:
    """List the names of the strategies whose packages are installed."""
    return [name for name in names() if not missing_packages(find(name))]


def require(strategy: Strategy) -> None:
    """Check that every package that the strategy needs is installed.

    Raises:
        MissingPackageError: one is not; the message has the command that installs it.
    """
    missing = missing_packages(strategy)
    if missing:
        raise MissingPackageError(
            f"Strategy {strategy.name!r} needs {', '.join(missing)}, which is not installed:"
            f" pip install {shlex.join(missing.values())}"
        )
