"""Clock, on a time that stands still until a test moves it."""

from types import SimpleNamespace

import pytest
from xoropt_solvers import Clock, strategy
from xoropt_solvers.strategy import TimeUpError


@pytest.fixture
def time(monkeypatch):
    time = SimpleNamespace(now=100.0)
    monkeypatch.setattr(strategy, "time", SimpleNamespace(perf_counter=lambda: time.now))
    return time


def test_a_clock_counts_up_and_down(time):
    clock = Clock(8.0)
    time.now = 106.0
    assert (clock.elapsed(), clock.left(), clock.expired()) == (6.0, 2.0, False)
    clock.check()
    time.now = 108.0
    assert (clock.left(), clock.expired()) == (0.0, True)
    with pytest.raises(TimeUpError):
        clock.check()
    time.now = 120.0
    assert (clock.elapsed(), clock.left()) == (20.0, 0.0)


def test_a_clock_without_a_limit_never_expires(time):
    clock = Clock()
    time.now = 1e9
    assert (clock.left(), clock.expired(), clock.half().time_limit) == (None, False, None)
    clock.check()


def test_half_a_clock_has_half_of_what_is_left(time):
    clock = Clock(8.0)
    time.now = 102.0
    half = clock.half()
    time.now = 105.0
    assert (half.left(), clock.left()) == (0.0, 3.0)
