"""Brouwer–Zimmermann for cosets: `xoropt_solvers.zimmermann`, for codes of up to some 150 rows, on all cores."""

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy
from xoropt_solvers.zimmermann import cores, search_cosets

__all__ = ["STRATEGY", "run", "run_from"]


def run(problem: ParityProblem, clock: Clock, workers: int | None = None) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved.

    ``info["levels"]`` says how many members were tried at most on each of the information sets.

    Args:
        problem: in reduced form.
        clock: ends the search.
        workers: the number of threads; None for one on each core.

    Raises:
        InvalidInputError: `workers` is not a positive integer.
    """
    return run_from(problem, clock, None, cores() if workers is None else checks.integer(workers, "workers", 1))


def run_from(problem: ParityProblem, clock: Clock, x: np.ndarray | None, workers: int) -> Answer:
    """Do what `run` does, from a good answer x, bool (n,), which need not be searched again."""
    return search_cosets(problem, clock, workers, x)


STRATEGY = Strategy(
    name="brouwer-zimmermann",
    run=run,
    exact=True,
    summary="every pattern of few errors on disjoint information sets, on all cores",
)
