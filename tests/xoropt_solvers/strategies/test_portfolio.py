"""The portfolio: whom it asks, and that what it says is proved."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from parity_problems import TRIANGLE, dense, least_cost, planted
from xoropt_solvers import Answer, Clock, ParityProblem, solve
from xoropt_solvers.elimination import greedy_batch
from xoropt_solvers.problem import mismatch_mask
from xoropt_solvers.racing import Race
from xoropt_solvers.strategies import brouwer_zimmermann, exhaustive, isd, portfolio


@pytest.mark.parametrize(
    ("problem", "engines"),
    [
        (TRIANGLE, ["batch"]),
        (dense(50, 40), ["batch"]),
        (planted(76, 70, [3, 40]), ["coset", "brouwer-zimmermann", "isd"]),  # the first if the machine is idle
        (planted(160, 70, [3, 40]), ["brouwer-zimmermann"]),
    ],
)
def test_the_engine_that_answered_is_named(problem, engines):
    solution = solve(problem)
    assert solution.info["engine"] in engines
    assert solution.optimal


def engines(problem, time_limit=None, workers=2):
    """The engines of the race, for an answer that costs a quarter of the rows."""
    known = Race(Answer(np.zeros(problem.n, bool), problem.k // 4), "greedy")
    return [part.name for part in portfolio.parts(problem, known, Clock(time_limit), workers)]


def test_engines_are_chosen_by_size_sparsity_time_and_threads():
    assert engines(dense(70, 40)) == ["coset", "brouwer-zimmermann"]
    assert engines(dense(90, 50)) == ["coset"]
    assert engines(dense(64, 32), time_limit=100.0) == ["brouwer-zimmermann"]
    assert engines(dense(90, 50), workers=1) == ["coset"]
    assert engines(dense(400, 200)) == ["brouwer-zimmermann", "xorsat"]
    assert engines(dense(400, 200), time_limit=9.0) == ["brouwer-zimmermann", "isd"]
    assert engines(planted(160, 70, [3, 40])) == ["brouwer-zimmermann", "xorsat"]
    assert engines(sparse(180, 100, [3])) == ["odd-cuts", "cpsat", "isd"]
    assert engines(sparse(180, 100, [3]), workers=3) == ["odd-cuts", "cpsat", "maxsat", "isd"]
    assert engines(sparse(180, 100, [3]), workers=1) == ["odd-cuts"]
    assert engines(sparse(90, 64, [3])) == ["odd-cuts", "coset", "isd"]


def test_sat_stands_in_for_what_is_missing(monkeypatch):
    monkeypatch.setattr("xoropt_solvers.strategy._installed", lambda module: module not in ("pycryptosat", "ortools"))
    assert engines(dense(400, 200)) == ["brouwer-zimmermann", "sat"]
    assert engines(sparse(180, 100, [3])) == ["odd-cuts", "maxsat", "isd"]


def test_without_any_engine_installed_the_own_ones_prove(monkeypatch):
    monkeypatch.setattr("xoropt_solvers.strategy._installed", lambda module: False)
    solution = solve(planted(160, 70, [3, 40]))
    assert solution.optimal
    assert solution.info["engine"] == "brouwer-zimmermann"
    assert engines(sparse(180, 100, [3])) == ["odd-cuts", "isd"]


def test_dense_problems_beyond_enumeration_are_proved():
    solution = solve(dense(64, 32), "portfolio")
    assert solution.optimal
    assert solution.cost == solve(dense(64, 32), "xorsat", time_limit=100).cost == 9


def sparse(k, n, errors, seed=0):
    """Three ones in each row; the rows in `errors` disagree with x = 0."""
    rng = np.random.default_rng(seed)
    A = np.zeros((k, n), bool)
    for row in A:
        row[rng.choice(n, 3, replace=False)] = True
    return ParityProblem(A, np.isin(np.arange(k), errors))


def test_wide_sparse_problems_are_proved():
    solution = solve(sparse(180, 100, [3, 40, 90]))
    assert solution.optimal
    assert solution.cost == 3


@pytest.mark.parametrize("better", ["isd", "brouwer-zimmermann"])
def test_the_best_answer_of_all_parts_is_kept(monkeypatch, better):
    problem = dense(400, 200)

    def part(strategy, ones, bound):
        def run(core, clock, **options):
            x = np.zeros(core.n, bool)
            x[:ones] = True
            return Answer(x, int(mismatch_mask(core, x).sum()), bound)

        def run_from(core, clock, x, **options):
            return run(core, clock)

        return SimpleNamespace(STRATEGY=dataclasses.replace(strategy.STRATEGY, run=run), run_from=run_from)

    costs = {ones: int(mismatch_mask(problem, np.arange(200) < ones).sum()) for ones in range(200)}
    least, most = min(costs, key=costs.get), max(costs, key=costs.get)
    monkeypatch.setattr(portfolio, "greedy_answer", lambda core: Answer(np.ones(core.n, bool), 10**6, 1))
    monkeypatch.setattr(portfolio, "isd", part(isd, least if better == "isd" else most, 2))
    monkeypatch.setattr(
        portfolio, "brouwer_zimmermann", part(brouwer_zimmermann, least if better != "isd" else most, 3)
    )
    solution = solve(problem, time_limit=100.0)
    assert solution.info["engine"] == better
    assert (solution.cost, solution.lower_bound) == (costs[least], 3)
    assert solution.info["bounds"] == {"isd": 2, "brouwer-zimmermann": 3}


def small(seed):
    """A small problem of one of four kinds: dense, with few ones in a row, with weights, or given by short checks."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(4, 10)), int(rng.integers(12, 40))
    weights = None if seed % 2 else rng.integers(1, 9, k)
    if seed % 4 < 2:
        return ParityProblem(rng.random((k, n)) < (0.5 if seed % 8 < 4 else 0.2), rng.random(k) < 0.5, weights)
    H = rng.random((k - n, k)) < 3 / k
    return ParityProblem.from_checks(H, (H.astype(int) @ (rng.random(k) < 0.2)) % 2, weights)


def no_short_cuts(monkeypatch):
    """Let every problem go through all that large ones do."""
    monkeypatch.setattr(portfolio, "run_batch", lambda batch, limit: greedy_batch(batch))
    monkeypatch.setattr(portfolio, "CUTS_SECONDS", (1e-4, 1e-4))
    monkeypatch.setattr(portfolio, "ISD_SECONDS", (1e-4,))
    monkeypatch.setattr(portfolio, "COSET_SECONDS", 1e-4)
    monkeypatch.setattr(portfolio, "SOON", 0)
    monkeypatch.setattr(portfolio, "DELAY", 0.0)
    monkeypatch.setattr(exhaustive, "LIMIT", -1)


def hold(seeds):
    for seed in seeds:
        problem = small(seed)
        if problem.n > 14:
            continue
        solution = solve(problem, time_limit=60.0, workers=1 + seed % 3)
        assert solution.optimal, seed
        assert solution.cost == least_cost(problem), seed


def test_races_claim_nothing_wrong(monkeypatch):
    no_short_cuts(monkeypatch)
    hold(range(60))


@pytest.mark.slow
def test_thousand_races_claim_nothing_wrong(monkeypatch):
    no_short_cuts(monkeypatch)
    hold(range(60, 1060))


def test_the_whole_claims_nothing_wrong():
    hold(range(60))
