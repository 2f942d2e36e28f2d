"""`solve` and `solve_many`: checks, limits, errors, registration."""

import time

import numpy as np
import pytest
from xoropt_solvers import (
    Answer,
    BatchAnswer,
    InvalidInputError,
    LimitExceededError,
    MissingPackageError,
    ParityBatch,
    ParityProblem,
    SolverError,
    Strategy,
    UnknownStrategyError,
    WrongAnswerError,
    available,
    registry,
    solve,
    solve_many,
)
from xoropt_solvers.batch import pack_batch

SMALL = ParityProblem([[1, 0], [0, 1], [1, 1]], [1, 1, 1])


def dense(k, n, seed=0):
    rng = np.random.default_rng(seed)
    return ParityProblem(rng.random((k, n)) < 0.5, rng.random(k) < 0.5)


def register(monkeypatch, strategy):
    """As an installed package would, by its entry point."""

    class Entry:
        def load(self):
            return strategy

    monkeypatch.setattr(registry, "_entry_points", lambda: {"other": Entry()})


@pytest.mark.parametrize("name", available())
def test_every_strategy_solves_a_triangle(name):
    solution = solve(SMALL, name)
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
    "limit",
    [
        0,
        -1,
        0.0,
        float("nan"),
        float("inf"),
        -float("inf"),
        np.float32("inf"),
        "1",
        True,
        np.True_,
        1j,
        -(10**400),
        [1],
    ],
)
def test_a_time_limit_must_be_positive(limit):
    with pytest.raises(InvalidInputError, match="'time_limit' must be None or a finite positive number of seconds"):
        solve(SMALL, "greedy", time_limit=limit)
    with pytest.raises(InvalidInputError, match="'time_limit' must be None or a finite positive number of seconds"):
        solve_many([SMALL], "greedy", time_limit=limit)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(UnknownStrategyError, match=r"one of portfolio, greedy.*not 'magic'"):
        solve(SMALL, "magic")
    with pytest.raises(InvalidInputError, match="'name' must be the name"):
        solve(SMALL, 3)


def test_unknown_options_are_refused():
    with pytest.raises(InvalidInputError, match=r"'greedy' does not take.*'colour'"):
        solve(SMALL, "greedy", colour="red")
    with pytest.raises(InvalidInputError, match=r"'greedy' does not take options for a batch, but got 'colour'"):
        solve_many(pack_batch([SMALL]), "greedy", colour="red")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("sat", {"solver": "nosuch"}, "'solver' must be a PySAT solver"),
        ("sat", {"solver": "cadical153", "time_limit": 1.0}, "cannot be interrupted"),
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


def test_limits_name_the_strategy_to_use():
    with pytest.raises(LimitExceededError, match="at most 28, not 30: use 'coset' or 'portfolio'"):
        solve(dense(40, 30), "exhaustive")
    with pytest.raises(LimitExceededError, match="at most 28, not 30: use 'coset' or 'portfolio'"):
        solve_many(ParityBatch(np.array([1], np.uint64), np.array([True]), np.array([0, 1]), 30), "exhaustive")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("xoropt_solvers.strategy._installed", lambda module: module != "pysat")
    assert "sat" not in available()
    assert "xorsat" in available()
    for call in (lambda: solve(SMALL, "sat"), lambda: solve_many([SMALL], "sat")):
        with pytest.raises(MissingPackageError, match="pip install python-sat") as caught:
            call()
        assert isinstance(caught.value, ImportError | SolverError)


def test_problems_must_be_problems():
    with pytest.raises(InvalidInputError, match="'problem' must be a ParityProblem, not list"):
        solve([[1]], "greedy")
    with pytest.raises(InvalidInputError, match="'problems' must be a ParityBatch or hold"):
        solve_many([1], "greedy")
    with pytest.raises(InvalidInputError, match="'problems' must be a ParityBatch or a sequence"):
        solve_many(3, "greedy")
    with pytest.raises(InvalidInputError, match="'progress' must be None or a function"):
        solve_many([SMALL], "greedy", progress=3)
    with pytest.raises(InvalidInputError, match="'jobs' must be at least 1, not 0"):
        solve_many([SMALL], "greedy", jobs=0)


