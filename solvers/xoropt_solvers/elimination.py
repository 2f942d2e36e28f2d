"""Elimination over GF(2) that leaves contradictory rows out, from which every strategy starts.

This is the patch search of Kwon et al., CVPR 2020 (arXiv 1905.10138), compiled for n ≤ 64 in one word, else in several.
"""

from dataclasses import replace

import numpy as np

from xoropt_solvers.batch import ParityBatch, pack_batch
from xoropt_solvers.problem import ParityProblem, pack_rows, unpack_word
from xoropt_solvers.strategy import Answer, BatchAnswer

__all__ = [
    "eliminate",
    "eliminate_wide",
    "greedy_answer",
    "greedy_batch",
    "heaviest_first",
    "weights_or_empty",
    "x_of_errors",
]


def greedy_answer(problem: ParityProblem) -> Answer:
    """Take the rows one after another, heavy ones first; each joins the system unless those before contradict it.

    A cost of 0, and of the least positive weight, is proved to be the minimum.
    """
    if problem.n <= 64:
        answer = greedy_batch(pack_batch([problem]))
        return Answer(unpack_word(answer.x[0], problem.n), int(answer.cost[0]), int(answer.lower_bound[0]))
    return eliminate_wide(problem)


def x_of_errors(problem: ParityProblem, errors: np.ndarray) -> np.ndarray:
    """Find the x, bool (n,), whose rows are wrong exactly where `errors`, bool (k,), says so; there must be one."""
    return greedy_answer(ParityProblem(problem.A, problem.b ^ errors)).x


def greedy_batch(batch: ParityBatch) -> BatchAnswer:
    """Do what `greedy_answer` does to every block, compiled."""
    return eliminate(heaviest_first(batch))


def heaviest_first(batch: ParityBatch) -> ParityBatch:
    """Sort the rows of each block by falling weight; rows of equal weight stay in their order."""
    if batch.weights is None:
        return batch
    blocks = np.repeat(np.arange(len(batch)), np.diff(batch.starts))
    order = np.lexsort((-batch.weights, blocks))
    return replace(
        batch, rows=batch.rows[order], values=batch.values[order], weights=batch.weights[order], starts=batch.starts
    )


def eliminate(batch: ParityBatch) -> BatchAnswer:
    """Eliminate every block of a batch that is in the order of `heaviest_first`."""
    from xoropt_solvers.kernels.elimination import greedy_blocks

    x = np.zeros(len(batch), dtype=np.uint64)
    cost = np.zeros(len(batch), dtype=np.int64)
    lower_bound = np.zeros(len(batch), dtype=np.int64)
    greedy_blocks(batch.rows, batch.values, batch.starts, weights_or_empty(batch), x, cost, lower_bound)
    return BatchAnswer(x, cost, lower_bound)


def weights_or_empty(batch: ParityBatch) -> np.ndarray:
    """Return the weights of a batch as the kernels take them: an empty array stands for unit weights."""
    return np.zeros(0, dtype=np.int64) if batch.weights is None else batch.weights


def eliminate_wide(problem: ParityProblem) -> Answer:
    """Do what `greedy_answer` does for any n, in words of 64 unknowns."""
    from xoropt_solvers.kernels.wide_elimination import reduce_rows, solve_pivots

    weights = problem.row_weights
    order = np.argsort(-weights, kind="stable")
    order = order[weights[order] > 0]
    packed = pack_rows(problem.A[order])
    words = packed.shape[1]
    rows = np.column_stack([packed, problem.b[order].astype(np.uint64)])
    pivot_of, member = np.empty(64 * words, dtype=np.int64), np.empty(len(rows), dtype=np.int64)
    reduce_rows(rows, words, 0, pivot_of, member)
    missed = (member < 0) & (rows[:, words] != 0)
    cost = int(weights[order][missed].sum())
    x = np.unpackbits(solve_pivots(rows, words, pivot_of).astype("<u8").view(np.uint8), bitorder="little")
    return Answer(x[: problem.n].astype(bool), cost, int(weights[order].min()) if cost else 0)
