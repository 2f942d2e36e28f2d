"""Codes and masks that are made when they are needed are those of the whole tensor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xoropt.quantize import dequantize, recognize
from xoropt.quantize.lazy_masks import count_kept, kept_part, mask_of
from xoropt.quantize.tabled_codes import look_up, tabled_codes


@st.composite
def some_rows(draw):
    """Numbers of one or two bytes, a table or one for each class of rows, and a range."""
    dtype = draw(st.sampled_from([np.uint8, np.uint16]))
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 70))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    bits = 8 * np.dtype(dtype).itemsize
    patterns = rng.integers(0, 1 << bits, rows * columns, dtype=dtype)
    classes = draw(st.none() | st.just(rng.integers(0, 3, rows, dtype=np.uint8)))
    table = rng.integers(0, 256, (1 << bits,) if classes is None else (3, 1 << bits), dtype=np.uint8)
    first = draw(st.integers(0, len(patterns)))
    return patterns, table, classes, columns, first, draw(st.integers(first, len(patterns) + 3))


@given(some_rows())
def test_a_part_is_what_the_table_says(drawn):
    patterns, table, classes, columns, first, stop = drawn
    whole = table[patterns] if classes is None else table[np.repeat(classes, columns), patterns]
    found = tabled_codes(patterns, table, classes)[first:stop]
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, whole[first:stop])


def test_look_up_takes_more_numbers_than_are_looked_up_at_once():
    numbers = np.random.default_rng(0).integers(0, 256, 200_001, dtype=np.uint8)
    table = np.arange(255, -1, -1, dtype=np.uint8)
    np.testing.assert_array_equal(look_up(table, numbers), 255 - numbers)


@pytest.mark.parametrize(("with_sign", "expected"), [(True, [1, 0, 1, 1, 0, 1]), (False, [1, 0, 0, 1, 0, 1])])
def test_a_mask_is_of_numbers_that_differ_from_one(with_sign, expected):
    weights = np.array([[1.0, 0.0, -0.0], [2.0, 0.0, -3.0]], dtype=np.float16)
    mask = mask_of(weights.reshape(-1).view(np.uint16), 0, weights.shape, with_sign)
    assert np.asarray(mask).astype(int).reshape(-1).tolist() == expected
    assert (mask.ndim, mask.size, count_kept(mask)) == (2, 6, sum(expected))
    for one in (mask, np.asarray(mask)):
        assert kept_part(one, 1, 4).astype(int).tolist() == expected[1:4]


@pytest.mark.parametrize("columns", [512, 2048])
@pytest.mark.parametrize("dtype", [np.int8, np.float16])
def test_rows_of_other_widths_have_classes_and_rare_numbers_and_come_back(columns, dtype):
    """Rows of uneven size, long enough that codes are looked up and short ones whose codes are stored."""
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((64, columns)) * np.repeat([2, 30], 32)[:, None]
    weights = np.clip(weights, -127, 127).astype(dtype)
    weights[rng.random(weights.shape) < 0.3] = 0
    weights[0, :3] = [-128, 127, 126]
    quantized = recognize(weights)
    np.testing.assert_array_equal(
        dequantize(quantized).view(f"u{weights.itemsize}"), weights.view(f"u{weights.itemsize}")
    )
    codes = quantized.codes_part(0, quantized.size)
    for i in range(quantized.raw_planes, len(quantized)):
        np.testing.assert_array_equal(quantized.plane(i).reshape(-1), codes >> (i - quantized.raw_planes) & 1)
