"""Logarithms of numbers of patterns, against exact integers."""

from math import comb, exp, inf, isclose, log

from hypothesis import given
from hypothesis import strategies as st
from xoropt_solvers.counting import as_float, log_comb, log_sum
from xoropt_solvers.decoding import plan_sets


@given(st.integers(0, 400), st.integers(-2, 402))
def test_binomials(n, k):
    exact = comb(n, k) if k >= 0 else 0
    assert log_comb(n, k) == -inf if exact == 0 else isclose(log_comb(n, k), log(exact), rel_tol=1e-12, abs_tol=1e-9)


@given(st.lists(st.integers(1, 10**6), max_size=8))
def test_sums(numbers):
    total = log_sum([-inf, *map(log, numbers)])
    assert total == -inf if not numbers else isclose(exp(total), sum(numbers), rel_tol=1e-9)


def test_numbers_beyond_floats_are_infinite():
    assert as_float(log_comb(40_000, 20_000)) == inf
    assert as_float(-inf) == 0.0


def test_the_plan_of_tens_of_thousands_of_rows_takes_no_exact_binomials():
    plan = plan_sets(20, 39_980, 19_900)
    assert (plan.p, plan.window) == (1, 1) or plan.seconds < 0.02
