"""What pruning and quantizing cost, against the definition."""

from functools import partial

import numpy as np
import pytest

import xoropt
from xoropt.model.losses import figures_of, measure_loss
from xoropt.model.report import report_file

approx = partial(pytest.approx, rel=1e-5)


def test_by_the_definition(monkeypatch):
    rng = np.random.default_rng(0)
    original, stored = rng.standard_normal((2, 50, 40)).astype(np.float32)
    stored[rng.random(stored.shape) < 0.8] = 0
    for chunk in (7, 1 << 20):
        monkeypatch.setattr("xoropt.model.losses.CHUNK", chunk)
        figures = figures_of([measure_loss(original, stored)])
        assert figures.relative_error == approx(np.linalg.norm(original - stored) / np.linalg.norm(original))
        assert figures.magnitude_share == approx(np.abs(original[stored != 0]).sum() / np.abs(original).sum())


def test_of_a_model():
    rng = np.random.default_rng(0)
    tensors = {"a": rng.standard_normal((60, 50)), "b": 3 * rng.standard_normal((40, 50)).astype(np.float32)}
    tensors["codes"] = rng.choice([0, 1, -1], (50, 50)).astype(np.int8)
    model = xoropt.compress(tensors, sparsity=0.9, bits=2)
    figures, stored = xoropt.report(model), xoropt.decompress(model)
    for name in ("a", "b"):
        wanted = np.linalg.norm(tensors[name] - stored[name]) / np.linalg.norm(tensors[name])
        assert figures.tensors[name].relative_error == approx(wanted)
        assert 0.1 < figures.tensors[name].magnitude_share < 0.5
    assert figures.tensors["codes"].relative_error is None
    both = [np.concatenate([of["a"].reshape(-1), of["b"].reshape(-1)]) for of in (tensors, stored)]
    assert figures.total.relative_error == approx(np.linalg.norm(both[0] - both[1]) / np.linalg.norm(both[0]))


def test_a_file_keeps_it(tmp_path):
    weights = np.random.default_rng(0).standard_normal((60, 50))
    made = xoropt.compress({"w": weights, "v": 2 * weights}, sparsity=0.5, bits=1)
    xoropt.save(made, tmp_path / "out")
    wanted = xoropt.report(made)
    assert wanted.total.relative_error is not None
    for figures in (xoropt.report(xoropt.load(tmp_path / "out")), report_file(tmp_path / "out")):
        for name, tensor in figures.tensors.items():
            assert tensor.relative_error == wanted.tensors[name].relative_error
            assert tensor.magnitude_share == wanted.tensors[name].magnitude_share
        assert figures.total.relative_error == wanted.total.relative_error
    xoropt.save(xoropt.load(tmp_path / "out"), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "out").read_bytes()


def test_not_known():
    weights = np.random.default_rng(0).standard_normal((60, 50))
    assert xoropt.report(xoropt.compress({"w": np.sign(weights)})).total.magnitude_share is None
    assert figures_of([measure_loss(np.zeros(3), np.zeros(3))]).relative_error == 0
    huge = xoropt.compress({"w": 1e200 * weights}, sparsity=0.5, bits=1)
    assert huge["w"].loss is None  # its squares are infinite
