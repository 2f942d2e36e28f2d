"""Encoding with windowed networks: every care bit comes back, by a decoder that knows nothing of the elimination."""

import warnings

import numpy as np
import pytest
from codec_cases import NETWORKS, random_planes
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import RateWarning
from xoropt.codec.streams import segment_encoder
from xoropt.codec.streams.banded.bursts import burst_patches
from xoropt.networks import windowed

ORDERS = ("rows", "lanes:lanes=1", "lanes:lanes=2", "lanes:lanes=16", "lanes:lanes=64", "straight:lanes=4")


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
def test_every_care_bit_comes_back(seed, network, order, planes, shape, density, shared, patches):
    rng = np.random.default_rng(seed)
    bits, care = random_planes(rng, planes, shape, density, shared)
    if not network.memory and order == "rows":
        order = "straight:lanes=1"  # a block network in the paper's order is encoded block by block
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RateWarning)  # rates are drawn as they come
        encoded = xoropt.encode(bits, care, network, order=order, patches=patches, planes=True)
    reference = xoropt.decode(encoded, "reference")
    assert np.array_equal(xoropt.decode(encoded, "numpy"), reference)
    assert not ((reference ^ bits) & care).any()
    assert encoded.size.care_bits == np.count_nonzero(np.broadcast_to(care, bits.shape))


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
        encoded = xoropt.encode(bits, np.ones(2000, dtype=bool), network, order="rows")
    assert np.array_equal(xoropt.decode(encoded, "reference"), bits)
    assert encoded.size.patches <= 720  # half of what 560 bits leave to chance


def test_nothing_is_proved_when_the_budget_is_spent_at_once(monkeypatch):
    rng = np.random.default_rng(2)
    bits, care = rng.random(300) < 0.5, rng.random(300) < 0.12
    network = windowed(4, 40, 8, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RateWarning)
        assert xoropt.encode(bits, care, network).proved_blocks == 1
        monkeypatch.setattr(segment_encoder, "burst_patches", lambda eliminated: burst_patches(eliminated, budget=0))
        assert xoropt.encode(bits, care, network).proved_blocks == 0
