"""Minimum-weight coset leaders: the syndrome side, where 2^n is hopeless but few patches or few dependent rows are not.

The methods are in `xoropt_solvers.kernels.coset`: information sets (Brouwer–Zimmermann), meet in the middle, trellis.
"""

import numpy as np

from xoropt_solvers.batch import ParityBatch, pack_batch
from xoropt_solvers.elimination import eliminate, heaviest_first, weights_or_empty
from xoropt_solvers.problem import ParityProblem, unpack_word
from xoropt_solvers.reduction import independent_columns
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy
from xoropt_solvers.wide import solve_wide

__all__ = ["STRATEGY", "coset_answer", "run", "run_batch", "search"]

BATCH_STEPS = 1 << 26  # for a block of a batch that has no time limit: about 0.1 s
STEPS_A_SECOND = 1e9


def run(problem: ParityProblem, clock: Clock) -> Answer:
    """Exact; without a time limit it runs to the proof.

    The budget grows fourfold from call to call of the kernel, so that a limit or Ctrl-C is noticed; what is done again
    costs a third at most. Raises LimitExceededError where the rank and the number of dependent rows both exceed 64.
    """
    if problem.n > 64:
        columns = independent_columns(problem.A)
        core = ParityProblem(problem.A[:, columns], problem.b, problem.weights)
        inner = solve_wide(core, clock) if core.n > 64 else run(core, clock)
        x = np.zeros(problem.n, dtype=bool)
        x[columns] = inner.x
        return Answer(x, inner.cost, inner.lower_bound)
    batch = pack_batch([problem])
    steps = BATCH_STEPS
    while True:
        left = clock.left()
        if left is not None:
            steps = min(steps, max(1, int(left * STEPS_A_SECOND)))
        answer = coset_answer(batch, steps)
        last = left is not None and left <= steps / STEPS_A_SECOND
        if last or answer.cost[0] == answer.lower_bound[0]:
            return Answer(unpack_word(answer.x[0], problem.n), int(answer.cost[0]), int(answer.lower_bound[0]))
        steps *= 4


def run_batch(batch: ParityBatch, time_limit: float | None = None) -> BatchAnswer:
    """Every block, compiled; each within 2^26 steps (about 0.1 s), or 10^9 steps for a second of time limit."""
    return coset_answer(batch, BATCH_STEPS if time_limit is None else max(1, int(time_limit * STEPS_A_SECOND)))


def coset_answer(batch: ParityBatch, steps: int) -> BatchAnswer:
    """The kernel on the blocks that elimination alone leaves open."""
    batch = heaviest_first(batch)
    answer = eliminate(batch)
    search(batch, np.flatnonzero(answer.cost > answer.lower_bound), steps, answer)
    return answer


def search(batch: ParityBatch, todo: np.ndarray, steps: int, answer: BatchAnswer) -> None:
    """Improve the entries `todo` of an answer in place; the batch has its heaviest rows first."""
    if not len(todo):
        return
    from xoropt_solvers.kernels.coset import coset_blocks

    weights = weights_or_empty(batch)
    coset_blocks(
        batch.rows, batch.values, batch.starts, weights, todo, steps, answer.x, answer.cost, answer.lower_bound
    )


STRATEGY = Strategy(
    name="coset",
    run=run,
    run_batch=run_batch,
    exact=True,
    summary="minimum-weight coset leader: information sets, meet in the middle, trellis",
)
