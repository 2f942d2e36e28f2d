"""Windowed networks: every care bit comes back, by a decoder that knows nothing of the elimination."""

import dataclasses
import math
import warnings

import numpy as np
import pytest
from gf2 import rank
from hypothesis import example, given
from hypothesis import strategies as st

import xoropt
from xoropt import ArgumentError, DecodeError, RateWarning
from xoropt.codec.decoder import DECODERS
from xoropt.codec.streams import auto
from xoropt.codec.streams import encoder as stream
from xoropt.codec.streams.banded.bursts import burst_patches, greedy_patches
from xoropt.codec.streams.banded.elimination import eliminate, evaluate, substitute_back
from xoropt.codec.streams.banded.equations import build_equations, collect_care_bits
from xoropt.codec.streams.order import order_from_recipe, row_multiplier, to_stream
from xoropt.codec.streams.patches import pack_stream_patches, rice_parameter, unpack_stream_patches
from xoropt.codec.streams.segments import (
    Layout,
    assign_steps,
    check_layout,
    join_layouts,
    open_seed_bits,
    split_layouts,
)
from xoropt.networks import sequential, staged, windowed

NETWORKS = (
    windowed(n_in=8, n_out=20, window=64, taps=None, seed=1),
    windowed(n_in=3, n_out=7, window=21, taps=4, seed=2),
    windowed(n_in=64, n_out=150, window=512, taps=8, seed=3),
    windowed(n_in=1, n_out=2, window=1984, taps=6, seed=4),
    sequential(n_in=4, n_out=9, n_s=1, seed=5),
    staged(n_in=1, n_out=12, nodes=2, taps=4, reads=3, memory=40, node_window=64, seed=6),
    staged(n_in=8, n_out=11, nodes=12, taps=3, reads=2, memory=4, node_window=48, seed=7),
    xoropt.networks.random_block(n_in=10, n_out=25, seed=8),
)
WINDOWED = [[0, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0]]
SEQUENTIAL = [[1, 1, 1, 1], [0, 0, 1, 0], [1, 1, 1, 1]]
STAGES = [[[4, 3], [0, 7], [6, 5]], [[7, 3], [5, 0], [7, 2]]]
ORDERS = ("rows", "lanes:lanes=1", "lanes:lanes=2", "lanes:lanes=16", "lanes:lanes=64", "straight:lanes=4")


def planes_of(rng, count, shape, density, shared):
    bits = rng.random((count, *shape)) < 0.5
    care = rng.random(shape if shared else (count, *shape)) < density
    return bits, care


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(NETWORKS),
    st.sampled_from(ORDERS),
    st.integers(0, 3),
    st.sampled_from([(), (0,), (1,), (7,), (3, 11), (40, 9), (2, 3, 50)]),
    st.sampled_from([0.0, 0.01, 0.1, 0.3, 0.7, 1.0]),
    st.booleans(),
    st.sampled_from(["burst", "greedy"]),
)
def test_every_care_bit_comes_back(seed, network, order, planes, shape, density, shared, solver):
    rng = np.random.default_rng(seed)
    bits, care = planes_of(rng, planes, shape, density, shared)
    if not network.memory and order == "rows":
        order = "straight:lanes=1"  # a block network in the paper's order is encoded block by block
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RateWarning)  # rates are drawn as they come
        encoded = xoropt.encode(bits, care, network, order=order, solver=solver, planes=True)
    reference = xoropt.decode(encoded, "reference")
    assert np.array_equal(xoropt.decode(encoded, "numpy"), reference)
    assert not ((reference ^ bits) & care).any()
    assert encoded.size.care_bits == np.count_nonzero(np.broadcast_to(care, bits.shape))


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 3),
    st.sampled_from([(1,), (5,), (64,), (30, 20), (70, 71)]),
    st.sampled_from([0.0, 0.002, 0.05, 0.5, 1.0]),
    st.booleans(),
)
@example(0, 1, (1,), 1.0, True)
def test_auto(seed, planes, shape, density, shared):
    rng = np.random.default_rng(seed)
    bits, care = planes_of(rng, planes, shape, density, shared)
    encoded = xoropt.encode(bits, care, "auto", planes=True)
    reference = xoropt.decode(encoded, "reference")
    assert np.array_equal(xoropt.decode(encoded), reference)
    assert not ((reference ^ bits) & care).any()
    size = encoded.size
    assert size.total_bits <= size.care_bits + 4 * planes + 0.02 * size.care_bits


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 10, 50])
def test_auto_is_quick_with_few_care_bits(count, monkeypatch):
    """A ring of a few seed bits cannot make every value; no time is lost on trying."""
    built = []
    network = auto.auto_network
    monkeypatch.setattr(auto, "auto_network", lambda n_out, seed: built.append(seed) or network(n_out, seed))
    rng = np.random.default_rng(count)
    care = np.zeros(10_000, dtype=bool)
    care[rng.choice(10_000, count, replace=False)] = True
    for bits in (np.ones(10_000, bool), rng.random(10_000) < 0.5):
        built.clear()
        encoded = xoropt.encode(bits, care)
        assert not ((xoropt.decode(encoded, "reference") ^ bits) & care).any()
        assert encoded.size.total_bits <= count + 4
        assert len(built) <= 60  # two an attempt


