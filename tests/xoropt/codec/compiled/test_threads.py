"""Threads of the compiled decoders: every task runs once, neighbouring ones on the same thread."""

import os
import threading

import pytest

from xoropt.codec.compiled import threads
from xoropt.codec.compiled.threads import choose_threads, count_cores, run_on_threads


@pytest.mark.parametrize("tasks", [0, 1, 2, 5, 12])
@pytest.mark.parametrize("most", [1, 2, 3, 20])
def test_every_task_runs_once(tasks, most):
    ran = []
    run_on_threads(list(range(tasks)), most, lambda some: ran.append((threading.get_ident(), some)))
    assert sorted(task for _, some in ran for task in some) == list(range(tasks))
    assert all(some == list(range(some[0], some[-1] + 1)) for _, some in ran if some)
    assert len(ran) == max(1, min(tasks, most))
    assert threading.get_ident() in {thread for thread, _ in ran}


def test_an_error_of_any_thread_is_raised():
    def run(some):
        if 7 in some:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_on_threads(list(range(8)), 3, run)


def test_tasks_may_run_tasks_on_threads():
    ran = []
    run_on_threads([0, 1, 2], 3, lambda some: run_on_threads([0, 1, 2], 3, ran.extend))
    assert sorted(ran) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_threads_are_kept_for_the_next_call():
    ran = []
    run_on_threads([0, 1, 2], 3, lambda some: ran.append(threading.get_ident()))
    assert set(ran) <= {thread.ident for thread in threading.enumerate()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_starts_threads_of_its_own():
    run_on_threads([0, 1], 2, lambda some: None)
    child = os.fork()
    if not child:
        ran = []
        run_on_threads([0, 1], 2, ran.extend)
        os._exit(0 if sorted(ran) == [0, 1] else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(
    ("jobs", "octets", "expected"), [(8, 0, 1), (8, 199, 1), (8, 200, 2), (8, 550, 5), (8, 10**6, 8), (1, 10**6, 1)]
)
def test_threads_are_as_many_as_the_output_is_worth(monkeypatch, jobs, octets, expected):
    monkeypatch.setattr(threads, "BYTES_PER_THREAD", 100)
    assert choose_threads(jobs, octets) == expected


def test_without_jobs_there_is_a_thread_for_each_core(monkeypatch):
    monkeypatch.setattr(threads, "BYTES_PER_THREAD", 1)
    assert choose_threads(None, 10**6) == count_cores() >= 1
