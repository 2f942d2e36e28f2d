"""The portfolio: whom it asks, and that what it says is proved."""

import pytest
from parity_problems import TRIANGLE, dense, planted
from xoropt_solvers import solve


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
