"""The space of an exploration: the networks, stream orders and solvers to try, from TOML or a dictionary."""

import itertools
import math
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from xoropt.common.arguments import check_kind
from xoropt.common.errors import ArgumentError
from xoropt.common.files import read_text
from xoropt.common.kinds import checked
from xoropt.explore.checks import MAX_POINTS, Table, check_names, numbers_of, remembers, table_of, texts_of, within
from xoropt.networks import TOPOLOGIES, from_recipe
from xoropt.networks.recipes import nearest
from xoropt.networks.topologies.declaration import recipe_of, settings_of
from xoropt.quantize.pruning import check_sparsity

__all__ = ["BASELINE", "Point", "Space", "default_text", "read_space"]

RING_MARGIN = 1.05
"""The outputs per step of a ring, whose rate follows its care bits, relative to what the sparsest layer needs."""
TOP_KEYS = ("orders", "patches", "recipes", "samples", "solvers", "sparsity")


@dataclass(frozen=True)
class Point:
    """A combination to try, as `xoropt.encode` takes it.

    Attributes:
        network: the recipe of the network.
        order: the stream order.
        solver: the seed search of blocks.
        patching: how the patches of a windowed network are chosen.
    """

    network: str
    order: str
    solver: str = "portfolio"
    patching: str = "burst"

    @property
    def topology(self) -> str:
        """The name of the network's topology."""
        return self.network.partition(":")[0]

    @property
    def search(self) -> str:
        """The seed search, or the choice of patches where that is not the usual one."""
        return self.solver if self.patching == "burst" else self.patching

    @property
    def key(self) -> str:
        """The point as a single string."""
        return f"{self.network} {self.order} {self.search}"


BASELINE = Point("auto", "auto")
"""What `encode` and `compress` take by themselves; every exploration measures it, beside the points of its space."""


@dataclass(frozen=True)
class Space:
    """The contents of a SPACE.toml.

    Attributes:
        tables: the tables of the topologies.
        recipes: further recipes to try.
        orders: stream orders where a table names none; empty: "rows" without memory, "lanes:lanes=512" with memory.
        solvers: seed searches of blocks where a table names none.
        patches: how patches of windowed networks are chosen where a table does not say.
        sparsity: the sparsities of random data.
        samples: the care bits of the growing samples.
    """

    tables: tuple[Table, ...]
    recipes: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    solvers: tuple[str, ...] = ("portfolio",)
    patches: tuple[str, ...] = ("burst",)
    sparsity: tuple[float, ...] = field(default=(0.9,))
    samples: tuple[int, ...] = (20_000, 100_000, 400_000)

    @classmethod
    def from_dict(cls, description: Mapping[str, Any], where: str = "the space") -> "Space":
        """Return the space that a dictionary describes.

        Args:
            description: keys as in SPACE.toml, see `default_text`; Python's ranges are allowed too.
            where: the file's name, for errors.

        Raises:
            ArgumentError: a key is unknown (the message names the nearest known one), a value is of the wrong kind, or
                there is no point at all.
        """
        check_kind("description", description, Mapping, "keys and values as in a SPACE.toml")
        for key in description:
            check_kind("description", key, str, "a dictionary whose keys are texts; one of them is")
        known = [*TOP_KEYS, *TOPOLOGIES]
        tables: list[Table] = []
        for key, value in description.items():
            if key in TOPOLOGIES:
                tables.extend(table_of(key, table, where) for table in (value if isinstance(value, list) else [value]))
            elif key not in TOP_KEYS:
                raise ArgumentError(f"{where}: no key or topology '{key}'{nearest(key, known)}.")
        orders = tuple(texts_of("orders", description.get("orders", ()), where))
        solvers = tuple(texts_of("solvers", description.get("solvers", "portfolio"), where))
        patches = tuple(texts_of("patches", description.get("patches", "burst"), where))
        recipes = tuple(texts_of("recipes", description.get("recipes", ()), where))
        check_names(orders, solvers, patches, where)
        for recipe in recipes:
            within(where, from_recipe, recipe)
        sparsity = [float(rate) for rate in numbers_of("sparsity", description.get("sparsity", 0.9), where, float)]
        for rate in sparsity:
            within(where, check_sparsity, rate)
        samples = numbers_of("samples", description.get("samples", cls.samples), where, int)
        if any(count < 1000 for count in samples):
            raise ArgumentError(f"{where}: 'samples' must be numbers of care bits, each at least 1000.")
        if not tables and not recipes:
            raise ArgumentError(
                f"{where}: the space is empty; name a topology, such as [windowed], or recipes = [...]."
            )
        sizes = tuple(sorted({int(n) for n in samples}))
        return cls(tuple(tables), recipes, orders, solvers, patches, tuple(sparsity), sizes)

    def points(self, density: float, least_density: float) -> list[Point]:
        """Return the points for data of a given density, without repetitions, in an order that mixes topologies.

        `n_out = "auto"` becomes load·n_in/density for orders of a fixed rate. A ring takes as many seed bits as there
        are care bits, and its n_out is an upper bound, a little above n_in/least_density.

        Args:
            density: care bits per weight and plane.
            least_density: the same of the sparsest layer.

        Raises:
            ArgumentError: there are too many points.
        """
        most = max(map(_count, self.tables), default=0)
        if most > MAX_POINTS:
            raise ArgumentError(f"The space has {most:,} points or more; at most {MAX_POINTS:,} are allowed.")
        groups = [list(dict.fromkeys(self._of_table(table, density, least_density))) for table in self.tables]
        groups.append([point for recipe in self.recipes for point in self._of_recipe(recipe)])
        if sum(map(len, groups)) > MAX_POINTS:
            raise ArgumentError(f"The space has {sum(map(len, groups)):,} points; at most {MAX_POINTS:,} are allowed.")
        spread = ((i / len(group), g, point) for g, group in enumerate(groups) for i, point in enumerate(_mixed(group)))
        return list(dict.fromkeys(point for _, _, point in sorted(spread, key=lambda entry: entry[:2])))

    def _of_table(self, table: Table, density: float, least_density: float) -> Iterator[Point]:
        settings = settings_of(TOPOLOGIES[table.topology])
        choices = dict(table.values)
        if "n_out" in settings:
            choices.setdefault("n_out", ["auto"])
        solvers, patches = table.solvers or self.solvers, table.patches or self.patches
        memory = remembers(table.topology)
        for values in itertools.product(*choices.values()):
            for load in table.load:
                fixed, ring = dict(zip(choices, values, strict=True)), dict(zip(choices, values, strict=True))
                if fixed.get("n_out") == "auto":
                    n_in = fixed.get("n_in", settings["n_in"].default)
                    fixed["n_out"] = max(1, round(load * n_in / density))
                    ring["n_out"] = max(1, math.ceil(RING_MARGIN * n_in / least_density))
                for order in table.orders or self.orders or [_usual_order(memory)]:
                    recipe = recipe_of(table.topology, fixed if order == "rows" else ring)
                    yield from _searched(recipe, order, memory, solvers, patches)

    def _of_recipe(self, recipe: str) -> Iterator[Point]:
        memory = from_recipe(recipe).memory > 0
        for order in self.orders or [_usual_order(memory)]:
            yield from _searched(recipe, order, memory, self.solvers, self.patches)


