"""The space of an exploration: which networks, stream orders and solvers are tried, from TOML or a dictionary."""

import itertools
import math
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from xoropt.common.errors import ArgumentError
from xoropt.common.files import read_text
from xoropt.explore.checks import MOST, OWN_KEYS, check_names, numbers_of, table_of, texts_of, within
from xoropt.networks import TOPOLOGIES, from_recipe
from xoropt.networks.recipes import nearest
from xoropt.networks.topologies.declaration import recipe_of, settings_of
from xoropt.quantize.pruning import check_sparsity

__all__ = ["Point", "Space", "default_text", "read_space"]

RING_MARGIN = 1.05
"""Outputs a step of a ring, whose rate follows its care bits, above those that the sparsest layer asks for."""
MEMORY_KEYS = {"length", "memory", "n_s", "window"}
"""Parameters of topologies with memory."""
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
                    (key, table_of(key, table, where)) for table in (value if isinstance(value, list) else [value])
                )
            elif key not in TOP_KEYS:
                raise ArgumentError(f"{where}: no key or topology '{key}'{nearest(key, known)}.")
        orders = tuple(texts_of("orders", description.get("orders", ()), where))
        solvers = tuple(texts_of("solvers", description.get("solvers", "portfolio"), where))
        recipes = tuple(texts_of("recipes", description.get("recipes", ()), where))
        check_names(orders, solvers, where)
        for recipe in recipes:
            within(where, from_recipe, recipe)
        sparsity = [float(rate) for rate in numbers_of("sparsity", description.get("sparsity", 0.9), where, float)]
        for rate in sparsity:
            within(where, check_sparsity, rate)
        samples = numbers_of("samples", description.get("samples", cls.samples), where, int)
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
            ArgumentError: there are too many points.
        """
        most = max((math.prod(map(len, table.values())) for _, table in self.tables), default=0)
        if most > MOST:
            raise ArgumentError(f"The space has {most:,} points or more; {MOST:,} are allowed.")
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
        settings = settings_of(TOPOLOGIES[topology])
        if "n_out" in settings:
            own.setdefault("n_out", ["auto"])
        orders, solvers = table.get("orders", self.orders), table.get("solvers", self.solvers)
        for values in itertools.product(*own.values()):
            for load in table.get("load", [1.0]):
                fixed, ring = dict(zip(own, values, strict=True)), dict(zip(own, values, strict=True))
                if fixed.get("n_out") == "auto":
                    n_in = fixed.get("n_in", settings["n_in"].default)
                    fixed["n_out"] = max(1, round(load * n_in / density))
                    ring["n_out"] = max(1, math.ceil(RING_MARGIN * n_in / least_density))
                for order in orders or [_usual_order(topology)]:
                    recipe = recipe_of(topology, fixed if order == "rows" else ring)
                    yield from (Point(recipe, order, solver) for solver in solvers)

    def _of_recipe(self, recipe: str) -> Iterator[Point]:
        for order in self.orders or ["lanes:lanes=512" if from_recipe(recipe).memory else "rows"]:
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


def _usual_order(topology: str) -> str:
    """What a network is made for: weight after weight without memory, a ring of wide rows with."""
    remembers = not MEMORY_KEYS.isdisjoint(settings_of(TOPOLOGIES[topology]))
    return "lanes:lanes=512" if remembers else "rows"


def _mixed(points: list[Point]) -> list[Point]:
    """The points with neighbours far apart: every stride-th, the stride near the golden section, without a common
    factor.
    """
    stride = max(1, round(0.618 * len(points)))
    while points and math.gcd(stride, len(points)) != 1:
        stride += 1
    return [points[i * stride % len(points)] for i in range(len(points))]
