"""Topologies: described by their recipes, with the degrees they promise, and decoded alike by every decoder."""

import warnings

import networkx as nx
import numpy as np
import pytest
from drawn_networks import build, drawn, stages
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import ArgumentError, networks


@given(drawn())
def test_a_recipe_names_the_network(case):
    name, arguments = case
    network = build(case)
    again = networks.from_recipe(network.recipe)
    assert again == network
    assert np.array_equal(again.rows, network.rows)
    assert network.recipe.startswith(f"{name}:n_in={arguments['n_in']},")
    assert network.matrix().shape == (arguments["n_out"], network.window)


@given(drawn(("circulant", "fixed_taps", "progressive", "regular")))
def test_outputs_read_as_many_seed_bits_as_promised(case):
    name, arguments = case
    matrix = build(case).matrix()
    assert (matrix.sum(axis=1) == arguments["taps"]).all()
    if name in ("regular", "progressive") and arguments.get("window", arguments["n_in"]) == arguments["n_in"]:
        degrees = matrix.sum(axis=0)
        assert degrees.max() - degrees.min() <= 1


@given(drawn(("cascade",)))
def test_a_cascade_has_one_gate_an_output_and_one_a_node(case):
    network = build(case)
    gates = sum(int((stage >= 0).sum()) - len(stage) for stage in network.stages)
    assert gates == network.n_out + case[1]["layers"] * network.n_in
    assert network.window <= network.n_in * (1 + case[1]["span"] + 2 * case[1]["memory"])


@given(drawn(("circulant",)))
def test_circulant_rows_rotate(case):
    matrix = build(case).matrix()
    n_in = case[1]["n_in"]
    for j in range(1, len(matrix)):
        if j % n_in:
            assert np.array_equal(matrix[j], np.roll(matrix[j - 1], 1))


@given(drawn(("toeplitz",)))
def test_toeplitz_diagonals_are_constant(case):
    matrix = build(case).matrix()
    assert np.array_equal(matrix[1:, 1:], matrix[:-1, :-1])


def test_progressive_edge_growth_lengthens_the_shortest_cycle():
    def girth(network, steps):
        graph = nx.Graph()
        for t in range(steps):
            graph.add_edges_from((("o", t, j), ("s", t * network.n_in + i)) for j, i in np.argwhere(network.matrix()))
        return nx.girth(graph)

    grown = [girth(networks.progressive(4, 10, 160, 3, seed), 40) for seed in range(3)]
    random = [girth(networks.windowed(4, 10, 160, 3, seed), 40) for seed in range(3)]
    assert min(grown) >= 6
    assert sum(grown) > sum(random)


def test_a_convolutional_code_of_the_textbooks():
    """Johannesson and Zigangirov: (5, 7) maps 1 to 11 10 11."""
    network = networks.convolutional(length=3, generators="5.7")
    seeds = np.array([0, 0, 1, 0, 0])
    windows = np.lib.stride_tricks.sliding_window_view(seeds, 3)
    assert (windows @ network.matrix().T % 2).tolist() == [[1, 1], [0, 1], [1, 1]]


