"""A few rows of a segment are what they are in the whole of it, for every network and order."""

from dataclasses import replace

import numpy as np
import pytest
from codec_cases import NETWORKS
from searches import fastest

import xoropt
from xoropt import decode, networks
from xoropt.codec.streams import numpy_decoder


@pytest.mark.parametrize("order", ["lanes:lanes=1", "lanes:lanes=8", "straight:lanes=8", "rows"])
@pytest.mark.parametrize("network", [*NETWORKS[:-1], networks.cascade()], ids=lambda network: network.recipe[:30])
def test_few_rows_are_those_of_the_whole(network, order, monkeypatch):
    rng = np.random.default_rng(0)
    bits, care = rng.random((1, 400, 24)) < 0.5, rng.random((400, 24)) < 0.05
    encoded = xoropt.encode(bits, care, network, order=order, planes=True, **fastest(network, order))
    seeds = tuple(rng.integers(0, 256, part.shape, dtype=np.uint8) for part in encoded.seeds)
    encoded = replace(encoded, seeds=seeds)
    whole = decode(encoded, "reference")
    assert (decode(encoded, "numpy") == whole).all()
    for first in (0, 1, 17, 230, 398):
        monkeypatch.setattr(numpy_decoder, "FEW", 2)
        for stop in (first + 1, first + 2):
            assert (decode(encoded, "numpy", rows=slice(first, stop)) == whole[:, first:stop]).all()
