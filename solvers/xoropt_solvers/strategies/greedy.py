"""The patch search of Kwon et al., CVPR 2020 (arXiv 1905.10138): elimination that leaves contradictory rows out."""

from xoropt_solvers.batch import ParityBatch
from xoropt_solvers.elimination import greedy_answer, greedy_batch
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy

__all__ = ["STRATEGY", "run", "run_batch"]


def run(problem: ParityProblem, clock: Clock) -> Answer:
    """Rows in order (in a weighted problem the heaviest first); each joins the system or is left out.

    No optimum is promised, but a cost of 0, and of 1 in an unweighted problem, is proven least.
    """
    return greedy_answer(problem)


def run_batch(batch: ParityBatch, time_limit: float | None = None) -> BatchAnswer:
    """The same on every block, compiled; linear work, so that no limit applies."""
    return greedy_batch(batch)


STRATEGY = Strategy(
    name="greedy",
    run=run,
    run_batch=run_batch,
    exact=False,
    reduces=False,
    summary="the paper's patch search: elimination that leaves contradictory rows out",
)
