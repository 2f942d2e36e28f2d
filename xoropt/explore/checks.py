"""Checks of the description of a space: every error names the place, the key and what is allowed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xoropt_solvers.registry import find as find_solver
from xoropt_solvers.registry import names as solver_names
from xoropt_solvers.registry import require

from xoropt.codec.streams.encoder import METHODS
from xoropt.codec.streams.order import order_from_recipe
from xoropt.common.errors import ArgumentError
from xoropt.networks import TOPOLOGIES
from xoropt.networks.recipes import nearest
from xoropt.networks.topologies.declaration import settings_of

__all__ = ["MAX_POINTS", "Table", "check_names", "numbers_of", "remembers", "table_of", "texts_of", "within"]

MAX_POINTS = 100_000
"""The most points of a space."""
OWN_KEYS = ("load", "orders", "patches", "solvers")
"""Keys of a topology's table that are not parameters of the topology."""
MEMORY_KEYS = {"length", "memory", "n_s", "window"}
"""Parameters that only topologies with memory have."""


@dataclass(frozen=True)
class Table:
    """A topology's table in the description of a space; every combination of its values is tried.

    Attributes:
        topology: the name of the topology.
        values: the values to try, by parameter of the topology.
        load: care bits per seed bit, where the rate is fixed.
        orders: stream orders; empty: those of the space.
        solvers: seed searches of blocks; empty: those of the space.
        patches: how patches of windowed networks are chosen; empty: as in the space.
    """

    topology: str
    values: dict[str, list[Any]]
    load: tuple[float, ...] = (1.0,)
    orders: tuple[str, ...] = ()
    solvers: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()


def table_of(topology: str, table: Any, where: str) -> Table:
    """Return a topology's table with everything checked but the ranges of its values.

    Raises:
        ArgumentError: a key is unknown, or a value is of the wrong kind.
    """
    if not isinstance(table, Mapping):
        raise ArgumentError(f"{where}: '{topology}' must be a table of keys, not {table!r}.")
    settings = settings_of(TOPOLOGIES[topology])
    inside = f"{where}: [{topology}]"
    checked: dict[str, list[Any]] = {}
    for key, value in table.items():
        if key in ("orders", "patches", "solvers"):
            checked[key] = texts_of(key, value, inside)
        elif key == "load":
            checked[key] = numbers_of(key, value, inside, float)
            if not all(0 < load < 100 for load in checked[key]):
                raise ArgumentError(f"{inside}: 'load' must be care bits per seed bit, usually near 1.")
        elif key in settings:
            only_integers = settings[key].kind is int and not settings[key].optional
            checked[key] = values_of(key, value, inside, only_integers)
        else:
            raise ArgumentError(f"{inside}: no key '{key}'{nearest(key, [*settings, *OWN_KEYS])}.")
        if not checked[key]:
            raise ArgumentError(f"{inside}: '{key}' has no value; the space would be empty.")
    own = {key: tuple(checked.pop(key)) for key in OWN_KEYS if key in checked}
    check_names(own.get("orders", ()), own.get("solvers", ()), own.get("patches", ()), where)
    if "solvers" in own and remembers(topology):
        raise ArgumentError(f"{inside}: 'solvers' is for blocks; windowed networks have 'patches'.")
    return Table(topology, checked, **own)


def remembers(topology: str) -> bool:
    """Whether the networks of a topology have memory."""
    return not MEMORY_KEYS.isdisjoint(settings_of(TOPOLOGIES[topology]))


def check_names(orders: Iterable[str], solvers: Iterable[str], patches: Iterable[str], where: str) -> None:
    """Check that there are such orders, seed searches and choices of patches, and that what these need is installed."""
    for order in orders:
        within(where, order_from_recipe, order)
    known = sorted({"portfolio", *solver_names()})
    for solver in solvers:
        if solver not in known:
            raise ArgumentError(f"{where}: no solver '{solver}'{nearest(solver, known)}.")
        if solver in solver_names():
            require(find_solver(solver))
    for method in patches:
        if method not in METHODS:
            raise ArgumentError(f"{where}: no patches '{method}'{nearest(method, list(METHODS))}.")


def within(where: str, check: Any, value: Any) -> None:
    """Call `check(value)` and put the place in front of its ArgumentError."""
    try:
        check(value)
    except ArgumentError as error:
        raise ArgumentError(f"{where}: {error}") from None


def values_of(key: str, value: Any, where: str, only_integers: bool) -> list[Any]:
    """Return the values of a topology's parameter as a list.

    Args:
        key: the parameter.
        value: an integer, "auto" or, unless `only_integers`, None or text; or a list of such values, a range, or a
            table {from, to, step}.
        where: the place, for errors.
        only_integers: whether the parameter is always an integer.

    Raises:
        ArgumentError: the value is of another kind, or there are too many values.
    """
    if isinstance(value, Mapping):
        step = value.get("step", 1)
        ends = [value.get("from"), value.get("to"), step]
        if not {*value} <= {"from", "to", "step"} or any(type(end) is not int for end in ends) or step < 1:
            raise ArgumentError(f"{where}: '{key}' must be a range such as {{from = 10, to = 60, step = 10}}.")
        value = range(value["from"], value["to"] + 1, step)
    # the len of a huge range overflows
    if isinstance(value, range | list | tuple) and len(value[: MAX_POINTS + 1]) > MAX_POINTS:
        raise ArgumentError(f"{where}: '{key}' has more than {MAX_POINTS:,} values.")
    values = list(value) if isinstance(value, list | tuple | range) else [value]
    for one in values:
        if type(one) is not int and one != "auto" and (only_integers or not (one is None or isinstance(one, str))):
            allowed = "integers" if only_integers else "integers or text"
            raise ArgumentError(f"{where}: '{key}' must hold {allowed}, not {one!r}.")
        if one == "auto" and key != "n_out":
            raise ArgumentError(f"{where}: '{key}' can't be 'auto'; only n_out can.")
    return values


def texts_of(key: str, value: Any, where: str) -> list[str]:
    """Return text, or a list of text, as a list; raise ArgumentError for anything else."""
    values: list[Any] = (
        [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else [None]
    )
    if not all(isinstance(text, str) for text in values):
        raise ArgumentError(f"{where}: '{key}' must be text or a list of text, not {value!r}.")
    return values


def numbers_of(key: str, value: Any, where: str, kind: type) -> list[Any]:
    """Return a number of a kind (or an integer), or a list of such, as a list; raise ArgumentError otherwise."""
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not values or any(type(one) not in (int, kind) for one in values):
        raise ArgumentError(f"{where}: '{key}' must be a number or a list of numbers, not {value!r}.")
    return values
