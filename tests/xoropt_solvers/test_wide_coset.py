"""The coset search beyond 64 unknowns."""

import numpy as np
import pytest
from hypothesis import given
from parity_problems import least_cost, planted, problems, seeded_problem
from xoropt_solvers import Clock, ParityProblem, solve
from xoropt_solvers.reduction import reduce_problem
from xoropt_solvers.wide import solve_wide


def proves_the_minimum(problem):
    core = reduce_problem(problem)
    if solve(core.problem, "greedy").cost > 0:
        answer = solve_wide(core.problem, Clock())
        assert answer.cost + core.offset == least_cost(problem)
        assert answer.lower_bound == answer.cost
    return True


@given(problem=problems(max_k=40, max_n=12))
def test_the_search_for_any_rank_agrees(problem):
    assert proves_the_minimum(problem)


def test_the_search_for_any_rank_agrees_on_a_thousand_problems():
    for seed in range(1000):
        assert proves_the_minimum(seeded_problem(seed, max_k=40, max_n=12)), seed


@pytest.mark.parametrize("weighted", [False, True])
def test_rank_and_dependent_rows_may_both_exceed_a_word(weighted):
    problem = planted(140, 70, [3, 40, 100])
    if weighted:
        problem = ParityProblem(problem.A, problem.b, np.arange(140) % 7 + 1)
    solution = solve(problem, "coset")
    assert solution.optimal
    assert solution.cost <= problem.row_weights[[3, 40, 100]].sum()


def test_more_unknowns_than_a_word():
    problem = planted(76, 70, [3, 40])
    solution = solve(problem)
    assert solution.cost <= 2
    assert solution.optimal
    few = np.concatenate([problem.A[:, :20], problem.A[:, :20], problem.A[:, :40]], axis=1)
    assert solve(ParityProblem(few, problem.b), "coset").optimal
