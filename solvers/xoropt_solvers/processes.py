"""Many problems over processes, for the strategies that have no compiled batch."""

import threading
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from xoropt_solvers.problem import ParityProblem, Solution
from xoropt_solvers.solving import solve

__all__ = ["solve_over_processes"]


def solve_over_processes(
    problems: list[ParityProblem],
    name: str,
    time_limit: float | None,
    jobs: int,
    progress: Callable[[int, int], None] | None,
    options: dict[str, Any],
) -> list[Solution]:
    """`solve` on every problem, in order; one problem after another here for jobs = 1, else joblib's spawned processes.

    The processes are those of joblib's executor, spawned and kept for the next call: engines that hold threads of their
    own do not survive a fork. An exception, Ctrl-C included, stops them and is passed on.
    """
    total = len(problems)
    solutions: list[Solution] = []

    def collect(solution: Solution) -> None:
        solutions.append(solution)
        if progress is not None:
            progress(len(solutions), total)

    if jobs == 1 or total < 2:
        for problem in problems:
            collect(solve(problem, name, time_limit, **options))
        return solutions

    from joblib.externals.loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=min(jobs, total))
    waiting: deque[Any] = deque()
    left = iter(problems)
    try:
        while True:
            # No more than the workers' own queue holds: what waits behind it cannot be stopped cleanly.
            for problem in islice(left, 2 * jobs - len(waiting)):
                waiting.append(executor.submit(solve, problem, name, time_limit, **options))
            if not waiting:
                return solutions
            collect(waiting.popleft().result())
    except BaseException:
        # The executor's own thread may trip over the work taken from it; its traceback would tell nobody anything.
        hook, threading.excepthook = threading.excepthook, lambda _: None
        try:
            executor.shutdown(wait=True, kill_workers=True)
        finally:
            threading.excepthook = hook
        raise
