"""Circuits as networkx graphs, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["from_networkx", "to_networkx"]


@checked
def to_networkx(circuit: XorCircuit) -> nx.DiGraph:
    """Return a circuit as a directed acyclic graph with an edge from each signal to everything that reads it.

    Nodes are ("input", i), ("gate", i) and ("output", i), each with its `level`. An output that is constantly 0 has no
    edge.

    See also:
        from_networkx: the inverse.

    >>> circuit = XorCircuit(2, np.array([[0, 1]]), np.array([2]))
    >>> sorted(to_networkx(circuit).edges)
    [(('gate', 0), ('output', 0)), (('input', 0), ('gate', 0)), (('input', 1), ('gate', 0))]
    """
    import networkx as nx

    names = [("input", i) for i in range(circuit.n_in)] + [("gate", i) for i in range(circuit.gates)]
    graph = nx.DiGraph()
    for name, level in zip(names, circuit.levels.tolist(), strict=True):
        graph.add_node(name, level=level)
    for gate, row in enumerate(circuit.operands.tolist()):
        graph.add_edges_from((names[signal], ("gate", gate)) for signal in row if signal != ZERO)
    for i, signal in enumerate(circuit.outputs.tolist()):
        graph.add_node(("output", i), level=0 if signal == ZERO else int(circuit.levels[signal]))
        if signal != ZERO:
            graph.add_edge(names[signal], ("output", i))
    return graph


@checked
def from_networkx(graph: nx.DiGraph) -> XorCircuit:
    """Return the circuit of a graph whose nodes are named as `to_networkx` names them.

    Gates are numbered anew, in topological order.

    Raises:
        ArgumentError: a node has another name, the numbers of inputs or outputs have gaps, the graph has a cycle, an
            output has several sources, or a gate has fewer than two or more than four.
    """
    import networkx as nx

    kinds: dict[str, list[int]] = {"input": [], "gate": [], "output": []}
    for node in graph.nodes:
        match node:
            case ("input" | "gate" | "output" as kind, int() as number):
                kinds[kind].append(number)
            case _:
                raise ArgumentError(f"Node {node!r} must be one of ('input', i), ('gate', i), ('output', i).")
    for kind in ("input", "output"):
        if sorted(kinds[kind]) != list(range(len(kinds[kind]))):
            raise ArgumentError(f"The nodes of kind '{kind}' must be numbered from 0 without gaps.")
    try:
        order = [
            node for node in nx.lexicographical_topological_sort(graph, key=lambda node: node[1]) if node[0] == "gate"
        ]
    except nx.NetworkXUnfeasible:
        raise ArgumentError("The graph has a cycle; a circuit must have none.") from None
    n_in = len(kinds["input"])
    signals = {("input", i): i for i in range(n_in)} | {node: n_in + i for i, node in enumerate(order)}
    rows = [sorted(_sources(graph, node, signals)) for node in order]
    width = max(2, *map(len, rows)) if rows else 2
    outputs = []
    for i in range(len(kinds["output"])):
        sources = _sources(graph, ("output", i), signals)
        if len(sources) > 1:
            raise ArgumentError(f"Node {('output', i)!r} has {len(sources)} sources; an output has one or none.")
        outputs.append(sources[0] if sources else ZERO)
    operands = np.array([row + [ZERO] * (width - len(row)) for row in rows], dtype=np.int32).reshape(-1, width)
    return XorCircuit(n_in, operands, np.array(outputs, dtype=np.int32))


def _sources(graph: nx.DiGraph, node: tuple[str, int], signals: dict[tuple[str, int], int]) -> list[int]:
    """Return the signals that a node reads."""
    try:
        return [signals[source] for source in graph.predecessors(node)]
    except KeyError as error:
        raise ArgumentError(f"Node {node!r} reads {error.args[0]!r}, which is not a signal.") from None
