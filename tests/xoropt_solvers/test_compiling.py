"""What is compiled is noticed: within kernels, in other threads, and when a watch ends meanwhile."""

import threading

from numba import njit
from xoropt_solvers.compiling import compile_all, noticed


def kernel():
    """A kernel that is compiled at its first call, and calls another one."""

    @njit
    def inner(x):
        return x + 1

    @njit
    def outer(x):
        return 2 * inner(x)

    return outer


def test_counts_and_tells():
    told = []
    twice = kernel()
    with noticed(lambda seconds, busy: told.append((seconds, busy))) as found:
        assert twice(1) == 4
    assert found.kernels == 2
    assert found.looked_up >= 2
    assert [busy for _, busy in told] == [True, True, True, False]
    assert told[-1][0] == found.seconds > 0
    with noticed() as found:
        assert twice(1) == 4
    assert (found.kernels, found.seconds, found.looked_up) == (0, 0.0, 0)


def test_what_another_thread_compiles_counts():
    with noticed() as found:
        thread = threading.Thread(target=kernel(), args=(1,))
        thread.start()
        thread.join()
    assert found.kernels == 2


def test_a_watch_may_begin_and_end_while_a_kernel_is_compiled():
    """The thread that compiles goes on unharmed, and what it ends counts for the next watch."""
    first = noticed()
    begun, results = threading.Event(), []

    def told(seconds, busy):
        if not begun.is_set():
            begun.set()
            go_on.wait(10)

    go_on = threading.Event()
    first = noticed(told)
    first.__enter__()
    twice = kernel()
    thread = threading.Thread(target=lambda: results.append(twice(3)))
    thread.start()
    begun.wait(10)
    with noticed() as second:
        first.__exit__(None, None, None)
        go_on.set()
        thread.join()
    assert results == [8]
    assert second.kernels


def test_compile_all_goes_on_until_nothing_is_compiled():
    kernels, calls = [kernel() for _ in range(3)], []

    def run():
        calls.append(1)
        kernels[min(len(calls), 3) - 1](1)

    compile_all(run)
    assert len(calls) == 4
