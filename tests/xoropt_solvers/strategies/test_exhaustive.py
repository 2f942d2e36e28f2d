"""Enumeration: how large a problem may be."""

import numpy as np
import pytest
from parity_problems import dense
from xoropt_solvers import LimitExceededError, ParityBatch, solve, solve_many


def test_limits_name_the_strategy_to_use():
    with pytest.raises(LimitExceededError, match="at most 28, not 30: use 'coset' or 'portfolio'"):
        solve(dense(40, 30), "exhaustive")
    with pytest.raises(LimitExceededError, match="at most 28, not 30: use 'coset' or 'portfolio'"):
        solve_many(ParityBatch(np.array([1], np.uint64), np.array([True]), np.array([0, 1]), 30), "exhaustive")
