"""The colour and the symbol of each topology, one to one, the same in every page and figure."""

import math

from xoropt.networks import TOPOLOGIES

__all__ = ["COLOURS", "SYMBOLS", "path_of", "symbol_of"]

Polygon = tuple[tuple[float, float], ...]

COLOURS = (
    "#2f6db5",
    "#c8500a",
    "#0b8a62",
    "#a8458c",
    "#b58a00",
    "#5a4fc4",
    "#b3273a",
    "#7b8794",
    "#009fb0",
    "#7a4a21",
    "#629c1c",
    "#e2609f",
    "#3b566e",
    "#9a7fd6",
    "#d98a6a",
)
"""Colours that can be told apart on white and, somewhat lighter, on black."""


def _star(corners: int, inner: float = 1.0, turn: float = 0.0, size: float = 6.0) -> Polygon:
    """Return a polygon; with an inner radius below 1 it is a star. Upwards is negative, as in SVG."""
    points = corners if inner == 1 else 2 * corners
    angles = [turn - math.pi / 2 + 2 * math.pi * i / points for i in range(points)]
    radii = [size if i % 2 == 0 or inner == 1 else size * inner for i in range(points)]
    return tuple((round(r * math.cos(a), 2), round(r * math.sin(a), 2)) for r, a in zip(radii, angles, strict=True))


def _cross(turn: float) -> Polygon:
    cross = ((-2, -6), (2, -6), (2, -2), (6, -2), (6, 2), (2, 2), (2, 6), (-2, 6), (-2, 2), (-6, 2), (-6, -2), (-2, -2))
    c, s = math.cos(turn), math.sin(turn)
    return tuple((round(x * c - y * s, 2), round(x * s + y * c, 2)) for x, y in cross)


SHAPES: tuple[Polygon, ...] = (
    _star(24, size=5.4),
    _star(4, turn=math.pi / 4, size=6.6),
    _star(3, size=6.8),
    _star(4, size=6.6),
    _star(3, turn=math.pi, size=6.8),
    _cross(0),
    _star(6),
    _cross(math.pi / 4),
    _star(5),
    _star(3, turn=math.pi / 2, size=6.8),
    _star(3, turn=-math.pi / 2, size=6.8),
    _star(4, 0.4, size=7.2),
    _star(3, 0.3, size=7.2),
    ((-6.5, -3), (6.5, -3), (6.5, 3), (-6.5, 3)),
    ((-3, -6.5), (3, -6.5), (3, 6.5), (-3, 6.5)),
)
ORDER = ("block", "windowed", "staged", "cascade", "sequential", "fixed_taps", "regular", "circulant")
"""The topologies with the colours and shapes that are told apart best."""
BASELINE = ("#17202b", _star(5, 0.45, size=9.0))
SYMBOLS: dict[str, tuple[str, Polygon]] = {"auto": BASELINE}
"""The colour and the outline of each topology, and of the baseline; outlines span 12 units, y downwards."""
SYMBOLS |= {
    topology: (COLOURS[i % len(COLOURS)], SHAPES[i % len(SHAPES)])
    for i, topology in enumerate([*ORDER, *sorted(set(TOPOLOGIES) - set(ORDER))])
}


def symbol_of(topology: str) -> tuple[str, Polygon]:
    """Return the colour and the outline of a topology; one that is registered later has those of "matrix"."""
    return SYMBOLS.get(topology, SYMBOLS["matrix"])


def path_of(topology: str) -> str:
    """Return the outline of a topology as the path of an SVG."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in symbol_of(topology)[1]) + "Z"
