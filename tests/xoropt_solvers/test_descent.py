"""The descent to the minimum, with an engine that tries every assignment and a clock that a test stops."""

import numpy as np
import pytest
from parity_problems import dense, least_cost
from xoropt_solvers import Clock, descent
from xoropt_solvers.encodings import WeightSum
from xoropt_solvers.models import collapse_errors, eliminate_unknowns, shorten_checks

PROBLEM = dense(14, 6, seed=2)


class Stopped(Clock):
    """A clock that has expired when it was looked at so many times."""

    def __init__(self, looks):
        super().__init__()
        self.looks = looks

    def expired(self):
        self.looks -= 1
        return self.looks < 0


@pytest.fixture
def model():
    clock = Clock()
    return shorten_checks(collapse_errors(eliminate_unknowns(PROBLEM, clock)), clock)


def engine(model, answers=1000):
    """Asks with the bound itself as assumption; the answer is the dearest assignment within it, or None at the end."""
    values = ((np.arange(1 << len(model.weights))[:, None] >> np.arange(len(model.weights))) & 1).astype(bool)
    values = values[((values @ model.H.T.astype(int)) & 1 == model.syndrome).all(axis=1)]
    costs = values @ model.weights
    asked = []

    def ask(assumptions, seconds):
        asked.append(assumptions[0])
        if len(asked) > answers:
            return None, []
        within = np.flatnonzero(costs <= assumptions[0])
        return (True, values[within[np.argmax(costs[within])]].tolist()) if len(within) else (False, [])

    return ask, asked


BOUNDS = WeightSum((), lambda bound: [bound])


def test_each_answer_lowers_the_bound_until_one_is_refuted(model):
    ask, asked = engine(model)
    found = descent.minimize(model, BOUNDS, ask, Clock())
    least = least_cost(PROBLEM)
    assert model.start_cost > least + 1
    assert asked == list(range(model.start_cost - 1, least - 2, -1))
    assert (found.cost, found.lower_bound, found.asked) == (least, least, len(asked))
    assert model.weights[found.values].sum() == least


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_the_best_so_far_is_left_where_the_engine_runs_out_of_time(model, answers):
    ask, asked = engine(model, answers)
    found = descent.minimize(model, BOUNDS, ask, Clock())
    assert len(asked) == answers + 1
    assert (found.cost, found.lower_bound) == (model.start_cost - answers, 1)
    assert model.weights[found.values].sum() == found.cost
    assert (model.H[:, found.values].sum(axis=1) % 2 == model.syndrome).all()


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_no_question_is_asked_when_the_time_is_up(model, looks):
    ask, asked = engine(model)
    found = descent.minimize(model, BOUNDS, ask, Stopped(looks))
    assert len(asked) == found.asked == looks
    assert (found.cost, found.lower_bound) == (model.start_cost - looks, 1)


def test_one_refuted_half_of_a_bound_proves_nothing(model):
    halves = WeightSum((), lambda bound: [bound], parts=(BOUNDS, BOUNDS))
    found = descent.minimize(model, halves, lambda assumptions, seconds: (False, []), Stopped(1))
    assert (found.asked, found.lower_bound, found.cost) == (1, 1, model.start_cost)
    found = descent.minimize(model, halves, lambda assumptions, seconds: (False, []), Stopped(2))
    assert (found.asked, found.lower_bound, found.cost) == (2, model.start_cost, model.start_cost)
