"""Whole models back to plain files, tensor by tensor."""

import numpy as np
import pytest
from model_examples import dense_layer, same_bytes
from safetensors.numpy import load_file

import xoropt
from xoropt.common.tensor_files import read_safetensors
from xoropt.model.streaming import decompress_to


def test_a_file_is_written_tensor_by_tensor(tmp_path, dense):
    model = xoropt.compress(dense, xoropt.CompressConfig(sparsity=0.8, bits=1, min_weights=100), metadata={"a": "b"})
    decompress_to(model, tmp_path / "out.safetensors")
    arrays, metadata = read_safetensors(tmp_path / "out.safetensors")
    assert metadata == {"a": "b"}
    expected = xoropt.decompress(model)
    assert list(arrays) == list(expected)
    for name, array in expected.items():
        assert same_bytes(arrays[name], array)
        assert arrays[name].ctypes.data % max(1, array.itemsize) == 0
    assert same_bytes(load_file(tmp_path / "out.safetensors")["fc.weight"], expected["fc.weight"])
    with pytest.raises(xoropt.XoroptError, match="exists"):
        decompress_to(model, tmp_path / "out.safetensors")


def test_a_damaged_tensor_leaves_no_file(tmp_path):
    tensor = dense_layer().tensors["w"]
    damaged = xoropt.CompressedTensor(tensor.shape, tensor.levels, "bitmap", {}, tensor.encoded)
    with pytest.raises(xoropt.FormatError, match="'w'"):
        decompress_to(xoropt.CompressedModel({"w": damaged}), tmp_path / "out.safetensors")
    assert not list(tmp_path.iterdir())


def test_progress_counts_the_tensors(tmp_path):
    model = xoropt.compress({"a": np.arange(3.0), "b": np.arange(4.0)})
    seen = []
    decompress_to(model, tmp_path / "out", progress=lambda *step: seen.append(step))
    assert sorted(seen) == [("a", 1, 2), ("b", 2, 2)]
