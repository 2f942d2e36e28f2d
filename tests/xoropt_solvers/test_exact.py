"""Every exact strategy against brute force, on problems of every awkward kind."""

import numpy as np
import pytest
from hypothesis import given, settings
from parity_problems import least_cost, problems
from xoropt_solvers import ParityBatch, ParityProblem, available, registry, solve, solve_many
from xoropt_solvers.batch import pack_batch
from xoropt_solvers.reduction import reduce_problem
from xoropt_solvers.strategy import Clock
from xoropt_solvers.wide import solve_wide

EXACT = [name for name in available() if registry.find(name).exact]
COMPILED = [name for name in EXACT if registry.find(name).run_batch is not None]


def test_the_exact_strategies_are_those_that_promise_it():
    assert set(EXACT) >= {"exhaustive", "coset", "portfolio", "sat", "xorsat", "maxsat", "cpsat", "ilp"}


@pytest.mark.parametrize("name", EXACT)
@settings(max_examples=2000, deadline=None, derandomize=True)
@given(problem=problems(max_k=40, max_n=16, fixed=True))
def test_the_cost_is_the_minimum(name, problem):
    solution = solve(problem, name)
    assert solution.cost == least_cost(problem)
    assert solution.optimal
    assert solution.lower_bound == solution.cost
    assert solution.cost == problem.row_weights[solution.mismatches].sum()
    if problem.fixed is not None:
        assert (solution.x == problem.fixed)[problem.fixed >= 0].all()


@pytest.mark.parametrize("name", COMPILED)
@settings(max_examples=300, deadline=None, derandomize=True)
@given(problem=problems(max_k=60, max_n=12))
def test_a_batch_is_as_exact_as_its_blocks(name, problem):
    answer = solve_many(pack_batch([problem, problem]), name)
    assert answer.cost.tolist() == [least_cost(problem)] * 2
    assert answer.optimal.all()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(problem=problems(max_k=40, max_n=12))
def test_the_search_for_any_rank_agrees(problem):
    core = reduce_problem(problem)
    if solve(core.problem, "greedy").cost == 0:
        return
    answer = solve_wide(core.problem, Clock())
    assert answer.cost + core.offset == least_cost(problem)
    assert answer.lower_bound == answer.cost


@pytest.mark.parametrize("k", [65, 130, 200])
@pytest.mark.parametrize("weighted", [False, True])
def test_more_rows_than_a_word_holds(k, weighted):
    rng = np.random.default_rng(k)
    weights = rng.integers(0, 9, k) if weighted else None
    problem = ParityProblem(rng.random((k, 9)) < 0.5, rng.random(k) < 0.3, weights)
    xs = (np.arange(512)[:, None] >> np.arange(9)) & 1
    wrong = ((xs @ problem.A.T.astype(int)) & 1) ^ problem.b
    least = int((wrong @ problem.row_weights).min())
    for name in COMPILED:
        assert solve(problem, name).cost == least
        answer = solve_many(pack_batch([problem, problem]), name, time_limit=10.0)
        assert answer.cost.tolist() == [least, least]
        assert answer.optimal.all()


def test_a_planted_error_among_many_rows_is_proved():
    rng = np.random.default_rng(1)
    A = rng.random((200, 64)) < 0.5
    errors = np.zeros(200, dtype=bool)
    errors[[1, 50, 90, 120, 130]] = True
    b = ((A @ rng.integers(0, 2, 64)) % 2).astype(bool) ^ errors
    solution = solve(ParityProblem(A, b), "coset")
    assert solution.optimal
    assert solution.mismatches.tolist() == [1, 50, 90, 120, 130]


def test_the_answer_does_not_depend_on_the_number_of_jobs():
    rng = np.random.default_rng(4)
    care = rng.random((5000, 240)) >= 0.88
    rows = np.broadcast_to(rng.integers(0, 2**24, 240, dtype=np.uint64), care.shape)[care]
    batch = ParityBatch(rows, rng.random(len(rows)) < 0.5, np.append(0, np.cumsum(care.sum(axis=1))), 24)
    one, two = (solve_many(batch, "portfolio", jobs=jobs) for jobs in (1, 2))
    assert np.array_equal(one.x, two.x)
    assert np.array_equal(one.lower_bound, two.lower_bound)
