"""The patch search of the paper."""

import numpy as np
from hypothesis import given
from parity_problems import least_cost, problems
from xoropt_solvers import ParityProblem, solve


def test_a_contradicting_row_is_left_out():
    solution = solve(ParityProblem([[1, 0], [0, 1], [1, 1]], [1, 1, 1]), "greedy")
    assert solution.x.tolist() == [True, True]
    assert solution.mismatches.tolist() == [2]
    assert (solution.cost, solution.lower_bound, solution.optimal) == (1, 1, True)


def test_the_heaviest_rows_come_first():
    solution = solve(ParityProblem([[1, 0], [0, 1], [1, 1]], [1, 1, 1], weights=[1, 2, 3]), "greedy")
    assert solution.mismatches.tolist() == [0]
    assert solution.cost == 1


@given(problems(fixed=True))
def test_bounds_hold_and_claims_are_true(problem):
    least = least_cost(problem)
    solution = solve(problem, "greedy")
    assert solution.lower_bound <= least <= solution.cost
    assert solution.cost == problem.row_weights[solution.mismatches].sum()
    if problem.fixed is not None:
        assert (solution.x == problem.fixed)[problem.fixed >= 0].all()


def test_more_unknowns_than_a_word_holds():
    rng = np.random.default_rng(0)
    solution = solve(ParityProblem(rng.random((90, 100)) < 0.5, rng.random(90) < 0.5), "greedy")
    assert solution.cost == 0
    assert solution.optimal
