"""The model that declarative strategies give to their engines: few and short parity checks over error variables.

`parity_model` states a problem as: minimize Σ w_v·v over 0/1 variables v, one for each row's error, subject to XOR
constraints. Elimination expresses each dependent row as a sum of independent ones, so that c = k − rank constraints
remain, and x is gone: it follows from the errors. It works in four steps, each a function from model to model:

1. `eliminate_unknowns`. The start, an assignment that satisfies all constraints and whose cost the engines have to
   beat, is the greedy answer.
2. `improve_start` lets the start have up to two errors in the information set.
3. `collapse_errors` drops each error that no check sees, and all but the lightest of those that the same checks see.
4. `shorten_checks` replaces a check by its sum with another one where that is shorter.

Each step leaves some optimal error pattern standing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xoropt_solvers.elimination import greedy_answer, x_of_errors
from xoropt_solvers.errors import LimitExceededError
from xoropt_solvers.parity_checks import dense_checks
from xoropt_solvers.problem import ParityProblem, mismatch_mask
from xoropt_solvers.strategy import Answer, Clock, TimeUpError
from xoropt_solvers.systematic import member_sums

__all__ = [
    "ParityModel",
    "answer_from_errors",
    "collapse_errors",
    "eliminate_unknowns",
    "improve_start",
    "model_of_checks",
    "parity_checks_of",
    "parity_model",
    "search_model",
    "short_checks",
    "shorten_checks",
]

LARGEST_MODEL = 1 << 25  # entries of the constraints' matrix, a byte each: it grows with the square of the rows
SHORT, SHARE = 16, 8  # so many errors in a check, or one in so many, in the mean: checks that stay as they are
PAIRS_AT_ONCE = 512  # members whose pairs with all others are compared between two looks at the clock


@dataclass(frozen=True, eq=False)
class ParityModel:
    """Constraint i of a model: the XOR of the variables v with H[i, v] is syndrome[i].

    Attributes:
        H: bool (constraints, variables).
        syndrome: bool (constraints,).
        weights: int64 (variables,), what a variable costs if it is 1.
        error_of: int64 (variables,), the row of the problem whose error the variable is, or −1 for none.
        start: bool (variables,), an assignment that satisfies all constraints.
        members: the number of variables that come first and determine all others (the information set), or 0.
    """

    H: np.ndarray
    syndrome: np.ndarray
    weights: np.ndarray
    error_of: np.ndarray
    start: np.ndarray
    members: int

    @property
    def checks(self) -> list[list[int]]:
        """The variables of each constraint, in rising order."""
        return [np.flatnonzero(row).tolist() for row in self.H]

    @property
    def start_cost(self) -> int:
        """What the start costs."""
        return int(self.weights[self.start].sum())


def parity_model(
    problem: ParityProblem, clock: Clock | None = None, checks: bool = False, x: np.ndarray | None = None
) -> ParityModel:
    """State a problem in as few and as short constraints as the four steps reach.

    Args:
        problem: without fixed bits.
        clock: `improve_start` and `shorten_checks` take at most half of the time left on it; None sets no limit.
        checks: whether the constraints are the checks that the problem was given by, where those are short.
        x: a good answer, bool (n,), whose errors are the start; None: the second step finds a start.

    Raises:
        TimeUpError: the time was up before the unknowns were eliminated, or there is a limit and too many rows.
        LimitExceededError: there is no limit and too many rows.
    """
    clock = clock or Clock()
    if checks and short_checks(problem):
        return collapse_errors(_begun(model_of_checks(problem), problem, x))
    model = eliminate_unknowns(problem, clock)
    model = improve_start(model, clock.half()) if x is None else _begun(model, problem, x)
    return shorten_checks(collapse_errors(model), clock.half())


def _begun(model: ParityModel, problem: ParityProblem, x: np.ndarray | None) -> ParityModel:
    """Let a model with a variable for each row's error start from those of x, if there is one."""
    return model if x is None else replace(model, start=mismatch_mask(problem, x)[model.error_of])