@pytest.mark.parametrize("density", [0.5, 0.1, 0.05])
def test_auto_is_near_the_limit(density):
    rng = np.random.default_rng(3)
    for weights, least in ((5_000, 0.98), (100_000, 0.995)):
        bits, care = rng.random(weights) < 0.5, rng.random(weights) < density
        assert xoropt.encode(bits, care).size.efficiency >= least


def test_auto_follows_an_uneven_mask():
    """Row and column densities as magnitude pruning leaves them; the paper's order drowns in the dense rows."""
    rng = np.random.default_rng(4)
    rows, columns = np.clip(rng.normal(0.1, 0.06, (300, 1)), 0.01, 1), rng.normal(1, 0.6, (1, 500)).clip(0.1)
    care = rng.random((300, 500)) < rows * columns
    bits = rng.random((300, 500)) < 0.5
    encoded = xoropt.encode(bits, care)
    assert encoded.size.efficiency >= 0.99
    assert not ((xoropt.decode(encoded) ^ bits) & care).any()


def test_a_long_stream_has_segments_that_threads_share():
    rng = np.random.default_rng(5)
    bits, care = rng.random((2, 400_000)) < 0.5, rng.random(400_000) < 0.8
    seen = []
    alone = xoropt.encode(bits, care, planes=True)
    encoded = xoropt.encode(bits, care, planes=True, jobs=2, progress=lambda done, total: seen.append((done, total)))
    assert encoded.blocks == 3
    assert all(np.array_equal(a, b) for a, b in zip(alone.seeds, encoded.seeds, strict=True))
    assert encoded.size.efficiency > 0.999
    assert seen[-1] == (800_000, 800_000)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_second_plane_of_a_mask_costs_no_more_patches_than_bits():
    rng = np.random.default_rng(6)
    care = rng.random(3000) < 0.3
    bits = rng.random((70, 3000)) < 0.5  # more planes than a word of right-hand sides
    encoded = xoropt.encode(bits, care, windowed(n_in=8, n_out=24, window=128, taps=None), planes=True)
    assert not ((xoropt.decode(encoded) ^ bits) & care).any()


def test_a_rate_too_low_warns_and_stores_by_patches():
    rng = np.random.default_rng(7)
    bits = rng.random(2000) < 0.5
    network = windowed(n_in=8, n_out=32, window=64, taps=None)
    with pytest.warns(RateWarning, match=r"gives 560 seed bits for 2000 care bits; \d+ patches"):
        encoded = xoropt.encode(bits, np.ones(2000, dtype=bool), network)
    assert np.array_equal(xoropt.decode(encoded, "reference"), bits)
    assert encoded.size.patches <= 720  # half of what 560 bits leave to chance


