"""Recognition: what an exact tensor is stored as, and that it comes back whatever that is."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from xoropt.quantize import Codebook, CodedField, recognize
from xoropt.quantize.quantized_tensor import dequantize, value_entropy

BRAIN = ml_dtypes.bfloat16


def bell(shape=(100, 200), dtype=np.float32, scale=1.0, seed=0):
    """Gaussian numbers."""
    return (scale * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def same(quantized, weights):
    """Whether a quantized tensor is exactly an array."""
    back = dequantize(quantized)
    return (back.dtype, back.shape, back.tobytes()) == (weights.dtype, weights.shape, weights.tobytes())


def entropy(counts):
    """Bits of information in one of things that occur so often."""
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


@pytest.mark.parametrize(("dtype", "mantissa"), [(np.float16, 10), (BRAIN, 7), (np.float32, 23), (np.float64, 52)])
def test_dense_floats_are_exponents_and_raw_bits(dtype, mantissa):
    weights = bell((500, 400), dtype)
    quantized = recognize(weights)
    assert abs(quantized.levels.form.raw_bits - mantissa) <= 1
    assert quantized.levels.form.sign_last
    assert quantized.mask.all()
    exponents = np.frexp(weights.astype(np.float64))[1]
    bound = entropy(np.unique(exponents, return_counts=True)[1]) + mantissa + 1
    assert quantized.value_bits / weights.size < 1.005 * bound
    assert same(quantized, weights)


def test_floats_of_one_sign_have_no_sign():
    weights = np.abs(bell()) + np.float32(1e-3)
    quantized = recognize(weights)
    assert not quantized.levels.form.sign_last
    assert quantized.levels.form.raw_bits in (22, 23)
    assert same(quantized, weights)


@pytest.mark.parametrize(
    ("weights", "zeros"),
    [
        (bell().astype(np.float64), 29),
        (bell(dtype=BRAIN).astype(np.float32), 16),
        (bell(dtype=np.int32, scale=5000) * 64, 6),
        (bell(dtype=np.int16, scale=300) & ~7, 3),
        ((bell(dtype=np.int64, scale=5000) + 50_000).astype(np.uint64) << np.uint64(40), 40),
    ],
)
def test_low_bits_that_are_zero_are_left_out(weights, zeros):
    quantized = recognize(weights)
    assert quantized.levels.form.zeros == zeros
    assert same(quantized, weights)


@pytest.mark.parametrize("fill", [-1.5, np.inf, -0.0, 0.0])
def test_the_most_frequent_number_becomes_a_mask(fill):
    weights = bell()
    pruned = np.random.default_rng(1).random(weights.shape) < 0.5
    weights[pruned] = fill
    quantized = recognize(weights)
    assert (quantized.mask == ~pruned).all()
    assert quantized.levels.fill == int(np.array(fill, np.float32).view(np.uint32))
    assert same(quantized, weights)


def test_a_mask_that_does_not_pay_is_none():
    """Where a number is frequent, but its codeword costs no more than the mask."""
    weights = np.random.default_rng(0).choice(np.array([0, 5, 9, 200], np.uint8), 200_000, p=[0.5, 0.25, 0.125, 0.125])
    quantized = recognize(weights)
    assert quantized.mask.all()
    assert isinstance(quantized.levels, CodedField)
    assert same(quantized, weights)


def test_few_values_in_wide_dtypes_are_coded_as_a_whole():
    values = np.array([1e-30, -7.25, np.nan, np.inf, 3.5, -3.5, 1 / 3, 1e300])
    weights = np.random.default_rng(0).choice(values, (100, 200), p=[0.4, 0.3, 0.1, 0.1, 0.04, 0.03, 0.02, 0.01])
    quantized = recognize(weights)
    assert quantized.levels.form.raw_bits == 0
    assert quantized.levels.form.zeros == 0
    assert len(quantized.levels.values) <= 8
    assert quantized.value_bits < 2.4 * weights.size
    assert same(quantized, weights)


def test_values_that_are_equally_frequent_need_no_code():
    weights = np.random.default_rng(0).integers(0, 16, (100, 200)).astype(np.int8)
    quantized = recognize(weights)
    assert len(quantized) == quantized.shared_planes == 4
    assert same(quantized, weights)


def test_rare_numbers_are_listed():
    weights = bell((500, 400), BRAIN)
    rare = np.random.default_rng(1).permutation(weights.size)[:40]
    weights.reshape(-1)[rare] = (10.0 ** np.linspace(-35, 35, 40)).astype(BRAIN)
    quantized = recognize(weights)
    at, symbols = quantized.listed
    assert (np.diff(at) > 0).all()
    assert set(rare) & set(at)
    assert (symbols >= len(quantized.levels.lengths)).all()
    assert (symbols < len(quantized.levels.values)).all()
    assert not quantized.care(len(quantized) - 1).reshape(-1)[at].any()
    assert same(quantized, weights)


@pytest.mark.parametrize("size", [1024, 3000, 10_000, 40_000])
@pytest.mark.parametrize("dtype", [np.float16, BRAIN, np.float32, np.int16])
def test_small_tensors_are_split_as_large_ones(dtype, size):
    """Fields of many bits, in which hardly a number occurs twice, seem to have little entropy."""
    weights = bell(size, dtype, 300 if dtype is np.int16 else 20)
    quantized = recognize(weights)
    assert quantized.levels.form.raw_bits >= {2: 6, 4: 22}[weights.itemsize]
    assert len(quantized.levels.values) < 100
    assert same(quantized, weights)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float16", "float32", "float64", "complex64", BRAIN])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0), (2, 1)])
@pytest.mark.parametrize("value", [0, 1])
def test_tiny_and_constant_tensors(dtype, shape, value):
    for shape_of in (shape, (70, 30)):
        weights = np.full(shape_of, value).astype(dtype)
        quantized = recognize(weights)
        assert isinstance(quantized.levels, Codebook)
        assert len(quantized) == 0
        assert same(quantized, weights)


def test_complex_numbers_are_codes_where_they_are_few_else_pairs():
    some = np.array([0, 1j, -1, 2 + 3j], np.complex64)
    weights = np.random.default_rng(0).choice(some, (100, 200), p=[0.7, 0.2, 0.05, 0.05])
    assert same(recognize(weights), weights)
    free = recognize(bell() + 1j * bell(seed=1))
    assert free is not None
    assert free.pairs


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.uint64])
def test_uniform_bits_are_no_numbers(dtype):
    octets = np.random.default_rng(0).integers(0, 256, 40_000, dtype=np.uint8)
    weights = octets.view(dtype)
    quantized = recognize(weights)
    assert quantized is None or quantized.value_bits > 0.99 * 8 * weights.nbytes


def test_information_of_coded_values():
    weights = np.random.default_rng(0).choice(np.array([3, 5, 9, 200], np.uint8), 100_000, p=[0.5, 0.25, 0.125, 0.125])
    quantized = recognize(weights)
    assert abs(value_entropy(quantized) - 1.75) < 0.02
    assert abs(quantized.value_bits / weights.size - 1.75) < 0.02
    assert same(quantized, weights)


@given(
    st.sampled_from(
        ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint64", "int64", "float16", "float32"]
    ).flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=40)))
)
def test_any_array_comes_back(weights):
    quantized = recognize(weights)
    assert quantized is None or same(quantized, weights)
    if quantized is not None:
        planes = [quantized.plane(i) for i in range(len(quantized))]
        care = [quantized.care(i) for i in range(len(quantized))]
        assert quantized.value_bits <= sum(map(np.count_nonzero, care)) + 8 * len(quantized.listed.at)
        for k in range(quantized.shared_planes // 8):
            octets = sum(planes[8 * k + i].astype(np.uint8) << i for i in range(8))
            assert (quantized.octets(k).reshape(quantized.shape) == octets).all()


@pytest.mark.parametrize("pruned", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("dtype", [np.float16, BRAIN, np.float32, np.float64])
def test_zeros_of_both_signs_take_a_bit_each(dtype, pruned):
    weights = bell((256, 512), dtype)
    kept = np.random.default_rng(1).random(weights.shape) >= pruned
    merged, quantized = (
        recognize(np.where(kept, weights, np.zeros_like(weights))),
        recognize(weights * kept.astype(dtype)),
    )
    assert same(quantized, weights * kept.astype(dtype))
    assert (quantized.mask == (weights != 0) & kept).all()
    assert quantized.value_bits < 1.005 * merged.value_bits + np.count_nonzero(~kept)
    assert quantized.value_bits == sum(np.count_nonzero(quantized.care(i)) for i in range(len(quantized)))
    packed = [np.unpackbits(quantized.packed_care(i), bitorder="little").sum() for i in range(len(quantized))]
    assert quantized.value_bits == sum(packed)
    assert abs(value_entropy(quantized) - value_entropy(merged)) < 0.1


def test_few_zeros_of_the_other_sign_are_a_value():
    weights = bell((200, 500), BRAIN)
    weights[np.random.default_rng(1).random(weights.shape) < 0.7] = 0
    weights[:, 7] = -0.0
    quantized = recognize(weights)
    assert not quantized.levels.signed_fill
    assert same(quantized, weights)


def test_zeros_of_both_signs_and_few_values_are_values():
    rng = np.random.default_rng(1)
    weights = (rng.choice([-0.5, 0.25, 1.0], (200, 500)) * (rng.random((200, 500)) < 0.3)).astype(np.float32)
    quantized = recognize(weights)
    assert not quantized.raw_planes
    assert same(quantized, weights)


def test_zeros_of_both_signs_in_a_structure():
    weights = bell((256, 512))
    weights[:, ::2] *= np.float32(0)
    quantized = recognize(weights)
    assert quantized.levels.signed_fill
    assert quantized.mask[:, 1::2].all()
    assert same(quantized, weights)
