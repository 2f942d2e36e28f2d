"""The form of numbers: images and numbers are each other's inverse for every dtype, and sizes are checked."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xoropt import DecodeError
from xoropt.quantize.number_form import NumberForm, check_form, has_sign_bit, is_signed_integer

FLOATS = [np.float16, np.float32, np.float64, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2]
INTEGERS = [np.int8, np.int16, np.int32, np.int64]
OTHERS = [bool, np.uint8, np.uint16, np.uint32, np.uint64, np.complex64]


def forms():
    """Any form of any dtype, with low bits that are 0."""
    dtypes = st.sampled_from([np.dtype(one) for one in (*FLOATS, *INTEGERS, *OTHERS)])
    return dtypes.flatmap(
        lambda dtype: st.builds(
            NumberForm,
            st.just(dtype),
            st.just(0),
            st.integers(0, 8 * dtype.itemsize - 2),
            st.booleans() if has_sign_bit(dtype) else st.just(False),
        )
    )


def image_of(number, form):
    """The image of one number, in plain Python."""
    if form.sign_last:
        return (number % 2 ** (form.bits - 1) >> form.zeros) * 2 + (number >> form.bits - 1)
    if is_signed_integer(form.dtype) and number >> form.bits - 1:
        return (number - 2**form.bits >> form.zeros) % 2**form.bits
    return number >> form.zeros


@given(forms(), st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_numbers_come_back(form, drawn):
    patterns = np.array([number % 2**form.bits >> form.zeros << form.zeros for number in drawn], dtype=form.pattern)
    images = form.images(patterns)
    assert images.dtype == form.pattern
    assert images.tolist() == [image_of(number, form) for number in patterns.tolist()]
    assert (form.numbers(images) == patterns).all()


@pytest.mark.parametrize("dtype", [one for one in (*FLOATS, *INTEGERS, *OTHERS) if np.dtype(one).itemsize <= 2])
@pytest.mark.parametrize("zeros", [0, 1, 5])
def test_every_number_of_small_dtypes_comes_back(dtype, zeros):
    form = NumberForm(np.dtype(dtype), 0, zeros, has_sign_bit(np.dtype(dtype)))
    patterns = np.arange(0, 1 << form.bits, 1 << zeros, dtype=np.uint32).astype(form.pattern)
    images = form.images(patterns)
    assert (form.numbers(images) == patterns).all()
    assert len(np.unique(images)) == len(patterns)


def test_images_of_floats_ascend_with_the_magnitude():
    patterns = np.array([0.0, -0.0, 1e-7, -1.0, 1.0, 2.0, np.inf], dtype=np.float16).view(np.uint16)
    images = NumberForm(np.dtype(np.float16), sign_last=True).images(patterns)
    assert images.tolist() == [0, 1, 4, 0x7801, 0x7800, 0x8000, 0xF800]


def test_images_of_signed_integers_repeat_the_sign():
    form = NumberForm(np.dtype(np.int8), zeros=2)
    assert form.images(np.array([-8, 8, -128], np.int8).view(np.uint8)).tolist() == [0xFE, 2, 0xE0]
    assert form.numbers(np.array([0xFE, 2, 0xE0], np.uint8)).view(np.int8).tolist() == [-8, 8, -128]


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS, *OTHERS])
def test_which_dtypes_have_a_sign_bit(dtype):
    assert has_sign_bit(np.dtype(dtype)) == (dtype in FLOATS)
    assert is_signed_integer(np.dtype(dtype)) == (dtype in INTEGERS)


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ((np.float16, 16), "fields do not add up to the 16 bits of float16"),
        ((np.float16, 10, 6), "fields do not add up"),
        ((np.float16, -1), "fields do not add up"),
        ((np.float16, 0, -1), "fields do not add up"),
        ((np.uint8, 64), "fields do not add up to the 8 bits of uint8"),
        ((np.float64, 0, 64), "fields do not add up"),
        ((np.float16, 0, 15, True), "has no sign bit to move"),
        ((np.int16, 0, 0, True), "dtype int16 has no sign bit to move"),
        ((bool, 0, 0, True), "dtype bool has no sign bit to move"),
        ((np.complex64, 0, 0, True), "dtype complex64 has no sign bit to move"),
    ],
)
def test_forms_that_do_not_fit(form, word):
    with pytest.raises(DecodeError, match=word):
        check_form(NumberForm(np.dtype(form[0]), *form[1:]))


@given(forms())
def test_forms_that_fit(form):
    check_form(NumberForm(form.dtype, max(0, form.bits - form.zeros - 1), form.zeros, form.sign_last))
