"""`warm_up`: what is compiled at a strategy's first use is not counted as solving."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from xoropt_solvers import InvalidInputError, ParityProblem, UnknownStrategyError
from xoropt_solvers.warming import _small_problems, warm_up


def test_says_whether_time_limits_hold():
    assert warm_up("coset")
    assert warm_up("greedy")


def test_bad_strategies_and_options_are_refused():
    with pytest.raises(UnknownStrategyError, match="magic"):
        warm_up("magic")
    with pytest.raises(InvalidInputError, match="engine"):
        warm_up("sat", engine="magic")


def test_kinds_of_problems():
    """A problem needs the code of its kind alone; without one all kinds are tried."""
    few = ParityProblem(np.eye(9, dtype=bool) | True, np.zeros(9, dtype=bool))
    many = ParityProblem(np.ones((80, 70), dtype=bool), np.zeros(80, dtype=bool))
    weighted = ParityProblem(few.A, few.b, np.arange(1, 10))
    ring = ParityProblem.from_checks(np.eye(5, dtype=bool) | True, np.zeros(5, dtype=bool))

    def kinds(like):
        return [(one.n, one.weights is not None, one.checks is not None) for one in _small_problems(like)]

    plain = [(8, False, False), (20, False, False), (70, False, False)]
    assert kinds(few) == plain[:2]
    assert kinds(many) == plain
    assert kinds(weighted) == [(8, True, False)]
    assert kinds(ring) == [*plain, (1, False, True)]
    assert len(kinds(None)) == 6
    for strategy in ("coset", "portfolio"):
        assert warm_up(strategy, few)


@pytest.mark.slow  # compiles everything anew
@pytest.mark.parametrize("limit", [(), ("--time-limit", "5")])
def test_a_first_solve_has_its_whole_time(tmp_path, limit):
    """Its seconds are those of the search alone."""
    command = [sys.executable, "-m", "xoropt", "solve", "block:n_in=20,n_out=180", *limit, "--json"]
    empty = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(command, env=empty, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads(done.stdout)
    assert figures["optimal"]
    assert figures["seconds"] < 1
