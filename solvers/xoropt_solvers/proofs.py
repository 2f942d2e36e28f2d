"""Proofs that a minimum is one, which others can check: `xoropt_solvers.proof_checking`, or a DRAT checker."""

import json
from itertools import pairwise
from math import comb
from pathlib import Path

import numpy as np

from xoropt_solvers.cut_program import HEAVIEST, pack_columns
from xoropt_solvers.encodings import Clauses, add_parity, add_weight_sum
from xoropt_solvers.errors import InvalidInputError, LimitExceededError
from xoropt_solvers.formats.check_matrix import checks_of
from xoropt_solvers.formats.places import Place, write_lines
from xoropt_solvers.interrupts import AbandonedError, call_within
from xoropt_solvers.odd_cuts import prove_minimum
from xoropt_solvers.parity_checks import ParityChecks
from xoropt_solvers.problem import ParityProblem, Solution
from xoropt_solvers.proof_checking import half_sums
from xoropt_solvers.strategy import Clock, TimeUpError

__all__ = ["write_proof"]

MOST_SUMS = 20_000_000
"""The most sums of half the columns that an enumeration takes, a second or two and 160 MB."""


def write_proof(problem: ParityProblem, solution: Solution, path: Place, time_limit: float | None = None) -> None:
    """Write a proof that no x costs less than a solution.

    Args:
        problem: the problem, without rows that must hold.
        solution: its solution.
        path: what ends in .json is an enumeration where that is small, and sums of checks with their duals for other
            problems and those with weights; what ends in .cnf is the statement "costs less" in clauses, and beside it
            the .drat file of a refutation that glucose finds.
        time_limit: seconds for the sums or the refutation, or None.

    Raises:
        InvalidInputError: the solution is not proved, the name ends otherwise, or the problem has hard rows.
        LimitExceededError: the time was up, or weights are too large for duals.
        FileFormatError: the files cannot be written.
    """
    path = Path(path)
    if path.suffix not in (".json", ".cnf"):
        raise InvalidInputError(f"Argument 'proof' must end in .json (sums) or .cnf (refutation), not {path.name!r}.")
    if not solution.optimal:
        raise InvalidInputError(
            f"Argument 'proof' needs a proved minimum; between {solution.lower_bound} and {solution.cost} it is open."
        )
    given = checks_of(problem)
    if path.suffix == ".cnf":
        _write_refutation(problem, given, solution, path, time_limit)
    elif problem.weights is not None or not _write_enumeration(given, solution, path):
        _write_cuts(problem, given, solution, path, time_limit)


def _write_cuts(
    problem: ParityProblem, given: ParityChecks, solution: Solution, path: Path, time_limit: float | None
) -> None:
    """Write H, the syndrome, the weights, and a tree of odd cuts with their duals."""
    weights = problem.row_weights
    if int(weights.max(initial=0)) >= HEAVIEST:
        raise LimitExceededError("A proof by sums takes weights below 2**40: use a .cnf.")
    columns = pack_columns(given.rows, given.columns, len(given), weights)
    try:
        tree = prove_minimum(columns, given.syndrome, solution.cost, Clock(time_limit))
    except TimeUpError:
        raise _too_long(time_limit, ".cnf") from None
    proof = {
        "proof": "odd cuts",
        "checks": [given.columns[a:b].tolist() for a, b in pairwise(given.starts.tolist())],
        "syndrome": given.syndrome.astype(int).tolist(),
        "weights": weights.tolist(),
        "minimum": solution.cost,
        "errors": solution.mismatches.tolist(),
        "unit": 1 << columns.shift,
        "tree": tree,
    }
    write_lines(path, [json.dumps(proof)])


def _write_enumeration(given: ParityChecks, solution: Solution, path: Path) -> bool:
    """Write sums of columns, unless they are too many or the first 64 checks do not tell errors apart; say whether."""
    minimum, k = solution.cost, given.length
    half = max(0, minimum) // 2
    if comb(k, half) > MOST_SUMS:
        return False
    columns, syndrome = _first_word(given)
    halves = {size: np.unique(half_sums(columns, size)) for size in range(half + 1)}
    for weight in range(minimum):
        left, right = halves[weight - weight // 2], halves[weight // 2]
        if np.isin(right ^ np.uint64(syndrome), left, assume_unique=True).any():
            return False
    proof = {
        "proof": "no fewer of these columns add up to the syndrome",
        "columns": [f"{int(word):x}" for word in columns],
        "syndrome": f"{syndrome:x}",
        "minimum": minimum,
        "errors": solution.mismatches.tolist(),
        "below": [{"weight": w, "left": comb(k, w - w // 2), "right": comb(k, w // 2)} for w in range(minimum)],
    }
    write_lines(path, json.dumps(proof, indent=1).splitlines())
    return True


def _first_word(given: ParityChecks) -> tuple[np.ndarray, int]:
    """Return the first 64 checks: what fewer columns cannot add up to there, they cannot at all."""
    columns = np.zeros(given.length, dtype=np.uint64)
    rows = given.rows
    few = rows < 64
    np.bitwise_or.at(columns, given.columns[few], np.uint64(1) << rows[few].astype(np.uint64))
    return columns, sum(int(bit) << i for i, bit in enumerate(given.syndrome[:64]))


def _write_refutation(
    problem: ParityProblem, given: ParityChecks, solution: Solution, path: Path, time_limit: float | None
) -> None:
    """Write clauses over the errors, variables 1 … k: the checks hold, and the cost is less than the minimum."""
    from pysat.solvers import Solver

    k, formula = given.length, list[list[int]]()
    clauses = Clauses(formula.append, k)
    for first, last, value in zip(given.starts[:-1], given.starts[1:], given.syndrome.tolist(), strict=True):
        add_parity(clauses, (given.columns[first:last] + 1).tolist(), value)
    if solution.cost == 0:
        formula.append([])  # nothing costs less than 0
    else:
        pairs = [(i + 1, w) for i, w in enumerate(problem.row_weights.tolist()) if w > 0]
        formula += [[literal] for literal in add_weight_sum(clauses, [pairs], solution.cost).at_most(solution.cost - 1)]
    proof = ["0"]
    if all(formula):
        engine = Solver(name="glucose4", bootstrap_with=formula, with_proof=True)
        try:
            refuted = call_within(
                lambda: engine.solve_limited(expect_interrupt=True), time_limit, engine.interrupt, engine.delete
            )
        except AbandonedError:
            raise _too_long(time_limit) from None
        if refuted is not False:
            raise _too_long(time_limit)
        proof = [*engine.get_proof(), "0"]
        engine.delete()
    head = [
        f"c cost < {solution.cost}: the errors of {k} rows, variables 1 to {k}, satisfy {len(given)} checks",
        f"p cnf {clauses.variables} {len(formula)}",
    ]
    write_lines(path, [*head, *(" ".join(map(str, [*clause, 0])) for clause in formula)])
    write_lines(path.with_suffix(".drat"), proof)


def _too_long(time_limit: float | None, other: str = ".json") -> LimitExceededError:
    return LimitExceededError(f"No proof was found within {time_limit} s: allow more time, or use a {other}.")
