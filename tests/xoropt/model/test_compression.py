"""Whole models: what is compressed and what is not, and that all of it comes back."""

import tempfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_examples import same_arrays, same_bytes
from xoropt_solvers import LimitExceededError

import xoropt
from xoropt import CompressConfig, CompressedTensor, UncompressedTensor
from xoropt.quantize import binary_code, dequantize, prune, prune_globally


@st.composite
def models(draw):
    """A few tensors of any dtype and shape, some of few values and some of many."""
    tensors = {}
    for i in range(draw(st.integers(0, 3))):
        shape = tuple(draw(st.lists(st.integers(0, 12), max_size=4)))
        dtype = np.dtype(draw(st.sampled_from(["float32", "float16", "float64", "int8", "int64", ml_dtypes.bfloat16])))
        rng = np.random.default_rng(draw(st.integers(0, 2**32)))
        weights = rng.standard_normal(shape) * (rng.random(shape) < draw(st.sampled_from([0.0, 0.2, 1.0])))
        if draw(st.booleans()):
            weights = np.clip(np.round(weights), -2, 1)
        tensors[f"tensor {i}"] = np.asarray(weights).astype(dtype)
    return tensors


@given(models(), st.integers(1, 64), st.one_of(st.none(), st.integers(1, 90)), st.sampled_from(["numpy", "reference"]))
def test_exact_round_trip_through_a_file(tensors, n_in, n_out, decoder):
    config = CompressConfig(include=("*",), n_in=n_in, n_out=n_out, solver="greedy")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        xoropt.save(xoropt.compress(tensors, config), path)
        assert same_arrays(xoropt.decompress(path, decoder=decoder), tensors)
        assert all(check.lossless for check in xoropt.verify(path, tensors))


@pytest.mark.parametrize("decoder", ["numpy", "reference", "compiled"])
@pytest.mark.parametrize(
    "options", [{"patches": "greedy"}, {"n_in": 20, "solver": "greedy"}, {"n_out": 50}, {"mask": "smallest"}]
)
def test_an_exact_round_trip_through_a_file(tmp_path, options, decoder):
    rng = np.random.default_rng(0)
    few = {
        "ternary": rng.choice(np.array([0, 0, 0, 1, -1], np.int8), (30, 50)),
        "half": rng.choice(np.array([0, 0, 0.5, -0.0], np.float16), (20, 10, 9)),
        "brain": rng.choice(np.array([0, 3], ml_dtypes.bfloat16), 2000),
        "dense": rng.standard_normal((40, 40)),
        "none": np.zeros((3, 0, 2), np.int64),
        "scalar": np.array(2.5),
    }
    xoropt.save(xoropt.compress(few, CompressConfig(include=("*",), **options)), tmp_path / "model")
    assert same_arrays(xoropt.decompress(tmp_path / "model", decoder=decoder), few)


@given(
    models(),
    st.floats(0, 0.99),
    st.integers(1, 5),
    st.sampled_from(["tensor", "row"]),
    st.sampled_from(["tensor", "global"]),
)
def test_quantized_round_trip(tensors, sparsity, bits, scales, scope):
    config = CompressConfig(sparsity, bits, scope, scales, include=("*",), solver="greedy", n_out=50)
    floats = {name: array for name, array in tensors.items() if array.dtype not in (np.int8, np.int64)}
    if scope == "global":
        masks = prune_globally(floats, sparsity)
    else:
        masks = {name: prune(array, sparsity) for name, array in floats.items()}
    expected = tensors | {
        name: dequantize(binary_code(array, masks[name], bits, scales=scales)) for name, array in floats.items()
    }
    model = xoropt.compress(tensors, config)
    back = xoropt.decompress(model)
    assert list(back) == list(tensors)
    for name, array in expected.items():
        assert same_bytes(back[name], array)
        assert (back[name].dtype, back[name].shape) == (tensors[name].dtype, tensors[name].shape)
    assert all(check.lossless for check in xoropt.verify(model, tensors))


@pytest.mark.parametrize("scales", ["tensor", "row"])
def test_one_bit_keeps_the_largest_weights_as_their_mean_magnitude(scales):
    weights = np.random.default_rng(0).standard_normal((40, 60)).astype(np.float32)
    model = xoropt.compress({"w": weights}, CompressConfig(sparsity=0.75, bits=1, scales=scales))
    back = xoropt.decompress(model)["w"]
    kept = back != 0
    assert kept.sum() == 600
    assert np.abs(weights[kept]).min() > np.abs(weights[~kept]).max()
    assert (np.sign(back[kept]) == np.sign(weights[kept])).all()
    rows = [slice(i, i + 1) for i in range(40)] if scales == "row" else [slice(None)]
    for row in rows:
        mean = np.abs(weights[row])[kept[row]].mean()
        np.testing.assert_allclose(np.abs(back[row])[kept[row]], mean, rtol=1e-6)


def test_what_is_left_uncompressed_and_why(dense):
    model = xoropt.compress(dense, CompressConfig(sparsity=0.9, bits=1, patches="greedy", min_weights=500))
    compressed = {name for name, tensor in model.tensors.items() if isinstance(tensor, CompressedTensor)}
    assert compressed == {"conv.weight", "fc.weight", "head.weight", "codes"}
    reasons = {name: tensor.reason for name, tensor in model.tensors.items() if isinstance(tensor, UncompressedTensor)}
    assert reasons["embed.weight"] == "an embedding, by its name"
    assert reasons["step"] == "fewer than 500 weights"
    asked = xoropt.compress(dense, CompressConfig(0.9, 1, include=("embed*",), exclude=("fc*",), patches="greedy"))
    assert isinstance(asked.tensors["embed.weight"], CompressedTensor)
    assert all(isinstance(asked.tensors[name], UncompressedTensor) for name in dense if name != "embed.weight")


