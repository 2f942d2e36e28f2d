"""`prepare` gives masks, planes and levels, or the reason to leave a tensor uncompressed."""

import numpy as np
import pytest
from model_examples import same_bytes

import xoropt
from xoropt import CompressConfig, PreparedTensor, UncompressedTensor
from xoropt.model.preparation import why_uncompressed
from xoropt.quantize import dequantize, prune_low_rank


def reasons(tensors, config):
    """The reasons of the tensors that are left uncompressed, by name."""
    prepared = dict(xoropt.prepare(tensors, config))
    assert list(prepared) == list(tensors)
    for name, tensor in prepared.items():
        if isinstance(tensor, UncompressedTensor):
            assert same_bytes(tensor.array, tensors[name])
    return {name: tensor.reason for name, tensor in prepared.items() if isinstance(tensor, UncompressedTensor)}


def test_reasons_of_tensors_that_are_kept_exactly(dense):
    assert reasons(dense, CompressConfig(exclude=("fc*",), min_weights=16)) == {
        "fc.weight": "excluded",
        "step": "fewer than 16 weights",
        "empty": "fewer than 16 weights",
    }
    assert reasons(dense, CompressConfig(exclude=("fc*",), min_weights=16, only_quantized=True)) == {
        "conv.weight": "more than 257 values: not quantized",
        "fc.weight": "excluded",
        "head.weight": "more than 257 values: not quantized",
        "embed.weight": "more than 257 values: not quantized",
        "step": "fewer than 16 weights",
        "empty": "fewer than 16 weights",
    }


def test_reasons_of_dense_tensors(dense):
    assert reasons(dense, CompressConfig(sparsity=0.9, bits=1, min_weights=10)) == {
        "conv.bias": "a vector (a bias or a norm)",
        "embed.weight": "an embedding, by its name",
        "step": "fewer than 10 weights",
        "empty": "fewer than 10 weights",
    }


def test_reasons_of_tensors_that_are_not_asked_for(dense):
    config = CompressConfig(sparsity=0.9, bits=1, include=("embed*", "fc*", "conv.bias"), exclude=("fc.weight",))
    assert reasons(dense, config) == {
        "conv.weight": "not included",
        "fc.weight": "excluded",
        "head.weight": "not included",
        "codes": "not included",
        "step": "not included",
        "empty": "not included",
    }


@pytest.mark.parametrize(
    ("name", "shape", "options", "reason"),
    [
        ("w", (32, 32), {}, None),
        ("w", (31, 33), {}, "fewer than 1024 weights"),
        ("w", (2000,), {}, None),
        ("w", (2000,), {"bits": 1}, "a vector (a bias or a norm)"),
        ("model.Embed_Tokens.weight", (40, 40), {"bits": 1}, "an embedding, by its name"),
        ("lm_head", (40, 40), {"sparsity": 0.5, "bits": 1}, "an embedding, by its name"),
        ("lm_head", (40, 40), {}, None),
        ("lm_head", (40, 40), {"bits": 1, "include": ("lm*",)}, None),
        ("a", (1,), {"include": ("?",)}, None),
        ("A", (40, 40), {"include": ("a",)}, "not included"),
        ("a", (40, 40), {"include": ("a",), "exclude": ("*",)}, "excluded"),
    ],
)
def test_why_uncompressed(name, shape, options, reason):
    assert why_uncompressed(name, np.zeros(shape, np.float32), CompressConfig(**options)) == reason


def test_quantized_tensors_are_recognized():
    weights = np.random.default_rng(0).choice(np.array([0, 0, 0, 1.5, -2.0, 0.25], np.float16), (40, 50))
    ((name, prepared),) = xoropt.prepare({"w": weights})
    assert name == "w"
    assert isinstance(prepared, PreparedTensor)
    assert prepared.quantization is None
    assert prepared.exact is prepared.array
    assert (prepared.quantized.mask == (weights != 0)).all()
    assert len(prepared.quantized) == 2
    assert sorted(prepared.quantized.levels.values.tolist()) == [-2.0, 0.25, 1.5]
    assert same_bytes(dequantize(prepared.quantized), weights)


