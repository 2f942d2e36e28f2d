"""The network "auto": close to the limit on every mask, and quick with few care bits."""

import numpy as np
import pytest
from codec_cases import random_planes
from hypothesis import example, given
from hypothesis import strategies as st

import xoropt
from xoropt.codec.streams import auto, segment_encoder
from xoropt.masks import decode_mask, encode_mask


@pytest.mark.slow
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 3),
    st.sampled_from([(1,), (5,), (64,), (30, 20), (70, 71)]),
    st.sampled_from([0.0, 0.002, 0.05, 0.5, 1.0]),
    st.booleans(),
)
@example(0, 1, (1,), 1.0, True)
def test_auto(seed, planes, shape, density, shared):
    check_care_bits(seed, planes, shape, density, shared)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    ("planes", "shape", "density"), [(1, (1,), 1.0), (3, (5,), 0.5), (2, (30, 20), 0.05), (2, (70, 71), 0.5)]
)
def test_care_bits_of_some_shapes_come_back(planes, shape, density, shared):
    check_care_bits(0, planes, shape, density, shared)


def check_care_bits(seed, planes, shape, density, shared):
    rng = np.random.default_rng(seed)
    bits, care = random_planes(rng, planes, shape, density, shared)
    encoded = xoropt.encode(bits, care, "auto", planes=True)
    reference = xoropt.decode(encoded, "reference")
    assert np.array_equal(xoropt.decode(encoded), reference)
    assert not ((reference ^ bits) & care).any()
    size = encoded.size
    assert size.total_bits <= size.care_bits + 4 * planes + 0.02 * size.care_bits


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 10, 50])
def test_auto_is_quick_with_few_care_bits(count, monkeypatch):
    """A ring of a few seed bits cannot make every value; few networks are tried before it gets another bit."""
    built = []
    network = auto.auto_network
    monkeypatch.setattr(
        auto, "auto_network", lambda n_out, seed, *more: built.append(seed) or network(n_out, seed, *more)
    )
    rng = np.random.default_rng(count)
    care = np.zeros(10_000, dtype=bool)
    care[rng.choice(10_000, count, replace=False)] = True
    for bits in (np.ones(10_000, bool), rng.random(10_000) < 0.5):
        built.clear()
        encoded = xoropt.encode(bits, care)
        assert not ((xoropt.decode(encoded, "reference") ^ bits) & care).any()
        assert encoded.size.total_bits <= count + 4
        assert len(built) <= 60  # two for each attempt


@pytest.mark.parametrize("density", [0.5, 0.1, 0.05])
def test_auto_is_near_the_limit(density):
    rng = np.random.default_rng(3)
    for weights, least in ((5_000, 0.98), (100_000, 0.995)):
        bits, care = rng.random(weights) < 0.5, rng.random(weights) < density
        assert xoropt.encode(bits, care).size.efficiency >= least


def test_auto_follows_an_uneven_mask():
    """Row and column densities as magnitude pruning leaves them; in the paper's order, dense rows need many patches."""
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


def test_all_care_and_none():
    bits = np.random.default_rng(8).random(3000) < 0.5
    every = xoropt.encode(bits, np.ones(3000, dtype=bool))
    assert np.array_equal(xoropt.decode(every), bits)
    assert every.size.total_bits <= 3002
    none = xoropt.encode(bits, np.zeros(3000, dtype=bool))
    assert none.size.total_bits == 0
    assert none.size.efficiency == 1
    assert not xoropt.decode(none).any()


@pytest.fixture
def searches(monkeypatch):
    """The dependent care bits of each search for burst patches."""
    made = []
    bursts = segment_encoder.burst_patches
    monkeypatch.setattr(
        segment_encoder, "burst_patches", lambda found: made.append(len(found.dependent)) or bursts(found)
    )
    return made


RESONANT = {
    "blocks of 16": lambda rng: np.kron(rng.random((64, 64)) < 0.3, np.ones((16, 16), bool)).astype(bool),
    "blocks of 8": lambda rng: np.kron(rng.random((128, 128)) < 0.4, np.ones((8, 8), bool)).astype(bool),
    "rows of 8": lambda rng: np.repeat(rng.random((1024, 128)) < 0.1, 8, axis=1),
    "rows of 16": lambda rng: np.repeat(rng.random((1024, 64)) < 0.2, 16, axis=1),
    "every third": lambda rng: (np.arange(1 << 20) % 3 == 0).reshape(1024, 1024),
}


@pytest.mark.parametrize("name", RESONANT)
def test_care_bits_that_repeat_with_the_step_between_lanes(name, searches):
    """Rings of another length are found before much time goes into patches."""
    rng = np.random.default_rng(2)
    care = RESONANT[name](rng)
    bits = rng.random(care.shape) < 0.5
    encoded = xoropt.encode(bits, care)
    assert not ((xoropt.decode(encoded) ^ bits) & care).any()
    assert encoded.size.efficiency > 0.99
    assert encoded.order == "lanes:lanes=512"  # others are decoded 20 times slower
    assert max(searches, default=0) < 100


def test_a_ring_at_a_length_where_rows_are_dependent(searches):
    """Prefix masks fill some rows of seed bits and leave others empty; one more row, not more bits, resolves that."""
    mask = np.random.default_rng(1).random((1024, 1024)) < 0.35
    name, parts = encode_mask(mask, "prefix")
    assert np.array_equal(decode_mask(name, parts, mask.shape, mask.size), mask)
    assert max(searches, default=0) < 100


def test_efforts_store_nearly_the_same():
    rng = np.random.default_rng(11)
    bits, care = rng.random((2, 1_000_000)) < 0.5, rng.random(1_000_000) < 0.15
    sizes = {}
    for effort in auto.EFFORTS:
        encoded = xoropt.encode(bits, care, planes=True, effort=effort)
        assert not ((xoropt.decode(encoded) ^ bits) & care).any()
        sizes[effort] = encoded.size
    assert sizes["normal"].total_bits <= 1.001 * sizes["best"].total_bits
    assert sizes["fast"].efficiency > 0.995
    with pytest.raises(xoropt.ArgumentError, match="'effort' must be one of"):
        xoropt.encode(bits, care, effort="slow")


@pytest.mark.parametrize("effort", auto.EFFORTS)
def test_the_bytes_do_not_depend_on_the_threads(effort):
    rng = np.random.default_rng(12)
    bits = rng.random((3, 300_000)) < 0.5
    care = rng.random(bits.shape) < np.array([[0.9], [0.3], [0.02]])
    alone, shared = (xoropt.encode(bits, care, effort=effort, jobs=jobs) for jobs in (1, 3))
    assert all(np.array_equal(a, b) for a, b in zip(alone.seeds, shared.seeds, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(alone.patches.data, shared.patches.data, strict=True))
    assert not ((xoropt.decode(alone) ^ bits) & care).any()


def test_uneven_rings_are_split(monkeypatch):
    rng = np.random.default_rng(13)
    bits, care = rng.random(400_001) < 0.5, rng.random(400_001) < 0.1
    whole = xoropt.encode(bits, care)
    monkeypatch.setattr(segment_encoder, "SPLIT_SHORTFALL", -1)
    halves = xoropt.encode(bits, care)
    assert (whole.blocks, halves.blocks) == (1, 4)
    assert np.array_equal(xoropt.decode(halves, "reference")[care], bits[care])
