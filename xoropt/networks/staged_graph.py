"""Staged networks as directed graphs: seeds, nodes and outputs, and the delays on the wires between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked
from xoropt.networks.network import XorNetwork
from xoropt.networks.stages import MAX_WINDOW, flatten, stages_of
from xoropt.networks.topologies.explicit_stages import from_stages

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["from_circuit_graph", "to_circuit_graph"]


@checked
def to_circuit_graph(network: XorNetwork) -> nx.MultiDiGraph:
    """Return the decoder of a network as a directed graph of XORs.

    Nodes are ("seed", i) for the n_in seed bits of a step, ("node", v) for what outputs share, and ("output", j). A
    wire with the attribute `delay` brings the signal of that many steps later. Copies are not nodes: an output that
    repeats a node reads what that node reads.

    >>> from xoropt.networks import cascade
    >>> graph = to_circuit_graph(cascade(n_in=1, n_out=2, layers=1, span=3, memory=1))
    >>> sorted(graph.in_edges(("node", 0), data="delay"))
    [(('seed', 0), ('node', 0), 0), (('seed', 0), ('node', 0), 3)]
    """
    import networkx as nx

    n_in = network.n_in
    flat = flatten(n_in, stages_of(network))
    graph = nx.MultiDiGraph(n_in=n_in, recipe=network.recipe)
    signals: list[tuple[str, int]] = [("seed", i) for i in range(n_in)]
    signals += [("node", v) for v in range(len(flat.nodes))]
    graph.add_nodes_from(signals)
    graph.add_nodes_from(("output", j) for j in range(network.n_out))
    for v, reads in enumerate(flat.nodes):
        for signal, delay in reads:
            graph.add_edge(signals[signal], ("node", v), delay=delay)
    for j, (at, delays) in enumerate(zip(flat.signals.tolist(), flat.delays.tolist(), strict=True)):
        for signal, delay in zip(at, delays, strict=True):
            if signal >= 0:
                graph.add_edge(signals[signal], ("output", j), delay=delay)
    return graph


def from_circuit_graph(graph: nx.MultiDiGraph) -> XorNetwork:
    """Return the staged network of a directed graph.

    Args:
        graph: acyclic, with ("seed", i), i = 0 … n_in − 1, which have no predecessors, ("output", j),
            j = 0 … n_out − 1, and any other nodes. A node is the XOR of its predecessors, taken `delay` steps later
            (0 where the attribute is missing). Outputs may be read like nodes. Signals that later stages need are
            copied through.

    Raises:
        ArgumentError: the graph has cycles, gaps in its numbers, a node without predecessors, a delay that is no
            number of steps, or a window of more than 1984 bits.
    """
    import networkx as nx

    if not nx.is_directed_acyclic_graph(graph):
        raise ArgumentError("The graph of a staged network must have no cycles.")
    seeds, outputs = _numbered(graph, "seed"), _numbered(graph, "output")
    level: dict[Any, int] = {}
    for node in nx.topological_sort(graph):
        before = [level[other] for other in graph.predecessors(node)]
        if not before and node not in seeds:
            raise ArgumentError(f"Node {node!r} reads nothing and is no seed.")
        if before and node in seeds:
            raise ArgumentError(f"Seed {node!r} must read nothing.")
        level[node] = 1 + max(before, default=-1)
    last = max(1, max(level[node] for node in outputs))
    for node in outputs:  # an output that others read, or that comes early, is copied into the last stage
        if level[node] == last and any(True for _ in graph.successors(node)):
            last += 1
            break
    wanted = dict.fromkeys(graph, 0)  # the last stage that reads each signal
    for node, other in graph.edges():
        wanted[node] = max(wanted[node], level[other])
    wanted |= {node: last for node in outputs if level[node] < last}
    stages, present = [], seeds
    for stage in range(1, last + 1):
        place = {node: i for i, node in enumerate(present)}
        if stage == last:
            rows = outputs
        else:
            rows = [node for node in present if wanted[node] > stage]
            rows += [node for node in graph if level[node] == stage]
        stages.append(_entries([_reads(graph, node, level[node] == stage) for node in rows], place))
        present = rows
    return from_stages(tuple(stages), len(seeds))


def _numbered(graph: nx.MultiDiGraph, side: str) -> list[tuple[str, int]]:
    """Return the nodes (side, 0), (side, 1), …"""
    found = [node for node in graph if isinstance(node, tuple) and len(node) == 2 and node[0] == side]
    wanted = [(side, i) for i in range(len(found))]
    if not found or set(found) != set(wanted):
        raise ArgumentError(f"The nodes of side '{side}' must be numbered from 0 without gaps.")
    return wanted


def _reads(graph: nx.MultiDiGraph, node: Any, made: bool) -> list[tuple[Any, int]]:
    """Return what a row reads: a node's predecessors, or the node itself where it is copied."""
    if not made:
        return [(node, 0)]
    reads = []
    for other, _, delay in graph.in_edges(node, data="delay", default=0):
        if isinstance(delay, bool) or not isinstance(delay, int) or not 0 <= delay <= MAX_WINDOW:
            raise ArgumentError(f"The delay of {other!r}–{node!r} must be a number of steps, not {delay!r}.")
        reads.append((other, delay))
    return reads


def _entries(rows: list[list[tuple[Any, int]]], place: dict[Any, int]) -> np.ndarray:
    """Return a stage's array from the reads of its rows."""
    stage = np.full((len(rows), max(map(len, rows))), -1, dtype=np.int64)
    for row, reads in zip(stage, rows, strict=True):
        row[: len(reads)] = [place[node] + delay * len(place) for node, delay in reads]
    return stage
