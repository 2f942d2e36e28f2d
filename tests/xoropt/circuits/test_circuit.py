"""XorCircuit: its invariants, and what it computes."""

import doctest
import importlib

import numpy as np
import pytest
from circuit_examples import SMALL, SMALL_MATRIX, WIDE

from xoropt.circuits import XorCircuit
from xoropt.common.errors import ArgumentError


@pytest.mark.parametrize("module", ["circuit", "graph", "matrices", "synthesis", "text"])
def test_the_examples_in_docstrings(module):
    result = doctest.testmod(importlib.import_module(f"xoropt.circuits.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_figures():
    assert (SMALL.gates, SMALL.depth, SMALL.n_out, SMALL.max_inputs) == (2, 2, 4, 2)
    assert SMALL.fan_out.tolist() == [1, 2, 1, 2, 1]
    assert SMALL.critical_path == [0, 3, 4]
    assert (WIDE.gates, WIDE.depth, WIDE.max_inputs) == (2, 2, 4)


def test_verify_is_exact():
    assert SMALL.verify(SMALL_MATRIX)
    for i, j in np.ndindex(SMALL_MATRIX.shape):
        other = SMALL_MATRIX.copy()
        other[i, j] ^= 1
        assert not SMALL.verify(other)
    assert not SMALL.verify(SMALL_MATRIX[:3])
    assert WIDE.verify(np.array([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]]))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint64])
def test_evaluate_agrees_with_the_matrix_product(dtype):
    bits = np.random.default_rng(0).integers(0, 2, (3, 50)).astype(dtype)
    assert (SMALL.evaluate(bits) == (SMALL_MATRIX @ bits.astype(int)) % 2).all()
    assert SMALL.evaluate(bits).dtype == dtype


def test_evaluate_takes_many_words_at_once():
    words = np.random.default_rng(0).integers(0, 1 << 64, (3, 4, 5), dtype=np.uint64)
    assert (SMALL.evaluate(words)[0] == words[0] ^ words[1] ^ words[2]).all()
    assert not SMALL.evaluate(words)[1].any()


def test_a_circuit_without_gates_or_inputs():
    empty = XorCircuit(0, np.zeros((0, 2), int), np.array([-1, -1]))
    assert (empty.gates, empty.depth, empty.critical_path) == (0, 0, [])
    assert empty.verify(np.zeros((2, 0)))
    assert XorCircuit(2, np.zeros((0, 2), int), np.zeros(0, int)).verify(np.zeros((0, 2)))


def test_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        SMALL.operands[0, 0] = 1


@pytest.mark.parametrize(
    ("operands", "outputs", "message"),
    [
        ([[0, 2]], [2], "Gate 0 reads"),
        ([[0, 3], [0, 1]], [2], "Gate 0 reads"),
        ([[0, 0]], [2], "two different signals"),
        ([[0, -1]], [2], "two different signals"),
        ([[0, -1, 1]], [2], "two different signals"),
        ([[0, -2]], [2], "Gate 0 reads"),
        ([[0, 1]], [3], "outside"),
        ([[0, 1]], [-2], "outside"),
        ([[0, 1]], [[2]], "one dimension"),
        ([[0]], [0], "shape"),
    ],
)
def test_bad_circuits(operands, outputs, message):
    with pytest.raises(ArgumentError, match=message):
        XorCircuit(2, np.array(operands), np.array(outputs))


def test_bad_words():
    with pytest.raises(ArgumentError, match="3 rows"):
        SMALL.evaluate(np.zeros((2, 4), bool))
    with pytest.raises(ArgumentError, match="unsigned"):
        SMALL.evaluate(np.zeros((3, 4)))


@pytest.mark.parametrize("matrix", [[[0, 2, 1]] * 4, [0, 1], [["0"] * 3] * 4, [[0, 1], [1]]])
def test_verify_refuses_what_is_not_a_binary_matrix(matrix):
    with pytest.raises(ArgumentError, match="Argument 'matrix' must"):
        SMALL.verify(matrix)
