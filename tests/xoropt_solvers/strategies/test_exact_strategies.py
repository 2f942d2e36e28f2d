"""Every exact strategy against brute force, on problems of every awkward kind."""

import numpy as np
import pytest
from hypothesis import given
from parity_problems import least_cost, problems, seeded_problem
from xoropt_solvers import ParityProblem, available, registry, solve, solve_many
from xoropt_solvers.batch import pack_batch

EXACT = [name for name in available() if registry.find(name).exact]
COMPILED = [name for name in EXACT if registry.find(name).run_batch is not None]


def proves_the_minimum(problem, name):
    solution = solve(problem, name)
    assert solution.cost == least_cost(problem)
    assert solution.optimal
    assert solution.lower_bound == solution.cost
    assert solution.cost == problem.row_weights[solution.mismatches].sum()
    if problem.fixed is not None:
        assert (solution.x == problem.fixed)[problem.fixed >= 0].all()
    return True


def test_the_exact_strategies_are_those_that_promise_it():
    assert set(EXACT) >= {"exhaustive", "coset", "portfolio", "sat", "xorsat", "maxsat", "cpsat", "ilp"}
    assert set(COMPILED) >= {"exhaustive", "coset", "portfolio"}


@pytest.mark.parametrize("name", EXACT)
@given(problem=problems(max_k=40, max_n=16, fixed=True))
def test_the_cost_is_the_minimum(name, problem):
    assert proves_the_minimum(problem, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXACT)
def test_the_cost_is_the_minimum_of_thousands_of_problems(name):
    for seed in range(2000):
        problem = seeded_problem(seed, max_k=40, max_n=16, fixed=True)
        assert proves_the_minimum(problem, name), seed


@pytest.mark.parametrize("name", COMPILED)
@given(problem=problems(max_k=60, max_n=12))
def test_a_batch_is_as_exact_as_its_blocks(name, problem):
    answer = solve_many(pack_batch([problem, problem]), name)
    assert answer.cost.tolist() == [least_cost(problem)] * 2
    assert answer.optimal.all()


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("weighted", [False, True])
def test_every_block_of_a_large_batch_is_proved(name, weighted):
    blocks = [seeded_problem(seed, max_k=40, max_n=12, weighted=weighted) for seed in range(500)]
    answer = solve_many(pack_batch(blocks), name)
    assert answer.cost.tolist() == [least_cost(block) for block in blocks]
    assert answer.optimal.all()


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