def search_model(
    problem: ParityProblem,
    clock: Clock,
    search: Callable[[ParityModel], Answer],
    checks: bool = False,
    x: np.ndarray | None = None,
) -> Answer:
    """Search the model of a problem; where the time is up before the engine has an answer, return the model's start.

    Args:
        problem: in reduced form.
        clock: as for `parity_model`.
        search: from the model to the answer; it may raise TimeUpError.
        checks: as for `parity_model`.
        x: as for `parity_model`.

    Raises:
        TimeUpError: as for `parity_model`.
        LimitExceededError: as for `parity_model`.
    """
    model = parity_model(problem, clock, checks, x)
    try:
        clock.check()
        return search(model)
    except TimeUpError:
        return answer_from_errors(problem, model, model.start, int(problem.row_weights.min()), {})


def short_checks(problem: ParityProblem) -> bool:
    """Tell whether a problem was given by checks that are short, so that engines do best with them as they are."""
    given = problem.checks
    return given is not None and 0 < len(given.columns) <= max(SHORT, given.length // SHARE) * len(given)


def model_of_checks(problem: ParityProblem) -> ParityModel:
    """Take the checks that a problem was given by; the start is the greedy answer.

    Raises:
        LimitExceededError: there are too many of them.
    """
    given = problem.checks
    assert given is not None
    if len(given) * given.length > LARGEST_MODEL:
        raise LimitExceededError(
            f"A model of {given.length} errors and {len(given)} checks is too large for an engine: use 'isd', or set a"
            " time limit."
        )
    rows = np.arange(problem.k)
    start = mismatch_mask(problem, greedy_answer(problem).x)
    return ParityModel(dense_checks(given), given.syndrome, problem.row_weights, rows, start, members=0)


def answer_from_errors(
    problem: ParityProblem, model: ParityModel, values: np.ndarray, lower_bound: int, info: Mapping[str, Any]
) -> Answer:
    """Find the x whose rows are wrong exactly where the variables say so.

    Args:
        problem: what the model was made from.
        model: the model.
        values: bool (variables,), an assignment that satisfies all constraints.
        lower_bound: the cost that the engine proved to be the least possible.
        info: what to report with the answer.
    """
    errors = np.zeros(problem.k, dtype=bool)
    known = model.error_of >= 0
    errors[model.error_of[known]] = values[known]
    x = x_of_errors(problem, errors)
    return Answer(x, int(model.weights[values].sum()), lower_bound, info)


def eliminate_unknowns(problem: ParityProblem, clock: Clock) -> ParityModel:
    """Make the model in error variables alone: the information set, heaviest rows first, then the dependent rows.

    H is [P | 1]: the last variable of each constraint is the error of its dependent row and is in no other constraint.

    Raises:
        TimeUpError: the time was up before the elimination was done, or there is a limit and too many rows.
        LimitExceededError: there is no limit and too many rows.
    """
    order = np.argsort(-problem.row_weights, kind="stable")
    members, dependent, sums = member_sums(problem.A[order])
    clock.check()
    if len(dependent) * problem.k > LARGEST_MODEL:
        # A limit asks for the best there is by then, which is the greedy answer.
        if clock.time_limit is not None:
            raise TimeUpError
        raise LimitExceededError(
            f"A model of {problem.k} rows, of which {len(dependent)} depend on others, is too large for an engine: use"
            " 'exhaustive' or 'isd', or set a time limit."
        )
    rows = order[np.concatenate([members, dependent])]
    H = np.column_stack([sums, np.eye(len(dependent), dtype=bool)])
    values = problem.b[rows]
    syndrome = (sums.astype(np.float32) @ values[: len(members)] % 2 == 1) ^ values[len(members) :]
    start = np.zeros(len(rows), dtype=bool)
    start[len(members) :] = syndrome  # every member right: the greedy answer
    clock.check()
    return ParityModel(
        H=H,
        syndrome=syndrome,
        weights=problem.row_weights[rows],
        error_of=rows,
        start=start,
        members=len(members),
    )


def parity_checks_of(A: np.ndarray) -> np.ndarray:
    """Return the checks that all sums of columns of A satisfy, bool (checks, k), in the order of A's rows."""
    members, dependent, sums = member_sums(A)
    H = np.zeros((len(dependent), len(A)), dtype=bool)
    H[:, members] = sums
    H[np.arange(len(dependent)), dependent] = True
    return H


def improve_start(model: ParityModel, clock: Clock | None = None) -> ParityModel:
    """Start from the lightest pattern that has at most two errors in the information set.

    The model must be as `eliminate_unknowns` makes it. |a ⊕ b| = |a| + |b| − 2·|a·b| compares many pairs at once. When
    the clock has expired, the rest of the pairs is left out.
    """
    H, syndrome, members = model.H, model.syndrome, model.members
    unit = model.weights[members:].astype(np.float64)
    columns = np.column_stack([np.zeros(len(H), dtype=bool), H[:, :members]]).T.astype(np.float64)
    left = np.abs(columns - syndrome)  # what each member leaves of the syndrome; the first one is "none"
    price = np.concatenate([[0.0], model.weights[:members]])
    first, second = left @ unit + price, columns @ unit + price
    i, j, best = 0, 0, first[0]
    for at in range(0, len(columns), PAIRS_AT_ONCE):
        part = slice(at, at + PAIRS_AT_ONCE)
        cost = (-2 * left[part] * unit) @ columns.T
        cost += first[part, None]
        cost += second
        least = int(cost.argmin())
        if cost.flat[least] < best:
            best = cost.flat[least]
            i, j = at + least // len(columns), least % len(columns)
        if clock is not None and clock.expired():
            break
    start = np.zeros(H.shape[1], dtype=bool)
    for member in (i, j):
        if member > 0:
            start[member - 1] ^= True
    start[members:] = syndrome ^ (H[:, :members].astype(np.int64) @ start[:members] & 1).astype(bool)
    return replace(model, start=start)


def collapse_errors(model: ParityModel) -> ParityModel:
    """Keep one variable, the lightest, of those that the same constraints see, and none that no constraint sees.

    An error of the start that is dropped moves to the variable that is kept for it.
    """
    H, start = model.H, model.start.copy()
    packed = np.ascontiguousarray(np.packbits(H, axis=0).T)
    keys = [column.tobytes() for column in packed]
    keep = _worth_keeping(keys, np.flatnonzero(H.any(axis=0)), model.weights)
    kept = {keys[j]: j for j in keep.tolist()}
    for j in np.flatnonzero(model.start).tolist():
        to = kept[keys[j]]
        if to != j:
            start[j] = False
            start[to] ^= True
    return ParityModel(
        H=H[:, keep],
        syndrome=model.syndrome,
        weights=model.weights[keep],
        error_of=model.error_of[keep],
        start=start[keep],
        members=int((keep < model.members).sum()),
    )


def _worth_keeping(keys: list[bytes], seen: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Find the columns of H to keep: none that is empty, and of equal ones the lightest (of equal weights the last)."""
    lightest: dict[bytes, int] = {}
    for j in seen.tolist():
        key = keys[j]
        if key not in lightest or weights[j] <= weights[lightest[key]]:
            lightest[key] = j
    return np.array(sorted(lightest.values()), dtype=np.int64)


def shorten_checks(model: ParityModel, clock: Clock) -> ParityModel:
    """Add a constraint to another one wherever the sum has fewer variables, until no pair gains or the time is up."""
    H, syndrome = model.H.copy(), model.syndrome.copy()
    improved = True
    sizes = H.sum(axis=1)
    while improved:
        improved = False
        for i in range(len(H)):
            if clock.expired():
                return replace(model, H=H, syndrome=syndrome)
            # |a ⊕ b| = |a| + |b| − 2·|a·b|, which needs only the columns of row i.
            inside = H[:, H[i]].sum(axis=1)
            lengths = sizes + sizes[i] - 2 * inside
            shorter = np.flatnonzero(lengths < sizes)
            shorter = shorter[shorter != i]
            if len(shorter):
                H[shorter] ^= H[i]
                sizes[shorter] = lengths[shorter]
                syndrome[shorter] ^= syndrome[i]
                improved = True
    return replace(model, H=H, syndrome=syndrome)
