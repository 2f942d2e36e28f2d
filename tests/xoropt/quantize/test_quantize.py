"""Pruning rates are exact, binary codes are the best, codebooks keep every byte."""

import itertools

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import xoropt
from xoropt.quantize import Codebook, binary_code, codebook, dequantize, prune, prune_globally

DTYPES = [
    *("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32"),
    *("float64", "complex64", ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2),
]


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0), elements=st.integers(-3, 3)),
    st.floats(0, 0.999),
)
def test_prune_keeps_exactly_the_share_and_the_largest(weights, sparsity):
    mask = prune(weights, sparsity)
    assert mask.shape == weights.shape
    assert mask.sum() == min(round((1 - sparsity) * weights.size), np.count_nonzero(weights))
    if mask.any() and not mask.all():
        assert np.abs(weights[mask]).min() >= np.abs(weights[~mask]).max()


def test_prune_globally_uses_one_threshold():
    masks = prune_globally({"a": np.array([5.0, 1.0]), "b": np.array([[4.0, 3.0]])}, 0.5)
    assert masks["a"].tolist() == [True, False]
    assert masks["b"].tolist() == [[True, False]]


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, 2, float("nan"), "x", None])
def test_prune_refuses_rates(sparsity):
    with pytest.raises(xoropt.ArgumentError, match="'sparsity' must be at least 0 and below 1"):
        prune(np.ones(3), sparsity)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_prune_refuses_values_by_name(value):
    with pytest.raises(xoropt.ArgumentError, match="'fc' holds NaN or infinity"):
        prune_globally({"fc": np.array([1.0, value])}, 0.5)


def test_one_plane_is_the_mean_magnitude():
    weights = np.array([1.0, -3.0, 100.0, 2.0])
    tensor = binary_code(weights, np.array([True, True, False, True]), 1)
    assert dequantize(tensor).tolist() == [2.0, -2.0, 0.0, 2.0]


def test_two_planes_reach_four_levels_exactly():
    weights = np.array([3.0, 1.0, -1.0, -3.0] * 5)
    tensor = binary_code(weights, np.ones(20, dtype=bool), 2)
    assert np.allclose(dequantize(tensor), weights)


@pytest.mark.parametrize("scales", ["tensor", "row"])
def test_more_planes_come_closer(scales):
    weights = np.random.default_rng(0).standard_normal((40, 50)).astype(np.float32)
    mask = prune(weights, 0.5)
    errors = [
        np.square(dequantize(binary_code(weights, mask, n, scales=scales)) - weights * mask).sum() for n in range(1, 6)
    ]
    assert all(b < 0.6 * a for a, b in itertools.pairwise(errors))


def test_row_scales_follow_the_rows():
    weights = np.array([[1.0, -1.0], [8.0, 8.0], [0.0, 0.0]], dtype=np.float32)
    tensor = binary_code(weights, weights != 0, 1, scales="row")
    assert (dequantize(tensor) == weights).all()
    assert tensor.levels.alpha.tolist() == [[1.0, 8.0, 0.0]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ml_dtypes.bfloat16])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 0), (4, 5), (2, 3, 2, 2)])
def test_binary_code_keeps_dtype_and_shape(dtype, shape):
    weights = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    back = dequantize(binary_code(weights, prune(weights, 0.25), 3, scales="row"))
    assert (back.dtype, back.shape) == (weights.dtype, shape)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((np.ones(2), np.ones(2, bool), 0), "'planes' must be from 1 to 8"),
        ((np.ones(2), np.ones(2, bool), 9), "'planes'"),
        ((np.ones(2), np.ones(3, bool), 1), "'mask'"),
        ((np.ones(2, int), np.ones(2, bool), 1), "floating-point"),
        ((np.array([np.nan]), np.ones(1, bool), 1), "NaN"),
    ],
)
def test_binary_code_refuses(arguments, word):
    with pytest.raises(xoropt.ArgumentError, match=word):
        binary_code(*arguments)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (5000,), (3, 0, 2), (20, 5, 3)])
def test_codebook_gives_the_same_bytes(dtype, shape):
    rng = np.random.default_rng(2)
    dtype = np.dtype(dtype)
    values = rng.integers(0, 256, (12, dtype.itemsize), dtype=np.uint8)  # any bytes: NaN, infinities, -0.0
    if dtype.kind == "b":
        values %= 2
    values[0] = 0
    patterns = values.view(f"u{dtype.itemsize}").reshape(-1)
    weights = patterns[rng.integers(0, 12, shape)].view(dtype)
    tensor = codebook(weights)
    back = dequantize(tensor)
    assert (back.dtype, back.shape) == (weights.dtype, weights.shape)
    assert back.tobytes() == weights.tobytes()
    assert len(tensor.planes) <= 4


def test_signed_zeros_infinities_and_nans_come_back():
    weights = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1.5], dtype=np.float32)
    tensor = codebook(weights)
    assert tensor.mask.tolist() == [False] + [True] * 6
    assert dequantize(tensor).tobytes() == weights.tobytes()


@pytest.mark.parametrize(("values", "planes"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8)])
def test_codebook_takes_the_fewest_planes(values, planes):
    tensor = codebook(np.arange(values + 1, dtype=np.int32))
    assert len(tensor.planes) == planes
    assert isinstance(tensor.levels, Codebook)


def test_codebook_refuses_more_than_256_values():
    assert codebook(np.arange(258, dtype=np.float32)) is None
    assert codebook(np.concatenate([np.zeros(5000), np.arange(258)]).astype(np.float16)) is None
