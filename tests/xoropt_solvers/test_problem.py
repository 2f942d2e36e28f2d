"""ParityProblem: what it accepts, refuses and keeps; rows packed in words."""

import numpy as np
import pytest
from xoropt_solvers import InvalidInputError, ParityProblem, SolverError
from xoropt_solvers.problem import pack_rows, unpack_rows


def test_rows_pack_with_the_first_unknown_in_the_lowest_bit():
    problem = ParityProblem.from_rows([0b011, 0b100], [1, 0], 3)
    assert problem.A.tolist() == [[True, True, False], [False, False, True]]
    assert (problem.k, problem.n) == (2, 3)


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 130])
def test_packing_is_undone_by_unpacking(n):
    A = np.random.default_rng(n).random((5, n)) < 0.5
    assert (unpack_rows(pack_rows(A), n) == A).all()


def test_wide_rows_may_be_python_integers():
    problem = ParityProblem.from_rows([1 << 99, 3], [0, 1], 100)
    assert np.argwhere(problem.A).tolist() == [[0, 99], [1, 0], [1, 1]]


def test_arrays_are_kept_apart_from_the_callers():
    A = np.ones((2, 2), dtype=bool)
    problem = ParityProblem(A, [0, 1])
    A[:] = False
    assert problem.A.all()
    with pytest.raises(ValueError, match="read-only"):
        problem.A[0, 0] = False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"A": [[0, 1]], "b": [0, 1]}, "'b' must have one value for each of the 1 rows"),
        ({"A": [0, 1], "b": [0]}, "'A' must have 2 dimension"),
        ({"A": [[0, 1], [1]], "b": [0, 0]}, "'A' must have rows of one length"),
        ({"A": [[0, 2]], "b": [0]}, "'A' must hold only 0 and 1, not 2"),
        ({"A": [[0, -1]], "b": [0]}, "'A' must hold only 0 and 1, not -1"),
        ({"A": [[0.0, np.nan]], "b": [0]}, "'A' must hold booleans.*NaN"),
        ({"A": [[0, 1]], "b": [np.nan]}, "'b' must hold booleans.*NaN"),
        ({"A": [["a", "b"]], "b": [0]}, "'A' must hold booleans"),
        ({"A": [[0, 1]], "b": [0], "weights": [-1]}, "'weights' must hold non-negative integers, not -1"),
        (
            {"A": [[0, 1]], "b": [0], "weights": [np.nan]},
            r"'weights' must hold finite numbers of at least 0, not nan \(row 0\)",
        ),
        ({"A": [[0, 1]], "b": [0], "weights": [1, 1]}, r"'weights' must have shape \(1,\)"),
        ({"A": [[0, 1]], "b": [0], "weights": [2**62]}, r"'weights' must sum to less than 2\*\*62"),
        ({"A": [[0, 1]], "b": [0], "fixed": {2: 1}}, "'fixed' must be at most 1, not 2"),
        ({"A": [[0, 1]], "b": [0], "fixed": {0: 2}}, "'fixed' must map an index to 0 or 1"),
        ({"A": [[0, 1]], "b": [0], "fixed": [0]}, "'fixed' must be a mapping"),
    ],
)
def test_bad_problems_are_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message) as caught:
        ParityProblem(**arguments)
    assert isinstance(caught.value, SolverError)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": [4], "values": [0], "n": 2}, "'rows' has bits beyond the n = 2"),
        ({"rows": [-1], "values": [0], "n": 2}, "'rows' must hold non-negative"),
        ({"rows": [1.5], "values": [0], "n": 2}, "'rows' must hold packed integers"),
        ({"rows": [1 << 70], "values": [0], "n": 65}, "'rows' must hold integers of n = 65 bits"),
        ({"rows": [1], "values": [0], "n": -1}, "'n' must be at least 0, not -1"),
    ],
)
def test_bad_packed_rows_are_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        ParityProblem.from_rows(**arguments)


def test_lists_of_large_integers_keep_every_bit():
    problem = ParityProblem.from_rows([2**64 - 1, 1], [1, 0], 64)
    assert problem.A[0].all()
    assert np.flatnonzero(problem.A[1]).tolist() == [0]
    assert ParityProblem.from_rows((2**63, 1), [1, 0], 100).A.sum() == 2
    assert ParityProblem.from_rows([[2**64 - 1, 1]], [1], 65).A.all()


@pytest.mark.parametrize("rows", [5, [[1], [1, 2]], [2**64, 1], [2**64 - 1, -1], [2**64 - 1, 0.5], "ab"])
def test_rows_of_no_shape_are_refused(rows):
    with pytest.raises(InvalidInputError, match="'rows'"):
        ParityProblem.from_rows(rows, [0, 0], 64)


@pytest.mark.parametrize("name", ["weights", "fixed"])
def test_ragged_arguments_are_refused(name):
    with pytest.raises(InvalidInputError, match=f"'{name}' must be a flat sequence"):
        ParityProblem([[0, 1]], [0], **{name: [[1], [1, 2]]})


def test_texts_are_short():
    assert repr(ParityProblem([[0, 1]], [0])) == "<ParityProblem of 1 rows and 2 unknowns>"
    assert repr(ParityProblem.from_checks([[0, 1]], [0], [2, 3])) == "<ParityProblem of 1 checks on 2 errors, weighted>"
