"""Topologies: named by their recipes, with the degrees they promise, and decoded alike by every decoder."""

import doctest
import importlib
import math
import warnings

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import ArgumentError, networks
from xoropt.networks.topologies.primitive import PRIMITIVE
from xoropt.networks.topologies.ring_generator import advance

SEEDS = st.integers(0, 2**64 - 1)
SIZES = {"n_in": st.integers(2, 24), "n_out": st.integers(1, 60), "seed": SEEDS}
DRAWS = {
    "cascade": {"n_in": st.integers(1, 5), "n_out": st.integers(1, 30), "layers": st.integers(1, 6), "seed": SEEDS}
    | {"span": st.integers(6, 60), "memory": st.integers(1, 40), "chained": st.integers(0, 9)},
    "circulant": SIZES | {"taps": st.integers(1, 24)},
    "convolutional": {
        "n_in": st.integers(1, 4),
        "n_out": st.integers(1, 9),
        "length": st.integers(1, 40),
        "seed": SEEDS,
    },
    "fixed_taps": SIZES | {"taps": st.integers(1, 24)},
    "lfsr": SIZES | {"taps": st.integers(1, 24), "cycles": st.integers(1, 60)},
    "progressive": {"n_in": st.integers(1, 6), "n_out": st.integers(1, 9), "window": st.integers(1, 6), "seed": SEEDS}
    | {"taps": st.integers(1, 4)},
    "regular": SIZES | {"taps": st.integers(1, 24)},
    "ring_generator": SIZES
    | {"cells": st.integers(3, 40), "cycles": st.integers(1, 60), "idle": st.integers(0, 9), "taps": st.integers(1, 3)},
    "toeplitz": SIZES,
}


@st.composite
def drawn(draw, names=tuple(DRAWS)):
    """A topology's name and arguments that fit."""
    name = draw(st.sampled_from(names))
    arguments = {key: draw(values) for key, values in DRAWS[name].items()}
    if "window" in arguments:
        arguments["window"] *= arguments["n_in"]
        arguments["taps"] = min(arguments["taps"], arguments["window"])
    elif "taps" in arguments and "cells" not in arguments:
        arguments["taps"] = min(arguments["taps"], arguments["n_in"])
    if "cycles" in arguments:
        arguments["cycles"] = min(arguments["cycles"], arguments["n_out"])
    if "chained" in arguments:
        arguments["chained"] = min(arguments["chained"], arguments["n_out"] - 1)
    return name, arguments


def build(name, arguments):
    return networks.TOPOLOGIES[name](**arguments)


@pytest.mark.parametrize("module", [*sorted(DRAWS), "explicit", "windowed", "staged", "sequential"])
def test_examples(module):
    result = doctest.testmod(importlib.import_module(f"xoropt.networks.topologies.{module}"))
    assert result.attempted
    assert not result.failed


@given(drawn())
def test_a_recipe_names_the_network(case):
    name, arguments = case
    network = build(name, arguments)
    again = networks.from_recipe(network.recipe)
    assert again == network
    assert np.array_equal(again.rows, network.rows)
    assert network.recipe.startswith(f"{name}:n_in={arguments['n_in']},")
    assert network.matrix().shape == (arguments["n_out"], network.window)


@given(drawn(("circulant", "fixed_taps", "progressive", "regular")))
def test_outputs_read_as_many_seed_bits_as_promised(case):
    name, arguments = case
    matrix = build(name, arguments).matrix()
    assert (matrix.sum(axis=1) == arguments["taps"]).all()
    if name in ("regular", "progressive") and arguments.get("window", arguments["n_in"]) == arguments["n_in"]:
        degrees = matrix.sum(axis=0)
        assert degrees.max() - degrees.min() <= 1


@given(drawn(("cascade",)))
def test_a_cascade_has_one_gate_an_output_and_one_a_node(case):
    network = build(*case)
    gates = sum(int((stage >= 0).sum()) - len(stage) for stage in network.stages)
    assert gates == network.n_out + case[1]["layers"] * network.n_in
    assert network.window <= network.n_in * (1 + case[1]["span"] + 2 * case[1]["memory"])


@given(drawn(("circulant",)))
def test_circulant_rows_rotate(case):
    matrix = build(*case).matrix()
    n_in = case[1]["n_in"]
    for j in range(1, len(matrix)):
        if j % n_in:
            assert np.array_equal(matrix[j], np.roll(matrix[j - 1], 1))


@given(drawn(("toeplitz",)))
def test_toeplitz_diagonals_are_constant(case):
    matrix = build(*case).matrix()
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


def period(step, state):
    count, first = 0, state.copy()
    while True:
        state, count = step(state), count + 1
        if (state == first).all():
            return count


@pytest.mark.parametrize("cells", range(3, 13))
def test_ring_generators_have_the_longest_period(cells):
    assert period(advance, np.eye(cells, 1, dtype=bool)) == 2**cells - 1


