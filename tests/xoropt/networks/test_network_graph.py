"""The networkx view of a network, and back."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import networks


@given(st.integers(1, 9), st.integers(1, 30), st.integers(0, 1000))
def test_graph_round_trip(n_in, n_out, seed):
    network = networks.random_block(n_in, n_out, seed)
    graph = networks.to_networkx(network)
    assert nx.is_bipartite(graph)
    assert graph.number_of_edges() == network.matrix().sum()
    assert (networks.from_networkx(graph).rows == network.rows).all()


def test_bad_graphs():
    with pytest.raises(xoropt.ArgumentError, match="neither"):
        networks.from_networkx(nx.path_graph(3))
    with pytest.raises(xoropt.ArgumentError, match="same side"):
        networks.from_networkx(nx.Graph([(("seed", 0), ("seed", 1)), (("seed", 0), ("output", 0))]))
    with pytest.raises(xoropt.ArgumentError, match="gaps"):
        networks.from_networkx(nx.Graph([(("seed", 1), ("output", 0))]))
