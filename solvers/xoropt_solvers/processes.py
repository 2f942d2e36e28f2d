"""Many problems over processes, for strategies that are not compiled."""

import threading
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from xoropt_solvers import semaphores
from xoropt_solvers.problem import ParityProblem, Solution
from xoropt_solvers.solving import solve

__all__ = ["solve_over_processes"]


def solve_over_processes(
    problems: list[ParityProblem],
    solver: str,
    time_limit: float | None,
    jobs: int,
    progress: Callable[[int, int], None] | None,
    options: dict[str, Any],
) -> list[Solution]:
    """Solve every problem by `solve`: here for jobs = 1 or where the system lets no others start, else over joblib's.

    The processes are spawned, since engines with threads of their own do not survive a fork; they are kept for the next
    call. An exception, also Ctrl-C, stops them and is raised here.

    Args:
        problems: the problems.
        solver: the strategy by name.
        time_limit: seconds for each problem, or None.
        jobs: the number of processes.
        progress: called with the number of problems done and of all problems; None for no calls.
        options: the strategy's own.

    Returns:
        The solutions in the order of the problems.
    """
    total = len(problems)
    solutions: list[Solution] = []

    def collect(solution: Solution) -> None:
        solutions.append(solution)
        if progress is not None:
            progress(len(solutions), total)

    if jobs == 1 or total < 2 or not semaphores.are_there():
        for problem in problems:
            collect(solve(problem, solver, time_limit, **options))
        return solutions

    from joblib.externals.loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=min(jobs, total))
    waiting: deque[Any] = deque()
    left = iter(problems)
    try:
        while True:
            # No more than the workers' own queue holds, since what waits behind it cannot be stopped cleanly.
            for problem in islice(left, 2 * jobs - len(waiting)):
                waiting.append(executor.submit(solve, problem, solver, time_limit, **options))
            if not waiting:
                return solutions
            collect(waiting.popleft().result())
    except BaseException:
        # The executor's own thread may fail over the work taken from it; its traceback would tell nobody anything.
        hook, threading.excepthook = threading.excepthook, lambda _: None
        try:
            executor.shutdown(wait=True, kill_workers=True)
        finally:
            threading.excepthook = hook
        raise
