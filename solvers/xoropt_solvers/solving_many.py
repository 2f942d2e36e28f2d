"""`solve_many`: one strategy on many problems, in compiled batches on threads or one by one over processes."""

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, overload

import numpy as np

from xoropt_solvers import checks, registry
from xoropt_solvers.batch import BatchSolution, ParityBatch, copy_batch, pack_batch, problem_at, slice_batch
from xoropt_solvers.elimination import weights_or_empty
from xoropt_solvers.errors import InvalidInputError, LimitExceededError, WrongAnswerError
from xoropt_solvers.problem import ParityProblem, Solution, unpack_word
from xoropt_solvers.processes import solve_over_processes
from xoropt_solvers.reduction import restore_fixed, substitute_fixed
from xoropt_solvers.solving import DEFAULT, checked_solution
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy

__all__ = ["solve_many"]

# The progress callback and Ctrl-C have their turn between two calls of a kernel. The size of a call depends on n alone,
# so that neither `jobs` nor the machine changes an answer.
BLOCKS_A_CALL = 2048
SEEDS_A_CALL = 1 << 31

Progress = Callable[[int, int], None]


@overload
def solve_many(
    problems: ParityBatch,
    solver: str = ...,
    *,
    time_limit: float | None = ...,
    jobs: int = ...,
    progress: Progress | None = ...,
    **options: Any,
) -> BatchSolution: ...
@overload
def solve_many(
    problems: Sequence[ParityProblem],
    solver: str = ...,
    *,
    time_limit: float | None = ...,
    jobs: int = ...,
    progress: Progress | None = ...,
    **options: Any,
) -> list[Solution]: ...
def solve_many(
    problems: Sequence[ParityProblem] | ParityBatch,
    solver: str = DEFAULT,
    *,
    time_limit: float | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    **options: Any,
) -> list[Solution] | BatchSolution:
    """Solve many problems with one strategy, and check each answer as `solve` does.

    The strategies `greedy`, `exhaustive`, `coset` and `portfolio` run compiled on threads, as long as no problem has
    more than 64 unknowns and there are no options; everything else runs over processes.

    Args:
        problems: a ParityBatch, or a sequence of ParityProblem.
        solver: the strategy by name; `available` lists the names.
        time_limit: a finite positive number of seconds for each problem, or None. Compiled strategies turn it into a
            number of elementary steps, so that the same batch always gets the same answers.
        jobs: the number of threads or processes.
        progress: called with the number of problems done and of all problems; None for no calls.
        **options: the strategy's own, which its module describes.

    Returns:
        A BatchSolution for a ParityBatch, a list of Solution for a sequence.

    Raises:
        InvalidInputError: an argument has a wrong type or value, or the strategy does not take these options.
        UnknownStrategyError: no strategy has this name.
        MissingPackageError: the strategy needs a package that is not installed.
        LimitExceededError: a problem is too large for the strategy.
        WrongAnswerError: the strategy claimed what a problem contradicts.
    """
    limit = checks.time_limit(time_limit)
    jobs = checks.integer(jobs, "jobs", 1)
    if progress is not None and not callable(progress):
        raise InvalidInputError(f"Argument 'progress' must be None or a function of two integers, not {progress!r}.")
    strategy = registry.find(solver)
    registry.require(strategy)
    if isinstance(problems, ParityBatch):
        if strategy.run_batch is None:
            blocks = [problem_at(problems, i) for i in range(len(problems))]
            return _gather(solve_over_processes(blocks, solver, limit, jobs, progress, options), problems.n)
        if options:
            raise InvalidInputError(
                f"Strategy {solver!r} does not take options for a batch, but got {', '.join(map(repr, options))}."
            )
        return _solve_batch(strategy, problems, limit, jobs, progress)
    if not isinstance(problems, Sequence):
        raise InvalidInputError(
            f"Argument 'problems' must be a ParityBatch or a sequence of ParityProblem, not {type(problems).__name__}."
        )
    problems = list(problems)
    for problem in problems:
        if not isinstance(problem, ParityProblem):
            raise InvalidInputError(
                f"Argument 'problems' must be a ParityBatch or hold ParityProblem, not {type(problem).__name__}."
            )
    if strategy.run_batch is not None and all(p.n <= 64 for p in problems) and not options:
        # A batch has as many unknowns as its widest problem; a problem by itself may be reduced to fewer.
        with contextlib.suppress(LimitExceededError):
            return _solve_packed(strategy, problems, limit, jobs, progress)
    return solve_over_processes(problems, solver, limit, jobs, progress, options)


