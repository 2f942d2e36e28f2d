"""Problems given by their checks, rows that must hold, weights that are no integers, and what is told of a search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parity_problems import dense, least_cost
from xoropt_solvers import InvalidInputError, ParityProblem, available, solve
from xoropt_solvers.parity_checks import dense_checks, read_checks, satisfied, weights_of_priors

H3 = [[1, 1, 0], [0, 1, 1]]


@st.composite
def decodings(draw, most=10):
    """H, a syndrome that some errors have, and weights."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, k = draw(st.integers(0, most)), draw(st.integers(0, most + 2))
    H = rng.random((m, k)) < draw(st.sampled_from([0.2, 0.5]))
    s = (H.astype(int) @ rng.integers(0, 2, k) % 2).astype(bool)
    return H, s, rng.integers(0, 6, k)


def lightest(H, s, weights, hard=()):
    """The least weight of the errors with a syndrome, every one of 2^k tried."""
    k = H.shape[1]
    errors = (np.arange(1 << k)[:, None] >> np.arange(k)) & 1
    fits = ((errors @ H.T.astype(int)) % 2 == s).all(axis=1) & (errors[:, list(hard)] == 0).all(axis=1)
    return int((errors[fits] @ weights).min()) if fits.any() else None


@given(case=decodings())
def test_checks_are_the_same_problem(case):
    H, s, weights = case
    solution = solve(ParityProblem.from_checks(H, s, weights), "exhaustive")
    errors = np.zeros(H.shape[1], dtype=int)
    errors[solution.mismatches] = 1
    assert ((H.astype(int) @ errors) % 2 == s).all()
    assert solution.cost == errors @ weights == lightest(H, s, weights)


@given(case=decodings(8), data=st.data())
def test_hard_errors_cannot_be(case, data):
    H, s, weights = case
    hard = data.draw(st.sets(st.sampled_from(range(H.shape[1])))) if H.shape[1] else set()
    problem = ParityProblem.from_checks(H, s, weights, hard=sorted(hard))
    least = lightest(H, s, weights, sorted(hard))
    if least is None:
        with pytest.raises(InvalidInputError, match="'hard' has rows that cannot hold together"):
            solve(problem, "coset")
    else:
        assert solve(problem, "coset").cost == least


@pytest.mark.parametrize("name", available())
def test_every_strategy_takes_checks_and_hard_rows(name):
    problem = ParityProblem.from_checks([[1, 1, 0, 0], [0, 1, 1, 1]], [1, 1], weights=[1.5, 9, 0.5, 0.25], hard=[3])
    solution = solve(problem, name)
    assert solution.mismatches.tolist() == [0, 2]
    assert solution.cost == 2 * problem.scale


def test_sparse_checks_stay_sparse():
    scipy = pytest.importorskip("scipy.sparse", reason="needs SciPy")
    n = 200_000  # dense, this would take 40 GB
    rows = np.repeat(np.arange(n), 2)
    columns = np.stack([np.arange(n), (np.arange(n) + 1) % n], axis=1).ravel()
    H = scipy.coo_array((np.ones(2 * n, dtype=np.uint8), (rows, columns)), shape=(n, n))
    problem = ParityProblem.from_checks(H, np.zeros(n, bool))
    assert problem.k == n
    assert problem.checks.columns.size == 2 * n
    assert satisfied(problem.checks, np.ones(n, bool)).all()


def test_sparse_and_dense_checks_are_the_same():
    scipy = pytest.importorskip("scipy.sparse", reason="needs SciPy")
    given = read_checks(scipy.csc_matrix(np.array(H3, dtype=np.int8)), [1, 0])
    assert dense_checks(given).tolist() == [[True, True, False], [False, True, True]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"H": H3, "s": [1]}, "'s' must have one value for each of the 2 rows of 'H', not 1"),
        ({"H": [[2]], "s": [1]}, "'H' must hold only 0 and 1, not 2"),
        (
            {"H": H3, "s": [1, 1], "weights": [1.0, np.nan, 2]},
            r"'weights' must hold finite numbers .* not nan \(row 1\)",
        ),
        ({"H": H3, "s": [1, 1], "weights": [1.0, 2, np.inf]}, r"not inf \(row 2\)"),
        ({"H": H3, "s": [1, 1], "weights": [-0.5, 1, 1]}, r"not -0.5 \(row 0\)"),
        ({"H": H3, "s": [1, 1], "weights": [1.5, 1, 1], "scale": 0}, "'scale' must be a finite positive number"),
        ({"H": H3, "s": [1, 1], "hard": [3]}, "'hard' must be .3,. booleans or indices of rows from 0 to 2"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        ParityProblem.from_checks(**arguments)


def test_a_syndrome_that_no_errors_have():
    with pytest.raises(InvalidInputError, match="'s' is no sum of columns of 'H'"):
        solve(ParityProblem.from_checks([[1, 1], [1, 1]], [0, 1]))


def test_fixed_bits_that_hard_rows_contradict():
    problem = ParityProblem([[1, 1], [1, 0]], [1, 0], fixed={0: 1, 1: 1}, hard=[True, False])
    with pytest.raises(InvalidInputError, match="cannot hold together, with the fixed bits as they are: rows 0"):
        solve(problem)


@given(weights=st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20))
def test_the_error_of_the_scale_is_as_stated(weights):
    problem = ParityProblem(np.ones((len(weights), 1), int), np.zeros(len(weights), int), weights)
    assert np.abs(problem.weights / problem.scale - weights).max() <= problem.scale_error + 1e-12
    assert (problem.weights > 0).all()
    assert problem.scale_error <= 1 / problem.scale


def test_integers_are_not_scaled():
    problem = ParityProblem([[1], [1]], [0, 1], [3.0, 70000.0])
    assert (problem.weights.tolist(), problem.scale, problem.scale_error) == ([3, 70000], 1.0, 0.0)


def test_priors_become_weights():
    weights, never = weights_of_priors([0.1, 0.5, 0])
    assert weights.tolist() == pytest.approx([np.log(9), 0, 0])
    assert never.tolist() == [False, False, True]
    for wrong in ([0.6], [np.nan], [-0.1]):
        with pytest.raises(InvalidInputError, match=r"'priors' must hold probabilities from 0 to 0\.5"):
            weights_of_priors(wrong)


@pytest.mark.parametrize("name", available())
def test_what_improves_is_told(name):
    problem, told = dense(40, 12, seed=3), []
    solution = solve(problem, name, on_improve=lambda *news: told.append(news))
    costs, bounds, seconds = zip(*told, strict=True)
    assert list(costs) == sorted(costs, reverse=True)
    assert list(bounds) == sorted(bounds)
    assert list(seconds) == sorted(seconds)
    assert told[-1][:2] == (solution.cost, solution.lower_bound)
    assert all(bound <= least_cost(problem) <= cost for cost, bound, _ in told)


def test_who_listens_must_be_a_function():
    with pytest.raises(InvalidInputError, match="'on_improve' must be None or a function"):
        solve(dense(4, 2), on_improve=3)
