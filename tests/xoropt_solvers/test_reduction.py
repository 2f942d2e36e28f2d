"""Normal forms of a problem."""

import numpy as np
import pytest
from xoropt_solvers import InvalidInputError, ParityProblem, solve
from xoropt_solvers.parity_checks import satisfied
from xoropt_solvers.problem import mismatch_mask
from xoropt_solvers.reduction import reduce_problem, substitute_fixed


def test_reduction_merges_equal_rows_and_drops_useless_ones():
    A = [[1, 0], [1, 0], [1, 0], [0, 0], [0, 0], [0, 1]]
    problem = ParityProblem(A, [1, 1, 0, 1, 0, 1], weights=[3, 4, 2, 5, 6, 0])
    reduced = reduce_problem(problem)
    assert reduced.offset == 5 + 2
    assert reduced.problem.A.tolist() == [[True, False]]
    assert reduced.problem.b.tolist() == [True]
    assert reduced.problem.row_weights.tolist() == [5]


def test_fixed_bits_move_to_the_values():
    problem = substitute_fixed(ParityProblem([[1, 1], [0, 1]], [0, 0], fixed={1: 1}))
    assert problem.A.tolist() == [[True], [False]]
    assert problem.b.tolist() == [True, True]


@pytest.mark.parametrize("seed", range(20))
def test_checks_stay_with_a_problem_that_is_reduced(seed):
    rng = np.random.default_rng(seed)
    H = rng.random((7, 14)) < 0.25
    s = (H[:, rng.random(14) < 0.4].sum(axis=1) & 1).astype(bool)
    hard = rng.random(14) < 0.1
    given = ParityProblem.from_checks(H, s, rng.integers(1, 9, 14))
    for problem in (given, ParityProblem.from_checks(H, s, given.weights, hard)):
        try:
            reduced = reduce_problem(substitute_fixed(problem))
        except InvalidInputError:
            continue  # the hard rows contradict the syndrome
        core = reduced.problem
        if core.checks is not None:
            assert core.checks.length == core.k
            for x in np.array(np.meshgrid(*[[0, 1]] * min(core.n, 6))).reshape(min(core.n, 6), -1).T:
                assert satisfied(core.checks, mismatch_mask(core, np.resize(x, core.n))).all()
        for name in ("maxsat", "ilp", "cpsat"):
            assert solve(problem, name).cost == solve(problem, "exhaustive").cost
