"""Encoding with block networks: every care bit comes back, and patches are as many as the paper has."""

import sys

import numpy as np
import pytest
from codec_cases import block_cases
from hypothesis import given

import xoropt
from xoropt.codec.decoder import DECODERS
from xoropt.networks import random_block


@given(block_cases())
def test_every_care_bit_comes_back(case):
    bits, care, network, own = case
    encoded = xoropt.encode(bits, care, network, solver="greedy", planes=True if own else None)
    every = [xoropt.decode(encoded, decoder) for decoder in DECODERS]
    for decoded in every:
        assert decoded.shape == bits.shape
        assert decoded.dtype == bool
        assert not ((decoded ^ bits) & care).any()
        assert (decoded == every[0]).all()
    assert encoded.size.care_bits == np.broadcast_to(care, bits.shape).sum()


def test_planes_of_one_mask_share_it():
    rng = np.random.default_rng(0)
    care = rng.random(5000) < 0.1
    bits = rng.random((3, 5000)) < 0.5
    together = xoropt.encode(bits, care, "block:n_in=20,n_out=180", solver="greedy")
    alone = [xoropt.encode(plane, care, "block:n_in=20,n_out=180", solver="greedy") for plane in bits]
    assert together.size.seed_bits == sum(each.size.seed_bits for each in alone)
    assert together.size.patches == sum(each.size.patches for each in alone)


def test_chunks_do_not_show(monkeypatch):
    rng = np.random.default_rng(1)
    care, bits = rng.random(30_000) < 0.12, rng.random((2, 30_000)) < 0.5
    whole = xoropt.encode(bits, care, "block:n_in=13,n_out=101", solver="greedy")
    monkeypatch.setattr(sys.modules["xoropt.codec.blocks.encoder"], "CHUNK", 5000)
    monkeypatch.setattr(sys.modules["xoropt.codec.blocks.numpy_decoder"], "CHUNK", 999)
    parts = xoropt.encode(bits, care, "block:n_in=13,n_out=101", solver="greedy")
    assert (whole.seeds == parts.seeds).all()
    assert (xoropt.decode(whole) == xoropt.decode(parts)).all()


def test_greedy_reaches_the_known_efficiency():
    # Random data at S = 0.9, n_in = 20, n_out = 180: about 0.50 patches a block, E = 66.5 % with one header width.
    rng = np.random.default_rng(2)
    care, bits = rng.random(720_000) < 0.1, rng.random(720_000) < 0.5
    encoded = xoropt.encode(bits, care, "block:n_in=20,n_out=180", solver="greedy")
    assert 0.45 < encoded.size.patches / encoded.blocks < 0.56
    assert 0.65 < encoded.size.efficiency < 0.69


@pytest.mark.parametrize("time_limit", [None, 0.001])
def test_the_default_solver_gives_the_same_bytes_for_any_jobs(monkeypatch, time_limit):
    """Blocks of 64 seed bits, the most there are, are searched in counted steps; no engines race."""

    def race(*_):
        raise AssertionError("engines race while blocks are encoded")

    monkeypatch.setattr("xoropt_solvers.strategies.portfolio.race", race)
    monkeypatch.setattr("xoropt_solvers.solving_many.BLOCKS_A_CALL", 8)
    rng = np.random.default_rng(6)
    bits, care = rng.random((60, 160)) < 0.5, rng.random((60, 160)) < 0.5
    network = random_block(64, 160, seed=0)
    encoded = [
        xoropt.encode(bits, care, network, solver="portfolio", jobs=jobs, time_limit=time_limit) for jobs in (1, 2, 1)
    ]
    first, *others = [{name: part.tobytes() for name, part in each.describe()[1].items()} for each in encoded]
    assert set(first) == {"patches", "seeds"}
    assert all(other == first for other in others)
