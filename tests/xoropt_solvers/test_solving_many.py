"""`solve_many`: what it refuses; batches, threads, processes and progress."""

import numpy as np
import pytest
from parity_problems import TRIANGLE, dense
from xoropt_solvers import (
    BatchAnswer,
    InvalidInputError,
    ParityBatch,
    ParityProblem,
    Strategy,
    WrongAnswerError,
    solve,
    solve_many,
)
from xoropt_solvers.batch import pack_batch, problem_at

HARD = dense(90, 48, seed=3)


def test_unknown_options_are_refused():
    with pytest.raises(InvalidInputError, match=r"'greedy' does not take options for a batch, but got 'colour'"):
        solve_many(pack_batch([TRIANGLE]), "greedy", colour="red")


@pytest.mark.parametrize(
    ("problems", "options", "message"),
    [
        ([1], {}, "'problems' must be a ParityBatch or hold ParityProblem, not int"),
        (3, {}, "'problems' must be a ParityBatch or a sequence of ParityProblem, not int"),
        ([TRIANGLE], {"progress": 3}, "'progress' must be None or a function of two integers, not 3"),
        ([TRIANGLE], {"jobs": 0}, "'jobs' must be at least 1, not 0"),
        ([TRIANGLE], {"jobs": 1.0}, "'jobs' must be an integer, not 1.0"),
    ],
)
def test_wrong_arguments_are_refused(problems, options, message):
    with pytest.raises(InvalidInputError, match=message):
        solve_many(problems, "greedy", **options)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_batch_gives_what_its_blocks_give_one_by_one(weighted):
    rng = np.random.default_rng(1)
    k = rng.integers(0, 30, 200)
    starts = np.concatenate([[0], np.cumsum(k)])
    rows = rng.integers(0, 2**16, k.sum(), dtype=np.uint64)
    weights = rng.integers(0, 5, k.sum()) if weighted else None
    batch = ParityBatch(rows, rng.random(k.sum()) < 0.5, starts, 16, weights)
    seen = []
    answer = solve_many(batch, "greedy", jobs=2, progress=lambda done, total: seen.append((done, total)))
    alone = [solve(problem_at(batch, i), "greedy") for i in range(len(batch))]
    assert answer.cost.tolist() == [s.cost for s in alone]
    assert answer.lower_bound.tolist() == [s.lower_bound for s in alone]
    assert answer.optimal.tolist() == [s.optimal for s in alone]
    assert seen[-1] == (200, 200)
    listed = solve_many([problem_at(batch, i) for i in range(len(batch))], "greedy")
    assert [s.cost for s in listed] == [s.cost for s in alone]


def test_an_empty_batch_has_an_empty_answer():
    assert solve_many(pack_batch([]), "greedy").cost.shape == (0,)
    assert solve_many([], "greedy") == []


@pytest.mark.parametrize("name", ["sat", "portfolio"])
def test_processes_and_progress(name):
    problems = [dense(14, 5, seed) for seed in range(6)]
    seen = []
    solutions = solve_many(problems, name, jobs=2, progress=lambda done, total: seen.append((done, total)))
    assert [s.cost for s in solutions] == [solve(p, "exhaustive").cost for p in problems]
    assert seen[-1] == (6, 6)
    batch = solve_many(pack_batch(problems), name, jobs=2)
    assert batch.cost.tolist() == [s.cost for s in solutions]


def test_an_interrupt_stops_the_processes():
    problems = [dense(14, 5, seed) for seed in range(40)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_many(problems, "sat", jobs=2, progress=stop)
    with pytest.raises(KeyboardInterrupt):
        solve_many(pack_batch(problems), "greedy", progress=stop)
    assert len(solve_many(problems[:3], "sat", jobs=2)) == 3


@pytest.mark.parametrize("name", ["portfolio", "exhaustive", "coset", "greedy"])
def test_heavy_blocks_count_apart(name):
    problem = ParityProblem(dense(12, 4).A, dense(12, 4).b, [2**58] * 12)
    solutions = solve_many([problem] * 40, name)
    assert {s.cost for s in solutions} == {solve(problem, name).cost}


def test_many_problems_of_low_rank_are_enumerated_as_one_is():
    A = np.zeros((6, 40), bool)
    A[[0, 1, 2], 3] = A[[3, 4, 5], 7] = True
    problem = ParityProblem(A, [1, 0, 1, 1, 0, 0])
    assert [s.cost for s in solve_many([problem, problem], "exhaustive")] == [2, 2]


def test_the_answer_does_not_depend_on_the_number_of_jobs():
    rng = np.random.default_rng(4)
    care = rng.random((5000, 240)) >= 0.88
    rows = np.broadcast_to(rng.integers(0, 2**24, 240, dtype=np.uint64), care.shape)[care]
    batch = ParityBatch(rows, rng.random(len(rows)) < 0.5, np.append(0, np.cumsum(care.sum(axis=1))), 24)
    one, two = (solve_many(batch, "portfolio", jobs=jobs) for jobs in (1, 2))
    assert np.array_equal(one.x, two.x)
    assert np.array_equal(one.lower_bound, two.lower_bound)


@pytest.mark.parametrize("name", ["coset", "portfolio"])
def test_a_block_over_the_budget_says_so(name):
    batch = pack_batch([HARD, TRIANGLE])
    answer = solve_many(batch, name, time_limit=1e-6)
    assert answer.optimal.tolist() == [False, True]
    assert 0 < answer.lower_bound[0] < answer.cost[0]
    again = solve_many(batch, name, time_limit=1e-6)
    assert again.cost.tolist() == answer.cost.tolist()


@pytest.mark.parametrize(
    ("x", "cost", "bound", "message"),
    [(3, 0, 0, "claims cost 0"), (3, 1, 2, "lower bound 2"), (7, 1, 0, "beyond n = 2")],
)
def test_a_wrong_batch_answer_raises(register, x, cost, bound, message):
    def run_batch(batch, time_limit):
        return BatchAnswer(np.array([x], np.uint64), np.array([cost]), np.array([bound]))

    register(Strategy("other", lambda problem, clock: None, exact=False, run_batch=run_batch))
    with pytest.raises(WrongAnswerError, match=message):
        solve_many(pack_batch([TRIANGLE]), "other")


@pytest.mark.parametrize("answer", [None, BatchAnswer(None, None, None), BatchAnswer([3], [1], [0])])
def test_a_batch_answer_of_wrong_types_raises(register, answer):
    strategy = Strategy("other", lambda problem, clock: None, exact=False, run_batch=lambda batch, limit: answer)
    register(strategy)
    with pytest.raises(WrongAnswerError, match="'other' returned"):
        solve_many(pack_batch([TRIANGLE]), "other")


def test_a_strategy_cannot_change_the_batch(register):
    def run_batch(batch, time_limit):
        batch.values[:] = False
        return BatchAnswer(np.zeros(1, np.uint64), np.zeros(1, np.int64), np.zeros(1, np.int64))

    register(Strategy("other", lambda problem, clock: None, exact=False, run_batch=run_batch))
    batch = pack_batch([TRIANGLE])
    with pytest.raises(WrongAnswerError, match="claims cost 0"):
        solve_many(batch, "other")
    assert batch.values.all()
