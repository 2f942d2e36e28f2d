"""Codebooks of rows: tensors of which each row was quantized to a few values of its own."""

import ml_dtypes
import numpy as np
import pytest

import xoropt
from xoropt.quantize import CodedField, dequantize, recognize
from xoropt.quantize.row_codebooks import plan_rows


def own_values(shape, dtype, pruned, seed=0):
    """Draw weights from 16 values, 0 among them, that each row has for itself."""
    rng = np.random.default_rng(seed)
    codes = np.rint(rng.standard_normal(shape) * 2.5).clip(-8, 7).astype(np.int64)
    codes = np.where(rng.random(shape) < pruned, 0, codes)
    table = np.sort(rng.standard_normal((shape[0], 16)), axis=1)
    table -= table[:, 8:9]
    return np.take_along_axis(table, codes.reshape(shape[0], -1) + 8, axis=1).reshape(shape).astype(dtype)


@pytest.mark.parametrize("pruned", [0.0, 0.8])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("shape", [(300, 512), (64, 8, 3, 24), (5, 4096)])
def test_values_of_each_row_take_little(tmp_path, shape, dtype, pruned):
    weights = own_values(shape, dtype, pruned)
    quantized = recognize(weights)
    assert isinstance(quantized.levels, CodedField)
    assert quantized.levels.values.shape[0] == shape[0]
    assert dequantize(quantized).tobytes() == weights.tobytes()
    model = xoropt.compress({"w": weights})
    xoropt.save(model, tmp_path / "file")
    tensor = xoropt.load(tmp_path / "file").tensors["w"]
    for decoder in ("numpy", "compiled"):
        assert xoropt.decompress_tensor(tensor, decoder).tobytes() == weights.tobytes()
        for rows in (slice(0, 1), slice(2, 5), slice(1, shape[0]), slice(4, 4)):
            assert xoropt.decompress_tensor(tensor, decoder, rows=rows).tobytes() == weights[rows].tobytes()
    figures = xoropt.report(model).tensors["w"]
    assert figures.kind.endswith("values a row, coded")
    table = 8 * quantized.levels.nbytes / weights.size
    assert figures.bits_per_weight < 1.04 * figures.bound + table + 8000 / weights.size


def test_rows_of_many_values_have_no_codebooks():
    rng = np.random.default_rng(0)
    assert plan_rows(rng.standard_normal((20, 500)), masked=False) is None
    assert plan_rows(rng.standard_normal(500), masked=False) is None
    assert plan_rows(np.zeros((0, 5)), masked=False) is None
    assert plan_rows(np.zeros((4, 500)), masked=True) is None


def test_equal_places_in_unlike_rows_are_one_symbol():
    weights = np.repeat(np.array([[-2, 0, 1, 2], [-4, 0, 2, 4], [-1, -1, 3, 6]], np.float32), 10, axis=1)
    plan = plan_rows(weights, masked=True)
    assert plan.apply().levels.values.shape == (3, 3)
    assert dequantize(plan.apply()).tobytes() == weights.tobytes()


@pytest.mark.parametrize("shape", [(299, 15), (300, 14), (1, 300, 15)])
def test_values_of_other_rows_are_refused(shape):
    weights = own_values((300, 512), np.float32, 0.8)
    tensor = xoropt.compress({"w": weights}).tensors["w"]
    levels = CodedField(tensor.levels.form, np.zeros(shape, np.uint32), tensor.levels.lengths)
    bad = xoropt.CompressedTensor(tensor.shape, levels, tensor.mask_codec, tensor.mask_parts, tensor.encoded)
    with pytest.raises(xoropt.DecodeError, match="its values"):
        xoropt.decompress_tensor(bad)
