"""`encode`: arguments that it refuses, and what it makes of others."""

import math

import numpy as np
import pytest
from codec_cases import NETWORKS

import xoropt
from xoropt import ArgumentError
from xoropt.codec.decoder import DECODERS


@pytest.mark.parametrize(
    ("bits", "care", "options", "word"),
    [
        (np.zeros(3), np.ones(3, bool), {}, "'bits' must be a bool array"),
        (np.zeros(3, bool), np.ones(3), {}, "'care' must be a bool array"),
        (np.zeros(3, bool), np.ones(4, bool), {}, r"'care' must have the shape \(3,\)"),
        (np.zeros(3, bool), np.ones(3, bool), {"order": "zigzag"}, "'order'"),
        (np.zeros(3, bool), np.ones(3, bool), {"network": "ring:n_in=3"}, "no known topology"),
    ],
)
def test_encode_refuses(bits, care, options, word):
    with pytest.raises(xoropt.ArgumentError, match=word):
        xoropt.encode(bits, care, **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"network": 3}, "'network' must be an XorNetwork, a recipe or 'auto', not 3"),
        ({"network": None}, "'network' must be an XorNetwork, a recipe or 'auto', not None"),
        ({"order": 3}, "'order' must be a stream order or None, not 3"),
        ({"order": 3, "network": NETWORKS[0]}, "'order' must be a stream order or None, not 3"),
        ({"jobs": "2"}, "'jobs' must be an integer, not '2'"),
        ({"jobs": 0, "network": NETWORKS[0]}, "'jobs' must be from 1 to 4096, not 0"),
        ({"time_limit": -1}, "'time_limit' must be None or a positive number of seconds, not -1"),
        ({"time_limit": math.nan, "network": NETWORKS[0]}, "'time_limit' must be None or a positive number"),
        ({"time_limit": "1"}, "'time_limit' must be None or a positive number"),
        ({"patches": "viterbi"}, "'viterbi' with a sequential network alone; give one as 'network'"),
        ({"patches": "viterbi", "network": NETWORKS[7]}, "'viterbi' with a sequential network alone"),
    ],
)
def test_arguments_that_cannot_be(arguments, message):
    bits = np.ones(4, dtype=bool)
    with pytest.raises(ArgumentError, match=message):
        xoropt.encode(bits, bits, **arguments)


@pytest.mark.parametrize("recipe", ["", "lanes", "lanes:lanes=3", "lanes:lanes=8192", "rows:lanes=1", "lanes:rows=4"])
def test_orders_that_cannot_be(recipe):
    with pytest.raises(ArgumentError, match="'order' must"):
        xoropt.encode(np.ones(4, bool), np.ones(4, bool), NETWORKS[0], order=recipe)


def test_choices_that_do_not_go_together():
    bits = np.ones(4, dtype=bool)
    with pytest.raises(ArgumentError, match="'order' must be None with the network 'auto'"):
        xoropt.encode(bits, bits, "auto", order="rows")
    with pytest.raises(ArgumentError, match="'order' must be 'rows' where 'patches' is 'viterbi'"):
        xoropt.encode(bits, bits, NETWORKS[4], order="lanes:lanes=2", patches="viterbi")
    with pytest.raises(ArgumentError, match="'solver' is for block networks, not 'coset'; for a windowed"):
        xoropt.encode(bits, bits, NETWORKS[0], solver="coset")
    with pytest.raises(ArgumentError, match="'patches' is for windowed networks, not 'greedy'"):
        xoropt.encode(bits, bits, NETWORKS[7], patches="greedy")
    with pytest.raises(ArgumentError, match="'patches' is for windowed networks, not 'greedy'"):
        xoropt.encode(bits, bits, "auto", solver="greedy", patches="greedy")
    with pytest.raises(ArgumentError, match="'patches' must be one of burst, greedy, viterbi, not 'portfolio'"):
        xoropt.encode(bits, bits, patches="portfolio")
    with pytest.raises(ArgumentError, match="window of at most 1984 bits, not 2048"):
        xoropt.encode(bits, bits, xoropt.networks.from_matrix(np.ones((3, 2048), bool), n_in=64))


def test_planes_need_an_axis():
    with pytest.raises(ArgumentError, match="'bits' must have an axis that counts planes"):
        xoropt.encode(np.array(True), np.array(True), planes=True)


def test_a_given_windowed_network_takes_the_lanes_that_auto_takes():
    rng = np.random.default_rng(9)
    bits, care = rng.random(30_000) < 0.5, rng.random(30_000) < 0.3
    windowed = xoropt.encode(bits, care, "windowed:n_in=8,n_out=40,window=64,taps=6")
    assert windowed.order == xoropt.encode(bits, care).order == "lanes:lanes=512"
    assert xoropt.encode(bits, care, "windowed:n_in=8,n_out=24,window=64,taps=6", order="rows").order == "rows"
    assert xoropt.encode(bits, care, "block:n_in=8,n_out=24", solver="greedy").order == "rows"
    assert xoropt.encode(bits[:900], care[:900], "sequential:n_in=4,n_out=12,n_s=1", patches="viterbi").order == "rows"


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


def test_auto_is_no_worse_than_the_usual_block():
    rng = np.random.default_rng(3)
    care, bits = rng.random(200_000) < 0.3, rng.random(200_000) < 0.5
    usual = xoropt.encode(bits, care, "block:n_in=20,n_out=60", solver="greedy")
    assert xoropt.encode(bits, care, "auto", solver="greedy").size.total_bits <= 1.01 * usual.size.total_bits
