"""Time limits: the best answer so far comes back, and nothing that was not proved is called optimal."""

import contextlib
from types import SimpleNamespace

import numpy as np
import pytest
from parity_problems import dense, least_cost, planted, seeded_problem
from xoropt_solvers import Clock, LimitExceededError, ParityProblem, models, solve, wide, zimmermann
from xoropt_solvers import strategy as strategy_module
from xoropt_solvers.interrupts import AbandonedError
from xoropt_solvers.models import parity_model
from xoropt_solvers.problem import mismatch_mask
from xoropt_solvers.strategies import coset, cpsat, exhaustive, ilp, isd, maxsat, osd, sat, xorsat
from xoropt_solvers.strategy import BatchAnswer, TimeUpError

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
    limits = []

    def at_once(call, seconds, interrupt, discard, ended_by=None):
        limits.append(seconds)
        interrupt()
        return call()

    monkeypatch.setattr(strategy, "call_within", at_once)
    solution = solve(HARD, strategy.STRATEGY.name, time_limit=100.0)
    assert limits
    assert all(0 < limit < 100.0 for limit in limits)
    assert not solution.optimal
    assert 0 < solution.lower_bound < solution.cost == parity_model(HARD).start_cost


@pytest.mark.parametrize("strategy", [sat, xorsat, maxsat])
def test_an_engine_that_heeds_no_interrupt_is_left_behind(monkeypatch, strategy):
    def left_behind(call, seconds, interrupt, discard, ended_by=None):
        raise AbandonedError

    monkeypatch.setattr(strategy, "call_within", left_behind)
    solution = solve(HARD, strategy.STRATEGY.name, time_limit=100.0)
    assert not solution.optimal
    assert 0 < solution.lower_bound < solution.cost == parity_model(HARD).start_cost


@pytest.mark.parametrize("stratified", [False, True])
def test_maxsat_keeps_the_best_assignment_that_a_stopped_search_has_seen(monkeypatch, stratified):
    def too_late(call, seconds, interrupt, discard, ended_by=None):
        call()
        raise AbandonedError

    monkeypatch.setattr(maxsat, "call_within", too_late)
    given = dense(44, 14, seed=14)
    weighted = ParityProblem(given.A, given.b, np.arange(44) % 5 + 1)
    solution = solve(weighted, "maxsat", stratified=stratified)
    assert solution.cost == least_cost(weighted) < parity_model(weighted).start_cost
    assert not solution.optimal


def test_cryptominisat_runs_in_slices_that_fit_the_time_left(monkeypatch):
    """Its seconds are the processor's: here it gets a third of it, and each slice takes three times as long."""
    now = SimpleNamespace(wall=50.0, own=0.0)
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
            now.own += time_limit or 0.0
            now.wall += 3 * (time_limit or 0.0)
            return None, None

    time = SimpleNamespace(perf_counter=lambda: now.wall, process_time=lambda: now.own)
    monkeypatch.setattr(strategy_module, "time", time)
    monkeypatch.setattr(xorsat, "time", time)
    monkeypatch.setattr("pycryptosat.Solver", Solver)
    assert not solve(dense(40, 12), "xorsat", time_limit=9.0).optimal
    assert limits == [pytest.approx(seconds) for seconds in (0.1, 0.4, 1.6, 0.9)]
    assert now.wall == pytest.approx(59.0, abs=0.01)
    limits.clear()
    assert not solve(dense(40, 12), "xorsat").optimal
    assert limits == [None]


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


def test_information_sets_are_drawn_no_more_when_the_cost_is_the_bound():
    solution = solve(planted(120, 70, [5], seed=5), "isd")
    assert solution.optimal
    assert solution.info["rounds"] < 1000


@contextlib.contextmanager
def stopped(seconds, ended_by=None):
    """Stands for `stopping`: the time is up from the start."""
    yield np.ones(1, dtype=np.int64)


def test_a_set_of_rows_that_was_not_tried_to_the_end_is_not_counted(monkeypatch):
    monkeypatch.setattr(isd, "stopping", stopped)
    problem = planted(120, 70, [5, 50, 100], seed=5)
    solution = solve(problem, "isd", rounds=3)
    assert solution.cost == solve(problem, "greedy").cost
    assert solution.info["rounds"] == 0
    assert solution.info["probability"] == 0.0


