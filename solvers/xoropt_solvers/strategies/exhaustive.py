"""All 2^n seeds, by Gray code on packed columns, or by a fast Walsh–Hadamard transform where that is faster."""

import numpy as np

from xoropt_solvers.batch import ParityBatch, pack_batch
from xoropt_solvers.elimination import greedy_batch, weights_or_empty
from xoropt_solvers.errors import LimitExceededError
from xoropt_solvers.interrupts import never, stopping
from xoropt_solvers.problem import ParityProblem, unpack_word
from xoropt_solvers.reduction import independent_columns
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy

__all__ = ["LIMIT", "STRATEGY", "run", "run_batch", "seconds"]

LIMIT = 28  # unknowns: 2^28 seeds take Gray code about 0.1 s for each word of rows, and the transform seconds
PART = 1 << 17  # Gray-code steps of 2^9 seeds and 64 rows in a call of the kernel, between which Ctrl-C has its turn
TRANSFORMED = 18  # unknowns of one transform: a table of 1 or 2 MB; there is a transform for each value of the others
# Nanoseconds for each seed, as measured: of Gray code for each word of rows, of the transform for each unknown.
GRAY, TRANSFORM = 0.2, 0.3


def run(problem: ParityProblem, clock: Clock) -> Answer:
    """Try all seeds, with unknowns that depend on others left at 0; at the time limit return the best so far, unproved.

    Raises:
        LimitExceededError: the rank exceeds 28.
    """
    columns = independent_columns(problem.A)
    _check_limit(len(columns), "rank")
    batch = _repeat_light_rows(pack_batch([ParityProblem(problem.A[:, columns], problem.b, problem.weights)]))
    with stopping(clock.left(), clock.ended_by) as stop:
        answer = _transform(batch, stop) if _transforms(batch) else _in_parts(batch, clock, stop)
    x = np.zeros(problem.n, dtype=bool)
    x[columns] = unpack_word(answer.x[0], len(columns))
    return Answer(x, int(answer.cost[0]), int(answer.lower_bound[0]))


def run_batch(batch: ParityBatch, time_limit: float | None = None) -> BatchAnswer:
    """Try all seeds of every block, or return the greedy answers where a block would take longer than the time limit.

    Raises:
        LimitExceededError: n exceeds 28.
    """
    _check_limit(batch.n, "n")
    from xoropt_solvers.kernels.enumeration import enumerate_blocks

    if time_limit is not None and time_limit < seconds(batch):
        return greedy_batch(batch)
    batch = _repeat_light_rows(batch)
    if _transforms(batch):
        return _transform(batch, never())
    x = np.zeros(len(batch), dtype=np.uint64)
    cost = np.zeros(len(batch), dtype=np.int64)
    enumerate_blocks(batch.rows, batch.values, batch.starts, batch.n, x, cost, never())
    return BatchAnswer(x, cost, cost.copy())


def _transform(batch: ParityBatch, stop: np.ndarray) -> BatchAnswer:
    """Transform every block, or as much of it as there is time for."""
    from xoropt_solvers.kernels.enumeration import transform_blocks

    x = np.zeros(len(batch), dtype=np.uint64)
    cost = np.zeros(len(batch), dtype=np.int64)
    weights = weights_or_empty(batch)
    # A float, since the sum over all blocks may not fit an integer.
    largest = weights.sum(dtype=np.float64) if batch.weights is not None else len(batch.rows)
    low = min(batch.n, TRANSFORMED)
    spectrum = np.empty(1 << low, dtype=np.int32 if largest < 1 << 31 else np.int64)
    made = transform_blocks(batch.rows, batch.values, batch.starts, weights, batch.n, spectrum, x, cost, stop)
    if made == len(batch) << (batch.n - low):
        return BatchAnswer(x, cost, cost.copy())
    return _better(greedy_batch(batch), BatchAnswer(x, cost, np.zeros_like(cost)))


def _better(greedy: BatchAnswer, found: BatchAnswer) -> BatchAnswer:
    """Take the cheaper answer to each block, and the greedy one's lower bound."""
    better = found.cost < greedy.cost
    x, cost = np.where(better, found.x, greedy.x), np.where(better, found.cost, greedy.cost)
    return BatchAnswer(x, cost, greedy.lower_bound)


def _in_parts(batch: ParityBatch, clock: Clock, stop: np.ndarray) -> BatchAnswer:
    """Enumerate one block by Gray code, some steps at a time, until all are done or the time is up."""
    from xoropt_solvers.kernels.enumeration import LOW, gray_range

    total = 1 << max(0, batch.n - LOW)
    part = max(1, PART // _words(batch))
    best, x = len(batch.rows) + 1, 0
    for first in range(0, total, part):
        cost, answer = gray_range(batch.rows, batch.values, batch.n, first, min(first + part, total), best, stop)
        if cost < best:
            best, x = int(cost), int(answer)
        if stop[0] or (clock.expired() and first + part < total):
            found = BatchAnswer(np.array([x], np.uint64), np.array([best]), np.zeros(1, np.int64))
            return _better(greedy_batch(batch), found)
    return BatchAnswer(np.array([x], np.uint64), np.array([best]), np.array([best]))


def _repeat_light_rows(batch: ParityBatch) -> ParityBatch:
    """Replace small weights by copies of their rows, as long as counting ones stays faster than the transform."""
    if batch.weights is None:
        return batch
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(batch.weights)])[batch.starts]
    if GRAY * np.diff(starts).max(initial=0) / 64 > TRANSFORM * batch.n:
        return batch
    return ParityBatch(np.repeat(batch.rows, batch.weights), np.repeat(batch.values, batch.weights), starts, batch.n)


def _words(batch: ParityBatch) -> int:
    return max(1, (int(np.diff(batch.starts).max(initial=0)) + 63) // 64)


def _transforms(batch: ParityBatch) -> bool:
    return batch.weights is not None or TRANSFORM * batch.n < GRAY * _words(batch)


def seconds(batch: ParityBatch) -> float:
    """Estimate the seconds that the longest block of the batch takes."""
    each = TRANSFORM * batch.n if _transforms(batch) else GRAY * _words(batch)
    return each * 2.0**batch.n * 1e-9


def _check_limit(n: int, what: str) -> None:
    if n > LIMIT:
        raise LimitExceededError(
            f"Strategy 'exhaustive' takes a {what} of at most {LIMIT}, not {n}: use 'coset' or 'portfolio'."
        )


STRATEGY = Strategy(
    name="exhaustive",
    run=run,
    run_batch=run_batch,
    exact=True,
    summary="all 2^n seeds: Gray code or Walsh–Hadamard transform",
)
