"""Networks with stages as directed graphs, and back."""

import networkx as nx
import numpy as np
import pytest
from drawn_networks import build, drawn, stages
from hypothesis import given
from hypothesis import strategies as st

from xoropt import ArgumentError, networks


@given(st.one_of(drawn(("cascade", "fixed_taps", "toeplitz")), stages()))
def test_circuit_graphs_round_trip(case):
    network = build(case)
    graph = networks.to_circuit_graph(network)
    if any(degree == 0 for node, degree in graph.in_degree() if node[0] != "seed"):
        with pytest.raises(ArgumentError, match="reads nothing"):
            networks.from_networkx(graph)
        return
    if any(len(set(reads)) < len(reads) for reads in (list(graph.in_edges(n, data="delay")) for n in graph)):
        return  # copies of one signal cancel
    again = networks.from_networkx(graph)
    width = min(again.rows.shape[1], network.rows.shape[1])
    assert np.array_equal(again.rows[:, :width], network.rows[:, :width])
    assert not again.rows[:, width:].any()
    assert not network.rows[:, width:].any()


def test_graphs_of_a_user():
    graph = nx.MultiDiGraph()
    graph.add_edge(("seed", 0), "shared", delay=2)
    graph.add_edge(("seed", 0), "shared")
    graph.add_edge("shared", ("output", 0), delay=1)
    graph.add_edge(("seed", 0), ("output", 0))
    graph.add_edge(("output", 0), ("output", 1), delay=1)
    graph.add_edge("shared", ("output", 1))
    rows = networks.from_networkx(graph).matrix().astype(int).tolist()
    assert rows == [[1, 1, 0, 1, 0], [1, 1, 0, 0, 1]]
    for change, message in (
        (("shared", "shared", 0), "must have no cycles"),
        (("shared", ("seed", 0), 0), "must have no cycles"),
        (("other", ("output", 1), 0), "Node 'other' reads nothing"),
        (("shared", ("output", 1), -1), "must be a number of steps, not -1"),
        (("shared", ("output", 3), 1), "numbered from 0 without gaps"),
    ):
        other = graph.copy()
        other.add_edge(change[0], change[1], delay=change[2])
        with pytest.raises(ArgumentError, match=message):
            networks.from_networkx(other)
