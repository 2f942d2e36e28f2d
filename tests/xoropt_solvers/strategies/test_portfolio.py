"""The portfolio: whom it asks, and that what it says is proved."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from parity_problems import TRIANGLE, dense, planted
from xoropt_solvers import Answer, ParityProblem, solve
from xoropt_solvers.problem import mismatch_mask
from xoropt_solvers.strategies import isd, portfolio, xorsat


@pytest.mark.parametrize(
    ("problem", "engine"),
    [
        (TRIANGLE, "batch"),
        (dense(50, 40), "batch"),
        (dense(90, 40, seed=1), "coset"),
        (planted(76, 70, [3, 40]), "coset"),
        (planted(160, 70, [3, 40]), "xorsat"),
    ],
)
def test_the_engine_that_answered_is_named(problem, engine):
    solution = solve(problem)
    assert solution.info["engine"] == engine
    assert solution.optimal


def test_sat_stands_in_for_xorsat(monkeypatch):
    monkeypatch.setattr("xoropt_solvers.strategy._installed", lambda module: module != "pycryptosat")
    solution = solve(planted(160, 70, [3, 40]))
    assert solution.info["engine"] == "sat"
    assert solution.mismatches.tolist() == [3, 40]


def test_without_an_engine_for_its_size_the_greedy_answer_is_not_called_optimal(monkeypatch):
    monkeypatch.setattr("xoropt_solvers.strategy._installed", lambda module: False)
    problem = planted(160, 70, [3, 40])
    solution = solve(problem)
    assert solution.info["engine"] == "greedy"
    assert solution.x.tolist() == solve(problem, "greedy").x.tolist()
    assert not solution.optimal


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


def test_wide_sparse_problems_go_to_maxsat():
    solution = solve(sparse(180, 100, [3, 40, 90]))
    assert solution.info["engine"] == "maxsat"
    assert solution.optimal
    assert solution.mismatches.tolist() == [3, 40, 90]


@pytest.mark.parametrize("better", ["isd", "xorsat"])
def test_the_best_answer_of_all_parts_is_kept(monkeypatch, better):
    problem = dense(200, 100)

    def part(strategy, ones, bound):
        def run(core, clock):
            x = np.zeros(core.n, bool)
            x[:ones] = True
            return Answer(x, int(mismatch_mask(core, x).sum()), bound)

        return SimpleNamespace(STRATEGY=dataclasses.replace(strategy.STRATEGY, run=run))

    costs = {ones: int(mismatch_mask(problem, np.arange(100) < ones).sum()) for ones in range(100)}
    least, most = min(costs, key=costs.get), max(costs, key=costs.get)
    monkeypatch.setattr(portfolio, "greedy_answer", lambda core: Answer(np.ones(core.n, bool), 10**6, 1))
    monkeypatch.setattr(portfolio, "isd", part(isd, least if better == "isd" else most, 2))
    monkeypatch.setattr(portfolio, "xorsat", part(xorsat, least if better == "xorsat" else most, 3))
    solution = solve(problem, time_limit=100.0)
    assert solution.info["engine"] == better
    assert (solution.cost, solution.lower_bound) == (costs[least], 3)
