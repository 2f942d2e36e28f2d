"""Mask codecs: exact on every mask they take, honest about those they do not, small where they promise it."""

import math
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt.masks import CODECS, decode_mask, encode_mask, stored_bytes
from xoropt.masks.huffman import code_lengths, codewords
from xoropt.masks.prefix.lookup import lookup


@st.composite
def masks(draw):
    """Empty, full, one row, one column, periodic, and random of every density, with dense rows and columns."""
    shape = tuple(draw(st.lists(st.integers(0, 24), max_size=3)))
    kind = draw(st.sampled_from(["empty", "full", "periodic", "random", "uneven"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    if kind == "empty":
        return np.zeros(shape, dtype=bool)
    if kind == "full":
        return np.ones(shape, dtype=bool)
    if kind == "periodic":
        return (np.arange(math.prod(shape)) % draw(st.integers(1, 9)) == 0).reshape(shape)
    density = draw(st.floats(0, 1))
    if kind == "uneven" and shape:
        density = density * rng.random((shape[0], *(1 for _ in shape[1:]))) * rng.random(shape[-1])
    return rng.random(shape) < density


@pytest.mark.parametrize("codec", [name for name in CODECS if name != "low_rank"])  # which has tests of its own
@given(mask=masks())
def test_exact(codec, mask):
    parts = CODECS[codec].encode(mask, 1)
    if parts is not None:
        assert all(part.dtype == np.uint8 and part.ndim == 1 for part in parts.values())
        back = decode_mask(codec, parts, mask.shape, mask.size)
        assert (back.dtype, back.shape) == (bool, mask.shape)
        assert (back == mask).all()
        if mask.ndim:
            for a, b in ((0, mask.shape[0]), (mask.shape[0] // 3, mask.shape[0] // 2)):
                some = decode_mask(codec, parts, mask.shape, mask.size, slice(a, b))
                assert some.shape == mask[a:b].shape
                assert (some == mask[a:b]).all()


@given(masks())
def test_auto_takes_the_least_with_random_access(mask):
    name, parts = encode_mask(mask)
    least = stored_bytes(parts)
    assert CODECS[name].random_access
    assert least <= -(-mask.size // 8)
    smallest = stored_bytes(encode_mask(mask, "smallest")[1])
    assert smallest <= least


@pytest.mark.parametrize(
    ("n", "m", "limit"), [(2, 4, 0.6462), (1, 4, 0.5), (4, 8, 0.7662), (1, 2, 0.5), (8, 16, 0.8532)]
)
def test_n_of_m_is_near_its_limit(n, m, limit):
    rng = np.random.default_rng(0)
    mask = (rng.random((64, 4096 // m, m)).argsort(axis=-1) < n).reshape(64, 4096)
    name, parts = encode_mask(mask)
    assert name == "n_of_m"
    assert 8 * parts["mask"].nbytes / mask.size < 1.01 * limit


def test_n_of_m_refuses_other_masks():
    with pytest.raises(xoropt.ArgumentError, match="'n_of_m' cannot hold this mask"):
        encode_mask(np.eye(4, dtype=bool)[:, :3], "n_of_m")


@pytest.mark.parametrize("block", [(4, 4), (1, 32), (16, 1), (8, 64)])
def test_blocks_take_one_bit_each(block):
    coarse = np.random.default_rng(0).random((9, 11)) < 0.4
    mask = np.kron(coarse, np.ones(block, dtype=bool))[:-1, :-3]
    name, parts = encode_mask(mask)
    assert (decode_mask(name, parts, mask.shape, mask.size) == mask).all()
    assert CODECS["blocks"].encode(mask, 1)["mask"].nbytes <= 2 + -(-99 // 8)


def entropy_of(p):
    return float(np.mean(-(p * np.log2(p) + (1 - p) * np.log2(1 - p))))


@pytest.mark.parametrize("density", [0.01, 0.05, 0.1, 0.4])
def test_entropy_is_near_its_limit(density):
    mask = np.random.default_rng(1).random((1024, 1024)) < density
    stored = 8 * CODECS["entropy"].encode(mask, 1)["mask"].nbytes / mask.size
    assert stored < 1.005 * entropy_of(np.full(1, mask.mean()))


def test_entropy_uses_uneven_rows_and_columns():
    rng = np.random.default_rng(2)
    logit = np.log(1 / 9) + 0.5 * rng.standard_normal((2048, 1)) + 0.5 * rng.standard_normal(2048)
    p = 1 / (1 + np.exp(-logit))
    mask = rng.random(p.shape) < p
    stored = 8 * CODECS["entropy"].encode(mask, 1)["mask"].nbytes / mask.size
    assert stored < 1.015 * entropy_of(p)
    assert stored < 0.96 * entropy_of(np.full(1, mask.mean()))


@pytest.mark.parametrize("codec", [name for name in CODECS if name not in ("full", "empty", "low_rank")])
def test_damaged_parts_are_refused_or_give_some_mask(codec):
    rng = np.random.default_rng(3)
    mask = (rng.random((16, 8, 4)).argsort(axis=-1) < 2).reshape(16, 32)
    if codec == "blocks":
        mask = np.repeat(mask, 2, axis=0)
    elif codec == "positions":
        mask &= rng.random(mask.shape) < 0.2
    parts = CODECS[codec].encode(mask, 1)
    refused = 0
    for _ in range(300):
        name = [*parts][rng.integers(len(parts))]
        damaged = parts[name].copy()
        damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
        cut = damaged[: rng.integers(len(damaged) + 1)] if rng.random() < 0.5 else damaged
        try:
            assert decode_mask(codec, parts | {name: cut}, mask.shape, mask.size).shape == mask.shape
        except xoropt.DecodeError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("size", [1 << 15, 3 << 19])
def test_prefix_lists_the_weights_of_nearly_empty_rows(size):
    rng = np.random.default_rng(4)
    density = np.where(np.arange(64) % 2, 0.3, 0.002)[:, None]
    mask = rng.random((64, size // 64)) < density
    parts = CODECS["prefix"].encode(mask, 1)
    assert "mask_listed" in parts
    assert stored_bytes(parts) * 8 < 1.02 * entropy_of(density) * mask.size + 1500
    assert (decode_mask("prefix", parts, mask.shape, mask.size) == mask).all()
    first, stop = size // 64 * 13 + 5, size // 64 * 40
    octets, start = CODECS["prefix"].decode_packed(parts, mask.shape, mask.size, first, stop)
    bits = np.unpackbits(octets, bitorder="little")[first - start :][: stop - first]
    assert (bits == mask.reshape(-1)[first:stop]).all()


def test_prefix_uses_uneven_columns():
    rng = np.random.default_rng(5)
    density = rng.permutation(np.geomspace(0.01, 0.5, 512))
    mask = rng.random((256, 512)) < density
    assert stored_bytes(CODECS["prefix"].encode(mask, 1)) * 8 < 1.06 * entropy_of(density) * mask.size


def test_unknown_codecs():
    with pytest.raises(xoropt.ArgumentError, match="'mask' must be one of auto, smallest, bitmap"):
        encode_mask(np.ones(3, bool), "rle")
    with pytest.raises(xoropt.DecodeError, match="'rle' is not known"):
        decode_mask("rle", {}, (3,), 3)


@pytest.mark.parametrize("size", [8, 9, 13, 16])
@pytest.mark.parametrize("density", [16, 655, 6554, 13107, 32768, 65000])
def test_look_up_finds_every_symbol(size, density):
    length = size + 8
    lengths = code_lengths(density, size, length)
    entries, symbols = lookup(lengths, length)
    first = codewords(lengths) << (length - lengths)
    last = first + (1 << length - lengths) - 1
    for value in (first, last):
        m = (1 << length) - 1 - value
        zeros = (32 - np.ceil(np.log2(m + 1)).astype(int)) % 32
        entry = entries[zeros]
        assert (symbols[(entry >> 6) + (m >> (entry & 63))] == np.arange(1 << size)).all()


@pytest.mark.parametrize("columns", [96, 100, 640])
@pytest.mark.parametrize("spread", [0.0, 2.0])
def test_compiled_prefix_masks_equal_plain_ones(monkeypatch, columns, spread):
    from xoropt.masks import prefix
    from xoropt.masks.prefix import decoding, unpacking

    rng = np.random.default_rng(columns)
    chance = 0.1 * np.exp(spread * rng.standard_normal((500, 1)))
    mask = rng.random((500, columns)) < chance
    parts = CODECS["prefix"].encode(mask)
    monkeypatch.setattr(decoding, "choose_decoder", lambda *_: "numpy")
    assert (prefix.decode(parts, mask.shape, mask.size, 0, mask.size) == mask.reshape(-1)).all()
    monkeypatch.setattr(unpacking, "AT_ONCE", 2)
    for first, stop in ((0, mask.size), (7 * columns, 7 * columns), (123 * columns, 401 * columns)):
        octets, begin = prefix.decode_packed(parts, mask.shape, mask.size, first, stop)
        bits = np.unpackbits(octets, bitorder="little")[first - begin : stop - begin].astype(bool)
        assert (bits == mask.reshape(-1)[first:stop]).all()


def test_what_was_read_of_a_prefix_mask_is_kept_for_the_same_parts_only():
    from xoropt.masks.prefix import stored

    mask = np.random.default_rng(6).random((64, 96)) < 0.1
    parts = CODECS["prefix"].encode(mask, 1)
    before = len(stored._READ)
    kept = stored.read(parts, mask.shape, mask.size)
    assert stored.read(dict(parts), mask.shape, mask.size) is kept
    assert stored.read(parts, (32, 192), mask.size) is not kept
    for name in ("mask_seeds", "mask_plane"):
        assert stored.read(parts | {name: parts[name].copy()}, mask.shape, mask.size) is not kept
    with pytest.raises(xoropt.DecodeError):
        stored.read(parts | {"mask_seeds": parts["mask_seeds"][1:]}, mask.shape, mask.size)
    assert len(stored._READ) == before + 1
    del parts
    assert len(stored._READ) == before


@given(data=st.data())
def test_columns_are_moved_back(data):
    from xoropt.codec.compiled import threads
    from xoropt.masks.prefix.column_order import restore_columns

    rows, columns, at, jobs = (data.draw(st.integers(*ends)) for ends in ((0, 150), (1, 1200), (0, 130), (1, 2)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    moved = rng.permutation(columns)
    bits = rng.random((rows, columns)) < rng.random()
    octets = np.packbits(
        np.concatenate([rng.random(at) < 0.5, bits.reshape(-1), np.ones(191, bool)]), bitorder="little"
    )
    octets = octets[: len(octets) // 8 * 8]
    with mock.patch.object(threads, "BYTES_PER_THREAD", 1):
        made = np.unpackbits(restore_columns(octets, at, rows, moved, jobs), bitorder="little").astype(bool)
    assert (made[: bits.size].reshape(bits.shape) == bits[:, moved]).all()
    assert not made[bits.size :].any()
