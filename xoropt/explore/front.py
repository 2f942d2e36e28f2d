"""Which points matter: the Pareto fronts, and which points a sample rules out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from xoropt.explore.measuring import Result

__all__ = ["GRAIN", "SPEEDS", "VIEWS", "View", "area", "front", "front_of", "survivors", "views_of"]

GRAIN = 1e-3
"""The gain in E that makes a higher cost worth it."""
FLIP_FLOP = 2.5
"""The area of a flip-flop in two-input XOR gates, a typical figure of cell libraries."""


@dataclass(frozen=True)
class View:
    """E against one cost; its front has the points that no other point beats in both.

    Attributes:
        name: the name in the table and the report.
        label: the cost with its unit.
        cost: the cost of a result, or its speed.
        among: whether a result competes.
        most: whether more of it is better, as of a speed.
        linear: whether a plot's axis is linear, not logarithmic.
    """

    name: str
    label: str
    cost: Callable[[Result], float]
    among: Callable[[Result], bool] = lambda result: True
    most: bool = False
    linear: bool = False


def area(result: Result) -> float:
    """Return the area of a decoder per output of a step, gates and flip-flops, in two-input XOR gates."""
    return result.gates + FLIP_FLOP * result.registers / result.n_out


VIEWS = (
    View("gates", "two-input XOR gates per output", lambda result: result.gates),
    View("registers", "register bits", lambda result: result.registers),
    View("depth", "XOR gates on the longest path", lambda result: result.depth, linear=True),
    View("operations", "machine operations to decode 64 weights", lambda result: result.operations),
    View("area", f"gates and {FLIP_FLOP:g} times register bits, per output", area),
    View("block", "gates of a network without memory", lambda result: result.gates, lambda r: r.window <= r.n_in),
)
"""The five costs, and block networks by themselves: the paper's decoder needs them, and memory always beats them.

The costs are counted, not measured, so that a resumed search ends with the same front.
"""
SPEEDS = (
    View("decode_speed", "weights decoded per second to bit planes, one core", lambda r: r.decode_speed, most=True),
    View("encode_speed", "care bits encoded per second, one core", lambda r: r.encode_speed, most=True),
)
"""Measured speeds: E against them is drawn, and decides nothing."""


def survivors(results: Sequence[Result]) -> list[Result]:
    """Return the results of one sample whose points may still reach a front, in their order.

    A point is ruled out when in every view some point that costs no more has a lower bound of E less than a grain below
    this point's upper bound. The baseline stays.
    """

    def reaches(view: View) -> set[str]:
        kept, best = set(), 0.0
        for result in _by_cost(view, results):
            if result.high >= best + GRAIN:
                kept.add(result.point)
            best = max(best, result.low)
        return kept

    alive = {result.point for result in results if result.baseline}.union(*(reaches(view) for view in VIEWS))
    return [result for result in results if result.point in alive]


def front(results: Iterable[Result]) -> list[Result]:
    """Return the results that are on the front of at least one view, the largest E first."""
    results = list(results)
    chosen = {result.point: result for view in VIEWS for result in front_of(view, results)}
    return sorted(chosen.values(), key=lambda result: (-result.efficiency, result.gates, result.point))


def views_of(result: Result, results: Iterable[Result]) -> list[str]:
    """Return the names of the views in which a result is on the front of the results."""
    results = list(results)
    return [view.name for view in VIEWS if any(r.point == result.point for r in front_of(view, results))]


def front_of(view: View, results: Iterable[Result]) -> list[Result]:
    """Return the front of a view: from the cheapest or fastest on, each result whose E is a grain above all before."""
    chosen: list[Result] = []
    for result in _by_cost(view, results):
        if not chosen or result.efficiency >= chosen[-1].efficiency + GRAIN:
            chosen.append(result)
    return chosen


def _by_cost(view: View, results: Iterable[Result]) -> list[Result]:
    """Return the results that compete, the cheapest first, then by E in grains, then by their other costs."""
    sign = -1 if view.most else 1

    def key(result: Result) -> tuple:
        others = (result.gates, result.registers, result.depth, result.operations, result.point)
        return sign * view.cost(result), -int(result.efficiency / GRAIN), *others

    return sorted(filter(view.among, results), key=key)
