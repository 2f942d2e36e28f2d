"""Masks that repeat themselves: attention masks, checkerboards, tiles, few kinds of rows or columns."""

import lzma
import tracemalloc
import zlib

import numpy as np
import pytest

import xoropt
from xoropt.masks import CODECS, decode_mask, deltas, encode_mask, plan_mask, stored_bytes
from xoropt.masks.coding import check_parts

SIDE = 400


def drawn(name, side=SIDE):
    """Make a mask of a kind."""
    rng = np.random.default_rng(0)
    i, j = np.indices((side, side))
    band, some = abs(i - j) <= 16, rng.choice(side, 8, replace=False)
    document = np.repeat(np.arange(side), rng.integers(1, 80, side))[:side]
    match name:
        case "checkerboard":
            return (i + j) % 2 == 0
        case "diagonals":
            return (i + j) % 3 == 0
        case "tiles":
            return np.tile(rng.random((5, 7)) < 0.5, (side // 5 + 1, side // 7 + 1))[:side, :side]
        case "kinds of rows":
            return (rng.random((8, side)) < 0.5)[rng.integers(0, 8, side)]
        case "kinds of columns":
            return (rng.random((side, 8)) < 0.5)[:, rng.integers(0, 8, side)]
        case "rows times columns":
            return (rng.random((side, 1)) < 0.5) & (rng.random((1, side)) < 0.5)
        case "band and global":
            return band | np.isin(i, some) | np.isin(j, some)
        case "band and first":
            return band | (i < 8) | (j < 8)
        case "causal with sinks":
            return (band | (j < 8)) & (j <= i)
        case "dilated band":
            return (abs(i - j) <= side // 8) & ((i - j) % 3 == 0)
        case "strided":
            return ((i - j) % 32 == 0) & (j <= i) | (abs(i - j) < 8)
        case "documents":
            return document[:, None] == document
        case "documents, causal":
            return (document[:, None] == document) & (j <= i)
    return j // 16 <= i // 16


MOST = {
    "checkerboard": 100,
    "diagonals": 100,
    "tiles": 130,
    "kinds of rows": 900,
    "kinds of columns": 5700,
    "rows times columns": 350,
    "band and global": 420,
    "band and first": 110,
    "causal with sinks": 100,
    "dilated band": 110,
    "strided": 110,
    "documents": 180,
    "documents, causal": 210,
    "blocks, causal": 100,
}
"""The most bytes of each kind: the information, some 60 bytes of a compressor, and a tenth."""


@pytest.mark.parametrize("name", MOST)
def test_repetitions_take_little(name):
    mask = drawn(name)
    codec, parts = encode_mask(mask)
    assert codec == "deltas"
    assert stored_bytes(parts) <= MOST[name]
    for a, b in ((0, SIDE), (0, 1), (133, 200), (SIDE - 1, SIDE), (7, 7)):
        assert (decode_mask(codec, parts, mask.shape, mask.size, slice(a, b)) == mask[a:b]).all()
        packed, begin = CODECS[codec].decode_packed(parts, mask.shape, mask.size, a * SIDE, b * SIDE)
        bits = np.unpackbits(packed, bitorder="little")[a * SIDE - begin :][: (b - a) * SIDE]
        assert (bits == mask[a:b].reshape(-1)).all()


@pytest.mark.parametrize("shape", [(1300, 1700), (1 << 22,), (3, 700, 701), (7, (1 << 18) + 5)])
def test_masks_of_several_chunks(shape):
    mask = np.ones(shape, dtype=bool)
    mask.reshape(-1)[::7] = False
    mask[0] = False
    codec, parts = encode_mask(mask, "deltas")
    size, flat = mask.size, mask.reshape(-1)
    for first, stop in ((0, size), (size - 5, size), ((1 << 20) - 3, (1 << 20) + 3), (5, 6), (1 << 20, 1 << 20)):
        assert (CODECS[codec].decode(parts, shape, size, first, stop) == flat[first:stop]).all()
        packed, begin = CODECS[codec].decode_packed(parts, shape, size, first, stop)
        assert (np.unpackbits(packed, bitorder="little")[first - begin :][: stop - first] == flat[first:stop]).all()


@pytest.mark.parametrize("density", [0.02, 0.1, 0.5])
def test_masks_without_repetitions_are_not_planned(density):
    mask = np.random.default_rng(0).random((700, 600)) < density
    assert "deltas" not in plan_mask(mask)


def test_decoding_takes_little_memory_beside_the_result():
    mask = drawn("band and global", 2048)
    parts = CODECS["deltas"].encode(mask)
    codec = CODECS["deltas"]
    for decode, result in ((codec.decode, mask.size), (codec.decode_packed, mask.size // 8)):
        tracemalloc.start()
        decode(parts, mask.shape, mask.size, 0, mask.size)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < result + 6 * 2**20


@pytest.mark.parametrize(("values", "share"), [(np.int8, 0.27), (np.float32, 0.99)], ids=["signs", "floats"])
@pytest.mark.parametrize("name", MOST)
def test_weights_under_such_masks(name, values, share):
    """They take no more than their values, and a mask that is found in spite of its period."""
    rng = np.random.default_rng(1)
    mask = drawn(name)
    drawn_values = rng.choice([-1, 1], mask.shape) if values is np.int8 else rng.standard_normal(mask.shape)
    weights = np.where(mask, drawn_values, 0).astype(values)
    tensor = xoropt.compress({"w": weights})["w"]
    assert xoropt.decompress_tensor(tensor).tobytes() == weights.tobytes()
    assert xoropt.decompress_tensor(tensor, rows=slice(3, 90)).tobytes() == weights[3:90].tobytes()
    kept = int(mask.sum())
    values_bytes = kept / 8 if values is np.int8 else 4 * kept * share
    assert sum(xoropt.model.tensors.tensor_bits(tensor)) / 8 < 1.02 * values_bytes + MOST[name] + 200


def bomb(method, octets):
    """Make the part `mask` of a chunk that is decompressed to so many bytes."""
    data = bytes(octets)
    if method:
        return bytes([1, 0]) + lzma.compress(
            data, format=lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 17}]
        )
    return bytes([0, 0]) + zlib.compress(data, 9)[2:-4]


@pytest.mark.parametrize("method", [0, 1])
@pytest.mark.parametrize("octets", [0, 7, 9, 1 << 24])
def test_a_chunk_of_another_length_is_refused_without_making_it(method, octets):
    part = np.frombuffer(bomb(method, octets), dtype=np.uint8)
    tracemalloc.start()
    with pytest.raises(xoropt.DecodeError, match="does not fit the shape"):
        decode_mask("deltas", {"mask": part}, (8, 8), 64)
    assert tracemalloc.get_traced_memory()[1] < 2**21
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "shape", "message"),
    [
        (b"", (8, 8), "ends too early"),
        (b"\2\0", (8, 8), "damaged"),
        (b"\0\3" + bytes(12), (8, 8), "damaged"),
        (b"\0\1" + bytes(4), (8, 8), "damaged"),
        (b"\0\1\1\0", (8, 8), "ends too early"),
        (b"\0\0", (0, 8), "damaged"),
        (b"\0\0" + b"\0\1\0\0" + b"x", (1 << 11, 1 << 10), "ends too early"),
    ],
)
def test_bad_heads_are_refused(data, shape, message):
    part = np.frombuffer(data, dtype=np.uint8)
    with pytest.raises(xoropt.DecodeError, match=message):
        check_parts("deltas", {"mask": part}, shape, int(np.prod(shape)))


def test_an_unknown_codec_is_what_an_older_reader_says():
    with pytest.raises(xoropt.DecodeError, match="not known to this version"):
        decode_mask("deltas of tomorrow", {}, (8, 8), 64)


def test_rows_longer_than_a_chunk_are_no_lag():
    """Nothing within a chunk is so far before, and a row may be longer than a uint32 says."""
    mask = np.broadcast_to(np.True_, (2, 1 << 33))
    assert deltas._lag_choices(mask) == [(), (1,)]
