"""Threads for the compiled decoders: how many are worth their start, and running tasks on them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise

__all__ = ["choose_threads", "count_cores", "run_on_threads"]

BYTES_PER_THREAD = 1 << 23
"""Bytes of output for which another thread is worth its start."""

MOST_THREADS = 1 << 10
"""The most threads of a pool; it starts those that it needs."""

_IDLE: list[ThreadPoolExecutor] = []
"""Pools that no call uses now. Starting threads would take longer than a product with one vector.

A call takes a pool for itself, so calls within a task, or from several threads, never wait for each other."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_IDLE.clear)  # a child has none of its parent's threads


def count_cores() -> int:
    """Count the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose_threads(jobs: int | None, octets: int) -> int:
    """Choose a number of threads.

    Args:
        jobs: the most threads; None: one for each core.
        octets: bytes of output.
    """
    most = octets // BYTES_PER_THREAD
    return 1 if most < 2 else max(1, min(count_cores() if jobs is None else jobs, most))


def run_on_threads(tasks: list, threads: int, run: Callable[[list], None]) -> None:
    """Run tasks on some threads, neighbouring tasks on the same one; kernels do not hold the interpreter's lock.

    Args:
        tasks: the tasks.
        threads: the most threads; the calling thread is one of them.
        run: runs a list of tasks.
    """
    threads = min(threads, len(tasks))
    if threads <= 1:
        run(tasks)
        return
    bounds = [len(tasks) * i // threads for i in range(threads + 1)]
    try:
        pool = _IDLE.pop()  # which is atomic
    except IndexError:
        pool = ThreadPoolExecutor(MOST_THREADS)
    others = [pool.submit(run, tasks[a:b]) for a, b in pairwise(bounds[1:])]
    try:
        run(tasks[: bounds[1]])
    finally:
        wait(others)
        _IDLE.append(pool)
    for other in others:
        other.result()
