"""Networks: the same on every platform, named completely by their recipes, equal to their graphs."""

import doctest
import hashlib
import importlib

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import networks
from xoropt.networks.draws import draw_subsets
from xoropt.networks.splitmix import splitmix64


@pytest.mark.parametrize("module", ["splitmix", "network", "topologies.block", "topologies.matrix", "recipes", "graph"])
def test_examples(module):
    result = doctest.testmod(importlib.import_module(f"xoropt.networks.{module}"))
    assert result.attempted
    assert not result.failed


def test_splitmix_matches_the_published_generator():
    # The first outputs of Vigna's splitmix64.c from state 1234567, as many implementations publish them.
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert splitmix64(1234567, 5).tolist() == expected


def test_random_block_never_changes():
    rows = networks.random_block(n_in=20, n_out=180, seed=0).rows
    digest = hashlib.sha256(rows.astype("<u8").tobytes()).hexdigest()
    assert digest == "df00a08544534fc7781f83391437f92fac78068ead598426d51ed54afc50ba8f"


@given(st.integers(1, 64), st.integers(1, 300), st.integers(0, 2**64 - 1))
def test_recipe_names_the_network(n_in, n_out, seed):
    network = networks.random_block(n_in, n_out, seed)
    assert network.matrix().shape == (n_out, n_in)
    assert networks.from_recipe(network.recipe) == network
    spelt = networks.from_matrix(network.matrix())
    again = networks.from_recipe(spelt.recipe)
    assert (again.rows == network.rows).all()
    assert again.n_in == n_in


def test_entries_are_fair_coins():
    share = networks.random_block(64, 4096, 3).matrix().mean()
    assert abs(share - 0.5) < 0.01


def test_windowed_matrix_keeps_its_memory():
    matrix = np.eye(6, dtype=bool)
    network = networks.from_matrix(matrix, n_in=2)
    assert (network.memory, network.window) == (2, 6)
    assert (networks.from_recipe(network.recipe).matrix() == matrix).all()


@given(st.integers(1, 9), st.integers(1, 30), st.integers(0, 1000))
def test_graph_round_trip(n_in, n_out, seed):
    network = networks.random_block(n_in, n_out, seed)
    graph = networks.to_networkx(network)
    assert nx.is_bipartite(graph)
    assert graph.number_of_edges() == network.matrix().sum()
    assert (networks.from_networkx(graph).rows == network.rows).all()


@pytest.mark.parametrize(
    ("recipe", "word"),
    [
        ("blok:n_in=20", "'block'"),
        ("block:n_inn=20", "'n_in'"),
        ("block:n_in=0", "'n_in' must be from 1 to 64, not 0"),
        ("block:n_in=65", "'n_in' must be from 1 to 64, not 65"),
        ("block:n_in=x", "non-negative integer"),
        ("block:n_in", "needs a value"),
        ("block:n_in=5,n_in=6", "twice"),
        ("block:n_out=0", "'n_out'"),
        ("block:seed=18446744073709551616", "'seed'"),
        ("matrix:n_in=2,window=2", "lacks the key 'rows'"),
        ("matrix:n_in=2,window=2,rows=zz", "hexadecimal"),
        ("matrix:n_in=2,window=2,rows=04", "beyond the window"),
        ("", "names no known topology"),
    ],
)
def test_bad_recipes(recipe, word):
    with pytest.raises(xoropt.ArgumentError, match=word) as caught:
        networks.from_recipe(recipe)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("matrix", [[0, 1], [[0, 2]], [[0.5, 1.0]], np.zeros((0, 3), int), np.zeros((3, 0), int)])
def test_bad_matrices(matrix):
    with pytest.raises(xoropt.ArgumentError):
        networks.from_matrix(np.array(matrix))


def test_bad_graphs():
    with pytest.raises(xoropt.ArgumentError, match="neither"):
        networks.from_networkx(nx.path_graph(3))
    with pytest.raises(xoropt.ArgumentError, match="same side"):
        networks.from_networkx(nx.Graph([(("seed", 0), ("seed", 1)), (("seed", 0), ("output", 0))]))
    with pytest.raises(xoropt.ArgumentError, match="gaps"):
        networks.from_networkx(nx.Graph([(("seed", 1), ("output", 0))]))


def test_a_recipe_is_a_string():
    with pytest.raises(xoropt.ArgumentError, match="'recipe' must be a string"):
        networks.from_recipe(None)


@pytest.mark.parametrize(("rows", "size", "taps"), [(50, 449, 3), (7, 512, 60), (3, 64, 8), (4, 9, 9), (5, 20, 1)])
def test_subsets_are_the_places_of_the_smallest_keys(rows, size, taps):
    keys = splitmix64(3, rows * size).reshape(rows, size)
    assert (draw_subsets(3, rows, size, taps) == np.argsort(keys, axis=1, kind="stable")[:, :taps]).all()
