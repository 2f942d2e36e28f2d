"""Information-set decoding: a planted pattern is found, with the probability that it would have been."""

import pytest
from parity_problems import dense, least_cost, planted, seeded_problem
from xoropt_solvers import solve
from xoropt_solvers.decoding import plan_sets


def test_isd_reports_its_probability():
    solution = solve(planted(120, 70, [5, 50, 100], seed=5), "isd", rounds=200, seed=1)
    assert solution.cost == 3
    assert solution.mismatches.tolist() == [5, 50, 100]
    assert solution.info["rounds"] == 200
    assert 0.99 < solution.info["probability"] <= 1.0
    assert not solution.optimal


def test_the_seed_decides_the_answer():
    problem = dense(120, 70)
    first, again = (solve(problem, "isd", rounds=20, seed=7) for _ in range(2))
    assert first.x.tolist() == again.x.tolist()
    assert first.cost < solve(problem, "greedy").cost


def test_weights_are_what_is_minimized():
    problem = seeded_problem(5, max_k=40, max_n=10, weighted=True)
    solution = solve(problem, "isd")
    assert solution.cost == least_cost(problem) > 0


@pytest.mark.parametrize(("members", "dependents", "errors"), [(199, 19, 12), (64, 6, 30), (400, 30, 200), (12, 3, 2)])
def test_a_round_is_short_enough_for_a_clock(members, dependents, errors):
    assert plan_sets(members, dependents, errors).seconds <= 0.05
