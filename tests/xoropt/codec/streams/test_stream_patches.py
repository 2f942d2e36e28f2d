"""Patches of a stream: read back as a whole and by ranges, close to their entropy, and refused when damaged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xoropt import DecodeError
from xoropt.codec.streams import patches as stream_patches
from xoropt.codec.streams.patches import pack_stream_patches, rice_parameter, unpack_stream_patches


@given(
    st.integers(1, 10**7),
    st.integers(0, 700),
    st.integers(0, 2**32 - 1),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_patches_of_a_range(outputs, count, seed, ends):
    rng = np.random.default_rng(seed)
    at = np.unique(rng.integers(0, outputs, count))
    patches = pack_stream_patches([at, at[:0]], outputs)
    assert np.array_equal(unpack_stream_patches(patches, 0, outputs), at)
    assert not len(unpack_stream_patches(patches, 1, outputs))
    first, stop = sorted(int(end * outputs) for end in ends)
    expected = at[(at >= first) & (at < stop)]
    assert np.array_equal(unpack_stream_patches(patches, 0, outputs, first, stop), expected)


@given(st.integers(1, 5), st.integers(1, 3000), st.booleans(), st.integers(0, 2**32 - 1))
def test_patches_in_parts_are_those_of_a_whole(groups, count, together, seed):
    """Also where all patches lie together, so that no range of outputs parts them evenly."""
    rng, outputs = np.random.default_rng(seed), 1 << 20
    at = np.sort(rng.choice(2 * count if together else outputs, count, replace=False)) + (77_777 if together else 0)
    at = at[at < outputs]
    whole = pack_stream_patches([at], outputs)
    first, stop = sorted(rng.integers(0, outputs, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_patches, "AT_ONCE", groups * stream_patches.GROUP)
        np.testing.assert_array_equal(pack_stream_patches([at], outputs).data, whole.data)
        np.testing.assert_array_equal(unpack_stream_patches(whole, 0, outputs), at)
        expected = at[(at >= first) & (at < stop)]
        np.testing.assert_array_equal(unpack_stream_patches(whole, 0, outputs, first, stop), expected)


def test_patches_take_little_more_than_their_entropy():
    rng = np.random.default_rng(0)
    at = np.sort(rng.choice(4_000_000, 3000, replace=False))
    bits = pack_stream_patches([at], 4_000_000).bits / len(at)
    assert bits < np.log2(4_000_000 / 3000) + 1.75


def test_damaged_patches_are_refused():
    at = np.arange(5, 4000, 7)
    whole = pack_stream_patches([at], 4000)
    cut = type(whole)(whole.counts, (whole.data[0][:-20],))
    with pytest.raises(DecodeError, match="too short"):
        unpack_stream_patches(cut, 0, 4000)
    with pytest.raises(DecodeError, match="cannot have 5000 patches"):
        unpack_stream_patches(type(whole)((5000,), whole.data), 0, 4000)
    with pytest.raises(DecodeError, match="outside the plane"):
        unpack_stream_patches(pack_stream_patches([np.array([4100])], 4200), 0, 4099)


@pytest.mark.parametrize("groups", [1, 3, 256])
def test_a_damaged_directory_never_goes_unnoticed(monkeypatch, groups):
    """Any bit of it, read as a whole, in parts or not, and by ranges that begin or end about where it points."""
    monkeypatch.setattr(stream_patches, "AT_ONCE", groups * stream_patches.GROUP)
    outputs = 100_000
    at = np.sort(np.random.default_rng(1).choice(outputs, 2000, replace=False))
    whole = pack_stream_patches([at], outputs)
    assert len(whole.data) == 1
    begin = 2000 * rice_parameter(outputs, 2000)
    bits = 7 * (17 + (2000 + (outputs >> rice_parameter(outputs, 2000))).bit_length())
    ends = [*at[256::256], *(at[256::256] + 1), *range(500, outputs, 9000)]
    for bit in range(begin, begin + bits):
        data = whole.data[0].copy()
        data[bit // 8] ^= np.uint8(1 << bit % 8)
        damaged = type(whole)(whole.counts, (data,))
        with pytest.raises(DecodeError):
            unpack_stream_patches(damaged, 0, outputs)
        for first, stop in [(0, end) for end in ends] + [(end, end + 700) for end in ends]:
            try:
                found = unpack_stream_patches(damaged, 0, outputs, first, stop)
            except DecodeError:
                continue
            assert np.array_equal(found, at[(at >= first) & (at < stop)])


def test_a_patch_too_many_is_refused():
    whole = pack_stream_patches([np.arange(5, 4000, 7)], 4000)
    longer = type(whole)(whole.counts, (np.append(whole.data[0], np.uint8(1)),))
    with pytest.raises(DecodeError, match="more than these"):
        unpack_stream_patches(longer, 0, 4000)
