"""The contract of encodings: segments, lost bits and repeated planes of every scheme."""

import numpy as np
import pytest
from codec_cases import same
from searches import fastest

import xoropt
from xoropt.codec.decoder import DECODERS
from xoropt.codec.packed.encoding import pack_values
from xoropt.codec.streams import encoder

BITS, CARE = np.random.default_rng(0).random((2, 2, 30, 31)) < np.array([0.5, 0.3]).reshape(2, 1, 1, 1)
"""Two planes of 930 weights, and a mask for each."""
SCHEMES = {
    "blocks": ("block:n_in=8,n_out=40", None),
    "open stream": ("windowed:n_in=8,n_out=24,window=64,taps=none", "rows"),
    "ring": ("windowed:n_in=8,n_out=40,window=64,taps=none", "lanes:lanes=16"),
    "auto": ("auto", None),
}
ALL = (*SCHEMES, "segments", "packed")


def encoded_by(scheme, planes=2, shared=False):
    bits, care = BITS[:planes], CARE[0] if shared else CARE[:planes]
    if scheme == "packed":
        return pack_values(bits, CARE[0])
    network, order = SCHEMES["ring" if scheme == "segments" else scheme]
    with pytest.MonkeyPatch.context() as patch:
        if scheme == "segments":
            patch.setattr(encoder, "SEGMENT", 60)
        return xoropt.encode(bits, care, network, order=order, planes=True, **fastest(network, order))


def decoded(encoded, decoder="auto"):
    mask = None
    if encoded.needs_mask:
        copies = encoded.outputs // CARE[0].size
        mask = np.tile(CARE[0].reshape(-1), copies).reshape(encoded.shape)
    return xoropt.decode(encoded, decoder, mask=mask).reshape(len(encoded.seeds), -1)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("scheme", ALL)
def test_segments_cover_the_plane_and_its_seed_bits(scheme, shared):
    encoded = encoded_by(scheme, shared=shared)
    lanes, tables = encoded.stream_order.lanes, 0
    for p in range(2):
        layout = encoded.layout(p)
        covered = encoded.kept if scheme == "packed" else encoded.outputs
        assert 0 <= int(layout.rows.sum()) * lanes - covered < lanes
        assert len(encoded.seeds[p]) == -(-layout.total // 8)
        tables += layout.table_bits
    assert encoded.size.seed_bits - sum(encoded.layout(p).total for p in range(2)) <= tables
    assert sum(encoded.layout(p).total for p in range(2)) <= encoded.size.seed_bits


def test_layouts_of_known_encodings():
    layout = encoded_by("blocks").layout(1)
    assert (layout.rows.tolist(), layout.seed_bits.tolist()) == ([930], [24 * 8])
    layout = encoded_by("open stream").layout(1)
    assert (layout.rows.tolist(), layout.seed_bits.tolist()) == ([930], [(39 + 7) * 8])
    encoded = encoded_by("segments")
    assert [int(encoded.layout(p).rows.sum()) for p in range(2)] == [59, 59]
    assert [len(encoded.layout(p).rows) for p in range(2)] == [5, 4]
    assert encoded.blocks == 4  # on average, rounded down
    layout = encoded_by("packed").layout(1)
    kept = int(np.count_nonzero(CARE[0]))
    assert (layout.rows.tolist(), layout.seed_bits.tolist()) == ([kept], [kept])


@pytest.mark.parametrize(
    ("scheme", "lost"),
    [
        ("blocks", 2 * (24 * 40 - 930) * 8 // 40),  # 30 outputs of the last block are padding
        ("open stream", 2 * 7 * 8),  # the window of the last step reaches 7 seeds beyond its own
        ("ring", 0),
        ("segments", 0),
        ("auto", 0),
        ("packed", 0),
    ],
)
def test_bits_lost_at_ends(scheme, lost):
    assert encoded_by(scheme).end_bits == lost


@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("scheme", ALL)
def test_tiled_planes_repeat(scheme, planes):
    encoded = encoded_by(scheme, planes)
    expected = decoded(encoded)
    thrice = encoded.tiled(3)
    size = thrice.outputs // 3
    assert thrice.shape == (3 * size,)
    assert size == {"blocks": 24 * 40, "ring": 59 * 16, "segments": 59 * 16, "auto": size}.get(scheme, 930)
    planes_of_thrice = decoded(thrice)
    for copy in np.split(planes_of_thrice, 3, axis=1):
        assert same(copy[:, :930], expected)
        assert same(copy, planes_of_thrice[:, :size])
    for decoder in DECODERS:
        assert same(decoded(thrice, decoder), planes_of_thrice)


@pytest.mark.parametrize("scheme", ALL)
def test_tiled_planes_take_as_many_bits_as_their_copies(scheme):
    encoded = encoded_by(scheme)
    thrice = encoded.tiled(3)
    tables = sum(thrice.layout(p).table_bits for p in range(2))
    assert 0 <= thrice.size.seed_bits - 3 * encoded.size.seed_bits <= tables
    assert thrice.size.patches == 3 * encoded.size.patches
    assert thrice.size.care_bits == thrice.care_bits == 3 * encoded.care_bits
    assert thrice.end_bits == (0 if scheme == "blocks" else 3 * encoded.end_bits)  # whole blocks have no padding