def test_all_care_and_none():
    bits = np.random.default_rng(8).random(3000) < 0.5
    every = xoropt.encode(bits, np.ones(3000, dtype=bool))
    assert np.array_equal(xoropt.decode(every), bits)
    assert every.size.total_bits <= 3002
    none = xoropt.encode(bits, np.zeros(3000, dtype=bool))
    assert none.size.total_bits == 0
    assert none.size.efficiency == 1
    assert not xoropt.decode(none).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 4}, "'window' must be at least n_in = 8, not 4"),
        ({"window": 60}, "'window' must be a multiple of n_in = 8, not 60"),
        ({"window": 1992}, "'window' must be from 1 to 1984, not 1992"),
        ({"taps": 58}, "'taps' must be from 1 to 57, not 58"),
        ({"taps": 0}, "'taps' must be from 1 to 57, not 0"),
        ({"n_in": 65}, "'n_in' must be from 1 to 64, not 65"),
        ({"n_out": 0}, "'n_out' must be from 1 to"),
        ({"seed": -1}, "'seed' must be from 0 to"),
    ],
)
def test_windows_that_cannot_be(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        windowed(**{"n_in": 8, "n_out": 16, "window": 64, "taps": 4, **arguments})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reads": 6}, "'reads' must be from 1 to 5, not 6"),
        ({"taps": 9}, "'taps' must be from 1 to 5, not 9"),
        ({"node_window": 60}, "'node_window' must be a multiple of n_in = 8, not 60"),
        ({"memory": 300}, "'memory' must keep the window within 1984 bits, which 300 does not"),
    ],
)
def test_stages_that_cannot_be(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        staged(
            **{"n_in": 8, "n_out": 16, "nodes": 12, "taps": 5, "reads": 3, "memory": 4, "node_window": 64, **arguments}
        )


@pytest.mark.parametrize("recipe", ["", "lanes", "lanes:lanes=3", "lanes:lanes=8192", "rows:lanes=1", "lanes:rows=4"])
def test_orders_that_cannot_be(recipe):
    with pytest.raises(ArgumentError, match="'order' must"):
        xoropt.encode(np.ones(4, bool), np.ones(4, bool), NETWORKS[0], order=recipe)


def test_choices_that_do_not_go_together():
    bits = np.ones(4, dtype=bool)
    with pytest.raises(ArgumentError, match="'order' must be None with the network 'auto'"):
        xoropt.encode(bits, bits, "auto", order="rows")
    with pytest.raises(ArgumentError, match="'order' must be 'rows' for the solver 'viterbi'"):
        xoropt.encode(bits, bits, NETWORKS[4], order="lanes:lanes=2", solver="viterbi")
    with pytest.raises(ArgumentError, match="'solver' must be one of portfolio, burst, greedy, viterbi"):
        xoropt.encode(bits, bits, NETWORKS[0], solver="coset")
    with pytest.raises(ArgumentError, match="window of at most 1984 bits, not 2048"):
        xoropt.encode(bits, bits, xoropt.networks.from_matrix(np.ones((3, 2048), bool), n_in=64))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"network": 3}, "'network' must be an XorNetwork, a recipe or 'auto', not 3"),
        ({"network": None}, "'network' must be an XorNetwork, a recipe or 'auto', not None"),
        ({"order": 3}, "'order' must be None"),
        ({"order": 3, "network": NETWORKS[0]}, "'order' must be a string"),
        ({"jobs": "2"}, "'jobs' must be an integer, not '2'"),
        ({"jobs": 0, "network": NETWORKS[0]}, "'jobs' must be at least 1, not 0"),
        ({"time_limit": -1}, "'time_limit' must be None or a positive number of seconds, not -1"),
        ({"time_limit": math.nan, "network": NETWORKS[0]}, "'time_limit' must be None or a positive number"),
        ({"time_limit": "1"}, "'time_limit' must be None or a positive number"),
        ({"solver": "viterbi"}, "'viterbi' with a sequential network alone; give one as 'network'"),
        ({"solver": "viterbi", "network": NETWORKS[7]}, "'viterbi' with a sequential network alone"),
    ],
)
def test_arguments_that_cannot_be(arguments, message):
    bits = np.ones(4, dtype=bool)
    with pytest.raises(ArgumentError, match=message):
        xoropt.encode(bits, bits, **arguments)


def test_planes_need_an_axis():
    with pytest.raises(ArgumentError, match="'bits' must have an axis that counts planes"):
        xoropt.encode(np.array(True), np.array(True), planes=True)


