"""Coset leaders of minimum weight: the syndrome side, where 2^n seeds are too many, but patches or dependent rows few.

`xoropt_solvers.kernels.coset` has the methods: information sets (Brouwer–Zimmermann), meet in the middle, trellis.
"""

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.batch import ParityBatch, pack_batch
from xoropt_solvers.elimination import eliminate, heaviest_first, weights_or_empty
from xoropt_solvers.interrupts import never, stopping
from xoropt_solvers.problem import ParityProblem, unpack_word
from xoropt_solvers.reduction import independent_columns
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy
from xoropt_solvers.wide import MOST_DEPENDENT, solve_wide
from xoropt_solvers.zimmermann import cores, search_cosets

__all__ = ["STRATEGY", "coset_answer", "run", "run_batch", "search"]

BATCH_STEPS = 1 << 26  # for each block of a batch that has no time limit, about 0.1 s
MOST_STEPS = (1 << 56) - 1  # what takes more is not begun: the kernels count it as 2^56
STEPS_A_SECOND = 1e9  # of a batch, whose time limit stands for steps


def run(problem: ParityProblem, clock: Clock, workers: int | None = None) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved.

    The budget grows fourfold from call to call of the kernel, so that Ctrl-C is noticed; the work that is done again
    costs a third at most. The clock stops a call while it runs.

    Where the rank and the number of dependent rows both exceed 64, or the rank does and the kernel would take too many
    steps, the search is that of `xoropt_solvers.zimmermann`.

    Args:
        problem: in reduced form.
        clock: ends the search.
        workers: the number of threads of that search; None for one on each core.

    Raises:
        InvalidInputError: `workers` is not a positive integer.
    """
    workers = cores() if workers is None else checks.integer(workers, "workers", 1)
    if problem.n > 64:
        columns = independent_columns(problem.A)
        core = ParityProblem(problem.A[:, columns], problem.b, problem.weights)
        if core.n <= 64:
            inner = run(core, clock, workers)
        elif core.k - core.n <= MOST_DEPENDENT:
            inner = _wide(core, clock, workers)
        else:
            inner = search_cosets(core, clock, workers)
        x = np.zeros(problem.n, dtype=bool)
        x[columns] = inner.x
        return Answer(x, inner.cost, inner.lower_bound)
    batch = pack_batch([problem])
    steps, best, bound = BATCH_STEPS, None, 0
    with stopping(clock.left(), clock.ended_by) as stop:
        while True:
            answer = coset_answer(batch, steps, stop)
            if best is None or answer.cost[0] < best.cost[0]:
                best = answer
            bound = max(bound, int(answer.lower_bound[0]))
            clock.report(int(best.cost[0]), bound)
            if stop[0] or best.cost[0] == bound or steps >= MOST_STEPS:
                return Answer(unpack_word(best.x[0], problem.n), int(best.cost[0]), bound)
            steps = min(4 * steps, MOST_STEPS)


def _wide(problem: ParityProblem, clock: Clock, workers: int) -> Answer:
    """Search in machine words, and by enumeration where that would take too many steps."""
    first = solve_wide(problem, clock)
    clock.report(first.cost, first.lower_bound)
    if first.cost == first.lower_bound or clock.expired():
        return first
    second = search_cosets(problem, clock, workers)
    best = min(first, second, key=lambda answer: answer.cost)
    return Answer(best.x, best.cost, max(first.lower_bound, second.lower_bound))


def run_batch(batch: ParityBatch, time_limit: float | None = None) -> BatchAnswer:
    """Search every block within 10^9 steps for each second of the time limit, or 2^26 steps without one."""
    return coset_answer(batch, BATCH_STEPS if time_limit is None else max(1, int(time_limit * STEPS_A_SECOND)))


def coset_answer(batch: ParityBatch, steps: int, stop: np.ndarray | None = None) -> BatchAnswer:
    """Run the kernel on the blocks that elimination alone leaves open, within so many steps for each.

    Args:
        batch: the blocks.
        steps: the most steps for a block.
        stop: the flag that ends the search early, as `stopping` yields it.
    """
    batch = heaviest_first(batch)
    answer = eliminate(batch)
    search(batch, np.flatnonzero(answer.cost > answer.lower_bound), steps, answer, stop)
    return answer


def search(
    batch: ParityBatch, todo: np.ndarray, steps: int, answer: BatchAnswer, stop: np.ndarray | None = None
) -> None:
    """Improve the entries `todo` of an answer in place; the batch is in the order of `heaviest_first`."""
    if not len(todo):
        return
    weights = weights_or_empty(batch)
    if weights.size:  # two kernels, as compiling takes seconds
        from xoropt_solvers.kernels.weighted_coset import weighted_coset_blocks as search_blocks
    else:
        from xoropt_solvers.kernels.coset import coset_blocks as search_blocks
    flag = never() if stop is None else stop
    search_blocks(
        batch.rows, batch.values, batch.starts, weights, todo, steps, answer.x, answer.cost, answer.lower_bound, flag
    )


STRATEGY = Strategy(
    name="coset",
    run=run,
    run_batch=run_batch,
    exact=True,
    summary="coset leader of minimum weight: information sets, meet in the middle, trellis",
)
