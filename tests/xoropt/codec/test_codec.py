"""Block codec: every decoder gives every care bit back, and the size is the paper's formula."""

import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import networks
from xoropt.codec import bits as streams
from xoropt.codec import reference
from xoropt.codec.blocks.encoder import encode_blocks
from xoropt.codec.blocks.patches import join_patches, pack_patches, split_patches, unpack_patches
from xoropt.codec.decoder import DECODERS


@st.composite
def cases(draw):
    """Bits, care and a network: no weights, one, many; no care bits, some, all; shared and own masks."""
    shape = tuple(draw(st.lists(st.integers(0, 9), min_size=0, max_size=3)))
    planes = draw(st.integers(0, 4))
    density = draw(st.sampled_from([0.0, 0.05, 0.3, 1.0]))
    n_in = draw(st.integers(1, 64))
    n_out = draw(st.integers(1, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits = rng.random((planes, *shape)) < 0.5
    own = draw(st.booleans())
    care = rng.random((planes, *shape) if own else shape) < density
    return bits, care, networks.random_block(n_in, n_out, draw(st.integers(0, 9))), own


@given(cases())
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


@given(cases(), st.sampled_from([0, 1, 5, 16, 10**6]))
def test_the_size_is_the_papers_and_what_is_stored(case, group):
    bits, care, network, _ = case
    flat = (len(bits), math.prod(bits.shape[1:]))
    bits, care = bits.reshape(flat), np.broadcast_to(care, bits.shape).reshape(flat)
    encoded = encode_blocks(bits, care, network, bits.shape[1:], "greedy", group=group)
    n_out, blocks = network.n_out, -(-bits.shape[1] // network.n_out)
    flips = unpack_patches(encoded.patches, blocks, n_out, bits.shape[1])
    header = places = 0
    for at in flips:
        n_patch = np.bincount(at // n_out, minlength=blocks)
        for first in range(0, blocks, group or max(1, blocks)):
            part = n_patch[first : first + (group or blocks)]
            header += len(part) * math.ceil(math.log2(part.max() + 1))
            header += 8 if group and group < blocks else 0
        places += n_patch.sum() * math.ceil(math.log2(n_out))
    size = encoded.size
    assert size.seed_bits == network.n_in * blocks * len(bits)
    assert size.patch_bits == header + places
    assert size.total_bits == size.seed_bits + size.patch_bits
    entry, data = join_patches(encoded.patches)
    assert 0 <= 8 * data.nbytes - size.patch_bits < 16  # two streams, each filled up to a byte
    assert all(0 <= 8 * len(seeds) - network.n_in * blocks < 8 for seeds in encoded.seeds)
    again = split_patches(entry["group"], entry["count"], entry.get("widths"), data, len(bits), blocks, n_out)
    assert again.bits == encoded.patches.bits
    for a, b in zip(flips, unpack_patches(again, blocks, n_out, bits.shape[1]), strict=True):
        assert (a == b).all()


def test_the_reference_decoder_by_hand():
    # M⊕ with rows 01, 11, 10 (first column lowest); seeds 1 = (1, 0) and 2 = (0, 1); output 2 of block 1 is patched.
    seeds = bytes([0b1001])
    assert reference.decode_plane(seeds, [0b10, 0b11, 0b01], 2, [[], [2]], 5) == [False, True, True, True, True]
    # Counts 0 and 1 of one bit each, the place 2 in two bits.
    assert reference.read_patches(bytes([0b10]), bytes([0b10]), [[1]], 0, 2, 3) == [[[], [2]]]


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


def test_auto_is_no_worse_than_the_usual_block():
    rng = np.random.default_rng(3)
    care, bits = rng.random(200_000) < 0.3, rng.random(200_000) < 0.5
    usual = xoropt.encode(bits, care, "block:n_in=20,n_out=60", solver="greedy")
    assert xoropt.encode(bits, care, "auto", solver="greedy").size.total_bits <= 1.01 * usual.size.total_bits


@given(st.lists(st.tuples(st.integers(0, 64), st.integers(0, 2**64 - 1)), max_size=40))
def test_bit_streams(pairs):
    widths = np.array([w for w, _ in pairs], dtype=np.int64)
    values = np.array([v & ((1 << w) - 1) for w, v in pairs], dtype=np.uint64)
    data = streams.pack(values, widths)
    assert len(data) == -(-int(widths.sum()) // 8)
    assert (streams.unpack(data, widths) == values).all()
    at = 0
    for width, value in zip(widths.tolist(), values.tolist(), strict=True):
        assert reference.read_bits(data.tobytes(), at, width) == value
        at += width


@given(st.integers(0, 64), st.lists(st.integers(0, 2**64 - 1), max_size=40), st.data())
def test_fixed_bit_streams(width, numbers, data):
    values = np.array([n & ((1 << width) - 1) for n in numbers], dtype=np.uint64)
    stream = streams.pack_fixed(values, width)
    assert (stream == streams.pack(values, np.full(len(values), width))).all()
    first = data.draw(st.integers(0, len(values)))
    assert (streams.unpack_fixed(stream, width, first, len(values) - first) == values[first:]).all()


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


def _small():
    rng = np.random.default_rng(4)
    return xoropt.encode(rng.random(900) < 0.5, rng.random(900) < 0.3, "block:n_in=8,n_out=40", solver="greedy")


def test_decode_refuses_what_does_not_fit():
    encoded = _small()
    with pytest.raises(xoropt.ArgumentError, match="'decoder'"):
        xoropt.decode(encoded, "magic")
    with pytest.raises(xoropt.DecodeError, match="seeds"):
        xoropt.decode(replace(encoded, seeds=encoded.seeds[:, :-1]))
    with pytest.raises(xoropt.DecodeError, match="counts"):
        xoropt.decode(replace(encoded, patches=replace(encoded.patches, counts=encoded.patches.counts[:-1])))
    with pytest.raises(xoropt.DecodeError, match="places"):
        xoropt.decode(replace(encoded, patches=replace(encoded.patches, places=encoded.patches.places[:-1])))
    beyond = pack_patches([np.array([919])], 23, 40)
    with pytest.raises(xoropt.DecodeError, match="outside the stream of 900"):
        xoropt.decode(replace(encoded, patches=beyond))
