"""Checks of what a space's description says: every error names the place, the key and the mend."""

from collections.abc import Iterable, Mapping
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

__all__ = ["MOST", "OWN_KEYS", "check_names", "numbers_of", "table_of", "texts_of", "within"]

MOST = 100_000
"""Points of a space at most."""
OWN_KEYS = ("load", "orders", "solvers")
"""Keys of a topology's table beside the topology's own."""


def table_of(topology: str, table: Any, where: str) -> dict[str, list[Any]]:
    """A topology's table with a list of values for each key, all checked but for their ranges."""
    if not isinstance(table, Mapping):
        raise ArgumentError(f"{where}: '{topology}' must be a table of keys, not {table!r}.")
    settings = settings_of(TOPOLOGIES[topology])
    allowed = [*settings, *OWN_KEYS]
    found: dict[str, list[Any]] = {}
    for key, value in table.items():
        inside = f"{where}: [{topology}]"
        if key in ("orders", "solvers"):
            found[key] = texts_of(key, value, inside)
        elif key == "load":
            found[key] = numbers_of(key, value, inside, float)
            if not all(0 < load < 100 for load in found[key]):
                raise ArgumentError(f"{inside}: 'load' must be care bits for each seed bit, about 1.")
        elif key in settings:
            only_int = settings[key].kind is int and not settings[key].optional
            found[key] = values_of(key, value, inside, only_int)
        else:
            raise ArgumentError(f"{inside}: no key '{key}'{nearest(key, allowed)}.")
        if not found[key]:
            raise ArgumentError(f"{inside}: '{key}' has no value; the space would be empty.")
    check_names(found.get("orders", ()), found.get("solvers", ()), where)
    return found


def check_names(orders: Iterable[str], solvers: Iterable[str], where: str) -> None:
    """Whether there are such stream orders and seed searches, and what these need is installed."""
    for order in orders:
        within(where, order_from_recipe, order)
    known = sorted({"portfolio", *METHODS, *solver_names()})
    for solver in solvers:
        if solver not in known:
            raise ArgumentError(f"{where}: no solver '{solver}'{nearest(solver, known)}.")
        if solver in solver_names():
            require(find_solver(solver))


def within(where: str, check: Any, value: Any) -> None:
    """`check(value)`, its error preceded by the place."""
    try:
        check(value)
    except ArgumentError as error:
        raise ArgumentError(f"{where}: {error}") from None


def values_of(key: str, value: Any, where: str, whole: bool) -> list[Any]:
    """Integers, "auto" and, unless `whole`, "none" or text; a list of such, a range, or a table {from, to, step}."""
    if isinstance(value, Mapping):
        step = value.get("step", 1)
        ends = [value.get("from"), value.get("to"), step]
        if not {*value} <= {"from", "to", "step"} or any(type(end) is not int for end in ends) or step < 1:
            raise ArgumentError(f"{where}: '{key}' must be a range such as {{from = 10, to = 60, step = 10}}.")
        value = range(value["from"], value["to"] + 1, step)
    if isinstance(value, range | list | tuple) and len(value[: MOST + 1]) > MOST:  # len of a huge range overflows
        raise ArgumentError(f"{where}: '{key}' has more than {MOST:,} values.")
    values = list(value) if isinstance(value, list | tuple | range) else [value]
    for one in values:
        if type(one) is not int and one != "auto" and (whole or not (one is None or isinstance(one, str))):
            raise ArgumentError(f"{where}: '{key}' must hold integers{'' if whole else ' or text'}, not {one!r}.")
        if one == "auto" and key != "n_out":
            raise ArgumentError(f"{where}: '{key}' can't be 'auto'; only n_out can.")
    return values


def texts_of(key: str, value: Any, where: str) -> list[str]:
    values: list[Any] = (
        [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else [None]
    )
    if not all(isinstance(text, str) for text in values):
        raise ArgumentError(f"{where}: '{key}' must be text or a list of such, not {value!r}.")
    return values


def numbers_of(key: str, value: Any, where: str, kind: type) -> list[Any]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not values or any(type(one) not in (int, kind) for one in values):
        raise ArgumentError(f"{where}: '{key}' must be a number or a list of such, not {value!r}.")
    return values
