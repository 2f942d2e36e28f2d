"""Encodings made by hand, or by someone hostile: refused before anything is decoded, or all decoders agree."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xoropt
from xoropt import DecodeError, networks
from xoropt.codec import description, reference
from xoropt.codec.blocks.patches import pack_patches, unpack_patches
from xoropt.codec.description import describe, restore
from xoropt.codec.packed.encoding import pack_values
from xoropt.codec.streams.patches import StreamPatches, pack_stream_patches, unpack_stream_patches
from xoropt.codec.streams.segments import Layout
from xoropt.quantize import Codebook

BLOCK = "block:n_in=20,n_out=80"
WINDOWED = networks.windowed(8, 32, 64, 8)
SHAPE = (30, 40)


@cache
def valid(kind):
    """Two planes of a scheme, with patches where it has them."""
    rng = np.random.default_rng(0)
    bits, care = rng.random((2, *SHAPE)) < 0.5, rng.random(SHAPE) < 0.2
    if kind == "block":
        return xoropt.encode(bits, care, BLOCK)
    if kind == "packed":
        return pack_values(bits, care)
    encoded = xoropt.encode(bits, care, WINDOWED, order="lanes:lanes=16")
    return replace(encoded, patches=pack_stream_patches([np.array([3, 700]), np.array([9])], 1200))


def part(name, change):
    """The change of one attribute, or of one of its own: "patches.counts"."""

    def changed(value, names):
        return replace(value, **{names[0]: step(getattr(value, names[0]), names[1:])})

    def step(value, names):
        return changed(value, names) if names else change(value)

    return lambda encoded: changed(encoded, name.split("."))


def table(name, change):
    """The change of one column of the first layout."""
    return part("layouts", lambda layouts: (part(name, change)(layouts[0]),))


BAD = {
    "bytes for seeds": ("block", part("seeds", bytes), "'seeds' must be a 2-D array of uint8, not a bytes"),
    "a tuple of seeds": ("block", part("seeds", tuple), "'seeds' must be a 2-D array of uint8, not a tuple"),
    "seeds of one axis": ("block", part("seeds", np.ravel), "'seeds' must be a 2-D array of uint8, not a 1-D array"),
    "signed seeds": ("block", part("seeds", lambda s: s.view(np.int8)), "not a 2-D array of int8"),
    "seeds cut": ("block", part("seeds", lambda s: s[:, :-1]), "the seeds of a plane must be 38 bytes"),
    "a plane of seeds more": (
        "block",
        lambda e: replace(e, seeds=np.concatenate([e.seeds, e.seeds[:1]]), planes=3),
        "seeds of 3 planes and patches of 2",
    ),
    "a plane of seeds less": ("block", lambda e: replace(e, seeds=e.seeds[:1], planes=None), "1 planes and patches of"),
    "no plane of seeds": ("block", lambda e: replace(e, seeds=e.seeds[:0], planes=0), "0 planes and patches of 2"),
    "no plane axis": ("block", part("planes", lambda _: None), "seeds of 2 planes, but 'planes' is None"),
    "planes of text": ("block", part("planes", str), r"'planes' must be of the type int \| None, not str"),
    "a memory": ("block", part("network", lambda _: WINDOWED), "its network has a memory"),
    "no network": ("block", part("network", lambda _: None), "'network' must be of the type XorNetwork, not NoneType"),
    "another order": ("block", part("order", lambda _: "lanes:lanes=16"), "the order 'rows', not 'lanes:lanes=16'"),
    "no patches": (
        "block",
        part("patches", lambda _: None),
        "'patches' must be of the type BlockPatches, not None",
    ),
    "a stream's patches": ("block", part("patches", lambda _: valid("stream").patches), "not StreamPatches"),
    "widths of one axis": ("block", part("patches.widths", np.ravel), "'patches.widths' must be a 2-D array of uint8"),
    "wide widths": ("block", part("patches.widths", np.int64), "not a 2-D array of int64"),
    "counts of floats": ("block", part("patches.counts", np.float64), "'patches.counts' must be a 1-D array of uint8"),
    "places of int16": ("block", part("patches.places", np.int16), "'patches.places' must be a 1-D array of uint8"),
    "a group of text": ("block", part("patches.group", str), "'patches.group' must be of the type int, not str"),
    "a group below nothing": ("block", part("patches.group", lambda _: -1), "the widths of the patch counts do not"),
    "a negative side": ("block", part("shape", lambda _: (-30, -40)), "the shape has a negative side"),
    "half a row": ("block", part("shape", lambda _: (30.5, 40)), r"'shape\[0\]' must be of the type int, not float"),
    "a list of sides": ("block", part("shape", list), "'shape' must be of the type tuple, not list"),
    "seeds of bytes": ("stream", part("seeds", lambda s: (bytes(s[0]), s[1])), r"'seeds\[0\]' must be a 1-D array"),
    "seeds of lists": ("stream", part("seeds", lambda s: (s[0], s[1].tolist())), r"'seeds\[1\]' must be a 1-D array"),
    "seeds of two bytes": ("stream", part("seeds", lambda s: tuple(map(np.uint16, s))), "not a 1-D array of uint16"),
    "no seeds": ("stream", part("seeds", lambda _: None), "'seeds' must be of the type tuple, not NoneType"),
    "planes unknown": ("stream", part("planes", lambda _: None), "seeds of 2 planes, but 'planes' is None"),
    "three planes": ("stream", part("planes", lambda _: 3), "seeds of 2 planes, but 'planes' is 3"),
    "a shape below nothing": ("stream", part("shape", lambda _: (-30, -40)), "the shape has a negative side"),
    "sides of floats": ("stream", part("shape", lambda _: (30.0, 40.0)), r"'shape\[0\]' must be of the type int"),
    "more than can be counted": ("stream", part("shape", lambda _: (2**62, 3)), "or is too large"),
    "no order": ("stream", part("order", lambda _: None), "'order' must be of the type str, not NoneType"),
    "no layouts": ("stream", part("layouts", lambda _: None), "'layouts' must be of the type tuple, not NoneType"),
    "lists for layouts": ("stream", part("layouts", lambda _: ([75], [240])), r"'layouts\[0\]' must be of the type La"),
    "rows of floats": ("stream", table("rows", np.float64), r"'layouts\[0\].rows' must be a 1-D array of int64"),
    "rows of int32": ("stream", table("rows", np.int32), "not a 1-D array of int32"),
    "rows in two axes": ("stream", table("rows", np.atleast_2d), "not a 2-D array of int64"),
    "seed bits in a list": ("stream", table("seed_bits", list), r"'layouts\[0\].seed_bits' must be a 1-D array"),
    "a block's patches": ("stream", part("patches", lambda _: valid("block").patches), "not BlockPatches"),
    "patches of None": ("stream", part("patches", lambda _: None), "'patches' must be of the type StreamPatches"),
    "half a patch": (
        "stream",
        part("patches.counts", lambda _: (1.5, 1)),
        r"'patches.counts\[0\]' must be of the",
    ),
    "patches of one plane": ("stream", part("patches.counts", lambda c: c[:1]), "do not fit 2 planes"),
    "data of floats": ("stream", part("patches.data", lambda d: (d[0], np.float64(d[1]))), r"'patches.data\[1\]' must"),
    "values of bytes": ("packed", part("seeds", bytes), "'seeds' must be a 2-D array of uint8, not a bytes"),
    "values of one axis": ("packed", part("seeds", np.ravel), "'seeds' must be a 2-D array of uint8, not a 1-D array"),
    "signed values": ("packed", part("seeds", lambda s: s.view(np.int8)), "not a 2-D array of int8"),
    "values cut": ("packed", part("seeds", lambda s: s[:, :-1]), "the values of a plane must be 30 bytes"),
    "half a kept weight": ("packed", part("kept", lambda k: k + 0.5), "'kept' must be of the type int, not float"),
    "fewer than none kept": ("packed", part("kept", lambda _: -8), "a plane of 1200 weights cannot keep -8"),
    "more kept than there are": ("packed", part("kept", lambda _: 1201), "a plane of 1200 weights cannot keep 1201"),
    "other kept weights": ("packed", part("kept", lambda k: k - 8), "the values of a plane must be 29 bytes"),
    "a negative side of values": ("packed", part("shape", lambda _: (30, -40)), "the shape has a negative side"),
    "no shape of values": ("packed", part("shape", lambda _: None), "'shape' must be of the type tuple, not NoneType"),
    "data of bytes": ("stream", part("patches.data", lambda d: (bytes(d[0]), d[1])), r"'patches.data\[0\]' must"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_refused(name):
    kind, change, word = BAD[name]
    bad = change(valid(kind))
    planes = 3 if bad.planes == 3 else 2
    for decoder in ("reference", "numpy", "compiled"):
        for output, out in (("bits", np.zeros((planes, *SHAPE), bool)), ("planes", np.zeros((planes, 19), np.uint64))):
            with pytest.raises(DecodeError, match=word) as caught:
                xoropt.decode(bad, decoder, output=output, out=out)
            assert not out.any()
            assert "\n" not in str(caught.value)


def model_of(encoded, shape):
    tensor = xoropt.CompressedTensor(shape, Codebook(np.arange(2, dtype=np.float32)), "full", {}, encoded)
    return xoropt.CompressedModel({"layer.w": tensor})


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_not_written(name, tmp_path):
    kind, change, word = BAD[name]
    with pytest.raises(DecodeError, match=f"tensor 'layer.w': .*{word}"):
        xoropt.save(model_of(change(valid(kind)), SHAPE), tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["block", "stream"])
def test_what_fits_is_decoded(kind):
    """Copies, strided and read-only arrays are as good as those of the encoder."""
    encoded = valid(kind)
    expected = xoropt.decode(encoded, "reference")

    def strided(array):
        array = np.repeat(array, 2, axis=-1)[..., ::2]
        array.flags.writeable = False
        return array

    seeds = strided(encoded.seeds) if kind == "block" else tuple(map(strided, encoded.seeds))
    for decoder in ("reference", "numpy", "compiled"):
        assert np.array_equal(xoropt.decode(replace(encoded, seeds=seeds), decoder), expected)


def describe_unchecked(encoded):
    """As another writer may."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(description, "check_once", lambda encoded: None)
        return describe(encoded)


