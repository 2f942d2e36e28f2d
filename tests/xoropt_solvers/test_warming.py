"""`warm_up`: what is compiled at a strategy's first use is not counted as solving."""

import json
import os
import subprocess
import sys

import pytest
from xoropt_solvers import InvalidInputError, UnknownStrategyError
from xoropt_solvers.warming import warm_up


def test_says_whether_time_limits_hold():
    assert warm_up("coset")
    assert warm_up("greedy")


def test_bad_strategies_and_options_are_refused():
    with pytest.raises(UnknownStrategyError, match="magic"):
        warm_up("magic")
    with pytest.raises(InvalidInputError, match="engine"):
        warm_up("sat", engine="magic")


@pytest.mark.slow  # compiles everything anew
def test_a_first_solve_has_its_whole_time(tmp_path):
    command = [sys.executable, "-m", "xoropt", "solve", "block:n_in=20,n_out=180", "--time-limit", "5", "--json"]
    empty = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(command, env=empty, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads(done.stdout)
    assert figures["optimal"]
    assert figures["seconds"] < 6
