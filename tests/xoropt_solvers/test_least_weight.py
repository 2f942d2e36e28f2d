"""Minimum distances, against tables and against every word tried."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xoropt_solvers import InvalidInputError, distance
from xoropt_solvers.parity_checks import generator, read_checks
from xoropt_solvers.reduction import independent_columns

HAMMING = np.array([[1, 0, 1, 0, 1, 0, 1], [0, 1, 1, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1, 1]], dtype=bool)


def words_of(H):
    words = (np.arange(1 << H.shape[1])[:, None] >> np.arange(H.shape[1])) & 1
    return words[~((words @ H.T.astype(int)) % 2).any(axis=1)]


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 11))
def test_every_word_tried(seed, m, n):
    H = np.random.default_rng(seed).random((m, n)) < 0.5
    weights = words_of(H).sum(axis=1)
    if not weights.any():
        with pytest.raises(InvalidInputError, match="'H' leaves no word but zero"):
            distance(H)
        return
    found = distance(H)
    assert found.proved
    assert found.distance == found.lower_bound == weights[weights > 0].min() == len(found.word)
    assert not (H[:, found.word].sum(axis=1) & 1).any()


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_logicals_are_flipped(seed, rows):
    rng = np.random.default_rng(seed)
    H, L = rng.random((4, 9)) < 0.4, rng.random((rows, 9)) < 0.4
    words = words_of(H)
    flips = ((words @ L.T.astype(int)) % 2).any(axis=1)
    if not flips.any():
        with pytest.raises(InvalidInputError, match="No error that all checks miss flips a logical"):
            distance(H, L)
        return
    found = distance(H, L)
    assert found.distance == found.lower_bound == words[flips].sum(axis=1).min()
    assert (L[:, found.word].sum(axis=1) & 1).any()


def test_the_steane_code_and_the_golay_code():
    assert distance(HAMMING, np.ones((1, 7), int)).distance == 3
    rows = np.zeros((12, 23), dtype=int)
    for i in range(12):  # x¹¹ + x⁹ + x⁷ + x⁶ + x⁵ + x + 1, shifted
        rows[i, [i, i + 1, i + 5, i + 6, i + 7, i + 9, i + 11]] = 1
    golay = generator(read_checks(rows, np.zeros(12, int)))[0].T
    told = []
    found = distance(golay, on_improve=lambda *news: told.append(news))
    assert (found.distance, found.proved) == (7, True)
    assert told[-1][:2] == (found.distance, found.lower_bound)


def test_bivariate_bicycle_code():
    """The [[72, 12, 6]] code of Bravyi et al. 2024 (arXiv 2308.07915): x³ + y + y², y³ + x + x² with l = m = 6."""
    one, shift = np.eye(6, dtype=int), np.roll(np.eye(6, dtype=int), 1, axis=1)
    x, y, power = np.kron(shift, one), np.kron(one, shift), np.linalg.matrix_power
    A, B = power(x, 3) + y + power(y, 2), power(y, 3) + x + power(x, 2)
    H_X, H_Z = np.hstack([A, B]) % 2, np.hstack([B.T, A.T]) % 2
    logicals = independent(H_Z, H_X)
    assert logicals.shape == (12, 72)
    found = distance(H_X, logicals[:1], "cpsat", 30)
    assert found.distance >= 6


def independent(H_Z, H_X):
    """X operators that commute with all Z checks and are no sums of X checks."""
    kernel = generator(read_checks(H_Z, np.zeros(len(H_Z), int)))[0]
    columns = np.column_stack([H_X.T.astype(bool), kernel])
    chosen = independent_columns(columns)
    return columns[:, chosen[chosen >= len(H_X)]].T


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.eye(3, dtype=int),), "'H' leaves no word but zero"),
        (([[2, 1]],), "'H' must hold only 0 and 1"),
        ((HAMMING, [[1, 1]]), "'logicals' must have 7 columns, as 'H' has, not 2"),
        ((HAMMING, HAMMING[:1]), "No error that all checks miss flips a logical"),
        ((HAMMING, [[3] * 7]), "'logicals' must hold only 0 and 1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        distance(*arguments)
