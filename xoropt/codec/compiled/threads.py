"""Threads for the compiled decoders: how many are worth their start, and running tasks on them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

__all__ = ["choose_threads", "count_cores", "run_on_threads"]

BYTES_PER_THREAD = 1 << 23
"""Bytes of output for which another thread is worth its start."""


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
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(run, tasks[a:b]) for a, b in pairwise(bounds[1:])]
        run(tasks[: bounds[1]])
        for other in others:
            other.result()
