"""Codecs of masks with structure: n of m, blocks, classes of rows and columns of like density."""

import numpy as np
import pytest

import xoropt
from xoropt.masks import CODECS, decode_mask, encode_mask


@pytest.mark.parametrize(
    ("n", "m", "limit"), [(2, 4, 0.6462), (1, 4, 0.5), (4, 8, 0.7662), (1, 2, 0.5), (8, 16, 0.8532)]
)
def test_n_of_m_is_near_its_limit(n, m, limit):
    rng = np.random.default_rng(0)
    mask = (rng.random((64, 4096 // m, m)).argsort(axis=-1) < n).reshape(64, 4096)
    name, parts = encode_mask(mask)
    assert name == "n_of_m"
    assert 8 * parts["mask"].nbytes / mask.size < 1.01 * limit


def test_n_of_m_refuses_other_masks():
    with pytest.raises(xoropt.ArgumentError, match="'n_of_m' cannot hold this mask"):
        encode_mask(np.eye(4, dtype=bool)[:, :3], "n_of_m")


@pytest.mark.parametrize("block", [(4, 4), (1, 32), (16, 1), (8, 64)])
def test_blocks_take_one_bit_each(block):
    coarse = np.random.default_rng(0).random((9, 11)) < 0.4
    mask = np.kron(coarse, np.ones(block, dtype=bool))[:-1, :-3]
    name, parts = encode_mask(mask)
    assert (decode_mask(name, parts, mask.shape, mask.size) == mask).all()
    assert CODECS["blocks"].encode(mask, 1)["mask"].nbytes <= 2 + -(-99 // 8)


def entropy_of(p):
    return float(np.mean(-(p * np.log2(p) + (1 - p) * np.log2(1 - p))))


@pytest.mark.parametrize("density", [0.01, 0.05, 0.1, 0.4])
def test_entropy_is_near_its_limit(density):
    mask = np.random.default_rng(1).random((1024, 1024)) < density
    stored = 8 * CODECS["entropy"].encode(mask, 1)["mask"].nbytes / mask.size
    assert stored < 1.005 * entropy_of(np.full(1, mask.mean()))


def test_entropy_uses_uneven_rows_and_columns():
    rng = np.random.default_rng(2)
    logit = np.log(1 / 9) + 0.5 * rng.standard_normal((2048, 1)) + 0.5 * rng.standard_normal(2048)
    p = 1 / (1 + np.exp(-logit))
    mask = rng.random(p.shape) < p
    stored = 8 * CODECS["entropy"].encode(mask, 1)["mask"].nbytes / mask.size
    assert stored < 1.015 * entropy_of(p)
    assert stored < 0.96 * entropy_of(np.full(1, mask.mean()))