@pytest.mark.parametrize("n_in", range(2, 12))
def test_shift_registers_have_the_longest_period(n_in):
    cycles = 2**n_in
    rows = networks.lfsr(n_in=n_in, n_out=cycles, cycles=cycles, taps=1).rows[:, 0]
    assert len(set(rows.tolist())) == cycles - 1
    assert rows[-1] == rows[0]


def factors(number):
    """The prime factors, by Pollard's rho."""
    if number == 1:
        return set()
    if all(pow(a, number - 1, number) == 1 for a in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return {number}
    for c in range(1, 100):
        x = y = 2
        product, rounds, divisor = 1, 0, 1
        while divisor == 1:
            x, y = (x * x + c) % number, (y * y + c) % number
            y = (y * y + c) % number
            product, rounds = product * (x - y) % number or number, rounds + 1
            if rounds % 64 == 0 or number < 1 << 20:
                divisor = math.gcd(product, number)
        if divisor < number:
            return factors(divisor) | factors(number // divisor)
    return {number}


@pytest.mark.parametrize("degree", PRIMITIVE)
def test_the_polynomials_are_primitive(degree):
    polynomial = (1 << degree) | 1 | sum(1 << k for k in PRIMITIVE[degree])

    def power(exponent):
        result, base = 1, 2
        while exponent:
            if exponent & 1:
                result = times(result, base)
            base, exponent = times(base, base), exponent >> 1
        return result

    def times(a, b):
        product = 0
        while b:
            product ^= a * (b & 1)
            a, b = a << 1, b >> 1
            if a >> degree:
                a ^= polynomial
        return product

    order = 2**degree - 1
    assert power(order) == 1
    assert all(power(order // prime) != 1 for prime in factors(order))


@st.composite
def stages(draw):
    """Stages of up to four layers, −1 and copies among their reads."""
    n_in = draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width, made = n_in, []
    for _ in range(draw(st.integers(1, 4))):
        signals, reads, delays = draw(st.integers(1, 9)), draw(st.integers(1, 3)), draw(st.integers(1, 5))
        reads = min(reads, width * delays)
        stage = np.array([rng.choice(width * delays, reads, replace=False) for _ in range(signals)])
        stage[:, 1:][rng.random((signals, reads - 1)) < 0.4] = -1
        made.append(stage)
        width = signals
    return n_in, tuple(made)


def product(n_in, layers):
    """The outputs as sets of seed bits, by hand."""
    rows = [{i} for i in range(n_in)]
    for layer in layers:
        made = []
        for entries in layer.tolist():
            row = set()
            for e in entries:
                if e >= 0:
                    row ^= {i + e // len(rows) * n_in for i in rows[e % len(rows)]}
            made.append(row)
        rows = made
    return rows


@given(stages())
def test_spelt_stages_multiply_to_the_rows(case):
    n_in, layers = case
    network = networks.from_stages(layers, n_in)
    assert [set(np.flatnonzero(row).tolist()) for row in network.matrix()] == product(n_in, layers)
    again = networks.from_recipe(network.recipe)
    assert again == network
    assert np.array_equal(again.rows, network.rows)
    assert (network.stages is None) == (len(layers) == 1)


@given(st.one_of(drawn(), stages()), st.integers(0, 2**32 - 1))
def test_every_decoder_gives_the_same_bits(case, seed):
    network = build(*case) if isinstance(case[0], str) else networks.from_stages(case[1], case[0])
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


@given(st.one_of(drawn(("cascade", "fixed_taps", "toeplitz")), stages()))
def test_circuit_graphs_round_trip(case):
    network = build(*case) if isinstance(case[0], str) else networks.from_stages(case[1], case[0])
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


@pytest.mark.parametrize("name", ["signals", "entries", "characters"])
def test_spelt_out_stages_are_not_endless(name):
    rows, message = {
        "signals": ("0.1900/" * 40000 + "0", "Stage 0 must have at most 35301 signals, not 40001"),
        "entries": ("0/" * 8000 + "0" + ".0" * 9000, "'rows' must hold shorter rows than 9001 entries"),
        "characters": ("0/" * 3000000, "'rows' must have at most 4194304 characters, not 6000000"),
    }[name]
    with pytest.raises(ArgumentError, match=message):
        networks.from_recipe(f"stages:n_in=1,rows={rows}")


def test_stages_that_cannot_be():
    for layers, message in (
        ((), "at least one stage"),
        ((np.zeros((2, 0), int),), "Stage 0 must be an integer array"),
        ((np.array([0, 1]),), "Stage 0 must be an integer array"),
        ((np.array([[0.5]]),), "Stage 0 must be an integer array"),
        ((np.array([[-1, -1]]),), "at least one in each row"),
        ((np.array([[0, -2]]),), "entries from 0 on"),
    ):
        with pytest.raises(ArgumentError, match=message):
            networks.from_stages(layers, 1)
