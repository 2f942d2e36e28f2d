"""Time limits and integers as arguments: one rule for each, and errors that name the argument."""

import numpy as np
import pytest
from parity_problems import TRIANGLE, dense
from xoropt_solvers import InvalidInputError, checks, solve, solve_many


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
        solve(TRIANGLE, "greedy", time_limit=limit)
    with pytest.raises(InvalidInputError, match="'time_limit' must be None or a finite positive number of seconds"):
        solve_many([TRIANGLE], "greedy", time_limit=limit)


def test_a_time_limit_may_be_none_or_any_finite_positive_number():
    assert checks.time_limit(None) is None
    assert [checks.time_limit(value) for value in (1, 0.25, np.int32(3), np.float32(0.5), 1e9)] == [
        1,
        0.25,
        3,
        0.5,
        1e9,
    ]
    with pytest.raises(InvalidInputError, match="Argument 'budget' must be None or a finite positive number"):
        checks.time_limit(0, "budget")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.0, "Argument 'n' must be an integer, not 1.0."),
        (True, "Argument 'n' must be an integer, not True."),
        ("1", "Argument 'n' must be an integer, not '1'."),
        (1, "Argument 'n' must be at least 2, not 1."),
        (6, "Argument 'n' must be at most 5, not 6."),
    ],
)
def test_an_integer_must_be_one_in_its_range(value, message):
    with pytest.raises(InvalidInputError) as caught:
        checks.integer(value, "n", 2, 5)
    assert str(caught.value) == message


def test_an_integer_may_be_numpys():
    found = checks.integer(np.uint8(5), "n", 2, 5)
    assert (found, type(found)) == (5, int)


@pytest.mark.parametrize("limit", [1e300, 10**400, np.float64(1e10)])
@pytest.mark.parametrize("name", ["sat", "ilp", "cpsat", "coset"])
def test_a_huge_time_limit_is_none(name, limit):
    assert solve(dense(12, 4), name, time_limit=limit).optimal
