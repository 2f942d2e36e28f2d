"""Networks whose recipes write out their stages or their matrix."""

import numpy as np
import pytest
from drawn_networks import stages
from hypothesis import given
from hypothesis import strategies as st

from xoropt import ArgumentError, networks


def product(n_in, layers):
    """The outputs as sets of seed bits, by hand."""
    rows = [{i} for i in range(n_in)]
    for layer in layers:
        made = []
        for entries in layer.tolist():
            row = set()
            for e in entries:
                if e >= 0:
                    row ^= {i + e // len(rows) * n_in for i in rows[e % len(rows)]}
            made.append(row)
        rows = made
    return rows


@given(stages())
def test_explicit_stages_multiply_to_the_rows(case):
    n_in, layers = case
    network = networks.from_stages(layers, n_in)
    assert [set(np.flatnonzero(row).tolist()) for row in network.matrix()] == product(n_in, layers)
    again = networks.from_recipe(network.recipe)
    assert again == network
    assert np.array_equal(again.rows, network.rows)
    assert (network.stages is None) == (len(layers) == 1)


@pytest.mark.parametrize("name", ["signals", "entries", "characters"])
def test_explicit_stages_are_bounded(name):
    rows, message = {
        "signals": ("0.1900/" * 40000 + "0", "Stage 0 must have at most 35301 signals, not 40001"),
        "entries": ("0/" * 8000 + "0" + ".0" * 9000, "'rows' must hold fewer rows, or rows of fewer than 9001 entries"),
        "characters": ("0/" * 3000000, "'rows' must have at most 4194304 characters, not 6000000"),
    }[name]
    with pytest.raises(ArgumentError, match=message):
        networks.from_recipe(f"stages:n_in=1,rows={rows}")


def test_stages_that_cannot_be():
    for layers, message in (
        ((), "at least one stage"),
        ((np.zeros((2, 0), int),), "Stage 0 must be an integer array"),
        ((np.array([0, 1]),), "Stage 0 must be an integer array"),
        ((np.array([[0.5]]),), "Stage 0 must be an integer array"),
        ((np.array([[-1, -1]]),), "at least one in each row"),
        ((np.array([[0, -2]]),), "entries from 0 on"),
    ):
        with pytest.raises(ArgumentError, match=message):
            networks.from_stages(layers, 1)


@given(st.integers(1, 64), st.integers(1, 300), st.integers(0, 2**64 - 1))
def test_a_matrix_comes_back_from_its_recipe(n_in, n_out, seed):
    network = networks.random_block(n_in, n_out, seed)
    again = networks.from_recipe(networks.from_matrix(network.matrix()).recipe)
    assert (again.rows == network.rows).all()
    assert again.n_in == n_in


def test_a_windowed_matrix_keeps_its_memory():
    matrix = np.eye(6, dtype=bool)
    network = networks.from_matrix(matrix, n_in=2)
    assert (network.memory, network.window) == (2, 6)
    assert (networks.from_recipe(network.recipe).matrix() == matrix).all()


@pytest.mark.parametrize(
    ("recipe", "canonical"),
    [
        ("matrix:n_in=2,window=4,rows=0A 0b", "matrix:n_in=2,window=4,rows=0a0b"),
        ("stages:rows=0.03/1,n_in=1", "stages:n_in=1,rows=0.3/1"),
    ],
)
def test_a_recipe_has_one_spelling(recipe, canonical):
    assert networks.from_recipe(recipe).recipe == canonical


@pytest.mark.parametrize("matrix", [[0, 1], [[0, 2]], [[0.5, 1.0]], np.zeros((0, 3), int), np.zeros((3, 0), int)])
def test_bad_matrices(matrix):
    with pytest.raises(ArgumentError):
        networks.from_matrix(np.array(matrix))
