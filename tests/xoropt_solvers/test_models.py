"""Each model and encoding option leaves the minimum where it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from parity_problems import least_cost, problems
from xoropt_solvers import encodings, solve
from xoropt_solvers.encodings import Clauses, add_binary_sum, add_parity, add_weight_sum
from xoropt_solvers.models import collapse_errors, eliminate_unknowns, improve_start, shorten_checks
from xoropt_solvers.reduction import reduce_problem
from xoropt_solvers.strategy import Clock

OPTIONS = [
    ("sat", {"solver": "cms"}),
    ("sat", {"solver": "cadical153"}),
    ("maxsat", {"stratified": True}),
    ("maxsat", {"stratified": False}),
    ("cpsat", {"workers": 2}),
    ("ilp", {"engine": "highs"}),
]


@pytest.mark.parametrize(("name", "options"), OPTIONS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(problem=problems(max_k=16, max_n=6))
def test_every_option_finds_the_minimum(name, options, problem):
    solution = solve(problem, name, **options)
    assert solution.cost == least_cost(problem)
    assert solution.optimal


@pytest.mark.parametrize("name", ["sat", "xorsat"])
@settings(max_examples=40, deadline=None, derandomize=True)
@given(problem=problems(max_k=16, max_n=6))
def test_costs_may_be_added_in_binary(name, problem):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "TOTALIZER_CLAUSES", -1)
        solution = solve(problem, name)
    assert solution.cost == least_cost(problem)
    assert solution.optimal


def least_of_model(model):
    """The least cost of an assignment that satisfies all constraints: every one tried."""
    values = (np.arange(1 << len(model.weights))[:, None] >> np.arange(len(model.weights))) & 1
    allowed = ((values @ model.H.T.astype(int)) & 1 == model.syndrome).all(axis=1)
    return int((values[allowed] @ model.weights).min())


@settings(max_examples=100, deadline=None)
@given(problem=problems(max_k=12, max_n=6))
def test_every_step_keeps_the_minimum_and_a_start_that_satisfies_every_check(problem):
    core = reduce_problem(problem)
    least = least_cost(problem) - core.offset
    clock = Clock()
    model = eliminate_unknowns(core.problem, clock)
    models = [model]
    for step in (improve_start, collapse_errors, lambda model: shorten_checks(model, clock)):
        model = step(model)
        models.append(model)
    for model in models:
        assert (model.H[:, model.start].sum(axis=1) % 2 == model.syndrome).all()
        assert least_of_model(model) == least <= model.start_cost
    assert [model.H.sum() for model in models] == sorted((model.H.sum() for model in models), reverse=True)
    assert models[1].start_cost <= models[0].start_cost == solve(core.problem, "greedy").cost


def satisfied(clauses, bits):
    return all(any(bits[abs(v) - 1] == (v > 0) for v in clause) for clause in clauses)


@pytest.mark.parametrize("length", range(9))
@pytest.mark.parametrize("value", [False, True])
def test_a_cut_parity_allows_what_the_parity_allows(length, value):
    clauses = []
    sink = Clauses(clauses.append, length)
    add_parity(sink, range(1, length + 1), value)
    assert max(map(len, clauses), default=0) <= 4
    for word in range(1 << length):
        x = [(word >> i) & 1 == 1 for i in range(length)]
        some = any(
            satisfied(clauses, x + [(extra >> i) & 1 == 1 for i in range(sink.variables - length)])
            for extra in range(1 << (sink.variables - length))
        )
        assert some == (sum(x) % 2 == value)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("weights", [[1, 1, 1, 1, 1], [3, 1, 4, 1, 5], [7, 7, 2, 1, 1]])
def test_a_bounded_sum_allows_what_the_sum_allows(binary, weights):
    from pysat.solvers import Solver

    with Solver(name="glucose4") as engine:
        sink = Clauses(engine.add_clause, 5)
        pairs = [(i + 1, w) for i, w in enumerate(weights)]
        total = add_binary_sum(sink, pairs) if binary else add_weight_sum(sink, [pairs], sum(weights) + 1)
        assert (total.sums == ()) == binary
        for bound in range(sum(weights)):
            limit = total.at_most(bound)
            for word in range(32):
                x = [i + 1 if (word >> i) & 1 else -i - 1 for i in range(5)]
                cost = np.dot([v > 0 for v in x], weights)
                assert engine.solve(assumptions=[*x, *limit]) == (cost <= bound)
