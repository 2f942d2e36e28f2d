"""Tensors with the same bytes are stored once."""

import numpy as np
import pytest

import xoropt
from xoropt.model.arrays import ties_of
from xoropt.model.file.stored import StoredTensor
from xoropt.model.file.ties import resolve_ties


def test_ties_are_found_by_all_bytes():
    array = np.arange(5000, dtype=np.float32)
    other = array.copy()
    other[4321] += 1
    arrays = {"a": array, "b": other, "c": array.copy(), "d": array.reshape(50, 100), "e": other.copy()}
    assert ties_of(arrays) == {"c": "a", "e": "b"}
    assert ties_of({"x": np.array([0.0]), "y": np.array([-0.0])}) == {}


def test_tied_tensors_take_nothing_but_a_name(tmp_path):
    rng = np.random.default_rng(0)
    weights = np.where(rng.random((1000, 256)) < 0.3, rng.integers(-7, 8, (1000, 256)), 0).astype(np.float32)
    noise = np.frombuffer(rng.bytes(40_000), np.uint8)
    sizes = []
    for tensors in ({"w": weights, "n": noise}, {"w": weights, "n": noise, "v": weights.copy(), "m": noise.copy()}):
        model = xoropt.compress(tensors)
        xoropt.save(model, tmp_path / "file", overwrite=True)
        back = xoropt.decompress(tmp_path / "file")
        assert list(back) == list(tensors)
        assert all(back[name].tobytes() == array.tobytes() for name, array in tensors.items())
        assert all(check.lossless for check in xoropt.verify(tmp_path / "file", tensors))
        sizes.append((tmp_path / "file").stat().st_size)
    assert sizes[1] < sizes[0] + 100
    figures = xoropt.report(model).tensors
    assert figures["v"].kind == "the same as w"
    assert figures["v"].seed_bits == 0
    loaded = xoropt.load(tmp_path / "file").tensors
    assert loaded["v"] is loaded["w"]


@pytest.mark.parametrize(
    "stored",
    [
        {"a": ({"same": "a"}, {})},
        {"a": ({"same": "b"}, {}), "b": ({"carried": ""}, {})},
        {"a": ({"carried": ""}, {}), "b": ({"same": 1}, {})},
        {"a": ({"carried": ""}, {}), "b": ({"same": "a", "shape": []}, {})},
        {"a": ({"carried": ""}, {}), "b": ({"same": "a"}, {"raw": np.zeros(1)})},
        {"a": ({"carried": ""}, {}), "b": ({"same": "a"}, {}), "c": ({"same": "b"}, {})},
    ],
)
def test_ties_to_nothing_are_refused(stored):
    with pytest.raises(xoropt.FormatError, match="'same'"):
        resolve_ties({name: StoredTensor(entry, parts, 0) for name, (entry, parts) in stored.items()})
