"""Prefix-coded masks are small: near the entropy, with uneven rows and columns too."""

import numpy as np
import pytest

from xoropt.masks import CODECS, decode_mask, stored_bytes


def entropy_of(p):
    return float(np.mean(-(p * np.log2(p) + (1 - p) * np.log2(1 - p))))


@pytest.mark.parametrize("size", [1 << 15, 3 << 19])
def test_prefix_lists_the_weights_of_nearly_empty_rows(size):
    rng = np.random.default_rng(4)
    density = np.where(np.arange(64) % 2, 0.3, 0.002)[:, None]
    mask = rng.random((64, size // 64)) < density
    parts = CODECS["prefix"].encode(mask, 1)
    assert "mask_listed" in parts
    assert stored_bytes(parts) * 8 < 1.02 * entropy_of(density) * mask.size + 1500
    assert (decode_mask("prefix", parts, mask.shape, mask.size) == mask).all()
    first, stop = size // 64 * 13 + 5, size // 64 * 40
    octets, start = CODECS["prefix"].decode_packed(parts, mask.shape, mask.size, first, stop)
    bits = np.unpackbits(octets, bitorder="little")[first - start :][: stop - first]
    assert (bits == mask.reshape(-1)[first:stop]).all()


def test_prefix_uses_uneven_columns():
    rng = np.random.default_rng(5)
    density = rng.permutation(np.geomspace(0.01, 0.5, 512))
    mask = rng.random((256, 512)) < density
    assert stored_bytes(CODECS["prefix"].encode(mask, 1)) * 8 < 1.06 * entropy_of(density) * mask.size