ASKED = st.lists(st.lists(st.integers(0, 159), max_size=4), min_size=1, max_size=3)


@given(ASKED, st.sampled_from([None, 0, 1]), st.integers(0, 2), st.integers(0, 2))
def test_block_patches_ascend_or_are_refused(asked, group, first, rows):
    positions = [np.array(sorted(at, key=lambda i: i // 80), dtype=np.int64) for at in asked]
    patches = pack_patches(positions, 2, 80, group)
    network = networks.random_block(20, 80)
    encoded = xoropt.encode(np.zeros((len(asked), 4, 40), bool), np.zeros((4, 40), bool), network, planes=True)
    encoded = replace(encoded, patches=patches)
    if all((np.diff(at) > 0).all() for at in positions):
        for at, again in zip(positions, unpack_patches(patches, 2, 80, 160), strict=True):
            assert np.array_equal(at, again)
        entry, parts = describe(encoded)
        restored = restore(entry, parts, (4, 40), len(asked))
        expected = xoropt.decode(encoded, "reference")
        for decoder in ("numpy", "compiled"):
            for rows_asked in (slice(None), slice(first, first + rows)):
                assert np.array_equal(xoropt.decode(restored, decoder, rows=rows_asked), expected[:, rows_asked])
    else:
        entry, parts = describe_unchecked(encoded)
        for refused in (
            lambda: unpack_patches(patches, 2, 80, 160),
            lambda: xoropt.decode(encoded, "reference"),
            lambda: restore(entry, parts, (4, 40), len(asked)),
        ):
            with pytest.raises(DecodeError, match="repeated or out of order"):
                refused()


@given(st.integers(1, 300), st.integers(1, 40), st.binary(min_size=1, max_size=60))
def test_stream_patches_of_any_bytes_ascend_or_are_refused(outputs, count, data):
    patches = StreamPatches((count,), (np.frombuffer(data, dtype=np.uint8),))
    try:
        at = unpack_stream_patches(patches, 0, outputs)
    except DecodeError:
        return
    assert len(at) == count
    assert (np.diff(at, prepend=-1) > 0).all()
    assert at[-1] < outputs
    assert at.tolist() == reference.read_stream_patches(data, count, outputs)


@given(st.lists(st.integers(0, 2**63 - 1), max_size=9))
def test_seed_bits_are_summed_exactly(seed_bits):
    layout = Layout(np.ones(len(seed_bits), np.int64), np.array(seed_bits, dtype=np.int64))
    assert layout.total == sum(seed_bits)


def overflowing():
    """131,072 segments whose seed bits are 8 modulo 2^64, and one byte of seeds."""
    count = 1 << 17
    seed_bits = np.full(count, 1 << 47)
    seed_bits[0] += 8
    return xoropt.StreamEncoded(
        network=WINDOWED,
        order="lanes:lanes=1",
        shape=(count,),
        planes=None,
        layouts=(Layout(np.ones(count, np.int64), seed_bits),),
        seeds=(np.zeros(1, np.uint8),),
        patches=pack_stream_patches([np.zeros(0, np.int64)], count),
        care_bits=1,
        solver="",
        proved_blocks=0,
    )


def repeated():
    encoded = xoropt.encode(np.zeros(160, bool), np.zeros(160, bool), BLOCK)
    return replace(encoded, patches=pack_patches([np.array([7, 7])], 2, 80))


@pytest.mark.parametrize("decoder", ["numpy", "compiled"])
def test_seed_bits_beyond_64_bits_are_refused(decoder):
    with pytest.raises(DecodeError, match="the seeds of plane 0 must be 2305843009213693953 bytes"):
        xoropt.decode(overflowing(), decoder, rows=slice(0, 600))


@pytest.mark.parametrize(("make", "word"), [(overflowing, "its seeds must be"), (repeated, "repeated or out of order")])
@pytest.mark.parametrize("command", ["inspect", "decompress"])
def test_files_of_such_are_refused(tmp_path, monkeypatch, xoropt_command, make, word, command):
    encoded = make()
    path = tmp_path / "model.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(description, "check_once", lambda encoded: None)  # another writer's
        patch.setattr("xoropt.model.file.container.check_model", lambda model: None)
        xoropt.save(model_of(encoded, encoded.shape), path)
    with pytest.raises(xoropt.FormatError, match=word):
        xoropt.load(path)
    made = tmp_path / "weights.safetensors"
    status, out, err = xoropt_command(command, path, *([made] if command == "decompress" else []))
    assert (status, out, made.exists()) == (1, "", False)
    assert "'layer.w'" in err
    assert len(err.splitlines()) == 1
