"""Coded tensors: masks, codes and scales of another quantizer go in and come back as they were."""

import numpy as np
import pytest

import xoropt
from xoropt.quantize import CodedTensor


def quantized(seed=0, rows=96, columns=256, group_size=64, zero_points=True, pruned=0.5):
    rng = np.random.default_rng(seed)
    codes = np.rint(rng.standard_normal((rows, columns)) * 2.5).clip(-8, 7).astype(np.int8)
    scales = (rng.random((rows, columns // group_size)) + 0.5).astype(np.float16)
    zeros = rng.integers(-2, 3, scales.shape).astype(np.int8) if zero_points else None
    mask = rng.random(codes.shape) >= pruned if pruned else None
    return CodedTensor(mask, codes, scales, zeros, group_size)


@pytest.mark.parametrize("zero_points", [True, False])
@pytest.mark.parametrize("pruned", [0.0, 0.5, 0.9])
def test_parts_come_back(tmp_path, zero_points, pruned):
    given = quantized(zero_points=zero_points, pruned=pruned)
    xoropt.save(xoropt.compress({"w": given, "b": np.zeros(3)}), tmp_path / "file")
    found = CodedTensor.of(xoropt.decompress(tmp_path / "file"), "w")
    mask = np.ones(given.codes.shape, dtype=bool) if given.mask is None else given.mask
    np.testing.assert_array_equal(mask, np.ones_like(mask) if found.mask is None else found.mask)
    np.testing.assert_array_equal(given.codes[mask], found.codes[mask])
    assert given.scales.tobytes() == found.scales.tobytes()
    assert found.group_size == 64
    assert given.dequantize().tobytes() == found.dequantize().tobytes()


def test_codes_that_use_every_number_keep_their_mask_beside_them():
    codes = np.arange(256, dtype=np.uint8).repeat(8).reshape(32, 64)
    mask = np.tile(np.arange(64) % 2 == 0, (32, 1))
    model = xoropt.compress({"w": CodedTensor(mask, codes, np.float32(0.5))})
    assert "w.mask" in model.tensors
    found = CodedTensor.of(xoropt.decompress(model), "w")
    np.testing.assert_array_equal(found.dequantize(), np.where(mask, codes * np.float32(0.5), 0))


def test_weights_are_codes_less_zero_points_times_scales():
    codes, scales, zeros = np.array([[1, 2, 3, 4]]), np.array([[2.0, 10.0]]), np.array([[1, 0]])
    weights = CodedTensor(np.array([[True, True, True, False]]), codes, scales, zeros, 2).dequantize()
    np.testing.assert_array_equal(weights, [[0.0, 2.0, 30.0, 0.0]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codes": np.zeros((4, 8))}, "codes must be integers"),
        ({"mask": np.ones((4, 7), bool)}, "mask must be bool"),
        ({"mask": np.ones((4, 8))}, "mask must be bool"),
        ({"group_size": 3}, "group_size 3 does not divide"),
        ({"scales": np.ones((4, 3))}, "scales have the shape"),
        ({"zero_points": np.ones(4)}, "zero_points have the shape"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change, message):
    given = {"mask": None, "codes": np.zeros((4, 8), np.int8), "scales": np.ones((4, 2)), "group_size": 4} | change
    with pytest.raises(xoropt.ArgumentError, match=message):
        CodedTensor(**given)


def test_missing_parts_and_names_that_clash_are_refused():
    given = quantized()
    with pytest.raises(xoropt.ArgumentError, match=r"no 'x\.codes'"):
        CodedTensor.of({}, "x")
    with pytest.raises(xoropt.ArgumentError, match=r"two tensors 'w\.codes'"):
        xoropt.compress({"w": given, "w.codes": np.zeros(3)})


@pytest.mark.parametrize("tensors", [np.zeros(3), [1, 2], "file.safetensors", None])
def test_tensors_without_names_are_refused(tensors):
    with pytest.raises(xoropt.ArgumentError, match="must be arrays by name"):
        xoropt.compress(tensors)
