"""Octets: planes as bytes of the weights, read whole and in rows, described, repeated, and refused where damaged."""

import math
from dataclasses import replace

import numpy as np
import pytest
from codec_cases import packed, ranges, same
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import DecodeError, FormatError
from xoropt.codec.decoder import DECODERS
from xoropt.codec.packed.octets import PackedOctets
from xoropt.codec.registry import describe, restore

SHAPE = (13, 11)


def drawn_octets(seed=0, octets=2, shape=SHAPE):
    """Make octets, and their planes."""
    data = np.random.default_rng(seed).integers(0, 256, (octets, *shape), dtype=np.uint8)
    planes = np.unpackbits(data[:, None], axis=1, bitorder="little").reshape(8 * octets, *shape).astype(bool)
    return PackedOctets(shape, data.reshape(octets, math.prod(shape))), planes


@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.sampled_from([(), (0,), (70,), SHAPE, (6, 5, 7)]), st.data())
def test_planes_come_back(seed, octets, shape, data):
    encoded, planes = drawn_octets(seed, octets, shape)
    rows = data.draw(ranges(shape[0])) if shape else None
    part = planes if rows is None else planes[:, rows]
    for decoder in DECODERS:
        assert same(xoropt.decode(encoded, decoder), planes)
        assert same(xoropt.decode(encoded, decoder, rows=rows), part)
        assert same(xoropt.decode(encoded, decoder, rows=rows, output="planes"), packed(part))
    assert encoded.size.total_bits == encoded.care_bits == planes.size
    assert (encoded.planes, len(encoded.seeds), encoded.end_bits) == (8 * octets, 8 * octets, 0)
    entry, parts = describe(encoded)
    assert entry == {"octets": octets, "planes": 8 * octets}
    assert same(xoropt.decode(restore(entry, parts, shape, 8 * octets)), planes)


def test_repeated_octets():
    encoded, planes = drawn_octets()
    flat = planes.reshape(16, -1)
    for decoder in DECODERS:
        assert same(xoropt.decode(encoded.tiled(3), decoder), np.tile(flat, 3))
    assert encoded.tiled(3).size.total_bits == 3 * encoded.size.total_bits


def test_flips_and_segments():
    encoded, planes = drawn_octets()
    assert [len(at) for at in encoded.flips(0, 9)] == [0] * 16
    layout = encoded.layout(3)
    assert (layout.rows.tolist(), layout.seed_bits.tolist()) == ([143], [143])
    assert encoded.kept == planes[0].size


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"octets": np.zeros((2, 142), np.uint8)}, "the bytes of eight planes must be 143"),
        ({"octets": np.zeros((2, 143), np.int8)}, "'octets' must be a 2-D array of uint8, not a 2-D array of int8"),
        ({"octets": np.zeros(143, np.uint8)}, "not a 1-D array"),
        ({"octets": None}, "not a NoneType"),
        ({"shape": (13, -11)}, "the shape has a negative side"),
        ({"shape": [13, 11]}, "'shape' must be of the type tuple"),
        ({"shape": (13, 12)}, "the bytes of eight planes must be 156"),
    ],
)
@pytest.mark.parametrize("decoder", DECODERS)
def test_octets_that_do_not_fit_are_refused(decoder, changes, word):
    bad = replace(drawn_octets()[0], **changes)
    for use in (lambda: xoropt.decode(bad, decoder), lambda: describe(bad)):
        with pytest.raises(DecodeError, match=word):
            use()


@pytest.mark.parametrize(
    ("entry", "planes", "word"),
    [
        ({"octets": 1}, 16, "must be 16 planes as bytes of 143 weights"),
        ({"octets": 3}, 16, "must be 16 planes"),
        ({"octets": 3}, 24, "must be 24 planes"),
        ({"octets": "2"}, 16, "'octets'"),
        ({"octets": 2.0}, 16, "'octets'"),
        ({"octets": -2}, 16, "'octets'"),
        ({"octets": 2}, 17, "must be 17 planes"),
    ],
)
def test_entries_that_do_not_fit_are_refused(entry, planes, word):
    _, parts = describe(drawn_octets()[0])
    with pytest.raises(FormatError, match=word):
        restore(entry, parts, SHAPE, planes)
