"""The colour and the symbol of each topology, one to one, the same in every page and figure."""

import math

from xoropt.networks import TOPOLOGIES

__all__ = ["COLOURS", "PALETTE", "SYMBOLS", "on_dark", "path_of", "symbol_of"]

Polygon = tuple[tuple[float, float], ...]

COLOURS = (
    "#1845fb",
    "#ff5e02",
    "#c91f16",
    "#c849a9",
    "#adad7d",
    "#86c8dd",
    "#578dff",
    "#656364",
    "#332277",
    "#661111",
    "#9911aa",
    "#eebb22",
    "#554455",
    "#998877",
    "#dd77bb",
)
"""Colours that people with any kind of colour blindness can tell apart.

The first eight are those of Petroff, Accessible color sequences for data visualization, 2021. Each one after them is as
far as can be, in OKLab, from all before it, for usual sight and as protan, deutan and tritan eyes see them by the model
of Machado, Oliveira and Fernandes, 2009.
"""
PALETTE = COLOURS[:8]
"""The colours of lines, which are told apart by their dashes, too."""


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
LEAST_LIGHT = 0.2
"""The relative luminance of a colour on a dark ground, four times and more that of the ground."""
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


def on_dark(colour: str) -> str:
    """Return a colour mixed with as much white as it takes to be seen on a dark ground."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    for share in range(0, 100, 5):
        mixed = [part + (255 - part) * share // 100 for part in parts]
        red, green, blue = ((part / 255) ** 2.2 for part in mixed)
        if 0.2126 * red + 0.7152 * green + 0.0722 * blue >= LEAST_LIGHT:
            break
    return "#" + "".join(f"{part:02x}" for part in mixed)


def path_of(topology: str) -> str:
    """Return the outline of a topology as the path of an SVG."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in symbol_of(topology)[1]) + "Z"
