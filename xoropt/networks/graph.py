"""The networkx view: seed bits on one side, outputs on the other, an edge where an output reads a bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked
from xoropt.networks.network import XorNetwork
from xoropt.networks.staged_graph import from_circuit_graph
from xoropt.networks.topologies.explicit_matrix import from_matrix

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["from_networkx", "to_networkx"]


@checked
def to_networkx(network: XorNetwork) -> nx.Graph:
    """Return one step of a network as a bipartite graph.

    Nodes are ("seed", i) with bipartite=0 for the window's bits and ("output", j) with bipartite=1. The graph
    attributes `n_in` and `recipe` keep what edges cannot.

    >>> from xoropt.networks import from_matrix
    >>> sorted(to_networkx(from_matrix(np.array([[1, 0], [1, 1]]))).edges)
    [(('seed', 0), ('output', 0)), (('seed', 0), ('output', 1)), (('seed', 1), ('output', 1))]
    """
    import networkx as nx  # takes a sixth of a second, which decoding should not pay

    graph = nx.Graph(n_in=network.n_in, recipe=network.recipe)
    graph.add_nodes_from((("seed", i) for i in range(network.window)), bipartite=0)
    graph.add_nodes_from((("output", j) for j in range(network.n_out)), bipartite=1)
    outputs, bits = np.nonzero(network.matrix())
    graph.add_edges_from((("seed", int(i)), ("output", int(j))) for j, i in zip(outputs, bits, strict=True))
    return graph


@checked
def from_networkx(graph: nx.Graph) -> XorNetwork:
    """Return the network of a graph as `to_networkx` or `to_circuit_graph` makes it.

    Args:
        graph: bipartite, with nodes ("seed", i), i = 0 … window − 1, and ("output", j), j = 0 … n_out − 1, and edges
            between the two sides; the graph attribute `n_in` defaults to the window. Or directed, a staged network:
            seeds, nodes and outputs with delays, see `to_circuit_graph`.

    Raises:
        ArgumentError: the graph has other nodes, gaps in their numbers, or an edge within one side.
    """
    if graph.is_directed():
        return from_circuit_graph(graph)
    sides: dict[str, list[int]] = {"seed": [], "output": []}
    for node in graph.nodes:
        match node:
            case ("seed" | "output" as side, int() as number):
                sides[side].append(number)
            case _:
                raise ArgumentError(f"Node {node!r} is neither ('seed', i) nor ('output', j).")
    for side, numbers in sides.items():
        if sorted(numbers) != list(range(len(numbers))):
            raise ArgumentError(f"The nodes of side '{side}' must be numbered from 0 without gaps.")
    matrix = np.zeros((len(sides["output"]), len(sides["seed"])), dtype=bool)
    for a, b in graph.edges:
        ends = {a[0]: a[1], b[0]: b[1]}
        if len(ends) != 2:
            raise ArgumentError(f"Edge {a!r}–{b!r} joins two nodes of the same side.")
        matrix[ends["output"], ends["seed"]] = True
    return from_matrix(matrix, graph.graph.get("n_in"))
