"""Compressed tensors back to weights: by every decoder, in ranges of rows; what does not fit together is refused."""

from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_examples import NETWORKS, Kind, dense_layer, random_tensor, same_bytes, tensors

import xoropt
from xoropt import CompressedTensor
from xoropt.codec.packed.encoding import unpack_values
from xoropt.masks import encode_mask
from xoropt.quantize import Codebook, Scales


def check_decoders(tensor, rows):
    """Check that all decoders give the same weights, as a whole and for some rows."""
    expected = xoropt.decompress_tensor(tensor, "numpy")
    for decoder in ("reference", "numpy", "compiled"):
        assert same_bytes(xoropt.decompress_tensor(tensor, decoder), expected)
        assert same_bytes(xoropt.decompress_tensor(tensor, decoder, rows=rows), expected[rows])
    out = np.ones_like(expected[rows])
    assert xoropt.decompress_tensor(tensor, "compiled", rows=rows, out=out) is out
    assert same_bytes(out, expected[rows])


@given(tensors(), st.data())
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_weights_are_the_same_by_every_decoder(tensor, data):
    first = data.draw(st.integers(0, tensor.shape[0]))
    check_decoders(tensor, slice(first, data.draw(st.integers(first, tensor.shape[0]))))


@pytest.mark.parametrize(
    "kind",
    [
        Kind((37, 53), np.float32, by_row=True),
        Kind((300,), ml_dtypes.bfloat16, planes=1, network=NETWORKS[0]),
        Kind((5, 700), np.int8, planes=8, codec="bitmap", network=NETWORKS[1]),
        Kind((3, 4, 5, 6), np.complex64, density=1.0),
        Kind((64, 130), np.float16, planes=0),
        Kind((128, 64), np.float64, planes=3, density=0.5, codec="prefix"),
    ],
    ids=lambda kind: f"{np.dtype(kind.dtype)} {kind.shape}",
)
@pytest.mark.filterwarnings("ignore::xoropt.RateWarning")
def test_some_tensors_are_the_same_by_every_decoder(kind):
    tensor = random_tensor(kind)
    check_decoders(tensor, slice(tensor.shape[0] // 3, tensor.shape[0] // 2 + 1))


def test_weights_follow_from_planes_mask_and_levels():
    tensor = random_tensor(Kind((30, 40), np.float32, planes=2, by_row=True), seed=1)
    bits = xoropt.decode(tensor.encoded)
    mask = xoropt.masks.decode_mask(tensor.mask_codec, tensor.mask_parts, tensor.shape, 1200)
    signs = np.where(bits, np.float32(1), np.float32(-1))
    first, second = (alpha[:, None] * sign for alpha, sign in zip(tensor.levels.alpha, signs, strict=True))
    assert same_bytes(xoropt.decompress_tensor(tensor), np.where(mask, first + second, np.float32(0)))


def test_rows_of_an_uncompressed_tensor_are_copies():
    array = np.arange(12.0).reshape(3, 4)
    tensor = xoropt.UncompressedTensor(array, "")
    for rows in (None, slice(1, 3)):
        made = xoropt.decompress_tensor(tensor, rows=rows)
        assert same_bytes(made, array if rows is None else array[rows])
        assert not np.shares_memory(made, array)
    out = np.zeros((2, 4))
    assert xoropt.decompress_tensor(tensor, rows=slice(0, 2), out=out) is out
    assert same_bytes(out, array[:2])


@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
def test_damage_names_the_tensor(decoder):
    model = dense_layer()
    tensor = model.tensors["w"]
    for damaged in (
        xoropt.CompressedTensor(tensor.shape, tensor.levels, "bitmap", {"mask": np.zeros(3, np.uint8)}, tensor.encoded),
        xoropt.CompressedTensor((700, 300), tensor.levels, tensor.mask_codec, tensor.mask_parts, tensor.encoded),
    ):
        with pytest.raises(xoropt.FormatError, match=r"tensor 'w': .*shape"):
            xoropt.decompress(xoropt.CompressedModel({"w": damaged}), decoder=decoder)


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
    tensor = replace(dense_layer(bits=1).tensors["w"], levels=levels)
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


def test_packed_values_need_their_own_mask(tmp_path):
    rng = np.random.default_rng(1)
    array = np.where(rng.random(1500) < 0.5, rng.choice(np.arange(1, 8, dtype=np.int8), 1500), np.int8(0))
    model = xoropt.compress({"w": array})
    xoropt.save(model, tmp_path / "w")
    assert np.array_equal(xoropt.decompress(tmp_path / "w")["w"], array)
    encoded = model.tensors["w"].encoded
    assert encoded.network.recipe == "packed"
    with pytest.raises(xoropt.DecodeError, match="without their mask"):
        xoropt.decode(encoded)
    with pytest.raises(xoropt.DecodeError, match="the mask keeps 1500 weights, but there are values of"):
        unpack_values(encoded, np.ones(1500, dtype=bool))


def test_weights_that_do_not_fit_into_memory_are_named(stored, monkeypatch):
    path, _ = stored
    monkeypatch.setattr(
        "xoropt.model.decompression.decompress_tensor", lambda tensor, decoder: exec("raise MemoryError")
    )
    with pytest.raises(xoropt.XoroptError, match=r"tensor '.*': its \d+ bytes do not fit into memory"):
        xoropt.decompress(path)
