"""Branch and bound over odd cuts: the linear program of `xoropt_solvers.odd_cuts`, for checks of few errors each."""

import hashlib

import numpy as np

from xoropt_solvers.cut_program import HEAVIEST, Columns, pack_columns
from xoropt_solvers.errors import LimitExceededError
from xoropt_solvers.models import answer_from_errors, parity_model, short_checks
from xoropt_solvers.odd_cuts import Found, search_cuts
from xoropt_solvers.parity_checks import complete, factor, known_of
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.reduction import reduce_problem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "run"]


def run(problem: ParityProblem, clock: Clock) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved.

    Checks that the problem was given by are taken as they are, and what is found from their matrix is kept for the next
    problem that has it. ``info`` says how many nodes the search had and how many cuts were added.

    Args:
        problem: any.
        clock: ends the search.

    Raises:
        LimitExceededError: a weight is 2**40 or more.
        TimeUpError: the time was up before the unknowns were eliminated.
    """
    heaviest = int(problem.row_weights.max(initial=0))
    if heaviest >= HEAVIEST:
        raise LimitExceededError(
            f"Strategy 'odd-cuts' takes weights below 2**40, not {heaviest}: use 'xorsat' or 'coset'."
        )
    if problem.checks is not None and "A" not in vars(problem) and short_checks(problem):
        return _direct(problem, clock)
    reduced = reduce_problem(problem)
    model = parity_model(reduced.problem, clock, checks=True)
    rows, seen = np.nonzero(model.H)
    columns = pack_columns(rows.astype(np.int64), seen.astype(np.int64), len(model.H), model.weights)
    found = search_cuts(columns, model.syndrome, clock.raised(reduced.offset))
    values = np.zeros(len(model.weights), dtype=bool)
    values[columns.error_of[found.errors]] = True
    answer = answer_from_errors(reduced.problem, model, values, found.bound, _info(found))
    return Answer(answer.x, answer.cost + reduced.offset, answer.lower_bound + reduced.offset, answer.info)


def _direct(problem: ParityProblem, clock: Clock) -> Answer:
    """Search the checks as they are: error free[j] is x_j."""
    given = problem.checks
    assert given is not None
    factored = factor(given)
    complete(given, np.zeros(len(factored.free), dtype=bool))  # raises where no errors have the syndrome
    columns = _columns(problem)
    found = search_cuts(columns, given.syndrome, clock)
    errors = np.zeros(given.length, dtype=bool)
    errors[columns.error_of[found.errors]] = True
    return Answer(errors[factored.free], found.cost, found.bound, _info(found))


def _columns(problem: ParityProblem) -> Columns:
    """Pack the columns of H, or take those of the last problem with the same H and weights."""
    given = problem.checks
    assert given is not None
    known = known_of(given)
    key = hashlib.blake2b(problem.row_weights.tobytes(), digest_size=16).digest()
    last: tuple[bytes, Columns] | None = known.get("columns")
    if last is None or last[0] != key:
        last = key, pack_columns(given.rows, given.columns, len(given), problem.row_weights)
        known["columns"] = last
    return last[1]


def _info(found: Found) -> dict[str, int]:
    return {"nodes": found.nodes, "cuts": found.cuts}


STRATEGY = Strategy(
    name="odd-cuts",
    run=run,
    exact=True,
    reduces=False,
    summary="branch and bound over sums of checks, for sparse checks (decoding)",
)
