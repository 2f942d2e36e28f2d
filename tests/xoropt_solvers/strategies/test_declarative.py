"""SAT, MaxSAT, constraint and integer programming: how costs are added, and how large weights may be."""

import numpy as np
import pytest
from hypothesis import given
from parity_problems import dense, least_cost, problems
from xoropt_solvers import LimitExceededError, ParityProblem, encodings, solve


@pytest.mark.parametrize("name", ["sat", "xorsat"])
@given(problem=problems(max_k=16, max_n=6))
def test_costs_may_be_added_in_binary(name, problem):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "TOTALIZER_CLAUSES", -1)
        solution = solve(problem, name)
    assert solution.cost == least_cost(problem)
    assert solution.optimal


@pytest.mark.parametrize("name", ["sat", "xorsat"])
def test_many_different_weights_are_added_in_binary(monkeypatch, name):
    sums, original = [], encodings.add_binary_sum

    def add(clauses, pairs):
        sums.append(len(pairs))
        return original(clauses, pairs)

    monkeypatch.setattr(encodings, "add_binary_sum", add)
    weights = np.random.default_rng(3).integers(1, 10**6, 30)
    problem = ParityProblem(dense(30, 12).A, dense(30, 12).b, weights)
    solution = solve(problem, name)
    assert len(sums) == 1
    assert solution.optimal
    assert solution.cost == least_cost(problem)


@pytest.mark.parametrize(("name", "weight"), [("cpsat", 2**55), ("cpsat", 2**53), ("ilp", 2**55), ("ilp", 2**53)])
def test_weights_beyond_an_engines_exactness_are_refused(name, weight):
    problem = ParityProblem([[1, 0], [0, 1], [1, 1]], [1, 1, 1], weights=[1, 1, weight])
    with pytest.raises(LimitExceededError, match="use 'xorsat' or 'coset'"):
        solve(problem, name)
    assert solve(problem, "xorsat").cost == 1
    assert solve(problem, "coset").cost == 1


@pytest.mark.parametrize(("name", "weight"), [("cpsat", 2**48), ("ilp", 2**13), ("ilp", 2**23)])
def test_large_weights_within_it_stay_exact(name, weight):
    rng = np.random.default_rng(7)
    weights = np.where(rng.random(24) < 0.5, 1, weight)
    problem = ParityProblem(rng.random((24, 8)) < 0.5, rng.random(24) < 0.5, weights)
    solution = solve(problem, name)
    assert solution.optimal
    assert solution.cost == solve(problem, "exhaustive").cost


@pytest.mark.parametrize("engine", ["scip", "highs"])
def test_floats_prove_nothing_that_they_may_hide(engine):
    """Weights of 2^30 that differ by 1: the bound is low rather than wrong."""
    rng = np.random.default_rng(8)
    problem = ParityProblem(rng.random((20, 6)) < 0.5, rng.random(20) < 0.5, 2**30 + rng.integers(-3, 4, 20))
    least = solve(problem, "exhaustive").cost
    solution = solve(problem, "ilp", engine=engine)
    assert solution.lower_bound < least <= solution.cost <= least + 2**10
