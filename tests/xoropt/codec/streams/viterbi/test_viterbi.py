"""The Viterbi algorithm: against trying all seeds, and against the published figure."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import ArgumentError, RateWarning
from xoropt.networks import sequential


@given(st.integers(0, 2**32 - 1), st.integers(0, 2), st.integers(1, 24), st.floats(0, 1))
def test_viterbi_finds_the_minimum(seed, n_s, outputs, density):
    rng = np.random.default_rng(seed)
    network = sequential(n_in=2, n_out=7, n_s=n_s, seed=seed)
    bits, care = rng.random(outputs) < 0.5, rng.random(outputs) < density
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RateWarning)
        encoded = xoropt.encode(
            bits, care, network, order="rows" if n_s else "lanes:lanes=1", patches="viterbi" if n_s else "burst"
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
    encoded = xoropt.encode(bits, care, sequential(n_in=8, n_out=80, n_s=1), patches="viterbi")
    assert 0.984 < 1 - encoded.size.patches / encoded.size.care_bits < 0.989


def test_viterbi_refuses_large_networks():
    bits = np.ones(100, dtype=bool)
    with pytest.raises(ArgumentError, match="n_in·memory ≤ 16"):
        xoropt.encode(bits, bits, sequential(n_in=8, n_out=80, n_s=3), patches="viterbi")
