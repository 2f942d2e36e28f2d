"""The space of an exploration: which networks, stream orders and solvers are tried, from TOML or a dictionary."""

import difflib
import inspect
import itertools
import math
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from xoropt_solvers.registry import names as solver_names

from xoropt.codec.order import order_from_recipe
from xoropt.codec.stream import METHODS
from xoropt.errors import ArgumentError
from xoropt.files import read_text
from xoropt.networks import TOPOLOGIES, from_recipe
from xoropt.quantize.pruning import check_sparsity

__all__ = ["Point", "Space", "default_text", "read_space"]

RING_MARGIN = 1.05
"""Outputs a step of a ring, whose rate follows its care bits, above those that the sparsest layer asks for."""
MOST = 100_000
"""Points of a space at most."""
OWN_KEYS = ("load", "orders", "solvers")
TOP_KEYS = ("orders", "recipes", "samples", "solvers", "sparsity")


@dataclass(frozen=True)
class Point:
    """One combination to try: what `xoropt.encode` takes.

    Attributes:
        network: the recipe.
        order: of the stream.
        solver: the seed search.
    """

    network: str
    order: str
    solver: str

    @property
    def topology(self) -> str:
        """What stands before the recipe's colon."""
        return self.network.partition(":")[0]

    @property
    def key(self) -> str:
        """The point as one string."""
        return f"{self.network} {self.order} {self.solver}"


@dataclass(frozen=True)
class Space:
    """What a SPACE.toml says.

    Attributes:
        tables: for each topology's table its name and, by key, the values to try, all against all.
        recipes: whole recipes to try too.
        orders: stream orders where a table names none; empty: "rows" without memory, "lanes:lanes=512" with.
        solvers: seed searches where a table names none.
        sparsity: rates of random data.
        samples: care bits of the growing samples.
    """

    tables: tuple[tuple[str, dict[str, list[Any]]], ...]
    recipes: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    solvers: tuple[str, ...] = ("portfolio",)
    sparsity: tuple[float, ...] = field(default=(0.9,))
    samples: tuple[int, ...] = (20_000, 100_000, 400_000)

    @classmethod
    def from_dict(cls, description: Mapping[str, Any], where: str = "the space") -> "Space":
        """The space that a dictionary of SPACE.toml's form describes.

        Args:
            description: as `default_text`, parsed; ranges may also be Python's.
            where: the file's name, for errors.

        Raises:
            ArgumentError: an unknown key (the nearest known one is named), a value of the wrong kind, no point at all.
        """
        known = [*TOP_KEYS, *TOPOLOGIES]
        tables: list[tuple[str, dict[str, list[Any]]]] = []
        for key, value in description.items():
            if key in TOPOLOGIES:
                tables.extend(
                    (key, _table(key, table, where)) for table in (value if isinstance(value, list) else [value])
                )
            elif key not in TOP_KEYS:
                raise ArgumentError(f"{where}: no key or topology '{key}'{_nearest(key, known)}.")
        orders = tuple(_texts("orders", description.get("orders", ()), where))
        solvers = tuple(_texts("solvers", description.get("solvers", "portfolio"), where))
        recipes = tuple(_texts("recipes", description.get("recipes", ()), where))
        _check(orders, solvers, where)
        for recipe in recipes:
            _within(where, from_recipe, recipe)
        sparsity = [float(rate) for rate in _numbers("sparsity", description.get("sparsity", 0.9), where, float)]
        for rate in sparsity:
            _within(where, check_sparsity, rate)
        samples = _numbers("samples", description.get("samples", cls.samples), where, int)
        if any(count < 1000 for count in samples):
            raise ArgumentError(f"{where}: 'samples' must be care bits, 1000 or more each.")
        if not tables and not recipes:
            raise ArgumentError(
                f"{where}: the space is empty; name a topology, such as [windowed], or recipes = [...]."
            )
        return cls(tuple(tables), recipes, orders, solvers, tuple(sparsity), tuple(sorted({int(n) for n in samples})))

    def points(self, density: float, least_density: float) -> list[Point]:
        """The space's points for data of a given care density, without repetitions, in an order that mixes topologies.

        `n_out = "auto"` becomes load·n_in/density for orders of a fixed rate; a ring takes as many seed bits as there
        are care bits, and its n_out is an upper bound, a little above n_in/least_density.

        Args:
            density: care bits a weight.
            least_density: of the sparsest layer.

        Raises:
            ArgumentError: a recipe's key is out of range for every point of its table, or there are too many points.
        """
        groups = [list(dict.fromkeys(self._of_table(*table, density, least_density))) for table in self.tables]
        groups.append([point for recipe in self.recipes for point in self._of_recipe(recipe)])
        if sum(map(len, groups)) > MOST:
            raise ArgumentError(f"The space has {sum(map(len, groups)):,} points; {MOST:,} are allowed.")
        spread = ((i / len(group), g, point) for g, group in enumerate(groups) for i, point in enumerate(_mixed(group)))
        return list(dict.fromkeys(point for _, _, point in sorted(spread, key=lambda entry: entry[:2])))

    def _of_table(
        self, topology: str, table: dict[str, list[Any]], density: float, least_density: float
    ) -> Iterator[Point]:
        own = {key: values for key, values in table.items() if key not in OWN_KEYS}
        if "n_out" in inspect.signature(TOPOLOGIES[topology]).parameters:
            own.setdefault("n_out", ["auto"])
        orders, solvers = table.get("orders", self.orders), table.get("solvers", self.solvers)
        for values in itertools.product(*own.values()):
            for load in table.get("load", [1.0]):
                fixed, ring = dict(zip(own, values, strict=True)), dict(zip(own, values, strict=True))
                if fixed.get("n_out") == "auto":
                    n_in = fixed.get("n_in", inspect.signature(TOPOLOGIES[topology]).parameters["n_in"].default)
                    fixed["n_out"] = max(1, round(load * n_in / density))
                    ring["n_out"] = max(1, math.ceil(RING_MARGIN * n_in / least_density))
                for order in orders or [_usual_order(_recipe(topology, fixed))]:
                    recipe = _recipe(topology, fixed if order == "rows" else ring)
                    yield from (Point(recipe, order, solver) for solver in solvers)

    def _of_recipe(self, recipe: str) -> Iterator[Point]:
        for order in self.orders or [_usual_order(recipe)]:
            yield from (Point(recipe, order, solver) for solver in self.solvers)


