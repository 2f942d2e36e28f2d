"""Symmetries of matrices: groups that are known, and exchanges that are checked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from xoropt.circuits.symmetry import orders, symmetries


def circulant(row):
    return np.array([np.roll(row, i) for i in range(len(row))], dtype=bool)


def hadamard(row):
    return np.array([[row[i ^ j] for j in range(len(row))] for i in range(len(row))], dtype=bool)


@pytest.mark.parametrize(
    ("matrix", "found"),
    [
        (circulant([1, 1, 0, 1, 0, 0, 0, 0]), [1, 2, 4, 4, 8, 8, 8, 8]),
        (hadamard([1, 1, 0, 1, 0, 0, 0, 0]), [1, 2, 2, 2, 2, 2, 2, 2]),
        (np.tri(6, dtype=bool), [1]),
        (np.zeros((0, 3), bool), None),
    ],
)
def test_groups_that_are_known(matrix, found):
    elements = symmetries(matrix)
    assert (elements[0] == np.arange(matrix.shape[1])).all()
    if found is not None:
        assert set(found) <= set(orders(elements).tolist())
        assert len(elements) >= len(found)


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8)))
def test_every_exchange_keeps_the_rows(matrix):
    matrix = np.unique(matrix, axis=0)
    for element in symmetries(matrix):
        moved = np.empty_like(matrix)
        moved[:, element] = matrix
        assert {row.tobytes() for row in moved} == {row.tobytes() for row in matrix}


@given(st.integers(0, 100), st.integers(2, 5))
def test_a_hidden_exchange_of_halves_is_found(seed, n):
    rng = np.random.default_rng(seed)
    a, b = rng.random((2, n, n)) < 0.5
    matrix = np.block([[a, b], [b, a]])
    order = rng.permutation(2 * n)
    assert len(symmetries(np.unique(matrix[:, order], axis=0))) > 1
