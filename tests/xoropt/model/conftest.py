"""Compressed files that several test modules read."""

import ml_dtypes
import numpy as np
import pytest

import xoropt
from xoropt import CompressConfig

MADE = {}
"""The bytes of the files and the arrays that they give back, which are made once."""


def write_once(path, make):
    """Write the file of a model, made by the first call with this path's name; return its path and its arrays."""
    if path.name not in MADE:
        model, arrays = make()
        xoropt.save(model, path)
        MADE[path.name] = path.read_bytes(), arrays
    data, arrays = MADE[path.name]
    path.write_bytes(data)
    return path, {name: array.copy() for name, array in arrays.items()}


@pytest.fixture
def stored(dense, tmp_path):
    """A compressed file and the exact arrays that it must give back."""

    def make():
        quantized = xoropt.decompress(xoropt.compress(dense, CompressConfig(sparsity=0.8, bits=2, patches="greedy")))
        return xoropt.compress(quantized, CompressConfig(solver="greedy", n_in=20), metadata={"who": "test"}), quantized

    return write_once(tmp_path / "model.safetensors", make)


@pytest.fixture
def stored_windowed(tmp_path):
    """The same with a windowed network: two planes, several segments and patches."""

    def make():
        rng = np.random.default_rng(0)
        values = rng.choice(np.array([1, 2, 3, 4], np.int8), (300, 400))
        weights = np.where(rng.random((300, 400)) < 0.3, values, np.int8(0))
        config = CompressConfig(network="windowed:n_in=8,n_out=26,window=64,taps=4,seed=0", order="rows")
        model = xoropt.compress({"w": weights}, config, metadata={"who": "test"})
        assert model.tensors["w"].encoded.patches.count
        return model, {"w": weights}

    return write_once(tmp_path / "windowed.safetensors", make)


@pytest.fixture
def stored_fields(tmp_path):
    """A file of dense floats: raw bits as bytes and as a plane, codewords of 3 to 7 bits, and listed weights."""

    def make():
        rng = np.random.default_rng(1)
        weights = (2 * rng.standard_normal((100, 400))).astype(ml_dtypes.bfloat16)
        weights.reshape(-1)[rng.permutation(weights.size)[:20]] *= np.logspace(-30, 30, 20).astype(ml_dtypes.bfloat16)
        model = xoropt.compress({"w": weights}, metadata={"who": "test"})
        assert len(model.tensors["w"].listed.at)
        return model, {"w": weights}

    return write_once(tmp_path / "fields.safetensors", make)
