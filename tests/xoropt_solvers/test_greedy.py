import numpy as np
import pytest
from hypothesis import given, settings
from parity_problems import least_cost, problems
from xoropt_solvers import ParityBatch, ParityProblem, solve, solve_many
from xoropt_solvers.batch import pack_batch, problem_at
from xoropt_solvers.elimination import eliminate_wide


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
@settings(max_examples=300, deadline=None)
def test_bounds_hold_and_claims_are_true(problem):
    least = least_cost(problem)
    solution = solve(problem, "greedy")
    assert solution.lower_bound <= least <= solution.cost
    assert solution.cost == problem.row_weights[solution.mismatches].sum()
    if problem.fixed is not None:
        assert (solution.x == problem.fixed)[problem.fixed >= 0].all()


@given(problems(max_k=20, max_n=10))
@settings(max_examples=100, deadline=None)
def test_wide_rows_give_the_answer_of_narrow_ones(problem):
    wide = eliminate_wide(problem)
    assert (wide.x == solve(problem, "greedy").x).all()


def test_more_unknowns_than_a_word_holds():
    rng = np.random.default_rng(0)
    solution = solve(ParityProblem(rng.random((90, 100)) < 0.5, rng.random(90) < 0.5), "greedy")
    assert solution.cost == 0
    assert solution.optimal


@pytest.mark.parametrize("weighted", [False, True])
def test_a_batch_gives_what_its_blocks_give_one_by_one(weighted):
    rng = np.random.default_rng(1)
    k = rng.integers(0, 30, 200)
    starts = np.concatenate([[0], np.cumsum(k)])
    rows = rng.integers(0, 2**16, k.sum(), dtype=np.uint64)
    weights = rng.integers(0, 5, k.sum()) if weighted else None
    batch = ParityBatch(rows, rng.random(k.sum()) < 0.5, starts, 16, weights)
    seen = []
    answer = solve_many(batch, "greedy", jobs=2, progress=lambda done, total: seen.append((done, total)))
    alone = [solve(problem_at(batch, i), "greedy") for i in range(len(batch))]
    assert answer.cost.tolist() == [s.cost for s in alone]
    assert answer.lower_bound.tolist() == [s.lower_bound for s in alone]
    assert answer.optimal.tolist() == [s.optimal for s in alone]
    assert seen[-1] == (200, 200)
    listed = solve_many([problem_at(batch, i) for i in range(len(batch))], "greedy")
    assert [s.cost for s in listed] == [s.cost for s in alone]


def test_an_empty_batch_has_an_empty_answer():
    assert solve_many(pack_batch([]), "greedy").cost.shape == (0,)
    assert solve_many([], "greedy") == []
