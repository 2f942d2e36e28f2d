"""Arrays that are made when they are needed are those of NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xoropt.common import lazy_arrays
from xoropt.common.lazy_arrays import LazyArray


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch):
    monkeypatch.setattr(lazy_arrays, "AT_ONCE", 7)


def lazy(array):
    """An array that is read from another one, never more than some numbers at once."""

    def read(first, stop):
        assert 0 <= first <= stop <= array.size
        assert stop - first <= lazy_arrays.AT_ONCE
        return array.reshape(-1)[first:stop]

    return LazyArray(read, array.shape, array.dtype)


SHAPES = st.lists(st.integers(1, 6), min_size=1, max_size=3)


@given(SHAPES, st.slices(9), st.integers(0, 100))
def test_slices_and_rows_are_those_of_the_array(shape, some, seed):
    rng = np.random.default_rng(seed)
    array = rng.integers(0, 250, shape, dtype=np.uint8)
    made = lazy(array)
    assert (made.size, made.ndim, len(made), made.itemsize) == (array.size, array.ndim, len(array), 1)
    np.testing.assert_array_equal(np.asarray(made), array)
    if some.step is None or some.step > 0:
        np.testing.assert_array_equal(made[some], array[some])
    which = rng.integers(0, len(array), rng.integers(0, 30))
    np.testing.assert_array_equal(made[which], array[which])


@given(SHAPES)
def test_shapes_and_dtypes_change_without_being_made(shape):
    array = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    flat = lazy(array).reshape(-1)
    assert flat.shape == (array.size,)
    np.testing.assert_array_equal(flat.view(np.uint16)[2:9], array.reshape(-1).view(np.uint16)[2:9])
    assert flat.reshape(*shape).shape == tuple(shape)
    assert np.asarray(flat, dtype=np.float32).dtype == np.float32


def test_a_number_without_axes_is_one_number():
    assert np.asarray(lazy(np.array(5.0))).item() == 5.0
