"""Prefix-coded masks are decoded by compiled loops as they are by NumPy."""

import numpy as np
import pytest

from xoropt.masks import CODECS, prefix
from xoropt.masks.prefix import decoding, unpacking


@pytest.mark.parametrize("columns", [96, 100, 640])
@pytest.mark.parametrize("spread", [0.0, 2.0])
def test_compiled_prefix_masks_equal_plain_ones(monkeypatch, columns, spread):
    rng = np.random.default_rng(columns)
    chance = 0.1 * np.exp(spread * rng.standard_normal((500, 1)))
    mask = rng.random((500, columns)) < chance
    parts = CODECS["prefix"].encode(mask)
    monkeypatch.setattr(decoding, "choose_decoder", lambda *_: "numpy")
    assert (prefix.decode(parts, mask.shape, mask.size, 0, mask.size) == mask.reshape(-1)).all()
    monkeypatch.setattr(unpacking, "BANDS_AT_ONCE", 2)
    for first, stop in ((0, mask.size), (7 * columns, 7 * columns), (123 * columns, 401 * columns)):
        octets, begin = prefix.decode_packed(parts, mask.shape, mask.size, first, stop)
        bits = np.unpackbits(octets, bitorder="little")[first - begin : stop - begin].astype(bool)
        assert (bits == mask.reshape(-1)[first:stop]).all()
