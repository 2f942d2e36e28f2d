"""Circuits as networkx graphs, and back."""

import pytest
from circuit_examples import SMALL, WIDE

from xoropt.circuits import from_networkx, to_networkx
from xoropt.common.errors import ArgumentError


def test_networkx_and_back():
    for circuit in (SMALL, WIDE):
        graph = to_networkx(circuit)
        assert from_networkx(graph).verify(circuit.matrix())
        assert graph.number_of_nodes() == circuit.n_in + circuit.gates + circuit.n_out
    assert sorted(to_networkx(SMALL).predecessors(("gate", 1))) == [("gate", 0), ("input", 2)]


def test_bad_graphs():
    graph = to_networkx(SMALL)
    graph.add_edge(("gate", 1), ("gate", 0))
    with pytest.raises(ArgumentError, match="cycle"):
        from_networkx(graph)
    graph = to_networkx(SMALL)
    graph.add_node("seven")
    with pytest.raises(ArgumentError, match="'seven'"):
        from_networkx(graph)
    graph = to_networkx(SMALL)
    graph.add_edge(("input", 0), ("output", 2))
    with pytest.raises(ArgumentError, match="2 sources"):
        from_networkx(graph)
