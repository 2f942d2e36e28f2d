"""Products of compressed matrices and vectors."""

from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from model_examples import dense_layer

import xoropt


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16, np.float64])
@pytest.mark.parametrize("scales", ["tensor", "row"])
@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
def test_matvec(dtype, scales, decoder):
    tensor = dense_layer(dtype=dtype, scales=scales).tensors["w"]
    weights = xoropt.decompress_tensor(tensor).astype(np.float64)
    rng = np.random.default_rng(4)
    for x in (rng.standard_normal(700), rng.standard_normal((700, 3)).astype(np.float32)):
        y = xoropt.matvec(tensor, x, decoder=decoder)
        assert y.shape == (300, *x.shape[1:])
        assert y.dtype == (np.float64 if np.float64 in (dtype, x.dtype) else np.float32)
        np.testing.assert_allclose(y, weights @ x, rtol=1e-4, atol=1e-4)


def test_matvec_of_uncompressed_and_integer_tensors():
    uncompressed = xoropt.UncompressedTensor(np.arange(6, dtype=np.float16).reshape(2, 3), "")
    assert xoropt.matvec(uncompressed, np.ones(3)).tolist() == [3.0, 12.0]
    codes = np.random.default_rng(0).choice(np.array([0, 0, 0, -7, 100], np.int8), (64, 4, 10))
    tensor = xoropt.compress({"w": codes}).tensors["w"]
    expected = codes.reshape(64, 40).sum(axis=1)
    assert (xoropt.matvec(tensor, np.ones(40, np.float32), decoder="compiled") == expected).all()


@pytest.mark.parametrize(
    "x",
    [
        np.ones(699),
        np.ones((700, 1, 1)),
        np.ones(700, complex),
        np.array(["a"] * 700),
        np.zeros(700, "V2"),
        [[1, 2], [3]],
    ],
)
def test_matvec_refuses(x):
    with pytest.raises(xoropt.ArgumentError, match="'x'"):
        xoropt.matvec(dense_layer().tensors["w"], x)


@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
def test_matvec_finds_damaged_seeds(decoder):
    tensor = dense_layer().tensors["w"]
    encoded = replace(tensor.encoded, seeds=tuple(seeds[:-1] for seeds in tensor.encoded.seeds))
    damaged = replace(tensor, encoded=encoded)
    with pytest.raises(xoropt.DecodeError, match="seeds of plane 0"):
        xoropt.matvec(damaged, np.zeros(700), decoder=decoder)
