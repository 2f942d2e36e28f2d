"""Planes that are made when they are needed are the planes that an array holds, and are encoded to the same bytes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from xoropt.codec.encoder import encode_planes
from xoropt.codec.lazy_planes import LazyPlanes


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
