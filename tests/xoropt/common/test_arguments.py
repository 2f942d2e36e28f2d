"""Arguments in their range pass; any other is an error that names the argument and what is allowed."""

import math

import numpy as np
import pytest

from xoropt import ArgumentError
from xoropt.common.arguments import check_choice, check_finite_positive, check_int, check_seconds, check_time_limit


@pytest.mark.parametrize("value", [1, 8, np.int8(5), np.uint64(3)])
def test_integers_in_range(value):
    checked = check_int("n_in", value, 1, 8)
    assert checked == value
    assert type(checked) is int


@pytest.mark.parametrize("value", [True, 2.0, np.float64(2), "2", None])
def test_what_is_no_integer(value):
    with pytest.raises(ArgumentError, match=r"^Argument 'n_in' must be an integer, not .*\.$"):
        check_int("n_in", value, 1, 8)


@pytest.mark.parametrize(("high", "allowed"), [(8, "from 1 to 8"), (None, "at least 1")])
def test_integers_out_of_range(high, allowed):
    with pytest.raises(ArgumentError, match=rf"^Argument 'n_in' must be {allowed}, not 0\.$"):
        check_int("n_in", 0, 1, high)


POSITIVE = [1, 0.5, 1e-300, 10**400, np.float32(2), np.int64(3)]
NOT_POSITIVE = [0, -1, 0.0, math.inf, math.nan, True, "5", np.float64("nan"), [1.0], 1j, np.ones(2)]


@pytest.mark.parametrize("value", POSITIVE)
def test_positive_numbers(value):
    check_finite_positive("mask_bits", value)


@pytest.mark.parametrize("value", [*NOT_POSITIVE, None])
def test_what_is_no_positive_number(value):
    with pytest.raises(ArgumentError) as error:
        check_finite_positive("mask_bits", value)
    assert str(error.value) == f"Argument 'mask_bits' must be a number above 0, not {value!r}."


@pytest.mark.parametrize("seconds", [*POSITIVE, None])
def test_time_limits(seconds):
    check_time_limit(seconds)


@pytest.mark.parametrize("seconds", NOT_POSITIVE)
def test_what_is_no_time_limit(seconds):
    with pytest.raises(ArgumentError) as error:
        check_time_limit(seconds, "budget")
    assert str(error.value) == f"Argument 'budget' must be None or a positive number of seconds, not {seconds!r}."


def test_choices():
    check_choice("scales", "row", ("tensor", "row"))


@pytest.mark.parametrize("value", ["rows", "", "tensor, row", None, 1, ["row"], np.array(["row", "row"])])
def test_what_is_no_choice(value):
    with pytest.raises(ArgumentError) as error:
        check_choice("scales", value, ("tensor", "row"))
    assert str(error.value) == f"Argument 'scales' must be one of tensor, row, not {value!r}."


@pytest.mark.parametrize("seconds", [*POSITIVE, 0, 0.0, np.int64(0)])
def test_seconds(seconds):
    check_seconds(seconds)


@pytest.mark.parametrize("seconds", [None, -1, -1e-9, math.inf, math.nan, True, False, "5", [1.0], 1j, np.ones(2)])
def test_what_is_no_number_of_seconds(seconds):
    with pytest.raises(ArgumentError) as error:
        check_seconds(seconds, "budget")
    assert str(error.value) == f"Argument 'budget' must be at least 0 seconds, and finite, not {seconds!r}."
