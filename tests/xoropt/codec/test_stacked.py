"""Stacks: planes of several encodings, read as one by all decoders, described, repeated, refused where damaged."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from codec_cases import packed, same
from searches import fastest

import xoropt
from xoropt import DecodeError, EncodeError, FormatError
from xoropt.codec.decoder import DECODERS
from xoropt.codec.packed.encoding import pack_values
from xoropt.codec.packed.octets import PackedOctets
from xoropt.codec.registry import describe, restore
from xoropt.codec.stacked import StackedPlanes, stack
from xoropt.codec.streams.patches import pack_stream_patches

SHAPE = (40, 64)
RINGS = ("windowed:n_in=8,n_out=40,window=64,taps=none", "lanes:lanes=16")
OTHER_RINGS = ("windowed:n_in=1,n_out=9,window=64,taps=4", "lanes:lanes=512")


@cache
def stacked():
    """Octets, packed planes and two streams of other lanes, the second with patches; and the planes and their care."""
    rng = np.random.default_rng(0)
    bits, care = rng.random((12, *SHAPE)) < 0.5, np.ones((12, *SHAPE), dtype=bool)
    care[10:] = rng.random((2, *SHAPE)) < np.array([0.5, 0.1]).reshape(2, 1, 1)
    octets = np.packbits(bits[:8].reshape(8, -1), axis=0, bitorder="little")
    streams = [
        xoropt.encode(bits[k : k + 1], care[k : k + 1], network, order=order, planes=True, **fastest(network, order))
        for k, (network, order) in ((10, RINGS), (11, OTHER_RINGS))
    ]
    members = [PackedOctets(SHAPE, octets), pack_values(bits[8:10], care[8]), *streams]
    return stack(members), bits, care


@pytest.mark.parametrize("decoder", DECODERS)
def test_planes_come_back(decoder):
    encoded, bits, care = stacked()
    made = xoropt.decode(encoded, decoder)
    assert not ((made ^ bits) & care).any()
    assert same(made, xoropt.decode(encoded, "reference"))
    assert same(xoropt.decode(encoded, decoder, output="planes"), packed(made))
    for rows in (slice(0, 1), slice(7, 33), slice(39, 40), slice(5, 5)):
        assert same(xoropt.decode(encoded, decoder, rows=rows), made[:, rows])
        assert same(xoropt.decode(encoded, decoder, rows=rows, output="planes"), packed(made[:, rows]))
        out = np.ones_like(made[:, rows])
        assert xoropt.decode(encoded, decoder, rows=rows, out=out) is out
        assert same(out, made[:, rows])


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_encodings_may_stand_in_any_order(order):
    encoded, *_ = stacked()
    parts = np.split(xoropt.decode(encoded), [8, 10, 11])
    turned = stack([encoded.members[i] for i in order])
    for decoder in DECODERS:
        assert same(xoropt.decode(turned, decoder), np.concatenate([parts[i] for i in order]))
    assert (turned.octets is not None) == (order[0] == 0)


def test_figures_are_sums():
    encoded, _, care = stacked()
    streams = encoded.members[2:]
    assert encoded.planes == 12
    assert encoded.care_bits == np.count_nonzero(care)
    assert encoded.size.raw_bits == 10 * care[0].size
    assert encoded.size.seed_bits == sum(member.size.seed_bits for member in streams)
    assert encoded.size.care_bits == np.count_nonzero(care[10:])
    assert encoded.size.patches == sum(member.size.patches for member in streams)
    assert encoded.network == streams[0].network
    assert encoded.order == streams[0].order
    assert encoded.kept == care[0].size
    assert [int(encoded.layout(p).total) for p in (0, 8, 10)] == [2560, 2560, int(streams[0].layout(0).total)]
    with pytest.raises(IndexError):
        encoded.layout(12)


def test_patches_are_those_of_each_plane():
    encoded, *_ = stacked()
    at = [np.array([3, 700, 2559])]
    patched = replace(encoded.members[3], patches=pack_stream_patches(at, 2560))
    changed = stack([*encoded.members[:3], patched])
    assert [len(flips) for flips in changed.flips(0, 2560)] == [0] * 11 + [3]
    wanted = xoropt.decode(changed, "reference")
    for decoder in DECODERS:
        assert same(xoropt.decode(changed, decoder), wanted)
        assert same(xoropt.decode(changed, decoder, rows=slice(10, 12)), wanted[:, 10:12])


def test_a_file_holds_them():
    encoded, *_ = stacked()
    entry, parts = describe(encoded)
    assert [inner["planes"] for inner in entry["stack"]] == [8, 2, 1, 1]
    assert all(array.ndim == 1 for array in parts.values())
    restored = restore(entry, parts, SHAPE, 12)
    assert isinstance(restored, StackedPlanes)
    for decoder in DECODERS:
        assert same(xoropt.decode(restored, decoder), xoropt.decode(encoded))
    again, again_parts = describe(restored)
    assert again == entry
    assert all((again_parts[part] == array).all() for part, array in parts.items())


def test_packed_values_under_a_mask():
    rng = np.random.default_rng(3)
    mask, bits = rng.random(SHAPE) < 0.4, rng.random((3, *SHAPE)) < 0.5
    stream = xoropt.encode(bits[2:], mask[None], *RINGS[:1], order=RINGS[1], planes=True, **fastest(*RINGS))
    encoded = stack([pack_values(bits[:2], mask), stream])
    assert encoded.needs_mask
    for decoder in DECODERS:
        for rows in (slice(0, 40), slice(3, 9)):
            made = xoropt.decode(encoded, decoder, rows=rows, mask=mask)
            assert not ((made ^ bits[:, rows]) & mask[rows]).any()
        with pytest.raises(DecodeError, match="can't be decoded without their mask"):
            xoropt.decode(encoded, decoder)


def test_repeated_stacks():
    encoded, *_ = stacked()
    members = [*encoded.members[:2], encoded.members[3]]  # of whole rows of lanes
    some = stack(members)
    flat = xoropt.decode(some).reshape(11, -1)
    for decoder in DECODERS:
        assert same(xoropt.decode(some.tiled(3), decoder), np.tile(flat, 3))
    odd = stack([member.tiled(1) for member in members[:2]])
    assert odd.tiled(2).outputs == 2 * odd.outputs


def test_what_ends_within_a_row_of_lanes_is_not_repeated():
    shape = (30, 31)
    bits = np.zeros((1, *shape), dtype=bool)
    stream = xoropt.encode(bits, bits, RINGS[0], order=RINGS[1], planes=True, **fastest(*RINGS))
    with pytest.raises(EncodeError, match="their encodings end within a row of lanes"):
        stack([pack_values(bits, ~bits[0]), stream]).tiled(2)


def test_one_encoding_is_no_stack():
    encoded, *_ = stacked()
    assert stack([encoded.members[2]]) is encoded.members[2]


BAD = {
    "a list": (lambda e: replace(e, members=list(e.members)), "needs two encodings"),
    "one encoding": (lambda e: replace(e, members=e.members[:1]), "needs two encodings"),
    "no encoding": (lambda e: replace(e, members=()), "needs two encodings"),
    "a stack": (lambda e: replace(e, members=(e, e)), "can't hold StackedPlanes"),
    "text": (lambda e: replace(e, members=("a", "b")), "can't hold str"),
    "blocks": (lambda e: replace(e, members=(e.members[0], blocks())), "can't hold BlockEncoded"),
    "other shapes": (lambda e: replace(e, members=(e.members[0], turned(e.members[1]))), "planes of one shape"),
    "a bad encoding": (
        lambda e: replace(e, members=(e.members[0], replace(e.members[2], seeds=(np.zeros(3, np.uint8),)))),
        "the seeds of plane 0",
    ),
    "no plane axis": (
        lambda e: replace(e, members=(e.members[0], replace(e.members[2], planes=None))),
        "planes of one shape",
    ),
}


def blocks():
    return xoropt.encode(np.zeros((1, *SHAPE), bool), np.zeros(SHAPE, bool), "block:n_in=8,n_out=40", planes=True)


def turned(values):
    return replace(values, shape=SHAPE[::-1])


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("decoder", DECODERS)
def test_stacks_that_do_not_fit_are_refused(decoder, name):
    change, word = BAD[name]
    with pytest.raises(DecodeError, match=word):
        xoropt.decode(change(stacked()[0]), decoder)


@pytest.mark.parametrize(
    ("change", "planes", "word"),
    [
        (lambda entry: entry["stack"].pop(), 12, "of 12 planes together"),
        (lambda entry: entry["stack"].clear(), 0, "two encodings at least"),
        (lambda entry: entry.update(stack=[entry]), 12, "'stack'"),
        (lambda entry: entry["stack"][0].update(planes=2**45), 12, "of 12 planes together"),
        (lambda entry: entry["stack"][1]["bytes"].update(seeds=1), 12, "'seeds' must be 2 planes"),
        (lambda entry: entry["stack"][2]["bytes"].update(mask=0), 12, "the part 'mask' does not fit its stack"),
        (lambda entry: entry["stack"][2].pop("bytes"), 12, "'bytes'"),
        (lambda entry: None, 13, "of 13 planes together"),
        (lambda entry: None, 11, "of 11 planes together"),
    ],
)
def test_entries_that_do_not_fit_are_refused(change, planes, word):
    entry, parts = describe(stacked()[0])
    change(entry)
    with pytest.raises(FormatError, match=word):
        restore(entry, parts, SHAPE, planes)
