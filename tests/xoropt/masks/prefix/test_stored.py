"""A prefix-coded mask is parsed once for as long as its parts are in use."""

import numpy as np
import pytest

import xoropt
from xoropt.masks import CODECS
from xoropt.masks.prefix import stored


def test_a_parsed_mask_is_kept_for_the_same_parts_only():
    mask = np.random.default_rng(6).random((64, 96)) < 0.1
    parts = CODECS["prefix"].encode(mask, 1)
    before = len(stored._PARSED)
    kept = stored.parse_mask(parts, mask.shape, mask.size)
    assert stored.parse_mask(dict(parts), mask.shape, mask.size) is kept
    assert stored.parse_mask(parts, (32, 192), mask.size) is not kept
    for name in ("mask_seeds", "mask_plane"):
        assert stored.parse_mask(parts | {name: parts[name].copy()}, mask.shape, mask.size) is not kept
    with pytest.raises(xoropt.DecodeError):
        stored.parse_mask(parts | {"mask_seeds": parts["mask_seeds"][1:]}, mask.shape, mask.size)
    assert len(stored._PARSED) == before + 1
    del parts
    assert len(stored._PARSED) == before
