"""Interrupts from another thread."""

import threading

import pytest
from xoropt_solvers.interrupts import interrupting


def test_a_body_is_interrupted_again_and_again_until_it_ends():
    calls, third = [], threading.Event()

    def interrupt():
        calls.append(threading.current_thread())
        if len(calls) == 3:
            third.set()

    with interrupting(interrupt, 1e-3):
        assert third.wait(60)
    after = len(calls)
    assert after >= 3
    assert threading.current_thread() not in calls
    assert not any(thread.is_alive() for thread in calls)


def test_a_body_that_ends_in_time_is_not_interrupted():
    calls = []
    before = set(threading.enumerate())
    for seconds in (None, 1e6):
        with interrupting(lambda: calls.append(1), seconds):
            pass
    assert calls == []
    assert set(threading.enumerate()) <= before


def test_an_error_in_the_body_ends_the_watch():
    before = set(threading.enumerate())
    with pytest.raises(ZeroDivisionError), interrupting(lambda: None, 1e6):
        raise ZeroDivisionError
    assert set(threading.enumerate()) <= before
