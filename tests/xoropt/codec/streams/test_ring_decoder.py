"""Decoding of rings: tables and instructions, segments of any size, and tiles."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from codec_cases import packed, ranges, same
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import networks
from xoropt.codec.compiled.gfni import plan
from xoropt.codec.decoder import reader_of
from xoropt.codec.streams import ring_decoder
from xoropt.codec.streams.segments import Layout


@st.composite
def dense_encodings(draw):
    """Draw an encoding in 512 lanes by a dense network, with windows of up to 200 seed bits that begin anywhere."""
    n_in = draw(st.integers(1, 20))
    network = networks.windowed(n_in, draw(st.integers(1, 12)) * n_in, n_in * draw(st.integers(2, 10)), None, 3)
    rows, columns = draw(st.integers(1, 300)), draw(st.sampled_from([64, 100, 512]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits, care = rng.random((rows, columns)) < 0.5, rng.random((rows, columns)) < 0.9 * n_in / network.n_out
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        return xoropt.encode(bits, care, network, patches="greedy", order="lanes:lanes=512")


@given(dense_encodings(), st.data())
def test_tables_and_the_gfni_instruction_agree(encoded, data):
    expected = xoropt.decode(encoded, "numpy")
    rows = data.draw(ranges(encoded.shape[0]))
    ways = [lambda network: None, plan.make_gfni_plan] if plan.has_gfni() else [lambda network: None]
    for way in ways:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ring_decoder, "gfni_plan", way)
            encoded = replace(encoded)  # a reader of its own
            assert same(xoropt.decode(encoded, "compiled"), expected)
            assert same(xoropt.decode(encoded, "compiled", rows=rows), expected[rows])


@given(st.data())
def test_decoders_agree_on_segments_of_any_size(data):
    """Segments that `encode` would not cut: without seed bits, with too many of them, of a single row."""
    lanes = 1 << data.draw(st.integers(0, 10))
    network = data.draw(
        st.sampled_from(["windowed:n_in=1,n_out=9,window=20,taps=4", "windowed:n_in=3,n_out=9,window=24"])
    )
    rows = np.array(data.draw(st.lists(st.integers(1, 90), min_size=1, max_size=5)))
    kept = np.array([data.draw(st.booleans()) for _ in rows])
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    bits = np.where(kept, lanes * -(-rows // 2) + rng.integers(0, lanes, len(rows)), 0)
    empty = np.zeros(int(rows.sum()) * lanes, dtype=bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        encoded = xoropt.encode(empty, empty, network, order=f"lanes:lanes={lanes}")
    seeds = rng.integers(0, 256, -(-int(bits.sum()) // 8), dtype=np.uint8)
    encoded = replace(encoded, layouts=(Layout(rows, bits),), seeds=(seeds,))
    expected = xoropt.decode(encoded, "numpy")
    assert same(xoropt.decode(encoded, "reference"), expected)
    assert same(xoropt.decode(encoded, "compiled"), expected)
    some = data.draw(ranges(len(empty)))
    assert same(xoropt.decode(encoded, "compiled", rows=some, output="planes")[None], packed(expected[None, some]))


def test_long_segments_do_not_make_large_tiles():
    rng = np.random.default_rng(0)
    size = 3 * ring_decoder.LONGEST_TILE
    bits, care = rng.random(size) < 0.5, rng.random(size) < 0.001
    encoded = xoropt.encode(bits, care, "auto")
    assert len(encoded.layouts[0].rows) == 1
    cuts = reader_of(encoded).cuts(0, size)
    assert np.diff(cuts).max() <= ring_decoder.LONGEST_TILE
    assert same(xoropt.decode(encoded, "compiled", jobs=2), xoropt.decode(encoded, "numpy"))
