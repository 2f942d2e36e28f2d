"""Many problems over processes, for the strategies that have no compiled batch."""

from collections.abc import Callable
from typing import Any

from xoropt_solvers.problem import ParityProblem, Solution

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

    The processes are joblib's loky ones: engines that hold threads of their own do not survive a fork. An exception,
    Ctrl-C included, stops them and is passed on.
    """
    from xoropt_solvers.solving import solve

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

    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    parallel = Parallel(n_jobs=min(jobs, total), backend="loky", return_as="generator")
    try:
        for solution in parallel(delayed(solve)(problem, name, time_limit, **options) for problem in problems):
            collect(solution)
    except BaseException:
        get_reusable_executor().shutdown(wait=False, kill_workers=True)
        raise
    return solutions
