"""Packed values: read back with their mask, whole or by rows, and refused without it or with another."""

from dataclasses import replace

import numpy as np
import pytest
from codec_cases import packed, same
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import ArgumentError, DecodeError
from xoropt.codec import PackedValues
from xoropt.codec.decoder import DECODERS
from xoropt.codec.packed.encoding import pack_values, unpack_values
from xoropt.codec.registry import describe, restore


def drawn_values(seed, planes, shape, density):
    """Make planes, 0 where the mask is, and the mask."""
    rng = np.random.default_rng(seed)
    mask = np.asarray(rng.random(shape) < density)
    return (rng.random((planes, *shape)) < 0.5) & mask, mask


CASES = given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 3),
    st.sampled_from([(), (0,), (1,), (70,), (9, 13), (0, 4), (6, 5, 7)]),
    st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)


@CASES
def test_kept_bits_come_back(seed, planes, shape, density):
    bits, mask = drawn_values(seed, planes, shape, density)
    values = pack_values(bits, mask)
    assert same(unpack_values(values, mask), bits)
    for decoder in DECODERS:
        assert same(xoropt.decode(values, decoder, mask=mask), bits)
    assert values.size.total_bits == values.size.care_bits == planes * np.count_nonzero(mask)
    assert values.size.patches == 0


@CASES
def test_a_file_holds_them(seed, planes, shape, density):
    planes += 1  # without planes there is nothing that says how many weights are kept
    bits, mask = drawn_values(seed, planes, shape, density)
    entry, parts = describe(pack_values(bits, mask))
    assert entry["network"] == "packed"
    assert list(parts) == ["seeds"]
    assert same(xoropt.decode(restore(entry, parts, shape, planes), mask=mask), bits)


@pytest.mark.parametrize(
    "rows", [slice(0, 40), slice(3, 29), slice(7, 8), slice(5, 5), slice(None, 2), slice(39, None)]
)
@pytest.mark.parametrize("decoder", DECODERS)
def test_rows_and_packed_planes(decoder, rows):
    bits, mask = drawn_values(1, 2, (40, 31), 0.3)
    values = pack_values(bits, mask)
    words = packed(bits[:, rows])
    assert same(xoropt.decode(values, decoder, rows=rows, mask=mask), bits[:, rows])
    assert same(xoropt.decode(values, decoder, rows=rows, output="planes", mask=mask), words)
    for output, wanted in (("bits", bits[:, rows]), ("planes", words)):
        out = np.ones_like(wanted)
        assert xoropt.decode(values, decoder, rows=rows, output=output, mask=mask, out=out) is out
        assert same(out, wanted)


@pytest.mark.parametrize("decoder", DECODERS)
def test_values_without_their_mask_are_refused(decoder):
    values = pack_values(*drawn_values(2, 2, (40, 31), 0.3))
    with pytest.raises(DecodeError, match="can't be decoded without their mask; give it as the argument 'mask'"):
        xoropt.decode(values, decoder)


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_mask_that_keeps_another_number_is_refused(decoder):
    bits, mask = drawn_values(3, 2, (40, 31), 0.3)
    other = mask.copy()
    other[0, 0] ^= True
    count, another = np.count_nonzero(mask), np.count_nonzero(other)
    with pytest.raises(DecodeError, match=f"the mask keeps {another} weights, but there are values of {count}"):
        xoropt.decode(pack_values(bits, mask), decoder, mask=other)


@pytest.mark.parametrize(
    "change", [np.ravel, np.transpose, lambda mask: mask[:-1], np.uint8, lambda mask: mask.tolist()]
)
def test_a_mask_of_another_shape_or_dtype_is_refused(change):
    bits, mask = drawn_values(4, 2, (40, 31), 0.3)
    with pytest.raises(ArgumentError, match=r"Argument 'mask' must be a bool array of shape \(40, 31\)\."):
        xoropt.decode(pack_values(bits, mask), mask=change(mask))


def test_other_schemes_do_not_read_a_mask():
    bits, mask = drawn_values(5, 2, (40, 31), 0.3)
    encoded = xoropt.encode(bits, mask, "block:n_in=8,n_out=40", solver="greedy")
    assert same(xoropt.decode(encoded, mask=mask[:3]), xoropt.decode(encoded))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"kept": 23}, "the values of a plane must be 3 bytes"),
        ({"kept": -1}, "a plane of 24 weights cannot keep -1"),
        ({"kept": 25}, "a plane of 24 weights cannot keep 25"),
        ({"kept": 16.0}, "'kept' must be of the type int, not float"),
        ({"seeds": np.zeros(2, np.uint8)}, "'seeds' must be a 2-D array of uint8, not a 1-D array of uint8"),
        ({"seeds": np.zeros((2, 3), np.uint8)}, "the values of a plane must be 2 bytes"),
        ({"seeds": np.zeros((2, 2), np.int8)}, "'seeds' must be a 2-D array of uint8, not a 2-D array of int8"),
        ({"seeds": [b"12", b"34"]}, "'seeds' must be a 2-D array of uint8, not a list"),
        ({"shape": (4, -6)}, "the shape has a negative side or is too large"),
        ({"shape": (1 << 40, 1 << 40)}, "the shape has a negative side or is too large"),
        ({"shape": (3, 5)}, "a plane of 15 weights cannot keep 16"),
        ({"shape": [4, 6]}, "'shape' must be of the type tuple, not list"),
    ],
)
def test_values_made_by_hand_that_do_not_fit_are_refused(changes, word):
    good = PackedValues((4, 6), 16, np.zeros((2, 2), dtype=np.uint8))
    mask = np.arange(24).reshape(4, 6) < 16
    assert not xoropt.decode(good, mask=mask).any()
    for use in (lambda bad: xoropt.decode(bad, mask=mask), xoropt.decode, describe):
        with pytest.raises(DecodeError, match=word):
            use(replace(good, **changes))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 3), st.integers(0, 2**32))
def test_a_full_plane_is_decoded_like_any_other(first, length, planes, seed):
    bits = np.random.default_rng(seed).random((planes, 80)) < 0.5
    values = pack_values(bits, np.ones(80, bool))
    assert not values.needs_mask
    rows = slice(first, first + length)
    for decoder in ("numpy", "compiled", "reference"):
        assert (xoropt.decode(values, decoder, rows=rows) == bits[:, rows]).all()
        made = xoropt.decode(values, decoder, rows=rows, output="planes")
        assert same(made, packed(bits[:, rows]))
