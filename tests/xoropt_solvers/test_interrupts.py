"""Interrupts from another thread."""

import threading

import pytest
from xoropt_solvers import interrupts
from xoropt_solvers.interrupts import AbandonedError, call_within, interrupting, stopping


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


def nothing():
    pass


def test_a_call_without_a_limit_runs_in_this_thread():
    assert call_within(threading.current_thread, None, nothing, nothing) is threading.current_thread()


def test_a_call_that_ends_in_time_returns_and_raises_what_it_does():
    called = []
    assert call_within(lambda: 7, 60.0, lambda: called.append(1), lambda: called.append(2)) == 7
    with pytest.raises(ZeroDivisionError):
        call_within(lambda: 1 // 0, 60.0, nothing, nothing)
    assert called == []


def test_a_call_that_heeds_its_interrupt_returns_what_it_has(monkeypatch):
    monkeypatch.setattr(interrupts, "GRACE", 60.0)
    told = threading.Event()
    assert call_within(lambda: told.wait(60), 1e-3, told.set, nothing)


def test_a_call_that_does_not_is_abandoned_and_discards_what_it_used(monkeypatch):
    monkeypatch.setattr(interrupts, "GRACE", 1e-3)
    released, discarded = threading.Event(), threading.Event()
    interrupted = []
    with pytest.raises(AbandonedError):
        call_within(lambda: released.wait(60), 1e-3, lambda: interrupted.append(1), discarded.set)
    assert interrupted
    assert not discarded.is_set()
    released.set()
    assert discarded.wait(60)


def test_the_flag_of_compiled_loops_is_set_when_the_time_is_up():
    with stopping(None) as flag:
        assert flag.tolist() == [0]
    with stopping(0.0) as flag:
        while not flag[0]:
            pass
