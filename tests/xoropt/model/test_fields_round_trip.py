"""Fields and coded values give every bit pattern back, through a file, by every decoder, whole and in rows."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_examples import every_pattern, same_bytes

import xoropt
from xoropt import CompressConfig, CompressedTensor
from xoropt.codec.compiled import ranges
from xoropt.quantize import CodedField, recognize
from xoropt.quantize.quantized_tensor import dequantize

SMALL = [np.int8, np.uint8, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2]
WIDE = [np.int16, np.uint16, np.float16, ml_dtypes.bfloat16]
FAST = CompressConfig(effort="fast")
ROWS = [slice(0, 100), slice(0, 1), slice(99, 100), slice(3, 4), slice(7, 58), slice(50, 50), slice(31, 99)]


def through_a_file(weights, path, config=FAST):
    """Compress and save an array as the tensor `w`, and load it again."""
    xoropt.save(xoropt.compress({"w": weights}, config), path)
    return xoropt.load(path).tensors["w"]


def comes_back(tensor, weights, decoders):
    """Check that a tensor gives its bytes back, whole, in rows and into arrays that are given."""
    rows_of_all = ROWS if len(weights) == 100 else [slice(0, len(weights))]
    for decoder in decoders:
        assert same_bytes(xoropt.decompress_tensor(tensor, decoder), weights)
        for rows in rows_of_all:
            assert same_bytes(xoropt.decompress_tensor(tensor, decoder, rows=rows), weights[rows])
        out = np.empty_like(weights[7:58])
        assert xoropt.decompress_tensor(tensor, decoder, rows=slice(7, 58), out=out) is out
        assert same_bytes(out, weights[7:58])
    out = np.empty_like(weights)
    assert xoropt.decompress_tensor(tensor, "compiled", out=out, jobs=2) is out
    assert same_bytes(out, weights)


@pytest.mark.parametrize("kept", [1.0, 0.4])
@pytest.mark.parametrize("dtype", SMALL)
def test_every_pattern_of_one_byte(tmp_path, dtype, kept):
    weights = every_pattern(dtype, 20_000, kept)
    tensor = through_a_file(weights, tmp_path / "w")
    assert isinstance(tensor.levels, CodedField)
    assert (tensor.mask_codec == "full") == (kept == 1)
    comes_back(tensor, weights, ["numpy", "compiled"])
    assert same_bytes(xoropt.decompress_tensor(tensor, "reference"), weights)


@pytest.mark.parametrize("kept", [1.0, 0.4])
@pytest.mark.parametrize("dtype", WIDE)
def test_every_pattern_of_two_bytes(tmp_path, dtype, kept):
    weights = every_pattern(dtype, 200_000, kept)
    tensor = through_a_file(weights, tmp_path / "w")
    assert isinstance(tensor.levels, CodedField)
    assert tensor.levels.form.raw_bits
    comes_back(tensor, weights, ["numpy", "compiled"])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", WIDE)
def test_every_pattern_of_two_bytes_by_the_reference(tmp_path, dtype):
    weights = every_pattern(dtype, 130_000, 0.6)
    tensor = through_a_file(weights, tmp_path / "w")
    assert isinstance(tensor, CompressedTensor)
    assert same_bytes(xoropt.decompress_tensor(tensor, "reference"), weights)


@pytest.mark.parametrize("kept", [1.0, 0.4])
@pytest.mark.parametrize("dtype", [*WIDE, np.float32, np.float64])
def test_listed_patterns(tmp_path, dtype, kept):
    """Numbers so rare that they are listed: within a word, at the ends, and one beside the other."""
    rng = np.random.default_rng(5)
    dtype = np.dtype(dtype)
    numbers = (5 * rng.standard_normal(30_000) + (50 if dtype.kind == "u" else 0)).astype(dtype)
    numbers[rng.random(30_000) >= kept] = np.zeros((), dtype)
    places = np.concatenate([rng.permutation(30_000)[:12], [0, 1, 64, 127, 15_000, 29_999]])
    numbers.view(np.uint8).reshape(30_000, -1)[places] = rng.integers(0, 256, (18, dtype.itemsize), dtype=np.uint8)
    weights = numbers.reshape(100, 300)
    tensor = through_a_file(weights, tmp_path / "w")
    assert len(tensor.listed.at) > 6
    comes_back(tensor, weights, ["numpy", "compiled"])


@pytest.mark.filterwarnings("ignore:.*merge_zeros")
@pytest.mark.parametrize("columns", [40, 64, 300])
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
def test_zeros_of_both_signs(tmp_path, dtype, columns):
    rng = np.random.default_rng(2)
    weights = rng.standard_normal((100, columns)).astype(dtype)
    weights *= (rng.random(weights.shape) < 0.3).astype(dtype)
    weights[3:5, :4] = np.array([np.inf, -np.inf, 3e-8, 1e4], dtype=dtype)
    tensor = through_a_file(weights, tmp_path / "w")
    assert tensor.levels.signed_fill
    assert same_bytes(xoropt.compress({"w": weights}, FAST)["w"].encoded.seeds[0], tensor.encoded.seeds[0])
    comes_back(tensor, weights, ["numpy", "compiled"])
    if not tensor.encoded.needs_mask:
        assert same_bytes(xoropt.decompress_tensor(tensor, "reference"), weights)


@pytest.mark.filterwarnings("ignore:.*merge_zeros")
@pytest.mark.parametrize("negative", [0.5, 0.1, 0.02])
@pytest.mark.parametrize("pruned", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32])
def test_signs_of_zeros_take_at_most_a_bit_each(dtype, pruned, negative):
    """They take their information where they are random; where most are alike they may take up to a bit."""
    rng = np.random.default_rng(2)
    weights = rng.standard_normal((128, 256)).astype(dtype)
    zeros = rng.random(weights.shape) < pruned
    signed = np.where(zeros, np.where(rng.random(weights.shape) < negative, -0.0, 0.0).astype(dtype), weights)
    merged = np.where(zeros, np.zeros((), dtype), weights)
    model = xoropt.compress({"signed": signed, "merged": merged}, FAST)
    bits = {name: figures.bits_per_weight for name, figures in xoropt.report(model).tensors.items()}
    assert bits["signed"] < 1.01 * bits["merged"] + zeros.mean()
    assert same_bytes(xoropt.decompress_tensor(model["signed"]), signed)


@pytest.mark.parametrize("kept", [1.0, 0.3])
def test_bits(tmp_path, kept):
    weights = every_pattern(bool, 20_000, kept)
    comes_back(through_a_file(weights, tmp_path / "w"), weights, ["numpy", "compiled", "reference"])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dtype", [*SMALL, *WIDE, np.float32, np.float64, np.int64])
@pytest.mark.parametrize("kept", [1.0, 0.5])
def test_many_ranges(tmp_path, monkeypatch, dtype, kept, stream):
    """Ranges that begin and end within words, bytes and tiles, written past the cache too."""
    monkeypatch.setattr(ranges, "STREAM_BYTES", 0 if stream else 1 << 40)
    rng = np.random.default_rng(4)
    weights = (20 * rng.standard_normal(20_001)).astype(dtype)
    weights[rng.random(20_001) >= kept] = np.zeros((), dtype)
    weights[rng.permutation(20_001)[:9]] = np.array(7000).astype(dtype)
    tensor = through_a_file(weights, tmp_path / "w")
    assert isinstance(tensor, CompressedTensor)
    bounds = np.sort(rng.integers(0, 20_002, (40, 2)), axis=1).tolist()
    for first, stop in [*bounds, [0, 63], [64, 128], [1, 20_001], [19_999, 20_000]]:
        some = xoropt.decompress_tensor(tensor, "compiled", rows=slice(first, stop))
        assert same_bytes(some, weights[first:stop])


SPECIAL = {
    np.float32: [0x7F800000, 0xFF800000, 0x7FC00001, 0xFFBFFFFF, 0x80000000, 0, 1, 0x807FFFFF, 0x7F7FFFFF],
    np.float64: [0x7FF << 52, 0xFFF << 52, (0x7FF << 52) + 1, 2**64 - 1, 1 << 63, 0, 1, (1 << 63) + 5],
}
"""Infinities, NaN with payloads, −0.0, denormals."""


@given(
    st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.uint32, np.uint64]),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 2**64 - 1), max_size=8),
    st.sampled_from([0, 1, 8, 13]),
    st.sampled_from([0.0, 0.3, 0.7]),
    st.sampled_from(["a number", "zero", "zeros of both signs"]),
)
def test_any_patterns_of_wide_numbers(dtype, seed, patterns, zeros, filled, fill):
    """Gaussian numbers with low bits that are 0, many of them equal, and any patterns among them."""
    dtype = np.dtype(dtype)
    kind = np.dtype(f"u{dtype.itemsize}").type
    rng = np.random.default_rng(seed)
    numbers = (rng.standard_normal(2000) * (1000 if dtype.kind in "iu" else 0.02)).astype(
        "i8" if dtype.kind == "u" else dtype
    )
    bits = numbers.astype(dtype).view(f"u{dtype.itemsize}") >> kind(zeros) << kind(zeros)
    filling = np.full(2000, bits[0] if fill == "a number" else 0, dtype=bits.dtype)
    if fill == "zeros of both signs":
        filling = rng.integers(0, 2, 2000).astype(bits.dtype) << kind(8 * dtype.itemsize - 1)
    bits = np.where(rng.random(2000) < filled, filling, bits)
    some = [*(patterns if not zeros else []), *SPECIAL.get(dtype.type, [])]
    bits[rng.permutation(2000)[: len(some)]] = np.array(some, dtype=np.uint64).astype(bits.dtype)
    weights = bits.view(dtype).reshape(40, 50)
    quantized = recognize(weights)
    assert same_bytes(dequantize(quantized), weights)
    model = xoropt.compress({"w": weights}, FAST)
    for decoder in ("numpy", "compiled"):
        assert same_bytes(xoropt.decompress(model, decoder=decoder)["w"], weights)
        assert same_bytes(xoropt.decompress_tensor(model.tensors["w"], decoder, rows=slice(3, 21)), weights[3:21])
