"""Patches of blocks: their size is the formula of the paper, and damaged ones are refused."""

import math
from dataclasses import replace

import numpy as np
import pytest
from codec_cases import block_cases
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt.codec.blocks.encoder import encode_blocks
from xoropt.codec.blocks.patches import join_patches, pack_patches, split_patches, unpack_patches


@given(block_cases(), st.sampled_from([0, 1, 5, 16, 10**6]))
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
