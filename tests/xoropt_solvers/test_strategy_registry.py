"""Strategies by name: unknown ones, missing packages, and those of other packages."""

import numpy as np
import pytest
from parity_problems import TRIANGLE
from xoropt_solvers import (
    Answer,
    InvalidInputError,
    MissingPackageError,
    SolverError,
    Strategy,
    UnknownStrategyError,
    available,
    compare,
    solve,
    solve_many,
)
from xoropt_solvers.batch import pack_batch


def test_unknown_names_list_the_known_ones():
    with pytest.raises(UnknownStrategyError, match=r"one of portfolio, greedy.*not 'magic'"):
        solve(TRIANGLE, "magic")
    with pytest.raises(InvalidInputError, match="'solver' must be the name"):
        solve(TRIANGLE, 3)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("xoropt_solvers.strategy._installed", lambda module: module != "pysat")
    assert "sat" not in available()
    assert "xorsat" in available()
    for call in (lambda: solve(TRIANGLE, "sat"), lambda: solve_many([TRIANGLE], "sat")):
        with pytest.raises(MissingPackageError, match="pip install python-sat") as caught:
            call()
        assert isinstance(caught.value, ImportError | SolverError)


def test_a_missing_package_of_an_extra_names_the_extra(monkeypatch):
    monkeypatch.setattr("xoropt_solvers.strategy._installed", lambda module: module != "ldpc")
    said = r"^Strategy 'osd' needs ldpc, which is not installed: pip install 'xoropt\[osd\]'$"
    for call in (lambda: solve(TRIANGLE, "osd"), lambda: compare(TRIANGLE, "osd")):
        with pytest.raises(MissingPackageError, match=said):
            call()


def test_another_package_can_add_a_strategy(register):
    def run(problem, clock):
        return Answer(np.ones(problem.n, bool), 1, 0)

    register(Strategy("other", run, exact=False, reduces=False))
    assert "other" in available()
    assert solve(TRIANGLE, "other").mismatches.tolist() == [2]
    answer = solve_many(pack_batch([TRIANGLE, TRIANGLE]), "other")
    assert answer.x.tolist() == [3, 3]
    assert answer.cost.tolist() == [1, 1]
