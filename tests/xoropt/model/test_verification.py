"""`verify` finds every difference, and compares quantized tensors with the original quantized again."""

from dataclasses import replace

import numpy as np
import pytest

import xoropt
from xoropt import CompressConfig


def test_verify_finds_every_difference(dense):
    model = xoropt.compress(dense, CompressConfig(sparsity=0.9, bits=1, patches="greedy"))
    other = dict(dense)
    other["fc.weight"] = dense["fc.weight"] * np.where(
        np.arange(3000).reshape(60, 50) == dense["fc.weight"].argmax(), -1, 1
    )
    other["step"] = np.array(-7.5, dtype=np.float32)
    other["conv.bias"] = dense["conv.bias"].astype(np.float32)
    other["new"] = np.ones(2)
    del other["empty"]
    wrong = {check.name: check.how for check in xoropt.verify(model, other) if not check.lossless}
    assert set(wrong) == {"fc.weight", "step", "conv.bias", "new", "empty"}
    assert wrong["conv.bias"].startswith("is float16(16,), the original float32")
    assert "missing" in wrong["new"]


@pytest.mark.parametrize("scope", ["tensor", "global"])
def test_verify_quantizes_the_original_again(dense, scope):
    model = xoropt.compress(dense, CompressConfig(sparsity=0.9, bits=1, scope=scope, patches="greedy"))
    checks = {check.name: (check.lossless, check.how) for check in xoropt.verify(model, dense)}
    assert list(checks) == list(dense)
    assert checks["fc.weight"] == (True, "quantized, then compressed")
    assert checks["codes"] == (True, "compressed")
    assert checks["step"] == (True, "carried")
    assert all(lossless for lossless, _ in checks.values())
    changed = dense | {"fc.weight": -dense["fc.weight"]}
    (wrong,) = (check for check in xoropt.verify(model, changed) if not check.lossless)
    assert (wrong.name, wrong.how) == ("fc.weight", "differs from the original as pruned and quantized again")


@pytest.mark.parametrize("recorded", [{"sparsity": 2.0}, {"bits": 0}, {"scales": "column"}, {"sparsity": "much"}])
def test_a_hostile_record_is_a_difference(dense, recorded):
    model = xoropt.compress({"w": dense["fc.weight"]}, CompressConfig(sparsity=0.9, bits=1, patches="greedy"))
    tensor = model.tensors["w"]
    tensor = replace(tensor, quantization=tensor.quantization | recorded)
    (check,) = xoropt.verify(xoropt.CompressedModel({"w": tensor}), {"w": dense["fc.weight"]})
    assert not check.lossless
    assert check.how == "differs from the original, which can't be quantized as the file records"


def test_a_low_rank_mask_is_taken_as_it_is():
    weights = np.random.default_rng(0).standard_normal((64, 80)).astype(np.float32)
    model = xoropt.compress({"w": weights}, CompressConfig(sparsity=0.9, bits=1, mask="low_rank", rank=4))
    (check,) = xoropt.verify(model, {"w": weights})
    assert (check.lossless, check.how) == (True, "quantized under its own low-rank mask, then compressed")


def test_progress_counts_the_tensors(dense):
    seen = []
    xoropt.verify(xoropt.compress(dense), dense, progress=lambda *step: seen.append(step))
    assert seen == [(name, number, len(dense)) for number, name in enumerate(dense, 1)]
