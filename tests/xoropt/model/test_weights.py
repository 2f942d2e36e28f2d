"""Tensors to weights: every dtype, kind of levels, mask codec and range of rows; in a file, and times a vector."""

import tracemalloc
from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

import xoropt
from xoropt import CompressedTensor
from xoropt.masks import encode_mask
from xoropt.quantize import Codebook, Scales

DTYPES = [np.float32, np.float16, ml_dtypes.bfloat16, np.float64, np.int8, np.uint8, np.int32, np.complex64]


@st.composite
def tensors(draw):
    """A tensor of random planes: one to eight of them, scales for the tensor or each row, or a codebook."""
    shape = draw(st.sampled_from([(1, 1), (300,), (37, 53), (128, 64), (5, 700), (3, 4, 5, 6), (64, 130)]))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    planes = draw(st.integers(0, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    mask = rng.random(shape) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    if dtype.kind in "iuc":
        octets = rng.integers(0, 256, (1 << planes) * dtype.itemsize, dtype=np.uint8)
        levels = Codebook(octets.view(dtype)[: draw(st.integers(1, 1 << planes))])
    else:
        rows = draw(st.sampled_from([1, shape[0]]))
        levels = Scales(rng.standard_normal((planes, rows)).astype(np.float32), dtype)
    network, order = draw(st.sampled_from([("block:n_in=20,n_out=60", None), (small, None), (small, "lanes:lanes=64")]))
    bits = rng.random((planes, *shape)) < 0.5
    encoded = xoropt.encode(bits, mask, network, solver="greedy", order=order, planes=True)
    codec, parts = encode_mask(mask, draw(st.sampled_from(["auto", "bitmap"])))
    return CompressedTensor(shape, levels, codec, parts, encoded)


small = "windowed:n_in=8,n_out=60,window=64,taps=6"


@settings(max_examples=60)
@given(tensors(), st.data())
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_weights_are_the_same_by_every_decoder(tensor, data):
    expected = xoropt.decompress_tensor(tensor, "numpy")
    first = data.draw(st.integers(0, tensor.shape[0]))
    rows = slice(first, data.draw(st.integers(first, tensor.shape[0])))
    for decoder in ("reference", "numpy", "compiled"):
        assert same_bytes(xoropt.decompress_tensor(tensor, decoder), expected)
        assert same_bytes(xoropt.decompress_tensor(tensor, decoder, rows=rows), expected[rows])
    out = np.ones_like(expected[rows])
    assert xoropt.decompress_tensor(tensor, "compiled", rows=rows, out=out) is out
    assert same_bytes(out, expected[rows])


def same_bytes(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize(
    ("planes", "rows", "dtype", "shape", "moved", "band"),
    [
        (1, 1, np.float32, (544, 768), False, 17),
        (3, 544, np.float16, (544, 832), False, 17),
        (2, 200, np.float32, (200, 704), True, 3),
        (1, 40, np.float32, (40, 9216), True, 1),
    ],
)
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_weights_are_written_while_a_prefix_mask_is_decoded(monkeypatch, planes, rows, dtype, shape, moved, band):
    from xoropt.codec.compiled import ranges, threads
    from xoropt.masks.prefix import stored, writing

    monkeypatch.setattr(stored, "BAND", band)
    monkeypatch.setattr(writing, "BANDS_AT_ONCE", 2)
    rng = np.random.default_rng(planes)
    uneven = rng.choice([0.02, 0.4], shape[1]) if moved else np.where(np.arange(shape[0]) % 3, 0.2, 0.0005)[:, None]
    mask = rng.random(shape) < uneven
    codec, parts = encode_mask(mask, "prefix")
    assert bool(parts["mask"][3]) == moved != ("mask_listed" in parts)
    levels = Scales(rng.standard_normal((planes, rows)).astype(np.float32), np.dtype(dtype))
    bits = rng.random((planes, *shape)) < 0.5
    tensor = CompressedTensor(
        shape, levels, codec, parts, xoropt.encode(bits, mask, small, order="lanes:lanes=64", planes=True)
    )
    expected = xoropt.decompress_tensor(tensor, "compiled")
    assert same_bytes(expected, xoropt.decompress_tensor(tensor, "numpy"))
    monkeypatch.setattr(ranges, "STREAM_BYTES", 0)
    monkeypatch.setattr(threads, "BYTES_PER_THREAD", 1)
    made = []
    monkeypatch.setattr(writing, "unpack_scratch", lambda scratch=writing.unpack_scratch: made.append(1) or scratch())
    for cuts in ((0, 1), (0, 0.4), (0.35, 0.8), (0.9, 1)):
        part = slice(*(int(cut * shape[0]) for cut in cuts))
        for jobs in (1, 2):
            assert same_bytes(xoropt.decompress_tensor(tensor, "compiled", rows=part, jobs=jobs), expected[part])
    assert made


def layer(shape=(300, 700), dtype=np.float32, bits=2, **options):
    weights = np.random.default_rng(3).standard_normal(shape).astype(dtype)
    return xoropt.compress({"w": weights}, xoropt.CompressConfig(sparsity=0.9, bits=bits, **options))


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16, np.float64])
@pytest.mark.parametrize("scales", ["tensor", "row"])
@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
def test_matvec(dtype, scales, decoder):
    tensor = layer(dtype=dtype, scales=scales).tensors["w"]
    weights = xoropt.decompress_tensor(tensor).astype(np.float64)
    rng = np.random.default_rng(4)
    for x in (rng.standard_normal(700), rng.standard_normal((700, 3)).astype(np.float32)):
        y = xoropt.matvec(tensor, x, decoder=decoder)
        assert y.shape == (300, *x.shape[1:])
        assert y.dtype == (np.float64 if np.float64 in (dtype, x.dtype) else np.float32)
        np.testing.assert_allclose(y, weights @ x, rtol=1e-4, atol=1e-4)


def test_matvec_of_carried_and_integer_tensors():
    carried = xoropt.UncompressedTensor(np.arange(6, dtype=np.float16).reshape(2, 3), "")
    assert xoropt.matvec(carried, np.ones(3)).tolist() == [3.0, 12.0]
    codes = np.random.default_rng(0).choice(np.array([0, 0, 0, -7, 100], np.int8), (64, 4, 10))
    tensor = xoropt.compress({"w": codes}).tensors["w"]
    expected = codes.reshape(64, 40).sum(axis=1)
    assert (xoropt.matvec(tensor, np.ones(40, np.float32), decoder="compiled") == expected).all()


@pytest.mark.parametrize(
    "x", [np.ones(699), np.ones((700, 1, 1)), np.ones(700, complex), np.array(["a"] * 700), np.zeros(700, "V2")]
)
def test_matvec_refuses(x):
    with pytest.raises(xoropt.ArgumentError, match="'x'"):
        xoropt.matvec(layer().tensors["w"], x)


@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
def test_damage_names_the_tensor(decoder):
    model = layer()
    tensor = model.tensors["w"]
    for damaged in (
        xoropt.CompressedTensor(tensor.shape, tensor.levels, "bitmap", {"mask": np.zeros(3, np.uint8)}, tensor.encoded),
        xoropt.CompressedTensor((700, 300), tensor.levels, tensor.mask_codec, tensor.mask_parts, tensor.encoded),
    ):
        with pytest.raises(xoropt.FormatError, match=r"tensor 'w': .*shape"):
            xoropt.decompress(xoropt.CompressedModel({"w": damaged}), decoder=decoder)


@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
def test_matvec_finds_damaged_seeds(decoder):
    tensor = layer().tensors["w"]
    encoded = replace(tensor.encoded, seeds=tuple(seeds[:-1] for seeds in tensor.encoded.seeds))
    damaged = replace(tensor, encoded=encoded)
    with pytest.raises(xoropt.DecodeError, match="seeds of plane 0"):
        xoropt.matvec(damaged, np.zeros(700), decoder=decoder)


@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
@pytest.mark.parametrize(
    ("levels", "word"),
    [
        (Codebook(np.zeros(3, np.float32)), "codebook does not fit 1 planes"),
        (Codebook(np.zeros((1, 2), np.float32)), "codebook does not fit 1 planes"),
        (Codebook(np.zeros(2, np.complex128)), "dtype complex128"),
        (Codebook(np.zeros(2, object)), "dtype object"),
        (Scales(np.ones((1, 301), np.float32), np.dtype(np.float32)), "301 rows of scales"),
        (Scales(np.ones((1, 0), np.float32), np.dtype(np.float32)), "0 rows of scales"),
        (Scales(np.ones((2, 1), np.float32), np.dtype(np.float32)), "wrong shape"),
        (Scales(np.ones(1, np.float32), np.dtype(np.float32)), "wrong shape"),
        (Scales(np.ones((1, 1), np.float32), np.dtype(np.int8)), "of the dtype int8"),
    ],
)
def test_levels_that_do_not_fit(decoder, levels, word):
    tensor = replace(layer(bits=1).tensors["w"], levels=levels)
    with pytest.raises(xoropt.XoroptError, match=word):
        xoropt.decompress_tensor(tensor, decoder)
    with pytest.raises(xoropt.XoroptError, match=word):
        xoropt.matvec(tensor, np.zeros(700), decoder=decoder)


def test_nine_planes_are_one_too_many():
    rng = np.random.default_rng(0)
    bits, mask = rng.random((9, 40, 30)) < 0.5, rng.random((40, 30)) < 0.3
    levels = Codebook(np.arange(512, dtype=np.float32))
    tensor = CompressedTensor((40, 30), levels, *encode_mask(mask), xoropt.encode(bits, mask, planes=True))
    for decoder in ("numpy", "compiled"):
        with pytest.raises(xoropt.DecodeError, match="9 planes; at most 8"):
            xoropt.decompress_tensor(tensor, decoder)


def test_a_file_is_written_tensor_by_tensor(tmp_path, dense):
    model = xoropt.compress(dense, xoropt.CompressConfig(sparsity=0.8, bits=1, min_weights=100), metadata={"a": "b"})
    xoropt.model.decompression.decompress_to(model, tmp_path / "out.safetensors")
    arrays, metadata = xoropt.common.files.read_safetensors(tmp_path / "out.safetensors")
    assert metadata == {"a": "b"}
    expected = xoropt.decompress(model)
    assert list(arrays) == list(expected)
    for name, array in expected.items():
        assert same_bytes(arrays[name], array)
        assert arrays[name].ctypes.data % max(1, array.itemsize) == 0
    assert same_bytes(load_file(tmp_path / "out.safetensors")["fc.weight"], expected["fc.weight"])
    with pytest.raises(xoropt.XoroptError, match="exists"):
        xoropt.model.decompression.decompress_to(model, tmp_path / "out.safetensors")


def test_a_damaged_tensor_leaves_no_file(tmp_path):
    model = layer()
    damaged = xoropt.CompressedTensor(
        model.tensors["w"].shape, model.tensors["w"].levels, "bitmap", {}, model.tensors["w"].encoded
    )
    with pytest.raises(xoropt.FormatError, match="'w'"):
        xoropt.model.decompression.decompress_to(xoropt.CompressedModel({"w": damaged}), tmp_path / "out.safetensors")
    assert not list(tmp_path.iterdir())


def test_little_memory_beside_the_result():
    rng = np.random.default_rng(7)
    shape = (1100, 1024)
    mask, bits = rng.random(shape) < 0.1, rng.random((1, *shape)) < 0.5
    for codec in ("bitmap", "prefix"):
        name, parts = encode_mask(mask, codec)
        levels = Scales(np.ones((1, 1), np.float32), np.dtype(np.float32))
        tensor = CompressedTensor(shape, levels, name, parts, xoropt.encode(bits, mask, planes=True))
        out = np.empty(shape, np.float32)
        xoropt.decompress_tensor(tensor, "compiled", out=out)
        tracemalloc.start()
        xoropt.decompress_tensor(tensor, "compiled", out=out, jobs=1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2 << 20