@pytest.mark.parametrize("network", ["auto", NETWORKS[0], NETWORKS[7]], ids=["auto", "windowed", "block"])
def test_what_cannot_be_decoded(network):
    with pytest.raises(ArgumentError, match="'encoded' must be what 'encode' returned, not NoneType"):
        xoropt.decode(None)
    encoded = xoropt.encode(np.ones(40, bool), np.ones(40, bool), network)
    with pytest.raises(DecodeError, match="order"):
        xoropt.decode(dataclasses.replace(encoded, order="spiral"))


def test_burst_means_portfolio_for_blocks():
    rng = np.random.default_rng(9)
    bits, care = rng.random(900) < 0.5, rng.random(900) < 0.3
    encoded = xoropt.encode(bits, care, NETWORKS[7], solver="burst")
    assert encoded.solver == "portfolio"
    assert np.array_equal(encoded.seeds, xoropt.encode(bits, care, NETWORKS[7]).seeds)


@pytest.mark.parametrize("network", ["auto", *NETWORKS], ids=str)
@pytest.mark.parametrize("order", [None, "lanes:lanes=4"])
@pytest.mark.parametrize("shape", [(0, 50), (0, 3, 7), (0, 0), (0,)])
@pytest.mark.parametrize("own", [False, True])
def test_no_planes(network, order, shape, own):
    order = None if isinstance(network, str) else order
    bits, care = np.zeros(shape, dtype=bool), np.ones(shape if own else shape[1:], dtype=bool)
    encoded = xoropt.encode(bits, care, network, order=order, planes=True)
    for decoder in DECODERS:
        assert xoropt.decode(encoded, decoder).shape == shape
    assert encoded.size.care_bits == encoded.size.patches == 0


@pytest.mark.parametrize("network", NETWORKS[:7], ids=lambda network: network.recipe)
def test_recipes_name_the_network(network):
    again = xoropt.networks.from_recipe(network.recipe)
    assert again == network
    assert np.array_equal(again.rows, network.rows)


def test_networks_are_the_same_on_every_platform():
    """The matrices that stored files rely on."""
    assert windowed(n_in=2, n_out=3, window=6, taps=2).matrix().astype(int).tolist() == WINDOWED
    assert sequential(n_in=2, n_out=3, n_s=1).matrix().astype(int).tolist() == SEQUENTIAL
    net = staged(n_in=2, n_out=3, nodes=3, taps=2, reads=2, memory=2, node_window=8)
    assert [part.tolist() for part in net.stages] == STAGES