def _solve_batch(
    strategy: Strategy,
    batch: ParityBatch,
    time_limit: float | None,
    jobs: int,
    progress: Progress | None,
) -> BatchSolution:
    assert strategy.run_batch is not None
    total = len(batch)
    size = BLOCKS_A_CALL if batch.n > 28 else max(1, min(BLOCKS_A_CALL, SEEDS_A_CALL >> batch.n))
    parts = [slice_batch(batch, i, min(i + size, total)) for i in range(0, total, size)]
    run_batch = strategy.run_batch

    def one(part: ParityBatch) -> BatchAnswer:
        answer = run_batch(part if registry.is_built_in(strategy) else copy_batch(part), time_limit)
        _check_batch(strategy, part, answer)
        return answer

    answers: list[BatchAnswer] = []
    done = 0
    pool = ThreadPoolExecutor(jobs) if jobs > 1 and len(parts) > 1 else None
    try:
        for part, answer in zip(parts, (pool.map if pool else map)(one, parts), strict=True):
            answers.append(answer)
            done += len(part)
            if progress is not None:
                progress(done, total)
    finally:
        if pool:
            pool.shutdown(wait=True, cancel_futures=True)
    x = np.concatenate([np.zeros(0, dtype=np.uint64), *(a.x for a in answers)])
    cost = np.concatenate([np.zeros(0, dtype=np.int64), *(a.cost for a in answers)])
    lower_bound = np.concatenate([np.zeros(0, dtype=np.int64), *(a.lower_bound for a in answers)])
    return BatchSolution(x=x, cost=cost, lower_bound=lower_bound, optimal=cost == lower_bound)


def _check_batch(strategy: Strategy, batch: ParityBatch, answer: BatchAnswer) -> None:
    from xoropt_solvers.kernels.elimination import batch_costs

    if not isinstance(answer, BatchAnswer):
        raise WrongAnswerError(f"Strategy {strategy.name!r} returned {type(answer).__name__}, not a BatchAnswer.")
    for array, dtype in ((answer.x, np.uint64), (answer.cost, np.int64), (answer.lower_bound, np.int64)):
        if not isinstance(array, np.ndarray):
            raise WrongAnswerError(
                f"Strategy {strategy.name!r} returned {type(array).__name__} for a batch, not an array."
            )
        if array.shape != (len(batch),) or array.dtype != dtype:
            raise WrongAnswerError(
                f"Strategy {strategy.name!r} returned {array.dtype} of shape {array.shape} for a batch,"
                f" not {np.dtype(dtype)} of shape ({len(batch)},)."
            )
    if batch.n < 64 and (answer.x >> np.uint64(batch.n)).any():
        raise WrongAnswerError(f"Strategy {strategy.name!r} set bits of x beyond n = {batch.n}.")
    cost = np.zeros(len(batch), dtype=np.int64)
    batch_costs(batch.rows, batch.values, batch.starts, weights_or_empty(batch), np.ascontiguousarray(answer.x), cost)
    wrong = np.flatnonzero((cost != answer.cost) | (answer.lower_bound > cost))
    if len(wrong):
        i = wrong[0]
        raise WrongAnswerError(
            f"Strategy {strategy.name!r} claims cost {answer.cost[i]} and lower bound {answer.lower_bound[i]}"
            f" for an x of cost {cost[i]} (block {i} of {len(batch)})."
        )


def _solve_packed(
    strategy: Strategy,
    problems: list[ParityProblem],
    time_limit: float | None,
    jobs: int,
    progress: Progress | None,
) -> list[Solution]:
    """Solve a sequence as one compiled batch; the mismatches are computed from each problem by itself."""
    clock = Clock()
    free = [substitute_fixed(problem) for problem in problems]
    batch = _solve_batch(strategy, pack_batch(free), time_limit, jobs, progress)
    seconds = clock.elapsed() / max(1, len(problems))
    solutions = []
    for i, problem in enumerate(problems):
        x = restore_fixed(problem, unpack_word(batch.x[i], free[i].n))
        answer = Answer(x, int(batch.cost[i]), int(batch.lower_bound[i]))
        solutions.append(checked_solution(problem, strategy, x, answer, seconds))
    return solutions


def _gather(solutions: list[Solution], n: int) -> BatchSolution:
    x = np.zeros(len(solutions), dtype=np.uint64)
    for i, solution in enumerate(solutions):
        x[i] = np.bitwise_or.reduce(solution.x.astype(np.uint64) << np.arange(n, dtype=np.uint64), initial=0)
    cost = np.array([s.cost for s in solutions], dtype=np.int64)
    lower_bound = np.array([s.lower_bound for s in solutions], dtype=np.int64)
    return BatchSolution(x=x, cost=cost, lower_bound=lower_bound, optimal=cost == lower_bound)
