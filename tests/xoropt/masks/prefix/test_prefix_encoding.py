"""Prefix-coded masks are small: near the entropy, with uneven rows and columns too."""

import numpy as np
import pytest

from xoropt.masks import CODECS, decode_mask, stored_bytes
from xoropt.masks.prefix import encoding
from xoropt.masks.prefix.stored import TILE, band_layout


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


@pytest.mark.parametrize("columns", [96, 100, 331])
@pytest.mark.parametrize("spread", [0.0, 2.0])
def test_the_plane_holds_the_codeword_of_every_group(monkeypatch, columns, spread):
    """Against the same in plain NumPy, with a mask that is planned in one band and in many."""
    rng = np.random.default_rng(columns)
    mask = rng.random((700, columns)) < 0.08 * np.exp(spread * rng.standard_normal((700, 1)))
    groups = encoding.code_groups(mask, mask.sum(axis=0))
    monkeypatch.setattr(encoding, "CHUNK", 1000)
    again = encoding.code_groups(mask, mask.sum(axis=0))
    assert all(np.array_equal(getattr(groups, name), getattr(again, name)) for name in ("head", "symbols", "care_bits"))
    assert (groups.listed is None) == (again.listed is None)
    assert groups.listed is None or np.array_equal(groups.listed, again.listed)
    bits, care, shape = encoding.plane_of(groups)
    classes = groups.classes
    code = groups.code_of_pair[classes.row_class[:, None], classes.column_class]
    words, lengths = groups.words[code, groups.symbols].ravel(), groups.lengths[code, groups.symbols].ravel()
    assert groups.care_bits == lengths.sum(dtype=np.int64)
    bands, band_tiles = band_layout(words.size)
    assert shape == (bands * band_tiles, groups.outputs, TILE)
    places = np.arange(groups.outputs)
    made = np.zeros((2, bands * TILE * band_tiles, groups.outputs), dtype=bool)
    made[0, : words.size] = words[:, None] >> (groups.outputs - 1 - places) & 1
    made[1, : words.size] = places < lengths[:, None]
    expected = made.reshape(2, bands, TILE, band_tiles, groups.outputs).transpose(0, 1, 3, 4, 2)
    assert np.array_equal(np.asarray(bits), expected[0].reshape(1, -1))
    assert np.array_equal(np.asarray(care), expected[1].reshape(1, -1))