@given(st.one_of(drawn(), stages()), st.integers(0, 2**32 - 1))
def test_every_decoder_gives_the_same_bits(case, seed):
    network = build(case)
    rng = np.random.default_rng(seed)
    bits, care = rng.random((2, 700)) < 0.5, rng.random(700) < 0.8 * network.n_in / network.n_out
    order = None if not network.memory else str(rng.choice(["lanes:lanes=4", "lanes:lanes=512", "rows"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        encoded = xoropt.encode(bits, care, network, order=order)
    reference = xoropt.decode(encoded, "reference")
    assert not ((reference ^ bits) & care).any()
    assert np.array_equal(xoropt.decode(encoded, "numpy"), reference)
    assert np.array_equal(xoropt.decode(encoded, "compiled"), reference)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("fixed_taps:n_in=8,taps=9", "'taps' must be from 1 to 8, not 9"),
        ("regular:n_in=8,taps=9", "'taps' must be from 1 to 8, not 9"),
        ("circulant:n_in=8,taps=9", "'taps' must be from 1 to 8, not 9"),
        ("progressive:n_in=8,window=16,taps=17", "'taps' must be from 1 to 16, not 17"),
        ("progressive:n_in=8,window=12", "'window' must be a multiple of n_in = 8, not 12"),
        ("progressive:n_out=20000", "'n_out' must be at most 484 with 6 taps in a window of 512 bits, not 20000"),
        (
            "progressive:n_in=64,window=64,n_out=20000",
            "'n_out' must be at most 5461 with 6 taps in a window of 64 bits",
        ),
        ("regular:n_in=64,n_out=100000,taps=63", "'n_out' must be at most 4161 with 63 taps, not 100000"),
        ("fixed_taps:n_in=64,n_out=16777216,taps=64", "'n_out' must be at most 1048576 with a window of 64 bits"),
        ("circulant:n_in=64,n_out=16777216,taps=64", "'n_out' must be at most 1048576 with a window of 64 bits"),
        ("toeplitz:n_in=64,n_out=16777216", "'n_out' must be at most 1048576 with a window of 64 bits"),
        ("sequential:n_in=64,n_out=16777216,n_s=30", "'n_out' must be at most 33825 with a window of 1984 bits"),
        ("windowed:n_out=16777216,window=512", "'n_out' must be at most 131072 with a window of 512 bits"),
        ("windowed:n_out=16777216,window=512,taps=none", "'n_out' must be at most 131072 with a window of 512 bits"),
        ("staged:n_out=16777216", "'n_out' must be at most 69905 with a window of 960 bits"),
        ("cascade:n_out=16777216", "'n_out' must be at most 69905 with a window of 960 bits"),
        ("convolutional:n_in=2,n_out=16777216", "'n_out' must be at most 4793490 with a window of 14 bits"),
        ("lfsr:n_in=2,n_out=1000000,cycles=1000000", "'cycles' must be from 1 to 65536, not 1000000"),
        ("ring_generator:n_in=2,n_out=1000000,cycles=1000000", "'cycles' must be from 1 to 65536, not 1000000"),
        ("cascade:layers=4,span=3", "'span' must be from 4 to 1984, not 3"),
        ("cascade:n_out=4,chained=4", "'chained' must be from 0 to 3, not 4"),
        ("cascade:span=1900", "'span' must keep the window within 1984 bits, which 1997 does not"),
        ("lfsr:n_in=1", "'n_in' must be from 2 to 64, not 1"),
        ("lfsr:n_in=20,n_out=4,cycles=5", "'cycles' must be from 1 to 4, not 5"),
        ("ring_generator:cells=8,taps=9", "'taps' must be from 1 to 8, not 9"),
        ("ring_generator:cells=2", "'cells' must be from 3 to 64, not 2"),
        ("convolutional:generators=5.8", "'generators' must be octal numbers as in '171.133', not '5.8'"),
        ("convolutional:generators=5", "must hold n_in·n_out = 2 numbers, not 1"),
        ("convolutional:length=2,generators=5.7", "must fit into length = 2 bits, which 7 does not"),
        ("convolutional:n_in=64,length=32", "'length' must be from 1 to 31, not 32"),
        ("staged:n_in=8,nodes=4", "'nodes' must be from 8 to 4096, not 4"),
        ("staged:n_in=8,nodes=8,reads=9,memory=4", "'reads' must be from 1 to 5, not 9"),
        ("sequential:n_in=8,n_s=248", "'n_s' must be from 0 to 247, not 248"),
        ("stages:n_in=1,rows=0.x", "'rows' must hold rows such as '0.3/0.1', not '0.x'"),
        ("stages:n_in=1,rows=", "'rows' must hold rows such as"),
        ("stages:n_in=1,rows=3.3", "Stage 0 reads a signal twice in one row"),
        ("stages:n_in=1,rows=0.1900;0.100", "Stage 1 must keep the window within 1984 bits, which 2001 does not"),
        ("tooplitz:n_in=8", "names no known topology.*the nearest is 'toeplitz'"),
    ],
)
def test_parameters_that_contradict(recipe, message):
    with pytest.raises(ArgumentError, match=message) as caught:
        networks.from_recipe(recipe)
    assert "\n" not in str(caught.value)
