"""Measures of a network's graph, against networkx and against counting by hand."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xoropt import ArgumentError, networks
from xoropt.networks.measuring import core_threshold, measures, node_graph, unrolled
from xoropt.networks.optimize import CareSets

PAIRS = networks.windowed(n_in=2, n_out=4, window=10, taps=2, seed=1)
SMALL = st.one_of(
    st.builds(networks.fixed_taps, st.integers(3, 8), st.integers(2, 12), st.integers(1, 3), st.integers(0, 99)),
    st.builds(
        networks.windowed,
        st.just(2),
        st.integers(2, 5),
        st.sampled_from([4, 8, 12]),
        st.integers(1, 3),
        st.integers(0, 99),
    ),
    st.builds(
        networks.cascade,
        st.just(1),
        st.integers(2, 5),
        st.just(2),
        st.just(5),
        st.just(4),
        st.just(0),
        st.integers(0, 99),
    ),
)


DUADS = list(itertools.combinations(range(6), 2))
SYNTHEMES = [three for three in itertools.combinations(DUADS, 3) if len(set(itertools.chain(*three))) == 6]
GRAPHS = {
    "one output a seed bit": ([[1, 0], [0, 1]], None, None),
    "a path": ([[1, 1, 0], [0, 1, 1]], None, None),
    "a square": ([[1, 1], [1, 1]], None, 4),
    "a hexagon": ([[1, 1, 0], [0, 1, 1], [1, 0, 1]], None, 6),
    "a decagon": (np.eye(5, dtype=int) + np.roll(np.eye(5, dtype=int), 1, axis=1), None, 10),
    "K3,3": ([[1, 1, 1]] * 3, None, 4),
    "Heawood's graph": ([np.roll([1, 1, 0, 1, 0, 0, 0], i) for i in range(7)], None, 6),
    "Tutte's eight-cage": ([[int(duad in three) for duad in DUADS] for three in SYNTHEMES], None, 8),
    "a path through the steps": ([[1, 1]], 1, None),
    "neighbouring outputs share two seed bits": ([[1, 1, 1]], 1, 4),
    "distinct differences": ([[1, 1, 0, 1]], 1, 6),
    "steps of 1 and 2": ([[1, 1, 0], [1, 0, 1]], 1, 6),
    "steps of 1 and 3": ([[1, 1, 0, 0], [1, 0, 0, 1]], 1, 8),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_girth_of_known_graphs(name):
    matrix, n_in, girth = GRAPHS[name]
    assert measures(networks.from_matrix(np.array(matrix), n_in), care_bits=200).girth == girth


@pytest.mark.parametrize(
    ("matrix", "core"),
    [
        ([[1, 0], [0, 1]], 0.0),
        ([[1, 1, 0], [0, 1, 1]], 0.0),
        ([[1, 1], [1, 1]], 1.0),
        ([[1, 1, 0], [0, 1, 1], [1, 0, 1]], 1.0),
        ([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]], 2 / 3),
        ([[1, 1, 0, 0], [1, 1, 0, 0], [0, 1, 1, 1]], 2 / 3),
    ],
)
def test_the_core_of_small_graphs(matrix, core):
    """As many outputs as seed bits or fewer: every output is a care bit."""
    assert measures(networks.from_matrix(np.array(matrix)), care_bits=200).core == pytest.approx(core, abs=1e-3)


@given(SMALL)
def test_degrees_and_girth(network):
    found = measures(network, care_bits=200)
    matrix = network.matrix()
    assert found.output_degrees == (matrix.sum(axis=1).min(), matrix.sum(axis=1).mean(), matrix.sum(axis=1).max())
    assert found.seed_degrees[1] * network.n_in == matrix.sum()
    girth = nx.girth(unrolled(network, 2 * network.memory + 1))
    if found.girth is None:
        assert girth == np.inf or girth > 6  # a longer one may avoid the middle step
    else:
        assert found.girth >= girth
        if girth <= 6 or not network.memory:
            assert found.girth == girth
    assert set(found.rank_profile) == {0.8, 0.9, 0.95, 1.0}


def peeled(equations):
    """The equations that are left when seed bits of a single equation are removed with it, again and again."""
    readers = {}
    for e, bits in equations.items():
        for bit in bits:
            readers.setdefault(bit, set()).add(e)
    leaves = [bit for bit, some in readers.items() if len(some) == 1]
    left = dict(equations)
    while leaves:
        some = readers[leaves.pop()]
        if len(some) == 1:
            (e,) = some
            for bit in left.pop(e):
                readers[bit].remove(e)
                if len(readers[bit]) == 1:
                    leaves.append(bit)
    return left


@pytest.mark.slow
@given(SMALL)
def test_the_core_is_what_peeling_leaves(network):
    rate = network.n_in / network.n_out
    positions = CareSets(min(1.0, rate), 4000, 1, slack=1.0).positions[0].tolist()
    steps = max(1, -(-(max(positions) + 1) // network.n_out), network.memory + 1)
    rows = [np.flatnonzero(row).tolist() for row in network.matrix()]
    equations = {
        e: {(s // network.n_out * network.n_in + i) % (steps * network.n_in) for i in rows[s % network.n_out]}
        for e, s in enumerate(positions)
    }
    core = measures(network, care_bits=200).core
    assert core == pytest.approx(len(peeled(equations)) / len(positions))


def cycles_by_hand(pairs, steps, length):
    """Closed walks without repeated vertices or edges, as sets of edges."""
    edges = [((a, (t + da) % steps), (b, (t + db) % steps)) for t in range(steps) for (a, da), (b, db) in pairs]
    count = 0
    for chosen in itertools.combinations(range(len(edges)), length):
        graph = nx.MultiGraph([edges[i] for i in chosen])
        if all(degree == 2 for _, degree in graph.degree) and nx.is_connected(graph) and len(graph) == length:
            count += 1
    return count


def test_cycles_of_two_read_outputs():
    found = measures(PAIRS, care_bits=200)
    places = np.nonzero(PAIRS.matrix())[1].reshape(-1, 2)
    pairs = [[(p % 2, p // 2) for p in row] for row in places.tolist()]
    for length in (2, 3):
        assert found.cycles[length] * 17 == pytest.approx(cycles_by_hand(pairs, 17, length))
    assert node_graph(PAIRS, 5).number_of_edges() == 20
    assert measures(networks.fixed_taps(n_in=6, n_out=9, taps=3), care_bits=200).cycles == {}


def test_a_cascade_has_no_short_cycles_of_odd_length():
    found = measures(networks.cascade(n_in=1, n_out=6, layers=3, span=12, memory=9, seed=2), care_bits=500)
    assert found.cycles[3] == 0
    assert set(found.cycles) == {2, 3, 4}


def test_thresholds_of_the_literature():
    assert core_threshold({3: 1}) == pytest.approx(0.8185, abs=1e-3)
    assert core_threshold({5: 1}) == pytest.approx(0.7018, abs=1e-3)
    assert core_threshold({2: 1}) == pytest.approx(0.5, abs=1e-3)


def test_a_network_too_large():
    with pytest.raises(
        ArgumentError, match=r"is too large to measure: [\d,]+ edges, and at most 200,000 can be searched"
    ):
        measures(networks.windowed(n_in=8, n_out=800, window=960, taps=None))
