"""Time limits: the best answer so far comes back, and nothing that was not proved is called optimal."""

import contextlib

import numpy as np
import pytest
from parity_problems import dense, planted
from xoropt_solvers import Answer, Clock, solve
from xoropt_solvers.models import parity_model
from xoropt_solvers.problem import mismatch_mask
from xoropt_solvers.strategies import coset, exhaustive, isd, maxsat, osd, sat
from xoropt_solvers.strategy import BatchAnswer

HARD = dense(90, 48, seed=3)  # minutes for each engine


class Looks(Clock):
    """A clock that has expired when it was looked at so many times."""

    def __init__(self, looks):
        super().__init__(1.0)
        self.looks = looks

    def expired(self):
        self.looks -= 1
        return self.looks < 0

    def left(self):
        return self.time_limit


@pytest.mark.parametrize("name", ["coset", "sat", "xorsat", "maxsat", "cpsat", "ilp"])
def test_an_answer_at_the_limit_is_not_called_optimal(name):
    solution = solve(HARD, name, time_limit=0.2)
    assert 0 < solution.lower_bound <= solution.cost <= solve(HARD, "greedy").cost
    if name != "coset":  # which may well prove it in time
        assert not solution.optimal


@pytest.mark.parametrize("name", ["sat", "xorsat", "maxsat", "cpsat", "ilp", "osd", "portfolio"])
def test_problems_too_large_for_the_limit_have_an_answer(name):
    solution = solve(dense(800, 300), name, time_limit=0.5)
    assert not solution.optimal
    assert 0 < solution.lower_bound < solution.cost <= solve(dense(800, 300), "greedy").cost


def test_a_decoder_that_would_not_be_done_in_time_is_not_begun(monkeypatch):
    problem = dense(40, 12)
    greedy = solve(problem, "greedy")
    assert solve(problem, "osd", time_limit=100.0).cost < greedy.cost
    monkeypatch.setattr(osd, "SECONDS", 1.0)
    assert solve(problem, "osd", time_limit=100.0).x.tolist() == greedy.x.tolist()


@pytest.mark.parametrize("strategy", [sat, maxsat])
def test_an_engine_that_is_interrupted_at_once_leaves_the_start(monkeypatch, strategy):
    seconds = []

    @contextlib.contextmanager
    def at_once(interrupt, limit):
        seconds.append(limit)
        interrupt()
        yield

    monkeypatch.setattr(strategy, "interrupting", at_once)
    solution = solve(HARD, strategy.STRATEGY.name, time_limit=100.0)
    assert seconds
    assert all(0 < limit < 100.0 for limit in seconds)
    assert not solution.optimal
    assert 0 < solution.lower_bound < solution.cost == parity_model(HARD).start_cost


def test_cryptominisat_is_given_the_time_that_is_left(monkeypatch):
    limits = []

    class Solver:
        def __init__(self, threads):
            assert threads == 1

        def add_clause(self, clause):
            pass

        def add_xor_clause(self, variables, value):
            pass

        def solve(self, assumptions, time_limit=None):
            limits.append(time_limit)
            return None, None

    monkeypatch.setattr("pycryptosat.Solver", Solver)
    assert not solve(dense(40, 12), "xorsat", time_limit=100.0).optimal
    assert not solve(dense(40, 12), "xorsat").optimal
    assert len(limits) == 2
    assert 0 < limits[0] < 100.0
    assert limits[1] is None


@pytest.mark.parametrize("parts", [1, 3])
def test_an_enumeration_that_is_stopped_has_the_best_of_the_seeds_tried(monkeypatch, parts):
    monkeypatch.setattr(exhaustive, "PART", 2)  # steps of 2^9 seeds
    problem = dense(50, 12, seed=7)
    answer = exhaustive.run(problem, Looks(parts - 1))
    tried = [(step ^ step >> 1) << 9 | low for step in range(2 * parts) for low in range(1 << 9)]
    xs = (np.array(tried)[:, None] >> np.arange(12)) & 1
    best = int((((xs @ problem.A.T.astype(int)) & 1) ^ problem.b).sum(axis=1).min())
    assert answer.cost == best == mismatch_mask(problem, answer.x).sum()
    assert answer.lower_bound == 1
    assert exhaustive.run(problem, Looks(100)).cost < best


@pytest.mark.parametrize("looks", [1, 4])
def test_information_sets_are_drawn_until_the_time_is_up(looks):
    problem = planted(120, 70, [5, 50, 100], seed=5)
    answer = isd.run(problem, Looks(looks))
    assert answer.info["rounds"] == isd.ROUNDS_A_CALL * looks
    assert answer.lower_bound == 1


def _steps(monkeypatch, proved):
    """The budgets of the kernel's calls, of which the last one proves its answer if `proved` says so."""
    steps = []

    def run(batch, budget):
        steps.append(budget)
        bound = 5 if proved and len(steps) == proved else 1
        return BatchAnswer(np.zeros(1, np.uint64), np.array([5]), np.array([bound]))

    monkeypatch.setattr(coset, "coset_answer", run)
    return steps


def test_the_coset_search_spends_ever_larger_budgets_until_the_proof(monkeypatch):
    steps = _steps(monkeypatch, proved=3)
    answer = coset.run(dense(40, 12), Clock())
    assert steps == [1 << 26, 1 << 28, 1 << 30]
    assert answer.lower_bound == answer.cost == 5


def test_the_coset_search_spends_no_more_steps_than_its_time_allows(monkeypatch):
    steps = _steps(monkeypatch, proved=None)
    answer = coset.run(dense(40, 12), Looks(0))  # always a second left
    assert steps == [1 << 26, 1 << 28, 10**9]
    assert isinstance(answer, Answer)
    assert (answer.cost, answer.lower_bound) == (5, 1)
