"""The report of a model: figures that add up, and the JSON that others read."""

import json
from dataclasses import replace

import numpy as np
import pytest

import xoropt
from xoropt import CompressConfig

OF_TENSOR = [
    *("shape", "dtype", "weights", "planes", "network", "order", "solver", "kind", "care_bits"),
    *("value_entropy", "magnitude_kept", "negative_zeros", "patches", "blocks", "proved_blocks"),
    *("seed_bits", "patch_bits", "mask_bits", "scale_bits", "raw_bits", "header_bits", "efficiency"),
    *("bits_per_weight", "bound"),
]
OF_TOTAL = [
    *("weights", "care_bits", "seed_bits", "patch_bits", "mask_bits", "scale_bits", "raw_bits", "header_bits"),
    *("patches", "blocks", "proved_blocks", "efficiency", "bits_per_weight", "carried_bytes"),
]
LOSS = ["relative_error", "magnitude_share"]  # of what was pruned and quantized


@pytest.fixture
def model(dense):
    return xoropt.compress(dense, CompressConfig(sparsity=0.8, bits=2, patches="greedy"))


def test_the_json_has_these_keys_in_this_order(model, tmp_path):
    xoropt.save(model, tmp_path / "model")
    figures = xoropt.report(model).to_dict()
    assert list(figures) == ["tensors", "carried", "total"]
    assert list(figures["tensors"]) == ["conv.weight", "fc.weight", "head.weight", "codes"]
    for name, tensor in figures["tensors"].items():
        assert list(tensor) == OF_TENSOR + (LOSS if name != "codes" else [])
    assert list(figures["carried"]) == ["conv.bias", "embed.weight", "step", "empty"]
    assert figures["carried"]["step"] == {
        "shape": [],
        "dtype": "float32",
        "bytes": 4,
        "reason": "fewer than 1024 weights",
    }
    assert list(figures["total"]) == OF_TOTAL + LOSS
    assert json.loads(json.dumps(figures)) == figures
    with_file = xoropt.report(model, tmp_path / "model").to_dict()
    assert list(with_file["total"]) == [*OF_TOTAL, *LOSS, "file_bytes"]
    assert with_file["total"].pop("file_bytes") == (tmp_path / "model").stat().st_size
    assert with_file == figures
    loaded = xoropt.report(xoropt.load(tmp_path / "model")).to_dict()
    assert all(list(loaded["tensors"][name]) == list(tensor) for name, tensor in figures["tensors"].items())


def test_the_figures_of_a_tensor(model):
    report = xoropt.report(model)
    tensor, stored = report.tensors["fc.weight"], model.tensors["fc.weight"]
    assert (tensor.shape, tensor.dtype, tensor.weights, tensor.planes) == ((60, 50), "float32", 3000, 2)
    assert tensor.care_bits == 2 * 600
    assert tensor.mask_bits == 8 * sum(part.nbytes for name, part in stored.mask_parts.items() if name != "mask_plane")
    assert tensor.scale_bits == 2 * 32
    assert tensor.efficiency == tensor.care_bits / (tensor.seed_bits + tensor.patch_bits)
    bits = tensor.seed_bits + tensor.patch_bits + tensor.mask_bits + tensor.scale_bits + tensor.header_bits
    assert tensor.bits_per_weight == bits / 3000
    assert tensor.magnitude_kept is None
    assert report.tensors["codes"].dtype == "int8"


def test_a_model_without_compressed_tensors(dense):
    total = xoropt.report(xoropt.compress({"step": dense["step"]})).total
    assert (total.weights, total.efficiency, total.bits_per_weight, total.carried_bytes) == (0, 1.0, 0.0, 4)
    assert total.file_bytes is None


def test_what_a_low_rank_mask_keeps():
    weights = np.random.default_rng(0).standard_normal((64, 80)).astype(np.float32)
    model = xoropt.compress({"w": weights}, CompressConfig(sparsity=0.9, bits=1, mask="low_rank", rank=4))
    back = xoropt.decompress(model)["w"]
    count = np.count_nonzero(back)
    free = np.sort(np.abs(weights).reshape(-1))[-count:].sum()
    assert xoropt.report(model).tensors["w"].magnitude_kept == pytest.approx(
        np.abs(weights[back != 0]).sum() / free, abs=1e-4
    )
    tensor = model.tensors["w"]
    hostile = replace(tensor, quantization=tensor.quantization | {"magnitude": "much"})  # as a file may say
    assert xoropt.report(xoropt.CompressedModel({"w": hostile})).tensors["w"].magnitude_kept is None


def test_figures_are_found_by_the_keys_of_the_json(model):
    found = xoropt.report(model)
    assert found["tensors"]["fc.weight"]["mask_bits"] == found.tensors["fc.weight"].mask_bits
    assert found["total"]["weights"] == found.total.weights
    with pytest.raises(KeyError):
        found["rivals"]