def test_a_tensor_that_would_grow_is_left_uncompressed():
    every = np.random.default_rng(0).integers(-128, 128, (64, 64)).astype(np.int8)
    model = xoropt.compress({"w": every}, CompressConfig(patches="greedy"))
    assert model.tensors["w"].reason == "would not get smaller"


def test_pruning_rate_is_exact(dense):
    config = CompressConfig(sparsity=0.9, bits=1, patches="greedy", include=("fc*", "conv.weight"))
    back = xoropt.decompress(xoropt.compress(dense, config))
    assert np.count_nonzero(back["fc.weight"]) == 300
    config = CompressConfig(sparsity=0.9, bits=1, scope="global", patches="greedy", include=("fc*", "conv.weight"))
    back = xoropt.decompress(xoropt.compress(dense, config))
    assert np.count_nonzero(back["fc.weight"]) + np.count_nonzero(back["conv.weight"]) == round(0.1 * (3000 + 1152))


def test_nan_is_refused_by_name(dense):
    dense["fc.weight"][3, 4] = np.nan
    with pytest.raises(xoropt.ArgumentError, match=r"'fc.weight'.*NaN"):
        xoropt.compress(dense, CompressConfig(sparsity=0.5, bits=1))


def test_full_masks_take_no_bits():
    values = np.random.default_rng(0).choice(np.array([-1, 1, 3, 7], np.float32), (80, 80))
    model = xoropt.compress({"w": values}, CompressConfig(patches="greedy"))
    assert xoropt.report(model).tensors["w"].mask_bits == 0
    assert (xoropt.decompress(model)["w"] == values).all()


def test_progress_reaches_the_end(dense):
    seen = []
    xoropt.compress(
        dense, CompressConfig(0.9, 1, patches="greedy"), progress=lambda name, done, total: seen.append((done, total))
    )
    assert seen == sorted(seen)
    assert (
        seen[-1][0] == seen[-1][1] == sum(dense[n].size for n in ("conv.weight", "fc.weight", "head.weight", "codes"))
    )


def test_negative_zeros_are_kept_or_merged_as_asked():
    rng = np.random.default_rng(0)
    weights = (np.sign(rng.standard_normal((256, 256))) * (rng.random((256, 256)) < 0.1)).astype(
        np.float32
    )  # many -0.0
    kept = xoropt.compress({"w": weights})
    assert xoropt.decompress(kept)["w"].tobytes() == weights.tobytes()
    assert xoropt.report(kept).tensors["w"].negative_zeros
    merged = xoropt.compress({"w": weights}, CompressConfig(merge_zeros=True))
    back = xoropt.decompress(merged)["w"]
    assert (back == weights).all()
    assert not np.signbit(back[back == 0]).any()
    assert xoropt.verify(merged, {"w": weights})[0].lossless
    assert xoropt.report(merged).total.bits_per_weight < 0.6 * xoropt.report(kept).total.bits_per_weight
    assert not xoropt.verify(merged, {"w": -weights})[0].lossless


def test_auto_is_never_larger_than_a_bitmap_and_packed_values():
    rng = np.random.default_rng(0)
    kinds = set()
    sizes = (1, 1.0), (40, 0.5), (300, 0.9), (1000, 0.5), (3000, 0.1), (20_000, 0.5), (20_000, 0.05), (60_000, 0.1)
    for weights, density in sizes:
        array = np.where(rng.random(weights) < density, rng.choice(np.array([1, 2], np.int8), weights), np.int8(0))
        model = xoropt.compress({"w": array}, CompressConfig(include=("*",)))
        tensor = model.tensors["w"]
        if isinstance(tensor, xoropt.UncompressedTensor):
            continue
        kinds.add(tensor.encoded.network.recipe == "packed")
        figures = xoropt.report(model).tensors["w"]
        assert figures.mask_bits + figures.seed_bits + figures.patch_bits <= 1.002 * (
            8 * -(-weights // 8) + figures.care_bits
        )
        assert np.array_equal(xoropt.decompress(model)["w"], array)
    assert kinds == {True, False}


@pytest.mark.parametrize("levels", [3, 2000])
def test_merged_zeros_never_change_an_uncompressed_tensor(levels):
    """Neither one without any skewed bits nor one that would not get smaller."""
    octets = np.random.default_rng(0).bytes(8000)
    weights = np.frombuffer(octets, np.float32).copy() if levels > 257 else np.ones(3, np.float32)
    weights[0] = -0.0
    model = xoropt.compress({"w": weights}, xoropt.CompressConfig(merge_zeros=True, include=("*",)))
    assert isinstance(model.tensors["w"], xoropt.UncompressedTensor)
    assert model.tensors["w"].array.tobytes() == weights.tobytes()
    assert all(check.lossless for check in xoropt.verify(model, {"w": weights}))


def test_a_solvers_error_names_the_tensor(dense, monkeypatch):
    def refuse(*arguments, **options):
        raise LimitExceededError("The problem has 99 unknowns; at most 28 are allowed.")

    monkeypatch.setattr("xoropt.codec.blocks.encoder.solve_many", refuse)
    config = CompressConfig(sparsity=0.9, bits=1, n_in=20, n_out=100, solver="exhaustive", include=("fc.weight",))
    with pytest.raises(LimitExceededError, match=r"^Tensor 'fc.weight': The problem has 99 unknowns"):
        xoropt.compress(dense, config)