def _searched(
    recipe: str, order: str, memory: bool, solvers: tuple[str, ...], patches: tuple[str, ...]
) -> Iterator[Point]:
    """Yield the points of a network and order: one for each seed search of blocks, or for each choice of patches."""
    if order == "rows" and not memory:
        yield from (Point(recipe, order, solver=solver) for solver in solvers)
    else:
        yield from (Point(recipe, order, patching=method) for method in patches)


@checked
def read_space(source: str | os.PathLike[str] | Mapping[str, Any] | None) -> Space:
    """Read a space from a TOML file or a dictionary.

    Args:
        source: the file's path, or a dictionary with its keys; None: the built-in space.

    Raises:
        ArgumentError: as for `Space.from_dict`, or the file is not TOML.
        XoroptError: the file cannot be read.
    """
    if isinstance(source, Mapping):
        return Space.from_dict(source)
    where = "the built-in space" if source is None else os.fspath(source)
    text = (
        default_text()
        if source is None
        else read_text(source, "not a text file; a space is TOML, and weights are named with --data.")
    )
    try:
        return Space.from_dict(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise ArgumentError(f"{where}: not TOML ({error}).") from None


def default_text() -> str:
    """Return the built-in space, as TOML."""
    return (resources.files("xoropt.explore") / "default.toml").read_text(encoding="utf-8")


def _count(table: Table) -> int:
    """Return the number of a table's combinations."""
    own = table.load, table.orders or [None], table.solvers or [None], table.patches or [None]
    choices = (*table.values.values(), *own)
    return math.prod(map(len, choices))


def _usual_order(memory: bool) -> str:
    """Return the order that suits a network: weight after weight without memory, a ring of wide rows with it."""
    return "lanes:lanes=512" if memory else "rows"


def _mixed(points: list[Point]) -> list[Point]:
    """Return the points in an order that keeps neighbours apart: every stride-th, the stride near the golden section.

    The stride has no common factor with the number of points.
    """
    stride = max(1, round(0.618 * len(points)))
    while points and math.gcd(stride, len(points)) != 1:
        stride += 1
    return [points[i * stride % len(points)] for i in range(len(points))]
