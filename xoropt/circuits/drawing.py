"""Circuits as pictures: a Graphviz graph, and an SVG with the gates of each level in a column."""

import numpy as np

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.circuits.text import signal_name
from xoropt.circuits.verilog import check_name

__all__ = ["to_dot", "to_svg"]

STEP_X, STEP_Y, RADIUS = 110, 26, 10
"""The distances between columns and rows of the SVG, and the radius of a gate."""


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


def to_svg(circuit: XorCircuit) -> str:
    """Return a circuit as an SVG picture with a column for the inputs, each level of gates, and the outputs."""
    levels = circuit.levels.tolist()
    places = _places(circuit, levels)
    last = max([0, *levels]) + 1
    height = STEP_Y * max([1, circuit.n_out, *np.bincount(circuit.levels, minlength=1).tolist()])
    ends = [(RADIUS * 4 + STEP_X * last, STEP_Y * (i + 0.5)) for i in range(circuit.n_out)]
    wires, shapes = [], []
    for gate, row in enumerate(circuit.operands.tolist()):
        wires += [_wire(places[signal], places[circuit.n_in + gate]) for signal in row if signal != ZERO]
    for i, (signal, end) in enumerate(zip(circuit.outputs.tolist(), ends, strict=True)):
        if signal != ZERO:
            wires.append(_wire(places[signal], end))
        shapes.append(_label(end, f"y{i}{' = 0' if signal == ZERO else ''}", 1))
    shapes += [_label(places[i], f"x{i}", -1) for i in range(circuit.n_in)]
    for gate in range(circuit.gates):
        x, y = places[circuit.n_in + gate]
        shapes.append(
            f'<g><title>t{gate}</title><circle cx="{x}" cy="{y}" r="{RADIUS}"/>'
            f'<path d="M{x - RADIUS} {y}H{x + RADIUS}M{x} {y - RADIUS}V{y + RADIUS}"/></g>'
        )
    width = RADIUS * 8 + STEP_X * last
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
            f' font-size="11" fill="white" stroke="#333">',
            '<g fill="none" stroke="#789" stroke-width="0.7">',
            *wires,
            "</g>",
            *shapes,
            "</svg>",
            "",
        ]
    )


def _places(circuit: XorCircuit, levels: list[int]) -> list[tuple[float, float]]:
    """Return where each signal is drawn; the gates of a level are sorted by the mean height of what they read."""
    places = [(RADIUS * 4.0, STEP_Y * (i + 0.5)) for i in range(circuit.n_in)] + [(0.0, 0.0)] * circuit.gates
    for level in range(1, max([0, *levels]) + 1):
        gates = [signal for signal, at in enumerate(levels) if at == level]
        means = {
            signal: float(
                np.mean([places[i][1] for i in circuit.operands[signal - circuit.n_in].tolist() if i != ZERO])
            )
            for signal in gates
        }
        for rank, signal in enumerate(sorted(gates, key=means.__getitem__)):
            places[signal] = (RADIUS * 4.0 + STEP_X * level, STEP_Y * (rank + 0.5))
    return places


def _wire(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return a wire between two places as an SVG path."""
    middle = (start[0] + end[0]) / 2
    return f'<path d="M{start[0]} {start[1]}C{middle} {start[1]} {middle} {end[1]} {end[0]} {end[1]}"/>'


def _label(place: tuple[float, float], text: str, side: int) -> str:
    """Return a label as SVG text, on the right of a place if `side` is positive, otherwise on its left."""
    anchor = "start" if side > 0 else "end"
    x, y = place[0] + 4 * side, place[1] + 4
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#000" stroke="none">{text}</text>'
