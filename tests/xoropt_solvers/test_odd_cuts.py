"""Odd cuts: the bound is a bound, the tree proves minima, and one matrix is factored once."""

import threading

import numpy as np
import pytest
from parity_problems import dense, least_cost, seeded_problem
from xoropt_solvers import InvalidInputError, LimitExceededError, ParityProblem, parity_checks, solve, solve_many
from xoropt_solvers.cut_program import pack_columns
from xoropt_solvers.odd_cuts import search_cuts
from xoropt_solvers.parity_checks import complete, factor, generator, known_of, read_checks, satisfied
from xoropt_solvers.strategy import Clock


def sparse_checks(seed, checks=8, errors=16, ones=3):
    """A sparse H, the syndrome of some errors, and weights with zeros and ties."""
    rng = np.random.default_rng(seed)
    H = np.zeros((checks, errors), dtype=bool)
    for column in H.T:
        column[rng.choice(checks, rng.integers(0, ones + 1), replace=False)] = True
    s = (H[:, rng.random(errors) < 0.3].sum(axis=1) & 1).astype(bool)
    return H, s, rng.integers(0, [1, 3, 1000][seed % 3] + 1, errors) + int(seed % 2)


def lightest(H, s, weights):
    """The minimum over all errors."""
    errors = (np.arange(2 ** H.shape[1])[:, None] >> np.arange(H.shape[1])) & 1
    fits = ((errors @ H.T.astype(int)) % 2 == s).all(axis=1)
    return int((errors[fits] @ weights).min())


def search(H, s, weights, seconds=None):
    given = read_checks(H, s)
    columns = pack_columns(given.rows, given.columns, len(given), np.asarray(weights, dtype=np.int64))
    found = search_cuts(columns, given.syndrome, Clock(seconds))
    errors = np.zeros(given.length, dtype=bool)
    errors[columns.error_of[found.errors]] = True
    assert satisfied(given, errors).all()
    assert found.cost == np.asarray(weights)[errors].sum()
    return found


@pytest.mark.parametrize("seed", range(60))
def test_the_minimum_is_found_and_proved(seed):
    H, s, weights = sparse_checks(seed, ones=2 + seed % 4)
    found = search(H, s, weights)
    assert found.cost == found.bound == lightest(H, s, weights)
    assert solve(ParityProblem.from_checks(H, s, weights), "odd-cuts").cost == found.cost


@pytest.mark.parametrize("seed", range(40))
def test_any_problem_will_do(seed):
    problem = seeded_problem(seed, max_k=20, max_n=9, fixed=True)
    solution = solve(problem, "odd-cuts")
    assert (solution.cost, solution.optimal) == (least_cost(problem), True)


def test_a_bound_is_never_above_the_minimum_when_the_time_is_up():
    rng = np.random.default_rng(5)
    H = rng.random((16, 32)) < 0.5
    s = rng.random(16) < 0.5
    least = solve(ParityProblem.from_checks(H, s), "coset").cost
    bounds = set()
    for seconds in (1e-4, 3e-3, 0.02, 0.05, 0.1):
        found = search(H, s, np.ones(32, dtype=int), seconds)
        assert found.bound <= least <= found.cost
        bounds.add(found.bound)
    assert max(bounds) > 0


def test_a_triangle_of_checks_needs_a_branch():
    # Each pair of the three checks has an error; all syndromes but one hold with two of them, at a value of 3/2.
    H = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 1, 1]])
    found = search(H, [1, 1, 1], [2, 2, 2, 9])
    assert (found.cost, found.bound) == (9, 9)
    found = search(H, [0, 1, 1], [2, 2, 2, 9])
    assert (found.cost, found.bound) == (2, 2)


def test_weights_of_any_size():
    H, s, weights = sparse_checks(4)
    for scale in (1, 2**20, 2**29):
        found = search(H, s, weights * scale)
        assert found.cost == found.bound == scale * lightest(H, s, weights)
    with pytest.raises(LimitExceededError, match=r"'odd-cuts' takes weights below 2\*\*40, not 1099511627776"):
        solve(ParityProblem.from_checks(H, s, np.full(16, 2**40)), "odd-cuts")
    assert solve(ParityProblem.from_checks(H, s, np.full(16, 2**40))).optimal


def test_surface_codes():
    stim = pytest.importorskip("stim", reason="error models need Stim")
    from xoropt_solvers.formats.error_model import error_model

    circuit = stim.Circuit.generated(
        "surface_code:rotated_memory_x", distance=3, rounds=3, after_clifford_depolarization=0.02
    )
    dem = circuit.detector_error_model()
    model = error_model(dem)
    weights = np.log((1 - model.priors) / model.priors)
    shots, _, _ = dem.compile_sampler(seed=3).sample(30)
    problems = [ParityProblem.from_checks(model.H, shot, weights) for shot in shots]
    many = solve_many(problems, "odd-cuts")
    assert not any("A" in vars(problem) for problem in problems)
    for problem, solution in zip(problems, many, strict=True):
        assert solution.optimal
        assert solution.cost == solve(problem, "maxsat").cost
        again = solve(ParityProblem.from_checks(model.H, problem.checks.syndrome, weights), "odd-cuts")
        assert (again.x == solution.x).all()
        assert solve(problem).cost == solution.cost


def test_one_matrix_is_factored_once(monkeypatch):
    monkeypatch.setattr(parity_checks, "_KNOWN", type(parity_checks._KNOWN)())
    H, s, _ = sparse_checks(1)
    given = read_checks(H, s)
    assert factor(given) is factor(read_checks(H, ~s)) is factor(given)
    assert known_of(given) is not known_of(read_checks(H[:, :-1], s))
    for i in range(2 * parity_checks.REMEMBERED):
        factor(read_checks(np.eye(i + 1, dtype=bool), np.ones(i + 1, dtype=bool)))
    assert len(parity_checks._KNOWN) == parity_checks.REMEMBERED
    threads = [threading.Thread(target=factor, args=(given,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (factor(given).free == factor(read_checks(H, s)).free).all()


@pytest.mark.parametrize("seed", range(20))
def test_errors_follow_from_x_with_and_without_the_matrix(seed):
    H, s, _ = sparse_checks(seed)
    given = read_checks(H, s)
    A, b = generator(given)
    x = np.random.default_rng(seed).random(A.shape[1]) < 0.5
    errors = complete(given, x)
    assert (errors == (A.astype(int) @ x % 2 == 1) ^ b).all()
    assert satisfied(given, errors).all()
    problem = ParityProblem.from_checks(H, s)
    assert problem.n == A.shape[1]
    assert "A" not in vars(problem)


def test_a_syndrome_that_no_errors_have():
    problem = ParityProblem.from_checks([[1, 1], [1, 1]], [1, 0])
    for solver in ("odd-cuts", "portfolio"):
        with pytest.raises(InvalidInputError, match="no errors have this syndrome"):
            solve(problem, solver)


def test_dense_problems_end_in_time():
    solution = solve(dense(200, 100), "odd-cuts", time_limit=0.5)
    assert solution.seconds < 1.5
    assert 0 < solution.lower_bound <= solution.cost
