"""Belief propagation with ordered-statistics post-processing, by the package ldpc (Roffe et al. 2020)."""

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.models import (
    answer_from_errors,
    collapse_errors,
    eliminate_unknowns,
    model_of_checks,
    short_checks,
    shorten_checks,
)
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy, TimeUpError

__all__ = ["STRATEGY", "run"]

SECONDS = 1.2e-10  # that the decoder takes for each check and each pair of ones in the check matrix, as measured


def run(problem: ParityProblem, clock: Clock, order: int = 10, iterations: int = 30) -> Answer:
    """Return the error pattern that the decoder finds most likely, where a heavy row is unlikely to be wrong.

    Nothing is proved. Where the decoder would take longer than the time limit, the answer is the greedy one.

    Args:
        problem: in reduced form.
        clock: tells whether there is time for the decoder, which cannot be interrupted.
        order: the post-processing tries pairs of so many least reliable positions (combination sweep).
        iterations: the belief propagation ends after so many.

    Raises:
        InvalidInputError: `order` or `iterations` is out of range.
        TimeUpError: there is no time for the decoder.
    """
    from ldpc.bposd_decoder import BpOsdDecoder

    checks.integer(iterations, "iterations", 1)
    checks.integer(order, "order", 0)
    if short_checks(problem):
        model = collapse_errors(model_of_checks(problem))
    else:
        model = shorten_checks(collapse_errors(eliminate_unknowns(problem, clock)), clock.half())
    clock.check()
    H = model.H.astype(np.uint8)
    # The decoder cannot be interrupted, so that it does not begin where it would not end in time.
    left = clock.left()
    if left is not None and SECONDS * len(H) * float(H.sum()) ** 2 > left:
        raise TimeUpError
    # A weight is a log-likelihood ratio: error probability p with log((1 − p)/p) = scale · weight.
    scale = 2.2 / float(np.mean(model.weights))
    channel = 1.0 / (1.0 + np.exp(np.minimum(scale * model.weights, 50.0)))
    decoder = BpOsdDecoder(
        H,
        error_channel=channel.tolist(),
        max_iter=iterations,
        bp_method="product_sum",
        osd_method="OSD_CS",
        osd_order=min(order, max(0, len(model.weights) - len(H))),
    )
    values = np.asarray(decoder.decode(model.syndrome.astype(np.uint8)), dtype=bool)
    return answer_from_errors(problem, model, values, int(model.weights.min()), {"converged": bool(decoder.converge)})


STRATEGY = Strategy(
    name="osd",
    run=run,
    exact=False,
    requires={"ldpc": "xoropt[osd]"},
    summary="belief propagation with ordered-statistics post-processing",
)
