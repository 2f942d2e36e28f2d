"""The patch search of Kwon et al., CVPR 2020 (arXiv 1905.10138): `xoropt_solvers.elimination`, and nothing after it."""

from xoropt_solvers.batch import ParityBatch
from xoropt_solvers.elimination import greedy_answer, greedy_batch
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy

__all__ = ["STRATEGY", "run", "run_batch"]


def run(problem: ParityProblem, clock: Clock) -> Answer:
    """Eliminate the rows one after another, in a weighted problem the heaviest first, without regard to the clock.

    The cost need not be the minimum, but 0 is always proved, and so is 1 in an unweighted problem.
    """
    return greedy_answer(problem)


def run_batch(batch: ParityBatch, time_limit: float | None = None) -> BatchAnswer:
    """Do the same to every block, without regard to the time limit."""
    return greedy_batch(batch)


STRATEGY = Strategy(
    name="greedy",
    run=run,
    run_batch=run_batch,
    exact=False,
    reduces=False,
    summary="the paper's patch search: elimination that leaves contradictory rows out",
)
