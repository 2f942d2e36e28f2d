"""Tensors as other pruning and quantization methods make them come back byte for byte, stored near their limit."""

import importlib.util
import sys
from pathlib import Path

import pytest

import xoropt

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    """The benchmark of inputs as a module: it makes them, and refuses what is not lossless."""
    sys.path.insert(0, str(FOLDER))
    spec = importlib.util.spec_from_file_location("bench_inputs", FOLDER / "inputs.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_inputs"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["bench_inputs"]
    sys.path.remove(str(FOLDER))


KINDS = {
    "2:4, sign": "n_of_m",
    "1:4, sign": "n_of_m",
    "4:8, sign": "n_of_m",
    "16×16 blocks, 80 %, sign": "blocks",
    "unstructured, uniform 4-bit": None,
    "unstructured, uniform 3-bit": None,
    "unstructured, uniform 2-bit": None,
    "unstructured, groups of 128 in 3-bit integers": None,
    "unstructured, groups of 128 in 4-bit integers": None,
    "unstructured, groups of 128 in 8-bit integers": None,
    "ternary, half zero": None,
}


def test_every_kind_is_known(benchmark):
    assert set(KINDS) == set(benchmark.cases(256))


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_are_stored_at_their_limit(benchmark, kind, tmp_path):
    tensors, information = benchmark.cases(256)[kind]
    row = benchmark.measure(kind, tensors, information)
    assert row.total < 1.02 * row.limit + 0.08  # of 256×256 weights, with the headers of a file
    assert KINDS[kind] in (None, row.mask_codec)
    if "integers" in kind:  # far from uniform: the table says so
        assert row.information < 0.97 * row.planes
    model = xoropt.compress(tensors, xoropt.CompressConfig(include=("w",)))
    xoropt.save(model, tmp_path / "file")
    back = xoropt.decompress(tmp_path / "file")
    assert all(back[name].tobytes() == tensor.tobytes() for name, tensor in tensors.items())
