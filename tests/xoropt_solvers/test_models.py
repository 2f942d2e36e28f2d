"""Each model and encoding option leaves the minimum where it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from parity_problems import least_cost, problems
from xoropt_solvers import solve
from xoropt_solvers.encodings import Clauses, add_parity, add_weight_sum
from xoropt_solvers.models import parity_model

OPTIONS = [
    ("sat", {"form": "primal"}),
    ("sat", {"solver": "cms"}),
    ("sat", {"solver": "cadical153", "cut": 3}),
    ("sat", {"counter": "sequential", "split": False}),
    ("sat", {"counter": "adder", "direction": "up"}),
    ("sat", {"collapse": False, "sparsify": False, "improve": False, "split": False}),
    ("xorsat", {"form": "primal", "counter": "adder"}),
    ("xorsat", {"direction": "up"}),
    ("maxsat", {"stratified": True, "form": "primal"}),
    ("maxsat", {"stratified": False}),
    ("cpsat", {"cut": 4}),
    ("cpsat", {"form": "primal"}),
    ("ilp", {"engine": "highs"}),
    ("ilp", {"tight": False, "form": "primal"}),
]


@pytest.mark.parametrize(("name", "options"), OPTIONS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(problem=problems(max_k=16, max_n=6))
def test_every_option_finds_the_minimum(name, options, problem):
    solution = solve(problem, name, **options)
    assert solution.cost == least_cost(problem)
    assert solution.optimal


@settings(max_examples=100, deadline=None)
@given(problem=problems(max_k=20, max_n=8))
def test_the_start_satisfies_every_check(problem):
    for form in ("primal", "systematic"):
        model = parity_model(problem, form)
        for check, value in zip(model.checks, model.syndrome, strict=True):
            assert model.start[list(check)].sum() % 2 == value
        assert model.start_cost >= 0


def satisfied(clauses, bits):
    return all(any(bits[abs(v) - 1] == (v > 0) for v in clause) for clause in clauses)


@pytest.mark.parametrize("cut", [3, 4, 6])
@pytest.mark.parametrize("value", [False, True])
def test_a_cut_parity_allows_what_the_parity_allows(cut, value):
    clauses = []
    sink = Clauses(clauses.append, 6)
    add_parity(sink, range(1, 7), value, cut)
    for word in range(64):
        x = [(word >> i) & 1 == 1 for i in range(6)]
        some = any(
            satisfied(clauses, x + [(extra >> i) & 1 == 1 for i in range(sink.variables - 6)])
            for extra in range(1 << (sink.variables - 6))
        )
        assert some == (sum(x) % 2 == value)


@pytest.mark.parametrize("counter", ["totalizer", "sequential", "adder"])
@pytest.mark.parametrize("weights", [[1, 1, 1, 1, 1], [3, 1, 4, 1, 5], [7, 7, 2, 1, 1]])
def test_a_bounded_sum_allows_what_the_sum_allows(counter, weights):
    from pysat.solvers import Solver

    with Solver(name="glucose4") as engine:
        sink = Clauses(engine.add_clause, 5)
        pairs = [(i + 1, w) for i, w in enumerate(weights)]
        total = add_weight_sum(sink, [pairs], sum(weights) + 1, counter)
        for bound in range(sum(weights)):
            limit = total.at_most(bound)
            for word in range(32):
                x = [i + 1 if (word >> i) & 1 else -i - 1 for i in range(5)]
                cost = np.dot([v > 0 for v in x], weights)
                assert engine.solve(assumptions=[*x, *limit]) == (cost <= bound)
