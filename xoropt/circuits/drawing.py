"""Circuits as pictures: a Graphviz graph, and an SVG with the gates of each level in a column."""

from collections import Counter

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.circuits.graph import to_networkx
from xoropt.circuits.text import signal_name
from xoropt.circuits.verilog import check_name
from xoropt.common.errors import XoroptError
from xoropt.common.kinds import checked

__all__ = ["to_dot", "to_svg"]

ROW, RADIUS, MARGIN = 13, 5.5, 36
"""The distance between rows of the SVG, the radius of a gate, and the room for labels at the sides."""
COLOURS = ("#1845fb", "#ff5e02", "#c91f16", "#c849a9", "#8f8f55", "#3f9fbd", "#578dff", "#656364")
"""Of wires: all that leave one signal have one colour, signals that are neighbours have different ones."""
Point = tuple[float, float]


@checked
def to_dot(circuit: XorCircuit, name: str = "xor_circuit") -> str:
    """Return a circuit as a Graphviz graph with the inputs on the left.

    Args:
        circuit: the circuit.
        name: the graph's name.

    Raises:
        ArgumentError: the name is not an identifier.
    """
    lines = [f"digraph {check_name(name)} {{", "  rankdir=LR;", '  node [shape=circle, label="⊕", xlabel="\\N"];']
    lines += [f'  x{i} [shape=box, label="x{i}", xlabel=""];' for i in range(circuit.n_in)]
    for gate, row in enumerate(circuit.operands.tolist()):
        lines += [f"  {signal_name(circuit, signal)} -> t{gate};" for signal in row if signal != ZERO]
    for i, signal in enumerate(circuit.outputs.tolist()):
        lines.append(f'  y{i} [shape=box, label="y{i}{" = 0" if signal == ZERO else ""}", xlabel=""];')
        if signal != ZERO:
            lines.append(f"  {signal_name(circuit, signal)} -> y{i};")
    return "\n".join([*lines, "}", ""])


@checked
def to_svg(circuit: XorCircuit) -> str:
    """Return a circuit as an SVG picture with a column for the inputs, each level of gates, and the outputs.

    Places are those of Sugiyama's layout in igraph, which has few crossings. The wires of a signal have one colour and
    pass each level between its gates, once; in a browser they stand out when the pointer is over them.

    Raises:
        XoroptError: igraph is not installed.
    """
    places, wires = _layout(circuit)
    width = max((x for x, _ in places.values()), default=0) + 2 * MARGIN
    height = max((y for _, y in places.values()), default=0) + ROW
    nets, shapes = [], []
    for i, (source, pieces) in enumerate(wires.items()):
        path = "".join(_wire(places[start], places[end]) for start, end in pieces)
        name = _name(circuit, source)
        nets.append(f'<path class="net" stroke="{COLOURS[i % len(COLOURS)]}" d="{path}"><title>{name}</title></path>')
    for node, (x, y) in places.items():
        kind, number, *_ = node
        if kind == "gate":
            shapes.append(
                f'<g><title>t{number}</title><circle cx="{x:g}" cy="{y:g}" r="{RADIUS}"/>'
                f'<path d="M{x - RADIUS:g} {y:g}h{2 * RADIUS:g}M{x:g} {y - RADIUS:g}v{2 * RADIUS:g}"/></g>'
            )
        elif kind != "pass":
            zero = kind == "output" and circuit.outputs[number] == ZERO
            shapes.append(_label((x, y), _name(circuit, node) + (" = 0" if zero else ""), -1 if kind == "input" else 1))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
            f' height="{height:g}" font-family="sans-serif" font-size="10.5" fill="white" stroke="#17202b">',
            "<style>.net:hover { stroke-width: 3.5; opacity: 1 }</style>",
            '<rect width="100%" height="100%" stroke="none"/>',
            '<g fill="none" stroke-width="1.3" opacity="0.85">',
            *nets,
            "</g>",
            *shapes,
            "</svg>",
            "",
        ]
    )


def _layout(circuit: XorCircuit) -> tuple[dict[tuple, Point], dict[tuple, list[tuple[tuple, tuple]]]]:
    """Return where each node is drawn, and the pieces of the wires of each signal, by their ends.

    Nodes are those of `to_networkx`, and ("pass", kind, number, level) where a signal passes a level on its way.
    networkx's layered layout keeps the nodes of a level in the order given: AES MixColumns in 88 gates has 5,378
    crossings with it, and 356 with igraph's.
    """
    try:
        from igraph import Graph
    except ImportError:
        raise XoroptError("Pictures of circuits need the package igraph; pip install 'xoropt[plot]'.") from None
    graph = to_networkx(circuit)
    levels = dict(graph.nodes(data="level"))
    last = max((level for node, level in levels.items() if node[0] == "gate"), default=0) + 1
    levels |= {node: last for node in levels if node[0] == "output"}
    wires: dict[tuple, list[tuple[tuple, tuple]]] = {}
    for source in graph:
        trunk = [source]
        for target in sorted(graph.successors(source), key=levels.__getitem__):
            while levels[trunk[-1]] < levels[target] - 1:
                trunk.append(("pass", *source, levels[trunk[-1]] + 1))
                levels[trunk[-1]] = trunk[-1][-1]
                wires.setdefault(source, []).append((trunk[-2], trunk[-1]))
            wires.setdefault(source, []).append((trunk[-1], target))
    index = {node: i for i, node in enumerate(levels)}
    edges = [(index[start], index[end]) for pieces in wires.values() for start, end in pieces]
    drawn = Graph(len(index), edges, directed=True)
    layout = drawn.layout_sugiyama(layers=list(levels.values()), maxiter=200) if index else []
    busiest = max(Counter(levels.values()).values(), default=0)
    column = min(120.0, 50 + 1.2 * busiest)
    top = min((x for x, _ in layout), default=0.0)
    places = {
        node: (round(MARGIN + column * y, 1), round(ROW * (x - top + 1), 1))
        for node, (x, y) in zip(index, layout, strict=True)
    }
    return places, wires


def _name(circuit: XorCircuit, node: tuple) -> str:
    kind, number = node
    return f"y{number}" if kind == "output" else signal_name(circuit, number + circuit.n_in * (kind == "gate"))


def _wire(start: Point, end: Point) -> str:
    """Return a wire between two places as part of an SVG path, level at both."""
    middle = (start[0] + end[0]) / 2
    return f"M{start[0]:g} {start[1]:g}C{middle:g} {start[1]:g} {middle:g} {end[1]:g} {end[0]:g} {end[1]:g}"


def _label(place: Point, text: str, side: int) -> str:
    """Return a label as SVG text, on the right of a place if `side` is positive, otherwise on its left."""
    anchor = "start" if side > 0 else "end"
    at = f'x="{place[0] + 5 * side:g}" y="{place[1] + 4:g}"'
    return f'<text {at} text-anchor="{anchor}" fill="#000" stroke="none">{text}</text>'
