"""Low-rank masks are Boolean products, keep to their budget, and keep far more magnitude than chance."""

import json
import re

import numpy as np
import pytest
from safetensors.numpy import save_file

import xoropt
from xoropt.masks import decode_mask, low_rank
from xoropt.masks.low_rank import BinaryFactors
from xoropt.quantize import prune_low_rank


def weights(shape, seed=0, spread=0.2):
    rng = np.random.default_rng(seed)
    rows = np.exp(spread * rng.standard_normal((shape[0],) + (1,) * (len(shape) - 1)))
    return (rng.standard_normal(shape) * rows * np.exp(spread * rng.standard_normal(shape[-1]))).astype(np.float32)


@pytest.mark.parametrize("shape", [(128, 128), (90, 200), (24, 8, 3, 3)])
def test_keeps_the_share_and_most_of_the_magnitude(shape):
    w = weights(shape)
    factors = prune_low_rank(w, 0.9, rank=min(40, shape[0]), tile=96)
    mask = factors.mask()
    assert mask.shape == shape
    assert 0.08 < mask.mean() <= 0.1 + 1 / w.size
    free = xoropt.quantize.prune(w, 1 - mask.mean())
    kept = np.abs(w[mask]).sum() / np.abs(w[free]).sum()
    chance = np.abs(w).mean() / np.abs(w[free]).mean()
    assert kept > chance + 0.4 * (1 - chance)


def test_the_mask_is_the_boolean_product():
    left = np.array([[[1, 0], [0, 1], [1, 1]]], dtype=bool)
    right = np.array([[[1, 1, 0, 0], [0, 1, 1, 0]]], dtype=bool)
    factors = BinaryFactors((3, 4), 3, 4, left, right)
    assert factors.mask().astype(int).tolist() == [[1, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 0]]


@pytest.mark.parametrize("shape", [(64, 64), (50, 131), (7, 5, 3)])
def test_the_codec_is_exact(shape):
    factors = prune_low_rank(weights(shape), 0.8, rank=5, tile=32)
    parts = low_rank.encode(factors)
    size = int(np.prod(shape))
    assert (decode_mask("low_rank", parts, shape, size) == factors.mask()).all()
    some = slice(shape[0] // 3, shape[0] - 1)
    assert (decode_mask("low_rank", parts, shape, size, some) == factors.mask()[some]).all()
    for cut in (0, 3, 15, len(parts["mask"]) - 1):
        with pytest.raises(xoropt.DecodeError):
            decode_mask("low_rank", {"mask": parts["mask"][:cut]}, shape, size)
    with pytest.raises(xoropt.DecodeError):
        decode_mask("low_rank", parts, (shape[0] + 40, *shape[1:]), size // shape[0] * (shape[0] + 40))


@pytest.mark.parametrize("budget", [0.1, 0.2])
def test_the_budget_is_kept(budget):
    factors = prune_low_rank(weights((256, 256)), 0.91, mask_bits=budget, tile=128)
    assert 0.85 * budget < 8 * low_rank.encode(factors)["mask"].nbytes / 256**2 <= budget


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"rank": 0}, "'rank' must be from 1 to 64, not 0"),
        ({"rank": 65}, "'rank' must be from 1 to 64, not 65"),
        ({"mask_bits": 0.001}, "'mask_bits' must be at least 0.0"),
        ({}, "one of the arguments"),
        ({"rank": 3, "mask_bits": 0.1}, "one of the arguments"),
    ],
)
def test_refuses(options, word):
    with pytest.raises(xoropt.ArgumentError, match=word):
        prune_low_rank(weights((64, 80)), 0.9, **options)


def test_refuses_weights():
    with pytest.raises(xoropt.ArgumentError, match="needs a matrix"):
        prune_low_rank(np.ones(5), 0.9, rank=1)
    with pytest.raises(xoropt.ArgumentError, match="NaN"):
        prune_low_rank(np.full((5, 5), np.nan), 0.9, rank=1)


def test_compress_chooses_low_rank_masks(tmp_path, xoropt_command):
    tensors = {"w": weights((192, 160)), "codes": np.sign(weights((64, 64), 1)).astype(np.int8)}
    save_file(tensors, tmp_path / "in")
    options = ("--sparsity", "0.9", "--bits", "1", "--mask", "low-rank", "--mask-bits", "0.2", "--json")
    status, out, err = xoropt_command("compress", tmp_path / "in", tmp_path / "out.safetensors", *options)
    assert (status, err) == (0, "")
    figures = json.loads(out)["tensors"]["w"]
    assert figures["mask_bits"] < 0.25 * 192 * 160
    assert xoropt_command("verify", tmp_path / "in", tmp_path / "out.safetensors")[0] == 0
    back = xoropt.decompress(tmp_path / "out.safetensors")
    assert 0.08 < np.count_nonzero(back["w"]) / back["w"].size <= 0.1001
    assert (back["codes"] == tensors["codes"]).all()


@pytest.mark.parametrize(
    ("options", "status", "word"),
    [
        (("--mask", "low-rank", "--mask-bits", "0.0001"), 1, "'--mask-bits' must be at least"),
        (("--mask", "low-rank", "--rank", "0"), 2, "'--rank' must be at least 1"),
        (("--mask", "low-rank", "--rank", "999"), 1, "'--rank' must be from 1 to 60"),
        (("--mask", "low-rank"), 2, "'--rank': the mask 'low-rank' needs one of them"),
        (("--mask-bits", "0.2"), 2, "go with the mask 'low-rank'"),
        (("--mask", "n-of-m"), 1, "'n-of-m' cannot hold this mask"),
    ],
)
def test_bad_masks_are_one_line(options, status, word, tmp_path, xoropt_command):
    save_file({"w": weights((60, 80))}, tmp_path / "in")
    found, out, err = xoropt_command(
        "compress", tmp_path / "in", tmp_path / "out.safetensors", "--sparsity", "0.9", "--bits", "1", *options
    )
    assert (found, out) == (status, "")
    assert word in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out.safetensors").exists()


def test_factors_chosen_beforehand_are_stored():
    factors = prune_low_rank(weights((96, 128)), 0.9, rank=12)
    tensor = np.where(factors.mask(), np.sign(weights((96, 128))), 0).astype(np.float32)
    model = xoropt.compress({"w": tensor}, factors={"w": factors})
    assert model.tensors["w"].mask_codec == "low_rank"
    assert (xoropt.decompress(model)["w"] == tensor).all()
    with pytest.raises(xoropt.ArgumentError, match=r"'w'.*must give this tensor's own mask"):
        xoropt.compress({"w": np.roll(tensor, 1)}, factors={"w": factors})


@pytest.mark.parametrize("shape", [(50, 60), (130, 90)])
def test_the_figure_that_an_error_names_can_be_reached(shape):
    with pytest.raises(xoropt.ArgumentError, match="at least") as caught:
        prune_low_rank(weights(shape), 0.91, mask_bits=0.0005, tile=64)
    least = float(re.search(r"at least ([0-9.]+) here", str(caught.value))[1])
    factors = prune_low_rank(weights(shape), 0.91, mask_bits=least, tile=64)
    assert 8 * low_rank.encode(factors)["mask"].nbytes <= least * np.prod(shape)


def test_columns_may_come_first_in_memory():
    weights = np.random.default_rng(0).standard_normal((30, 40))
    made = prune_low_rank(np.asfortranarray(weights), 0.8, rank=2)
    assert np.array_equal(made.mask(), prune_low_rank(weights, 0.8, rank=2).mask())
