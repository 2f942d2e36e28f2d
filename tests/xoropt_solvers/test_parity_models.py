"""Each step of the model keeps the minimum."""

import numpy as np
from hypothesis import given
from parity_problems import least_cost, problems
from xoropt_solvers import Clock, solve
from xoropt_solvers.models import collapse_errors, eliminate_unknowns, improve_start, shorten_checks
from xoropt_solvers.reduction import reduce_problem


def least_of_model(model):
    """The least cost of an assignment that satisfies all constraints: every one tried."""
    values = (np.arange(1 << len(model.weights))[:, None] >> np.arange(len(model.weights))) & 1
    allowed = ((values @ model.H.T.astype(int)) & 1 == model.syndrome).all(axis=1)
    return int((values[allowed] @ model.weights).min())


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
