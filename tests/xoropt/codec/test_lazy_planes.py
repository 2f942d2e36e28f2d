"""Planes that are made when they are needed are the planes that an array holds, and are encoded to the same bytes."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xoropt.codec import decode, encoder, lazy_planes
from xoropt.codec.encoder import encode_planes
from xoropt.codec.lazy_planes import LazyPlanes, count_ones, packed_planes
from xoropt.common.errors import EncodeError


def lazy(planes):
    return LazyPlanes(lambda number, first, stop: planes[number, first:stop], range(len(planes)), 0, planes.shape[1])


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 4), st.slices(4), st.slices(60), st.slices(50))
def test_parts_are_those_of_the_array(seed, count, which, weights, again):
    planes = np.random.default_rng(seed).random((count, 60)) < 0.5
    weights, again = slice(weights.start, weights.stop), slice(again.start, again.stop)
    made, expected = lazy(planes)[which, weights][:, again], planes[which, weights][:, again]
    assert made.shape == expected.shape
    assert len(made) == len(expected)
    assert (np.asarray(made) == expected).all()


def test_the_same_seeds_as_of_an_array():
    rng = np.random.default_rng(3)
    planes, care = rng.random((3, 30_000)) < 0.5, rng.random((1, 30_000)) < 0.3
    options = {"solver": "portfolio", "patches": "burst", "order": None, "effort": "normal"}
    found = [encode_planes(bits, care, (100, 300), "auto", **options) for bits in (planes, lazy(planes))]
    assert all((a == b).all() for a, b in zip(found[0].seeds, found[1].seeds, strict=True))


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.3, 1.0]), st.booleans(), st.sampled_from(["normal", "fast"])
)
def test_masks_may_be_made_when_they_are_needed(seed, density, shared, effort):
    rng = np.random.default_rng(seed)
    planes, care = rng.random((3, 4_000)) < 0.5, rng.random((1 if shared else 3, 4_000)) < density
    options = {"solver": "portfolio", "patches": "burst", "order": None, "effort": effort}
    found = [encode_planes(planes, mask, (40, 100), "auto", **options) for mask in (care, lazy(care))]
    assert found[0].to_bytes() == found[1].to_bytes()


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(0, 700), st.slices(700))
def test_packed_planes_are_those_that_were_packed(seed, count, size, which):
    planes = np.random.default_rng(seed).random((count, size)) < 0.5
    packed = packed_planes(np.packbits(planes, axis=1, bitorder="little"), size)
    which = slice(which.start, which.stop)
    assert (np.asarray(packed[:, which]) == planes[:, which]).all()
    assert all((np.asarray(a[which]) == b[which]).all() for a, b in zip(packed, planes, strict=True))


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 3000), st.sampled_from([1, 2, 8, 64, 100, 512]), st.integers(1, 900))
def test_ones_are_counted_some_at_a_time(seed, size, row, at_once):
    plane = np.random.default_rng(seed).random(size) < 0.3
    made = lazy(plane[None]).plane(0)
    expected = [int(plane[at : at + row].sum()) for at in range(0, size, row)]
    with mock.patch.object(lazy_planes, "AT_ONCE", at_once):
        for form in (plane, made):
            assert count_ones(form).tolist() == [plane.sum()]
            assert count_ones(form, row).tolist() == expected


def test_threads_change_no_byte_and_share_the_check(monkeypatch):
    rng = np.random.default_rng(4)
    planes, care = rng.random((2, 90_000)) < 0.5, rng.random((1, 90_000)) < 0.3
    options = {"solver": "portfolio", "patches": "burst", "order": None, "effort": "normal"}
    made = [encode_planes(planes, care, (300, 300), "auto", jobs=jobs, **options).to_bytes() for jobs in (1, 2, 5)]
    assert made[0] == made[1] == made[2]
    monkeypatch.setattr(encoder, "decode", lambda encoded, **more: ~decode(encoded, **more))
    for jobs in (1, 3):
        with pytest.raises(EncodeError):
            encode_planes(planes, care, (300, 300), "auto", jobs=jobs, **options)