def read_space(source: str | os.PathLike[str] | Mapping[str, Any] | None) -> Space:
    """The space of a TOML file or a dictionary; None: the built-in one.

    Raises:
        ArgumentError: as `Space.from_dict`, or the file is no TOML.
        XoroptError: the file cannot be read.
    """
    if isinstance(source, Mapping):
        return Space.from_dict(source)
    where = "the built-in space" if source is None else os.fspath(source)
    text = default_text() if source is None else read_text(source, "not a text file; a space is TOML")
    try:
        return Space.from_dict(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise ArgumentError(f"{where}: not TOML ({error}).") from None


def default_text() -> str:
    """The built-in space, as TOML."""
    return (resources.files("xoropt.explore") / "default.toml").read_text(encoding="utf-8")


def _table(topology: str, table: Any, where: str) -> dict[str, list[Any]]:
    """A topology's table with a list of values for each key, all checked but for their ranges."""
    if not isinstance(table, Mapping):
        raise ArgumentError(f"{where}: '{topology}' must be a table of keys, not {table!r}.")
    parameters = inspect.signature(TOPOLOGIES[topology]).parameters
    allowed = [*parameters, *OWN_KEYS]
    found: dict[str, list[Any]] = {}
    for key, value in table.items():
        inside = f"{where}: [{topology}]"
        if key in ("orders", "solvers"):
            found[key] = _texts(key, value, inside)
        elif key == "load":
            found[key] = _numbers(key, value, inside, float)
            if not all(0 < load < 100 for load in found[key]):
                raise ArgumentError(f"{inside}: 'load' must be care bits for each seed bit, about 1.")
        elif key in parameters:
            found[key] = _values(key, value, inside)
        else:
            raise ArgumentError(f"{inside}: no key '{key}'{_nearest(key, allowed)}.")
        if not found[key]:
            raise ArgumentError(f"{inside}: '{key}' has no value; the space would be empty.")
    _check(found.get("orders", ()), found.get("solvers", ()), where)
    return found


def _check(orders: Iterable[str], solvers: Iterable[str], where: str) -> None:
    for order in orders:
        _within(where, order_from_recipe, order)
    known = sorted({"portfolio", *METHODS, *solver_names()})
    for solver in solvers:
        if solver not in known:
            raise ArgumentError(f"{where}: no solver '{solver}'{_nearest(solver, known)}.")


def _within(where: str, check: Any, value: Any) -> None:
    """`check(value)`, its error preceded by the place."""
    try:
        check(value)
    except ArgumentError as error:
        raise ArgumentError(f"{where}: {error}") from None


def _values(key: str, value: Any, where: str) -> list[Any]:
    """Integers, "auto", "none" or text; a list of such, a range, or a table {from, to, step}."""
    if isinstance(value, Mapping):
        step = value.get("step", 1)
        ends = [value.get("from"), value.get("to"), step]
        if not {*value} <= {"from", "to", "step"} or any(type(end) is not int for end in ends) or step < 1:
            raise ArgumentError(f"{where}: '{key}' must be a range such as {{from = 10, to = 60, step = 10}}.")
        return list(range(value["from"], value["to"] + 1, step))
    values = list(value) if isinstance(value, list | tuple | range) else [value]
    for one in values:
        if one is not None and type(one) not in (int, str):
            raise ArgumentError(f"{where}: '{key}' must hold integers or text, not {one!r}.")
        if one == "auto" and key != "n_out":
            raise ArgumentError(f"{where}: '{key}' can't be 'auto'; only n_out can.")
    return values


def _texts(key: str, value: Any, where: str) -> list[str]:
    values: list[Any] = (
        [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else [None]
    )
    if not all(isinstance(text, str) for text in values):
        raise ArgumentError(f"{where}: '{key}' must be text or a list of such, not {value!r}.")
    return values


def _numbers(key: str, value: Any, where: str, kind: type) -> list[Any]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not values or any(type(one) not in (int, kind) for one in values):
        raise ArgumentError(f"{where}: '{key}' must be a number or a list of such, not {value!r}.")
    return values


def _recipe(topology: str, settings: Mapping[str, Any]) -> str:
    return f"{topology}:" + ",".join(f"{key}={'none' if value is None else value}" for key, value in settings.items())


def _usual_order(recipe: str) -> str:
    """What a network is made for: weight after weight without memory, a ring of wide rows with."""
    try:
        return "lanes:lanes=512" if from_recipe(recipe).memory else "rows"
    except ArgumentError:  # a combination that can't be built is told when it is tried
        return "rows"


def _mixed(points: list[Point]) -> list[Point]:
    """The points with neighbours far apart: every stride-th, the stride near the golden section, without a common
    factor.
    """
    stride = max(1, round(0.618 * len(points)))
    while points and math.gcd(stride, len(points)) != 1:
        stride += 1
    return [points[i * stride % len(points)] for i in range(len(points))]


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.0)
    return f"; the nearest is '{close[0]}'" if close else ""