def test_a_transform_that_is_stopped_has_the_best_of_the_seeds_tried(monkeypatch):
    monkeypatch.setattr(exhaustive, "stopping", stopped)
    monkeypatch.setattr(exhaustive, "TRANSFORMED", 8)
    problem = ParityProblem(dense(50, 12, seed=7).A, dense(50, 12, seed=7).b, np.arange(50) * 1000 + 1)
    xs = (np.arange(1 << 8)[:, None] >> np.arange(12)) & 1
    tried = ((((xs @ problem.A.T.astype(int)) & 1) ^ problem.b) @ problem.weights).min()
    greedy = solve(problem, "greedy")
    answer = exhaustive.run(problem, Clock(1.0))
    assert answer.cost == min(tried, greedy.cost) == problem.weights[mismatch_mask(problem, answer.x)].sum()
    assert answer.lower_bound == greedy.lower_bound < answer.cost


@pytest.mark.parametrize("low", [3, 8, 12])
def test_the_parts_of_a_transform_make_up_the_whole(monkeypatch, low):
    monkeypatch.setattr(exhaustive, "TRANSFORMED", low)
    for seed in range(20):
        problem = seeded_problem(seed, max_k=40, max_n=12, weighted=True)
        assert solve(problem, "exhaustive").cost == least_cost(problem)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("k", "n"), [(90, 48), (200, 40), (120, 70)])
def test_a_coset_search_that_is_stopped_claims_no_more_than_it_has(monkeypatch, k, n, weighted):
    monkeypatch.setattr(coset, "stopping", stopped)
    monkeypatch.setattr(wide, "stopping", stopped)
    monkeypatch.setattr(zimmermann, "stopping", stopped)
    given = dense(k, n, seed=3)
    problem = ParityProblem(given.A, given.b, np.arange(k) % 7 + 1) if weighted else given
    solution = solve(problem, "coset")
    assert 0 < solution.lower_bound < solution.cost <= solve(problem, "greedy").cost


def _steps(monkeypatch, answers):
    """The budgets of the kernel's calls; each has a cost, a bound, and whether it is stopped."""
    steps = []

    def run(batch, budget, stop):
        cost, bound, ended = answers[len(steps)]
        steps.append(budget)
        stop[0] = ended
        return BatchAnswer(np.full(1, cost, np.uint64), np.array([cost]), np.array([bound]))

    monkeypatch.setattr(coset, "coset_answer", run)
    return steps


def test_the_coset_search_spends_ever_larger_budgets_until_the_proof(monkeypatch):
    steps = _steps(monkeypatch, [(5, 1, 0), (5, 1, 0), (5, 5, 0)])
    answer = coset.run(dense(40, 12), Clock())
    assert steps == [1 << 26, 1 << 28, 1 << 30]
    assert answer.lower_bound == answer.cost == 5


def test_a_stopped_coset_search_has_the_best_answer_and_the_best_bound_of_all_its_calls(monkeypatch):
    steps = _steps(monkeypatch, [(6, 1, 0), (5, 3, 0), (7, 2, 1)])
    answer = coset.run(dense(40, 12), Clock(100.0))
    assert len(steps) == 3
    assert (answer.cost, answer.lower_bound) == (5, 3)
    assert answer.x[:3].tolist() == [True, False, True]


def test_the_coset_search_ends_where_no_budget_is_enough(monkeypatch):
    monkeypatch.setattr(coset, "MOST_STEPS", 1 << 27)
    steps = _steps(monkeypatch, [(6, 1, 0), (6, 1, 0)])
    assert coset.run(dense(40, 12), Clock()).lower_bound == 1
    assert steps == [1 << 26, 1 << 27]


@pytest.mark.parametrize("strategy", [sat, xorsat, maxsat, cpsat, ilp])
def test_an_engine_that_is_not_ready_in_time_leaves_the_models_start(monkeypatch, strategy):
    def search(*args):
        raise TimeUpError

    monkeypatch.setattr(strategy, "search", search)
    solution = solve(HARD, strategy.STRATEGY.name, time_limit=100.0)
    assert solution.cost == parity_model(HARD).start_cost < solve(HARD, "greedy").cost
    assert solution.lower_bound == 1


@pytest.mark.parametrize("name", ["sat", "xorsat", "maxsat", "cpsat", "ilp", "osd"])
def test_a_model_that_grows_with_the_square_of_the_rows_is_not_made(monkeypatch, name):
    monkeypatch.setattr(models, "LARGEST_MODEL", 100)
    problem = dense(40, 12)
    assert solve(problem, name, time_limit=100.0).x.tolist() == solve(problem, "greedy").x.tolist()
    with pytest.raises(LimitExceededError, match="40 rows, of which 28 depend on others, is too large for an engine"):
        solve(problem, name)
