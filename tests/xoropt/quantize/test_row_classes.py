"""Classes of rows: rows of unlike scales share the lengths of codewords, each class with its own order of values."""

from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest

import xoropt
from xoropt.common.errors import DecodeError
from xoropt.quantize import CodedField, dequantize, recognize
from xoropt.quantize.levels import check_levels, count_planes


def scaled_rows(shape, dtype, pruned=0.0, seed=0):
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal(shape) * np.exp2(rng.integers(-5, 2, (shape[0],) + (1,) * (len(shape) - 1)))
    weights.reshape(-1)[:: max(1, weights.size // 40)] *= 2.0**-20  # some rare exponents
    return np.where(rng.random(shape) < pruned, 0, weights).astype(dtype)


@pytest.mark.parametrize("pruned", [0.0, 0.6])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn])
@pytest.mark.parametrize("shape", [(64, 1024), (40, 8, 9, 25), (200, 700)])
def test_rows_of_unlike_scales_take_less(tmp_path, shape, dtype, pruned):
    weights = scaled_rows(shape, dtype, pruned)
    quantized = recognize(weights)
    assert isinstance(quantized.levels, CodedField)
    assert dequantize(quantized).tobytes() == weights.tobytes()
    model = xoropt.compress({"w": weights})
    xoropt.save(model, tmp_path / "file")
    tensor = xoropt.load(tmp_path / "file").tensors["w"]
    if quantized.levels.classes is not None:
        np.testing.assert_array_equal(tensor.levels.classes, quantized.levels.classes)
    for decoder in ("numpy", "compiled"):
        assert xoropt.decompress_tensor(tensor, decoder).tobytes() == weights.tobytes()
        for rows in (slice(0, 1), slice(3, 31), slice(1, shape[0]), slice(4, 4)):
            assert xoropt.decompress_tensor(tensor, decoder, rows=rows).tobytes() == weights[rows].tobytes()
    if dtype == ml_dtypes.bfloat16:
        assert quantized.levels.classes is not None
        assert "classes of rows" in xoropt.report(model).tensors["w"].kind


def test_a_bell_curve_of_many_widths_takes_what_one_width_takes():
    one = np.random.default_rng(1).standard_normal((512, 1024)).astype(ml_dtypes.bfloat16)
    many = (one.astype(np.float32) * np.exp2(np.arange(512) % 16)[:, None].astype(np.float32)).astype(one.dtype)
    bits = [xoropt.report(xoropt.compress({"w": w})).tensors["w"].bits_per_weight for w in (one, many)]
    assert bits[1] < bits[0] + 0.08  # the tables of 16 classes


def test_rows_that_are_alike_have_no_classes():
    weights = np.random.default_rng(2).standard_normal((256, 1024)).astype(np.float32)
    assert recognize(weights).levels.classes is None


def test_the_sign_is_coded_where_it_is_skewed():
    weights = np.random.default_rng(3).standard_normal((256, 512)).astype(np.float16) - np.float16(1.5)
    quantized = recognize(weights)
    assert not quantized.levels.form.sign_last
    assert dequantize(quantized).tobytes() == weights.tobytes()
    assert recognize(weights + np.float16(1.5)).levels.form.sign_last


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (lambda c: c[:-1], "classes of its rows do not fit"),
        (lambda c: c.astype(np.int16), "classes of its rows do not fit"),
        (lambda c: np.full_like(c, 77), "a row has the class 77"),
    ],
)
def test_classes_that_do_not_fit_are_refused(classes, message):
    weights = scaled_rows((64, 1024), ml_dtypes.bfloat16)
    levels = recognize(weights).levels
    check_levels(levels, count_planes(levels), weights.shape)
    with pytest.raises(DecodeError, match=message):
        check_levels(replace(levels, classes=classes(levels.classes)), count_planes(levels), weights.shape)
    flat = replace(levels, values=levels.values[0])
    with pytest.raises(DecodeError, match="classes of its rows do not fit"):
        check_levels(flat, count_planes(levels), weights.shape)