def test_another_package_can_add_a_strategy(monkeypatch):
    def run(problem, clock):
        return Answer(np.ones(problem.n, bool), 1, 0)

    register(monkeypatch, Strategy("other", run, exact=False, reduces=False))
    assert "other" in available()
    assert solve(SMALL, "other").mismatches.tolist() == [2]
    answer = solve_many(pack_batch([SMALL, SMALL]), "other")
    assert answer.x.tolist() == [3, 3]
    assert answer.cost.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(np.ones(2, bool), 0, 0), "claims cost 0"),
        (Answer(np.ones(2, bool), 1, 2), "lower bound 2"),
        (Answer(np.ones(3, bool), 1, 0), r"returned x of shape \(3,\)"),
    ],
)
def test_a_wrong_answer_raises(monkeypatch, answer, message):
    register(monkeypatch, Strategy("other", lambda problem, clock: answer, exact=False, reduces=False))
    with pytest.raises(WrongAnswerError, match=message):
        solve(SMALL, "other")
    with pytest.raises(WrongAnswerError, match=message):
        solve_many([SMALL], "other")


@pytest.mark.parametrize(
    ("x", "cost", "bound", "message"),
    [(3, 0, 0, "claims cost 0"), (3, 1, 2, "lower bound 2"), (7, 1, 0, "beyond n = 2")],
)
def test_a_wrong_batch_answer_raises(monkeypatch, x, cost, bound, message):
    def run_batch(batch, time_limit):
        return BatchAnswer(np.array([x], np.uint64), np.array([cost]), np.array([bound]))

    register(monkeypatch, Strategy("other", lambda problem, clock: None, exact=False, run_batch=run_batch))
    with pytest.raises(WrongAnswerError, match=message):
        solve_many(pack_batch([SMALL]), "other")


HARD = dense(90, 48, seed=3)


@pytest.mark.parametrize("name", ["coset", "sat", "xorsat", "maxsat", "cpsat", "ilp"])
def test_a_time_limit_is_kept_and_said(name):
    begin = time.perf_counter()
    solution = solve(HARD, name, time_limit=0.2)
    assert time.perf_counter() - begin < 60
    assert solution.lower_bound <= solution.cost
    if name != "coset":  # which may well prove it in time
        assert not solution.optimal


@pytest.mark.parametrize("name", ["coset", "portfolio"])
def test_a_block_over_the_budget_says_so(name):
    batch = pack_batch([HARD, SMALL])
    answer = solve_many(batch, name, time_limit=1e-6)
    assert answer.optimal.tolist() == [False, True]
    assert 0 < answer.lower_bound[0] < answer.cost[0]
    again = solve_many(batch, name, time_limit=1e-6)
    assert again.cost.tolist() == answer.cost.tolist()


def test_dense_problems_beyond_enumeration_are_proved():
    solution = solve(dense(64, 32), "portfolio")
    assert solution.optimal
    assert solution.cost == solve(dense(64, 32), "xorsat", time_limit=100).cost == 9


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


def test_more_unknowns_than_a_word():
    rng = np.random.default_rng(0)
    A = rng.random((76, 70)) < 0.5
    errors = np.zeros(76, bool)
    errors[[3, 40]] = True
    b = ((A.astype(int) @ rng.integers(0, 2, 70)) % 2).astype(bool) ^ errors
    solution = solve(ParityProblem(A, b), time_limit=60)
    assert solution.cost <= 2
    assert solution.optimal
    few = np.concatenate([A[:, :20], A[:, :20], A[:, :40]], axis=1)
    assert solve(ParityProblem(few, b), "coset").optimal


def test_isd_reports_its_probability():
    rng = np.random.default_rng(5)
    A = rng.random((120, 70)) < 0.5
    errors = np.zeros(120, bool)
    errors[[5, 50, 100]] = True
    b = ((A.astype(int) @ rng.integers(0, 2, 70)) % 2).astype(bool) ^ errors
    solution = solve(ParityProblem(A, b), "isd", rounds=200, seed=1)
    assert solution.cost == 3
    assert solution.mismatches.tolist() == [5, 50, 100]
    assert solution.info["rounds"] == 200
    assert 0.99 < solution.info["probability"] <= 1.0
    assert not solution.optimal


@pytest.mark.parametrize("limit", [1e300, 10**400, np.float64(1e10)])
@pytest.mark.parametrize("name", ["sat", "ilp", "cpsat", "coset"])
def test_a_huge_time_limit_is_none(name, limit):
    assert solve(dense(12, 4), name, time_limit=limit).optimal


