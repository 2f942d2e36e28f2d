"""Batches that compiled loops decode by themselves give the sums that bands give."""

import numpy as np
import pytest

import xoropt
from xoropt.linear import batches, few_levels

ROWS, COLUMNS = 1100, 640


def pruned_tensor(bits, shares, scales="tensor", rows=ROWS, columns=COLUMNS, mask_codec="prefix"):
    """Compress weights of which each row keeps one of some shares."""
    rng = np.random.default_rng(bits)
    weights = rng.standard_normal((rows, columns)).astype(np.float32)
    mask = rng.random((rows, columns)) < np.sort(rng.choice(shares, rows))[:, None]
    weights[~mask] = 0
    return xoropt.compress({"w": weights}, bits=bits, mask=mask_codec, scales=scales, sparsity=None)["w"]


@pytest.mark.parametrize(
    ("bits", "shares", "scales", "mask_codec"),
    [
        (1, [0.3], "tensor", "prefix"),
        (2, [0.02, 0.1, 0.4], "row", "prefix"),
        (3, [0.0001, 0.3], "tensor", "prefix"),
        (2, [0.1, 0.6], "row", "bitmap"),
        (4, [0.5], "tensor", "bitmap"),
    ],
)
def test_batches_give_the_sums_of_bands(bits, shares, scales, mask_codec, monkeypatch):
    tensor = pruned_tensor(bits, shares, scales, mask_codec=mask_codec)
    monkeypatch.setattr(batches, "WEIGHTS", 1 << 16)
    monkeypatch.setattr(batches, "MOST", 0)
    opened = batches.open_batches(tensor, ROWS, COLUMNS)
    assert opened is not None
    assert len(opened.batches) > 3
    rng = np.random.default_rng(0)
    for multiply, length in ((xoropt.matvec, COLUMNS), (xoropt.rmatvec, ROWS)):
        for shape in ((length,), (length, 3)):
            x = rng.standard_normal(shape).astype(np.float32)
            with monkeypatch.context() as patch:
                patch.setattr(few_levels, "open_batches", lambda *_: None)
                plain = multiply(tensor, x, jobs=1)
            for jobs in (1, 3):
                monkeypatch.setattr("xoropt.codec.compiled.threads.choose_threads", lambda *_, jobs=jobs: jobs)
                ours = multiply(tensor, x)
                if multiply is xoropt.matvec:
                    np.testing.assert_array_equal(ours, plain)
                np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("columns", [639, 650])
def test_rows_that_do_not_fill_words_go_by_bands(columns):
    tensor = pruned_tensor(1, [0.1], columns=columns)
    assert batches.open_batches(tensor, ROWS, columns) is None


def test_the_last_rows_of_a_bitmap():
    tensor = pruned_tensor(1, [0.5], rows=1101, mask_codec="bitmap")
    assert batches.open_batches(tensor, 1101, COLUMNS) is not None
    x = np.random.default_rng(0).standard_normal(COLUMNS).astype(np.float32)
    np.testing.assert_allclose(xoropt.matvec(tensor, x), xoropt.decompress_tensor(tensor) @ x, rtol=1e-4, atol=1e-4)


def test_masks_without_bands_go_by_bands():
    tensor = pruned_tensor(1, [0.1], mask_codec="positions")
    assert batches.open_batches(tensor, ROWS, COLUMNS) is None
