"""Walks by orbits, races, and independent parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xoropt.circuits import least_depth, synthesize
from xoropt.circuits.kernels.orbits import image_tables, orbit_of
from xoropt.circuits.methods.paar import METHOD as PAAR
from xoropt.circuits.methods.parts import columns_of_parts, run_by_parts
from xoropt.circuits.methods.symmetric import _greedy as greedy
from xoropt.circuits.methods.symmetric import groups_of, symmetric_walk
from xoropt.circuits.methods.walking import wired
from xoropt.circuits.symmetry import is_group, symmetries
from xoropt.circuits.task import Search, assemble, make_task


def circulant(n, seed, density=0.5):
    """A matrix of 4×4 circulant blocks of n bits."""
    blocks = np.random.default_rng(seed).random((4, n, n)) < density
    return np.block([[blocks[(j - i) % 4] for j in range(4)] for i in range(4)])


@given(st.integers(0, 1 << 12), st.integers(2, 4))
def test_greedy_words_are_closed_and_make_the_rows(seed, n):
    matrix = circulant(n, seed)
    task = make_task(matrix)
    for group in groups_of(task):
        words = greedy(task, group, np.random.default_rng(seed))
        orbit = np.zeros(len(group), np.uint64)
        for word in words:
            size = orbit_of(word, image_tables(group), orbit)
            assert set(orbit[:size].tolist()) <= set(words.tolist())
        assert assemble(matrix, wired(task, words)).verify(matrix)


@pytest.mark.parametrize("spare", [None, 0, 1])
def test_a_walk_by_orbits_keeps_everything_computable(spare):
    matrix = circulant(4, 3)
    bound = None if spare is None else least_depth(matrix) + spare
    task = make_task(matrix, bound)
    group = groups_of(task)[0]
    words = greedy(task, group, np.random.default_rng(0))
    found = symmetric_walk(Search(task, 0.5), group, words, 1, 0.5)
    circuit = assemble(matrix, wired(task, found))
    assert circuit.gates <= len(words)
    assert bound is None or circuit.depth <= bound


@pytest.mark.parametrize("n", [5, 6])
def test_a_group_with_too_many_elements_gives_groups_and_walks_end(n):
    matrix = ~np.eye(n, dtype=bool)  # any exchange of columns keeps it: n! symmetries, of which generators are known
    task = make_task(matrix)
    assert not is_group(symmetries(task.rows))
    assert groups_of(task)
    for group in groups_of(task):
        assert is_group(group)
        words = greedy(task, group, np.random.default_rng(0))
        found = symmetric_walk(Search(task, 0.1), group, words, 1, 0.5)
        assert assemble(matrix, wired(task, found)).verify(matrix)


def test_columns_of_parts():
    matrix = np.zeros((4, 6), bool)
    matrix[0, [0, 3]] = matrix[1, [3, 5]] = matrix[2, [1, 2]] = True
    assert [part.tolist() for part in columns_of_parts(make_task(matrix))] == [[0, 3, 5], [1, 2]]
    assert columns_of_parts(make_task(np.zeros((2, 3), bool))) == []


def test_equal_parts_are_searched_once():
    block = np.random.default_rng(0).random((9, 9)) < 0.5
    matrix = np.kron(np.eye(3, dtype=bool), block)[:, np.random.default_rng(1).permutation(27)]
    search = Search(make_task(matrix), 0.2)
    run_by_parts(search, 0, PAAR)
    assert assemble(matrix, search.gates).verify(matrix)
    two = synthesize(np.kron(np.eye(2, dtype=bool), block), time_limit=0.5)
    assert two.gates % 2 == 0
