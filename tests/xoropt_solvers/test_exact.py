"""Every exact strategy against brute force, on problems of every awkward kind."""

import pytest
from hypothesis import given, settings
from parity_problems import least_cost, problems
from xoropt_solvers import available, registry, solve, solve_many
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