@pytest.mark.parametrize(("name", "weight"), [("cpsat", 2**55), ("cpsat", 2**53), ("ilp", 2**55), ("ilp", 2**18)])
def test_weights_beyond_an_engines_exactness_are_refused(name, weight):
    problem = ParityProblem([[1, 0], [0, 1], [1, 1]], [1, 1, 1], weights=[1, 1, weight])
    with pytest.raises(LimitExceededError, match="use 'xorsat' or 'coset'"):
        solve(problem, name)
    assert solve(problem, "xorsat").cost == 1
    assert solve(problem, "coset").cost == 1


@pytest.mark.parametrize(("name", "weight"), [("cpsat", 2**48), ("ilp", 2**13)])
def test_large_weights_within_it_stay_exact(name, weight):
    rng = np.random.default_rng(7)
    weights = np.where(rng.random(24) < 0.5, 1, weight)
    problem = ParityProblem(rng.random((24, 8)) < 0.5, rng.random(24) < 0.5, weights)
    solution = solve(problem, name)
    assert solution.optimal
    assert solution.cost == solve(problem, "exhaustive").cost


def test_options_are_checked_where_no_search_is_needed():
    with pytest.raises(InvalidInputError, match=r"'sat' does not take.*'bogus'"):
        solve(ParityProblem([[1]], [1]), "sat", bogus=1)


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


@pytest.mark.parametrize("reduces", [False, True])
def test_a_strategy_cannot_change_the_problem(monkeypatch, reduces):
    def run(problem, clock):
        for array in (problem.A, problem.b):
            array.flags.writeable = True
            array[:] = 0
        return Answer(np.zeros(problem.n, bool), 0, 0)

    register(monkeypatch, Strategy("other", run, exact=False, reduces=reduces))
    problem = ParityProblem(SMALL.A, SMALL.b)
    with pytest.raises(WrongAnswerError, match="claims cost 0"):
        solve(problem, "other")
    assert problem.b.all()


def test_a_strategy_cannot_change_the_batch(monkeypatch):
    def run_batch(batch, time_limit):
        batch.values[:] = False
        return BatchAnswer(np.zeros(1, np.uint64), np.zeros(1, np.int64), np.zeros(1, np.int64))

    register(monkeypatch, Strategy("other", lambda problem, clock: None, exact=False, run_batch=run_batch))
    batch = pack_batch([SMALL])
    with pytest.raises(WrongAnswerError, match="claims cost 0"):
        solve_many(batch, "other")
    assert batch.values.all()


@pytest.mark.parametrize("reduces", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        None,
        "answer",
        Answer(None, 1, 0),
        Answer(np.array(["1", "1"]), 1, 0),
        Answer(np.array([np.nan, 1.0]), 1, 0),
        Answer(np.array([2, 1]), 1, 0),
        Answer(np.ones(5, bool), 1, 0),
        Answer(np.ones(2, bool), None, 0),
        Answer(np.ones(2, bool), "1", 0),
        Answer(np.ones(2, bool), 1, float("nan")),
        Answer(np.ones(2, bool), 1, 1.9),
        Answer(np.ones(2, bool), 1, 0, None),
    ],
)
def test_an_answer_of_wrong_types_raises(monkeypatch, answer, reduces):
    register(monkeypatch, Strategy("other", lambda problem, clock: answer, exact=False, reduces=reduces))
    for problem in (SMALL, ParityProblem([[1, 0, 1], [0, 1, 0], [1, 1, 0]], [1, 1, 1], fixed={2: 0})):
        with pytest.raises(WrongAnswerError, match=r"'other' (returned|claims)"):
            solve(problem, "other")


@pytest.mark.parametrize("answer", [None, BatchAnswer(None, None, None), BatchAnswer([3], [1], [0])])
def test_a_batch_answer_of_wrong_types_raises(monkeypatch, answer):
    strategy = Strategy("other", lambda problem, clock: None, exact=False, run_batch=lambda batch, limit: answer)
    register(monkeypatch, strategy)
    with pytest.raises(WrongAnswerError, match="'other' returned"):
        solve_many(pack_batch([SMALL]), "other")


@pytest.mark.parametrize("name", ["sat", "xorsat", "maxsat", "cpsat", "ilp", "osd", "portfolio"])
def test_a_time_limit_holds_for_large_problems(name):
    solve(dense(12, 4), name)  # the imports and the compilation
    begin = time.perf_counter()
    solution = solve(dense(800, 300), name, time_limit=0.5)
    assert time.perf_counter() - begin < 4
    assert not solution.optimal
    assert 0 < solution.lower_bound < solution.cost <= solve(dense(800, 300), "greedy").cost