def test_dense_tensors_are_pruned_and_quantized(dense):
    prepared = dict(xoropt.prepare(dense, CompressConfig(sparsity=0.9, bits=2, scales="row")))["fc.weight"]
    assert prepared.quantization == {"sparsity": 0.9, "bits": 2, "scales": "row", "scope": "tensor"}
    assert prepared.exact is None
    assert prepared.quantized.planes.shape == (2, 60, 50)
    assert prepared.quantized.levels.alpha.shape == (2, 60)
    largest = np.sort(np.abs(dense["fc.weight"]).reshape(-1))[-300:]
    assert sorted(np.abs(dense["fc.weight"])[prepared.quantized.mask]) == largest.tolist()


def test_one_threshold_over_all_tensors(dense):
    names = ("conv.weight", "fc.weight", "head.weight")
    prepared = dict(xoropt.prepare(dense, CompressConfig(sparsity=0.9, bits=1, scope="global")))
    magnitudes = {name: np.abs(dense[name].astype(np.float64)) for name in names}
    kept = {name: prepared[name].quantized.mask for name in names}
    assert min(magnitudes[name][kept[name]].min() for name in names) >= max(
        magnitudes[name][~kept[name]].max() for name in names
    )
    assert sum(mask.sum() for mask in kept.values()) == round(0.1 * sum(mask.size for mask in kept.values()))
    assert prepared["codes"].quantization is None


def test_zeros_are_merged_where_asked():
    weights = np.array([[0.0, -0.0, 1.0, 2.0]] * 300, np.float32)
    prepared = dict(xoropt.prepare({"w": weights}, CompressConfig(merge_zeros=True)))["w"]
    assert prepared.quantization == {"zeros": "merged"}
    assert same_bytes(prepared.exact, np.array([[0.0, 0.0, 1.0, 2.0]] * 300, np.float32))
    assert same_bytes(prepared.array, weights)
    untouched = dict(xoropt.prepare({"w": np.abs(weights)}, CompressConfig(merge_zeros=True)))["w"]
    assert untouched.quantization is None


def test_factors_go_with_the_tensor_whose_mask_they_give():
    weights = np.random.default_rng(0).standard_normal((64, 80)).astype(np.float32)
    factors = prune_low_rank(weights, 0.9, rank=4)
    ternary = np.where(factors.mask(), np.sign(weights), 0).astype(np.int8)
    prepared = dict(xoropt.prepare({"w": ternary, "v": ternary}, factors={"w": factors}))
    assert prepared["w"].factors is factors
    assert prepared["v"].factors is None
    with pytest.raises(xoropt.ArgumentError, match=r"'v'.*must give this tensor's own mask.*--exclude"):
        dict(xoropt.prepare({"w": ternary, "v": np.roll(ternary, 1)}, factors={"v": factors}))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_cannot_be_pruned_name_the_tensor(dense, value):
    dense["fc.weight"][3, 4] = value
    config = CompressConfig(sparsity=0.5, bits=1)
    with pytest.raises(xoropt.ArgumentError, match=r"'fc.weight'.*leave the tensor out with --exclude"):
        dict(xoropt.prepare(dense, config))
    with pytest.raises(xoropt.ArgumentError, match=r"'fc.weight'") as caught:
        dict(xoropt.prepare({"fc.weight": dense["fc.weight"]}, config))
    assert "--exclude" not in str(caught.value)


def test_tensors_are_prepared_one_after_the_other(dense):
    dense["head.weight"][0, 0] = np.nan
    prepared = xoropt.prepare(dense, CompressConfig(sparsity=0.5, bits=1))
    assert [next(prepared)[0] for _ in range(3)] == ["conv.weight", "conv.bias", "fc.weight"]
    with pytest.raises(xoropt.ArgumentError, match=r"'head.weight'"):
        next(prepared)