def test_stages_multiply_to_the_rows():
    for network in (NETWORKS[5], NETWORKS[6]):
        taps, reads = network.stages
        for row, places in zip(network.matrix(), reads, strict=True):
            product = np.zeros(network.window, dtype=bool)
            for place in places:
                product[taps[place % len(taps)] + place // len(taps) * network.n_in] ^= True
            assert np.array_equal(row, product)


@given(st.integers(1, 200), st.sampled_from([1, 2, 8, 64]), st.sampled_from(["lanes", "straight"]))
def test_order_is_a_permutation(rows, lanes, kind):
    order = order_from_recipe(f"{kind}:lanes={lanes}")
    weights = np.arange(rows * lanes)
    stream = to_stream(order, weights)
    assert np.array_equal(np.sort(stream.reshape(-1)), weights)
    p, lane = rows // 2, lanes - 1
    expected = (p * order.multiplier(rows) % rows) * lanes + (lane + p * order.rotation) % lanes
    assert stream[p, lane] == expected
    care_bits = collect_care_bits(np.ones(rows * lanes, dtype=bool), order, rows)
    assert np.array_equal(care_bits.weights, stream.T.reshape(-1))
    assert np.array_equal(care_bits.stream_rows, np.tile(np.arange(rows), lanes))
    assert np.array_equal(care_bits.starts, np.arange(lanes + 1) * rows)


def test_row_multiplier_has_no_common_factor():
    assert [row_multiplier(rows) for rows in (1, 2, 3, 4, 12, 100)] == [1, 1, 2, 3, 11, 77]
    assert all(np.gcd(row_multiplier(rows), rows) == 1 for rows in range(1, 3000))


@given(st.integers(1, 300), st.integers(1, 200), st.sampled_from([1, 3, 8]))
def test_schedule_spreads_outputs_evenly(rows, seed_rows, n_in):
    network = windowed(n_in=n_in, n_out=-(-rows * n_in // seed_rows), window=n_in, taps=1)
    step, output = assign_steps(order_from_recipe("lanes:lanes=1"), rows, seed_rows, network)
    first = [t * n_in * rows // seed_rows for t in range(-(-seed_rows // n_in) + 1)]
    assert (np.diff(step) >= 0).all()
    assert (step * n_in < seed_rows).all()
    assert all(p == first[t] + j for p, (t, j) in enumerate(zip(step, output, strict=True)))
    assert output.max() < network.n_out


@given(
    st.integers(1, 10**7),
    st.integers(0, 700),
    st.integers(0, 2**32 - 1),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_patches_of_a_range(outputs, count, seed, ends):
    rng = np.random.default_rng(seed)
    at = np.unique(rng.integers(0, outputs, count))
    patches = pack_stream_patches([at, at[:0]], outputs)
    assert np.array_equal(unpack_stream_patches(patches, 0, outputs), at)
    assert not len(unpack_stream_patches(patches, 1, outputs))
    first, stop = sorted(int(end * outputs) for end in ends)
    expected = at[(at >= first) & (at < stop)]
    assert np.array_equal(unpack_stream_patches(patches, 0, outputs, first, stop), expected)


def test_patches_take_little_more_than_their_entropy():
    rng = np.random.default_rng(0)
    at = np.sort(rng.choice(4_000_000, 3000, replace=False))
    bits = pack_stream_patches([at], 4_000_000).bits / len(at)
    assert bits < np.log2(4_000_000 / 3000) + 1.75


def test_damaged_patches_are_refused():
    at = np.arange(5, 4000, 7)
    whole = pack_stream_patches([at], 4000)
    cut = type(whole)(whole.counts, (whole.data[0][:-20],))
    with pytest.raises(DecodeError, match="too short"):
        unpack_stream_patches(cut, 0, 4000)
    with pytest.raises(DecodeError, match="cannot have 5000 patches"):
        unpack_stream_patches(type(whole)((5000,), whole.data), 0, 4000)
    with pytest.raises(DecodeError, match="outside the plane"):
        unpack_stream_patches(pack_stream_patches([np.array([4100])], 4200), 0, 4099)


def test_a_damaged_directory_never_goes_unnoticed():
    """Any bit of it, read as a whole and by ranges that begin or end about where it points."""
    outputs = 100_000
    at = np.sort(np.random.default_rng(1).choice(outputs, 2000, replace=False))
    whole = pack_stream_patches([at], outputs)
    assert len(whole.data) == 1
    begin = 2000 * rice_parameter(outputs, 2000)
    bits = 7 * (17 + (2000 + (outputs >> rice_parameter(outputs, 2000))).bit_length())
    ends = [*at[256::256], *(at[256::256] + 1), *range(500, outputs, 9000)]
    for bit in range(begin, begin + bits):
        data = whole.data[0].copy()
        data[bit // 8] ^= np.uint8(1 << bit % 8)
        damaged = type(whole)(whole.counts, (data,))
        with pytest.raises(DecodeError):
            unpack_stream_patches(damaged, 0, outputs)
        for first, stop in [(0, end) for end in ends] + [(end, end + 700) for end in ends]:
            try:
                found = unpack_stream_patches(damaged, 0, outputs, first, stop)
            except DecodeError:
                continue
            assert np.array_equal(found, at[(at >= first) & (at < stop)])


def test_a_patch_too_many_is_refused():
    whole = pack_stream_patches([np.arange(5, 4000, 7)], 4000)
    longer = type(whole)(whole.counts, (np.append(whole.data[0], np.uint8(1)),))
    with pytest.raises(DecodeError, match="more than these"):
        unpack_stream_patches(longer, 0, 4000)


def test_layouts_join_and_split():
    several = Layout(np.array([5, 900, 31]), np.array([0, 77, 12345]))
    single = Layout(np.array([7]), np.array([40]))
    description, table = join_layouts((several, single))
    assert description == [[3, 10, 14], [7, 40]]
    assert 8 * len(table) - several.table_bits < 16
    for layout, again in zip((several, single), split_layouts(description, table), strict=True):
        assert np.array_equal(layout.rows, again.rows)
        assert np.array_equal(layout.seed_bits, again.seed_bits)
    with pytest.raises(DecodeError, match="table of segments"):
        split_layouts(description, table[:-1])


def test_layouts_that_do_not_fit():
    network, order = NETWORKS[0], order_from_recipe("lanes:lanes=8")
    with pytest.raises(DecodeError, match="hold 3 rows"):
        check_layout(Layout(np.array([3]), np.array([24])), order, 25, network)
    with pytest.raises(DecodeError, match="more outputs in a step"):
        check_layout(Layout(np.array([30]), np.array([8])), order, 240, network)
    with pytest.raises(DecodeError, match="open stream"):
        check_layout(Layout(np.array([30]), np.array([8])), order_from_recipe("rows"), 30, network)
    wide = dataclasses.replace(network, n_out=1 << 40)
    with pytest.raises(DecodeError, match="a segment is too long"):  # steps would be counted beyond 64 bits
        check_layout(
            Layout(np.array([1 << 44]), np.array([1 << 20])), order_from_recipe("lanes:lanes=1"), 1 << 44, wide
        )


def dependent_system(seed, planes=1, weights=6000, network=None):
    """An open stream at a rate that leaves dependent care bits."""
    rng = np.random.default_rng(seed)
    network = network or windowed(n_in=8, n_out=80, window=64, taps=None)
    care = rng.random(weights) < 0.103
    order = order_from_recipe("rows")
    care_bits = collect_care_bits(care, order, weights)
    equations, _ = build_equations(network, order, weights, open_seed_bits(weights, network), care_bits)
    values = rng.integers(0, 1 << planes, len(care_bits.weights)).astype(np.uint64)
    return equations, values, eliminate(equations, values, planes)


@pytest.mark.parametrize("window", [64, 448, 960, 1984])
@pytest.mark.parametrize("n_in", [1, 8, 64])
@pytest.mark.parametrize("taps", [3, None])
@pytest.mark.parametrize("density", [0.6, 0.1, 0.004])
def test_elimination_finds_the_rank(window, n_in, taps, density):
    """Against Gaussian elimination on Python integers, with windows as wide as the compiled rows can hold."""
    if taps is not None and window < 64 + taps:
        window = 128
    rng = np.random.default_rng(window + n_in)
    weights = int((window + 800) / density)
    care = rng.random(weights) < density
    network = windowed(n_in, math.ceil(1.1 * n_in / density), window, taps, seed=9)
    for recipe in ("rows", "lanes:lanes=8"):
        order = order_from_recipe(recipe)
        rows = -(-weights // order.lanes)
        n = open_seed_bits(rows, network) if recipe == "rows" else np.count_nonzero(care) + 1
        care_bits = collect_care_bits(care, order, rows)
        count = len(care_bits.weights)
        equations, _ = build_equations(network, order, rows, int(n), care_bits)
        values = rng.integers(0, 4, count).astype(np.uint64)
        eliminated = eliminate(equations, values, 2)
        assert count - len(eliminated.dependent) == _rank(equations)
        wrong = evaluate(equations, substitute_back(eliminated)) ^ values
        expected = np.zeros(count, dtype=np.uint64)
        expected[eliminated.dependent] = eliminated.residual
        assert np.array_equal(wrong, expected)


def _rank(equations):
    patterns = [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in equations.network.rows]
    live = int.from_bytes(np.packbits(equations.live, bitorder="little").tobytes(), "little")
    rows = []
    for head, pattern in zip(equations.heads.tolist(), equations.pattern.tolist(), strict=True):
        row, bits = 0, patterns[pattern] << head
        while bits:
            row ^= bits & ((1 << equations.n) - 1)
            bits >>= equations.n
        rows.append(row & live)
    return rank(rows)


@given(st.integers(0, 200), st.integers(1, 3))
def test_burst_patches_leave_a_solvable_system(seed, planes):
    equations, values, eliminated = dependent_system(seed, planes)
    found = burst_patches(eliminated)
    for p, flips in enumerate(found.flips):
        values[flips] ^= np.uint64(1 << p)
    assert not eliminate(equations, values, planes).residual.any()
    greedy = greedy_patches(eliminated)
    assert sum(map(len, found.flips)) <= sum(map(len, greedy.flips))


def test_burst_patches_are_few():
    counts = np.zeros(2, dtype=int)
    for seed in range(3):
        _, _, eliminated = dependent_system(seed, weights=100_000)
        counts += [len(burst_patches(eliminated).flips[0]), len(greedy_patches(eliminated).flips[0])]
    assert counts[0] <= 0.5 * counts[1]


def test_a_proved_burst_has_the_fewest_patches():
    """Against trying all sets of flips, on systems small enough for that."""
    compared = 0
    for seed in range(200):
        equations, values, eliminated = dependent_system(seed, weights=250, network=windowed(4, 40, 8, None))
        found = burst_patches(eliminated)
        count = len(found.flips[0])
        if not 1 <= count <= 3 or found.proved < found.searched:
            continue
        compared += 1
        for flips in _subsets(len(values), count - 1):
            flipped = values.copy()
            flipped[list(flips)] ^= np.uint64(1)
            assert eliminate(equations, flipped, 1).residual.any()
    assert compared >= 10


def _subsets(n, size):
    from itertools import combinations

    return [flips for k in range(size + 1) for flips in combinations(range(n), k)]


def test_budget_spent_is_still_lossless():
    equations, values, eliminated = dependent_system(1, weights=40_000)
    found = burst_patches(eliminated, budget=500)
    assert not found.complete
    assert burst_patches(eliminated).complete
    values[found.flips[0]] ^= np.uint64(1)
    left = eliminate(equations, values, 1)
    assert len(found.flips[0]) + np.count_nonzero(left.residual) <= len(greedy_patches(eliminated).flips[0])


def test_nothing_is_proved_when_the_budget_is_spent_at_once(monkeypatch):
    rng = np.random.default_rng(2)
    bits, care = rng.random(300) < 0.5, rng.random(300) < 0.12
    network = windowed(4, 40, 8, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RateWarning)
        assert xoropt.encode(bits, care, network).proved_blocks == 1
        monkeypatch.setattr(stream, "burst_patches", lambda eliminated: burst_patches(eliminated, budget=0))
        assert xoropt.encode(bits, care, network).proved_blocks == 0


@given(st.integers(0, 2**32 - 1), st.integers(0, 2), st.integers(1, 24), st.floats(0, 1))
def test_viterbi_finds_the_minimum(seed, n_s, outputs, density):
    rng = np.random.default_rng(seed)
    network = sequential(n_in=2, n_out=7, n_s=n_s, seed=seed)
    bits, care = rng.random(outputs) < 0.5, rng.random(outputs) < density
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RateWarning)
        encoded = xoropt.encode(
            bits, care, network, order="rows" if n_s else "lanes:lanes=1", solver="viterbi" if n_s else "burst"
        )
    assert not ((xoropt.decode(encoded, "reference") ^ bits) & care).any()
    if not n_s:
        return
    steps = -(-outputs // 7)
    matrix = network.matrix().astype(np.uint8)
    seeds = (np.arange(1 << 2 * (steps + n_s))[:, None] >> np.arange(2 * (steps + n_s))) & 1
    made = np.concatenate([seeds[:, 2 * t : 2 * t + network.window] @ matrix.T & 1 for t in range(steps)], axis=1)
    least = ((made[:, :outputs] != bits) & care).sum(axis=1).min()
    assert encoded.size.patches == least


def test_viterbi_reproduces_the_published_setting():
    """Matched care bits at S = 0.9 and N_out = 80, N_s = 1; 98.65 % for random data."""
    rng = np.random.default_rng(0)
    bits, care = rng.random(200_000) < 0.5, rng.random(200_000) < 0.1
    encoded = xoropt.encode(bits, care, sequential(n_in=8, n_out=80, n_s=1), solver="viterbi")
    assert 0.984 < 1 - encoded.size.patches / encoded.size.care_bits < 0.989


def test_viterbi_refuses_large_networks():
    bits = np.ones(100, dtype=bool)
    with pytest.raises(ArgumentError, match="n_in·memory ≤ 16"):
        xoropt.encode(bits, bits, sequential(n_in=8, n_out=80, n_s=3), solver="viterbi")
