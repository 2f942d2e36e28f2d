"""What all strategies do alike."""

import numpy as np
import pytest
from hypothesis import given
from parity_problems import TRIANGLE, dense, least_cost, problems
from xoropt_solvers import InvalidInputError, ParityProblem, available, solve


@pytest.mark.parametrize("name", available())
def test_every_strategy_solves_a_triangle(name):
    solution = solve(TRIANGLE, name)
    assert solution.cost == 1
    assert solution.lower_bound == 1
    assert solution.optimal
    assert len(solution.mismatches) == 1
    assert solution.strategy == name


@pytest.mark.parametrize("name", available())
@pytest.mark.parametrize(("k", "n"), [(0, 0), (0, 3), (3, 0)])
def test_no_rows_or_no_unknowns(name, k, n):
    solution = solve(ParityProblem(np.zeros((k, n), bool), np.ones(k, bool)), name)
    assert solution.x.shape == (n,)
    assert solution.mismatches.tolist() == list(range(k))
    assert solution.optimal == (name != "greedy" or k == 0)


@pytest.mark.parametrize("name", available())
def test_the_answer_keeps_fixed_bits_and_ignores_rows_of_weight_zero(name):
    problem = ParityProblem([[1, 1], [1, 0], [0, 1]], [1, 1, 1], weights=[0, 2, 5], fixed={1: 0})
    solution = solve(problem, name)
    assert solution.x.tolist() == [True, False]
    assert solution.cost == 5
    assert solution.mismatches.tolist() == [2]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("sat", {"engine": "nosuch"}, "'engine' must be a PySAT solver"),
        ("sat", {"engine": "cadical153", "time_limit": 1.0}, "cannot be interrupted"),
        ("sat", {"encoding": "nosuch"}, "'encoding' must be one of auto, totalizer, binary"),
        ("ilp", {"engine": "odd"}, "'engine' must be one of scip, highs"),
        ("cpsat", {"workers": 0}, "'workers' must be at least 1"),
        ("isd", {"rounds": 0}, "'rounds' must be at least 1"),
        ("isd", {"seed": -1}, "'seed' must be at least 0"),
        ("osd", {"order": -1}, "'order' must be at least 0"),
    ],
)
def test_bad_options_are_refused(name, options, message):
    with pytest.raises(InvalidInputError, match=message):
        solve(dense(12, 4), name, **options)


OPTIONS = [
    ("sat", {"engine": "cms"}),
    ("sat", {"engine": "cadical153"}),
    ("sat", {"encoding": "binary"}),
    ("sat", {"encoding": "totalizer"}),
    ("maxsat", {"stratified": True}),
    ("maxsat", {"stratified": False}),
    ("cpsat", {"workers": 2}),
    ("ilp", {"engine": "highs"}),
]


@pytest.mark.parametrize(("name", "options"), OPTIONS)
@given(problem=problems(max_k=16, max_n=6))
def test_every_option_finds_the_minimum(name, options, problem):
    solution = solve(problem, name, **options)
    assert solution.cost == least_cost(problem)
    assert solution.optimal
