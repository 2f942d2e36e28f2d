"""Scales of blocks: weights that are codes times a scale for each column, row, group or block come back bit for bit."""

from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xoropt
from xoropt.quantize import dequantize, recognize, scale_kernels, scale_search
from xoropt.quantize.block_scales import BlockScales, check_scales
from xoropt.quantize.scale_search import find_scaled_codes

DTYPES = (np.float32, np.float16, ml_dtypes.bfloat16)
ROWS, COLUMNS = 256, 192
SIDES = {
    "columns": (ROWS, 1),
    "rows": (1, COLUMNS),
    "down": (128, 1),
    "along": (1, 64),
    "squares": (128, 128),
    "small squares": (32, 32),
}


def products(sides, dtype, levels=7, shape=(ROWS, COLUMNS), seed=0):
    """Draw codes from −levels to levels, "e4m3" for 8-bit floats, and multiply them as other libraries do."""
    rng = np.random.default_rng(seed)
    rows, columns = shape
    counts = [-(-a // b) for a, b in zip(shape, sides, strict=True)]
    scales = (rng.random(counts) * 0.01 + 0.002).astype(dtype).astype(np.float32)
    scales = np.repeat(np.repeat(scales, sides[0], axis=0)[:rows], sides[1], axis=1)[:, :columns]
    normal = rng.standard_normal(shape)
    if levels == "e4m3":
        codes = (normal * 120).clip(-448, 448).astype(ml_dtypes.float8_e4m3fn).astype(np.float32)
    else:
        codes = np.rint(normal * levels / 3).clip(-levels, levels).astype(np.int64).astype(np.float32)
    return (codes * scales).astype(dtype)


@pytest.mark.parametrize("levels", [7, 127, "e4m3"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", SIDES)
def test_products_are_told_as_codes_and_scales(kind, dtype, levels):
    weights = products(SIDES[kind], dtype, levels)
    found = find_scaled_codes(weights)
    assert found.scales.sides == SIDES[kind]
    assert found.scales.weights(found.codes).tobytes() == weights.tobytes()
    assert found.codes.dtype == (np.int8 if levels != "e4m3" else ml_dtypes.float8_e4m3fn)
    quantized = recognize(weights)
    assert quantized.scaled is not None
    assert dequantize(quantized).tobytes() == weights.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", SIDES)
def test_scales_of_more_digits_than_the_weights(kind, dtype):
    """Codes times float32 scales, rounded to fewer digits: two codes may give the same weight, or near ones."""
    weights = products(SIDES[kind], np.float32, 127).astype(dtype)
    found = find_scaled_codes(weights)
    assert found.scales.sides == SIDES[kind]
    assert found.codes.dtype == np.int8
    assert found.scales.weights(found.codes).tobytes() == weights.tobytes()


@pytest.mark.parametrize(
    ("shape", "sides", "tensor"),
    [
        ((300, 130), (128, 128), (300, 130)),
        ((300, 130), (300, 1), (300, 130)),
        ((512, 96), (128, 1), (4, 128, 96)),
        ((512, 96), (64, 32), (4, 128, 96)),
        ((32, 9 * 64), (1, 9 * 64), (32, 64, 3, 3)),
        ((333, 200), (64, 1), (333, 200)),
    ],
)
def test_blocks_of_other_shapes(tmp_path, shape, sides, tensor):
    weights = products(sides, np.float32, 7, shape).reshape(tensor)
    xoropt.save(xoropt.compress({"w": weights}), tmp_path / "file")
    held = xoropt.load(tmp_path / "file")["w"]
    assert held.scaled is not None
    assert held.dtype == np.float32
    for decoder in ("numpy", "compiled"):
        assert xoropt.decompress_tensor(held, decoder).tobytes() == weights.tobytes()
        for rows in (slice(0, 1), slice(1, 3), slice(len(weights) - 1, len(weights)), slice(2, 2)):
            assert xoropt.decompress_tensor(held, decoder, rows=rows).tobytes() == weights[rows].tobytes()
        out = np.empty_like(weights)
        xoropt.decompress_tensor(held, decoder, out=out)
        assert out.tobytes() == weights.tobytes()
    assert xoropt.verify(tmp_path / "file", {"w": weights})[0].exact
    figures = xoropt.report(xoropt.load(tmp_path / "file")).tensors["w"]
    high, wide = held.scaled.sides
    assert figures.kind.endswith(f"scales of {high}×{wide} blocks")
    assert not figures.negative_zeros
    assert figures.dtype == "float32"
    assert figures.scale_bits >= 8 * held.scaled.nbytes


def test_column_scales_take_little_more_than_their_codes(tmp_path):
    weights = products((ROWS, 1), ml_dtypes.bfloat16)
    codes = find_scaled_codes(weights).codes
    sizes = []
    for array in (weights, codes):
        xoropt.save(xoropt.compress({"w": array}), tmp_path / str(len(sizes)))
        sizes.append((tmp_path / str(len(sizes))).stat().st_size)
    assert sizes[0] < sizes[1] + 2 * COLUMNS + 200


def test_pruned_products_keep_their_mask():
    weights = products((ROWS, 1), np.float32)
    mask = np.random.default_rng(1).random((ROWS, COLUMNS // 4, 4)).argsort(axis=2) < 2
    weights = np.where(mask.reshape(weights.shape) & (weights != 0), weights, np.float32(0))
    weights[mask.reshape(weights.shape) & (weights == 0)] = weights[weights > 0].min()
    tensor = xoropt.compress({"w": weights})["w"]
    assert xoropt.decompress_tensor(tensor).tobytes() == weights.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("levels", [7, 127])
def test_negative_zeros_are_kept(dtype, levels):
    weights = products((ROWS, 1), dtype, levels)
    weights[::3][weights[::3] == 0] = -0.0
    found = find_scaled_codes(weights)
    assert found.scales.weights(found.codes).tobytes() == weights.tobytes()


def test_codes_of_a_raw_field_do_not_tell_of_negative_zeros():
    """The field of −128, which counts as −0.0, is also that of −127."""
    tensor = xoropt.compress({"w": products((1, COLUMNS), np.float16, 127)})
    assert tensor["w"].levels.form.raw_bits
    assert not xoropt.report(tensor).tensors["w"].negative_zeros


@pytest.mark.parametrize("levels", [7, "e4m3"])
def test_no_product_is_subnormal(levels):
    """A process in which subnormal numbers are flushed to zero would read other weights."""
    weights = products((ROWS, 1), np.float32, levels)
    found = find_scaled_codes(weights * np.float32(2.0**-100))
    assert found.scales.values.min() >= 2.0**-117
    assert find_scaled_codes(weights * np.float32(2.0**-115)) is None


def test_the_least_integer_is_minus_zero():
    scales = BlockScales(np.dtype(np.float32), 4, (1, 4), np.array([[2.0]], np.float32))
    weights = scales.weights(np.array([[-128, 1, 0, -127]], np.int8))
    assert weights.tobytes() == np.array([[-0.0, 2, 0, -254]], np.float32).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_other_floats_have_no_scales(dtype):
    rng = np.random.default_rng(0)
    assert find_scaled_codes(rng.standard_normal((200, 300)).astype(dtype)) is None
    assert find_scaled_codes(rng.standard_normal((200, 300)).astype(np.float64)) is None


@pytest.mark.parametrize("odd", [0.012345678, np.nan, np.inf])
def test_one_weight_that_no_code_gives(odd):
    weights = products((ROWS, 1), np.float32)
    weights[100, 100] = odd
    assert find_scaled_codes(weights) is None
    assert xoropt.decompress(xoropt.compress({"w": weights}))["w"].tobytes() == weights.tobytes()


@pytest.mark.parametrize("order", [np.asfortranarray, lambda weights: np.repeat(weights, 2, axis=1)[:, ::2]])
def test_other_orders_in_memory(order):
    """A transposed tensor is in the order of Fortran."""
    weights = products((1, COLUMNS), np.float32)
    assert find_scaled_codes(order(weights)).codes.tobytes() == find_scaled_codes(weights).codes.tobytes()


def test_a_search_without_end_is_given_up(monkeypatch):
    """Weights of eight digits between 1 and 2 fit many codes; the search took minutes."""
    asked = []
    find_scales = scale_kernels.find_scales
    monkeypatch.setattr(scale_kernels, "find_scales", lambda *args: asked.append(args[-2]) or find_scales(*args))
    weights = (1 + np.random.default_rng(0).random((200, 300))).astype(ml_dtypes.bfloat16)
    assert find_scaled_codes(weights) is None
    assert {id(steps) for steps in asked} == {id(asked[0])}
    assert -scale_search.CHUNK < asked[0][0] < 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 30), st.sampled_from(DTYPES), st.sampled_from([1, 3, 15, 127, 255]))
def test_whatever_is_found_is_exact(seed, dtype, levels):
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(2, 200)), int(rng.integers(2, 200)))
    sides = (int(rng.choice([1, 32, 128, shape[0]])), int(rng.choice([1, 16, 64, shape[1]])))
    weights = products(sides, dtype, levels, shape, seed)
    found = find_scaled_codes(weights)
    if found is not None:
        assert found.scales.weights(found.codes).tobytes() == weights.tobytes()


def scales(**changes):
    made = BlockScales(np.dtype(np.float32), 8, (4, 1), np.ones((2, 8), np.float32))
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("changes", "codes", "shape"),
    [
        ({}, np.float32, (8, 8)),
        ({"dtype": np.dtype(np.int32)}, np.int8, (8, 8)),
        ({"columns": 0}, np.int8, (8, 8)),
        ({"columns": 7}, np.int8, (8, 8)),
        ({"columns": 16}, np.int8, (8, 8)),
        ({"columns": 1 << 47}, np.int8, (8, 8)),
        ({"sides": (0, 1)}, np.int8, (8, 8)),
        ({"sides": (3, 1)}, np.int8, (8, 8)),
        ({"sides": (4, 1 << 47)}, np.int8, (8, 8)),
        ({"values": np.ones((2, 8), np.int32)}, np.int8, (8, 8)),
        ({"values": np.ones(16, np.float32)}, np.int8, (8, 8)),
        ({}, np.int8, (0, 8)),
        ({}, np.int8, ()),
        ({}, np.int8, (8, 9)),
    ],
)
def test_scales_that_do_not_fit_are_refused(changes, codes, shape):
    check_scales(scales(), np.dtype(np.int8), (8, 8))
    with pytest.raises(xoropt.DecodeError, match="scales"):
        check_scales(scales(**changes), np.dtype(codes), shape)


def test_wide_sides_need_no_memory():
    wide = scales(sides=(1 << 47, 1 << 47), values=np.full((1, 1), 3, np.float32))
    check_scales(wide, np.dtype(np.int8), (8, 8))
    assert (wide.weights(np.ones((8, 8), np.int8)) == 3).all()


def test_products_with_vectors():
    weights = products((128, 1), np.float32)
    tensor = xoropt.compress({"w": weights})["w"]
    assert tensor.scaled is not None
    rng = np.random.default_rng(2)
    x, y = (rng.standard_normal(n).astype(np.float32) for n in (COLUMNS, ROWS))
    for decoder in ("auto", "numpy", "compiled"):
        np.testing.assert_allclose(xoropt.matvec(tensor, x, decoder=decoder), weights @ x, rtol=0, atol=1e-4)
        np.testing.assert_allclose(xoropt.rmatvec(tensor, y, decoder=decoder), y @ weights, rtol=0, atol=1e-4)


def test_an_older_reader_finds_parts_of_another_dtype(tmp_path):
    """It ignores the key `scaled`; what it reads next does not fit, so that it gives no wrong weights."""
    from xoropt.model.file.tensor_entries import describe_tensor, restore_tensor

    for levels in (7, 127, "e4m3"):
        entry, parts = describe_tensor(xoropt.compress({"w": products((ROWS, 1), np.float32, levels)})["w"])
        del entry["scaled"]
        with pytest.raises(xoropt.FormatError, match=r"values|codebook"):
            restore_tensor(entry, parts)
