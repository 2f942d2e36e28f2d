"""What the declarative strategies hand to their engines: parity checks over error variables, made short and few.

`parity_model` states a problem as: minimize Σ w_v·v subject to XOR constraints over 0/1 variables. Two forms:

- ``primal``: a variable for each unknown and for each row's error; each row is one constraint, as long as the row.
- ``systematic``: error variables only. Elimination expresses each dependent row as a sum of independent ones, so that
  c = k − rank constraints remain and x is gone; it follows from the errors.

Cuts to the systematic form, each of which leaves some optimal error pattern standing:

- *collapse*: an error that no check sees is 0, and of errors that the same checks see only the lightest may be 1;
- *sparsify*: replace a check by its sum with another one where that is shorter (a lighter basis of the same dual code).

The start, a feasible assignment that bounds the cost from above, is the greedy answer; *improve* lets it have up to two
errors in the information set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt_solvers.elimination import greedy_answer
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock

__all__ = ["FORMS", "ParityModel", "answer_from_errors", "parity_model"]

FORMS = ("systematic", "primal")


@dataclass(frozen=True, eq=False)
class ParityModel:
    """Variables 0 … len(weights) − 1; constraint i: the XOR of the variables checks[i] is syndrome[i].

    weights : int64, the price of each variable; 0 for the unknowns of the primal form
    error_of : int64, the row of the problem whose error the variable is; −1 for the unknowns
    start : bool, a feasible assignment
    members : how many variables come first that fix all others (the information set); 0 in the primal form
    """

    checks: tuple[tuple[int, ...], ...]
    syndrome: np.ndarray
    weights: np.ndarray
    error_of: np.ndarray
    start: np.ndarray
    members: int

    @property
    def start_cost(self) -> int:
        return int(self.weights[self.start].sum())


def parity_model(
    problem: ParityProblem,
    form: str = "systematic",
    collapse: bool = True,
    sparsify: bool = True,
    improve: bool = True,
    clock: Clock | None = None,
) -> ParityModel:
    """State a problem. `collapse`, `sparsify` and `improve` apply to the systematic form.

    Sparsifying takes up half of the clock's time at most. Raises TimeUpError when all of it is gone.
    """
    clock = clock or Clock()
    if form not in FORMS:
        raise InvalidInputError(f"Argument 'form' must be one of {', '.join(FORMS)}, not {form!r}.")
    x = greedy_answer(problem).x
    errors = ((problem.A.astype(np.int64) @ x) & 1).astype(bool) ^ problem.b
    if form == "primal":
        return _primal(problem, x, errors)
    return _systematic(problem, collapse, sparsify, improve, clock)


def answer_from_errors(
    problem: ParityProblem, model: ParityModel, values: np.ndarray, lower_bound: int, info: Mapping[str, Any]
) -> Answer:
    """The x whose rows are wrong where the variables say so."""
    errors = np.zeros(problem.k, dtype=bool)
    known = model.error_of >= 0
    errors[model.error_of[known]] = values[known]
    x = greedy_answer(ParityProblem(problem.A, problem.b ^ errors)).x
    return Answer(x, int(model.weights[values].sum()), lower_bound, info)


def _primal(problem: ParityProblem, x: np.ndarray, errors: np.ndarray) -> ParityModel:
    n, k = problem.n, problem.k
    checks = tuple((*np.flatnonzero(row).tolist(), n + i) for i, row in enumerate(problem.A))
    return ParityModel(
        checks=checks,
        syndrome=problem.b.copy(),
        weights=np.concatenate([np.zeros(n, dtype=np.int64), problem.row_weights]),
        error_of=np.concatenate([np.full(n, -1), np.arange(k)]),
        start=np.concatenate([x, errors]),
        members=0,
    )


def _systematic(problem: ParityProblem, collapse: bool, sparsify: bool, improve: bool, clock: Clock) -> ParityModel:
    order = np.argsort(-problem.row_weights, kind="stable")
    members, checks = _parity_checks(problem.A, order, clock)
    independent = set(members)
    dependents = [i for i in order.tolist() if i not in independent]
    column_of = {row: j for j, row in enumerate([*members, *dependents])}
    syndrome = np.array([bool(problem.b[list(check)].sum() & 1) for check in checks], dtype=bool)
    H = np.zeros((len(checks), problem.k), dtype=bool)
    for i, check in enumerate(checks):
        H[i, [column_of[row] for row in check]] = True
    rows = np.array([*members, *dependents], dtype=np.int64)
    weights = problem.row_weights[rows]
    keep = np.arange(len(rows))
    if collapse:
        keep = _worth_keeping(H, weights)
    start = np.zeros(len(rows), dtype=bool)
    start[len(members) :] = syndrome  # every member right: the greedy answer
    clock.check()
    if improve:
        start = _improved(H, syndrome, weights, len(members))
    start = _moved(H, start, keep)
    H, rows, weights, start = H[:, keep], rows[keep], weights[keep], start[keep]
    if sparsify:
        H, syndrome = _shorter_checks(H, syndrome, clock.half())
    clock.check()
    return ParityModel(
        checks=tuple(tuple(np.flatnonzero(check).tolist()) for check in H),
        syndrome=syndrome,
        weights=weights,
        error_of=rows,
        start=start,
        members=int((keep < len(members)).sum()),
    )


def _parity_checks(A: np.ndarray, order: np.ndarray, clock: Clock) -> tuple[list[int], list[tuple[int, ...]]]:
    """The first independent rows in this order, and for each other row itself and the members it is the sum of."""
    packed = np.packbits(A, axis=1, bitorder="little")
    system: dict[int, tuple[int, int]] = {}  # lowest bit -> (row, mask of members)
    members: list[int] = []
    checks: list[tuple[int, ...]] = []
    for i in order.tolist():
        clock.check()
        row, mask = int.from_bytes(packed[i].tobytes(), "little"), 0
        while row:
            low = row & -row
            if low not in system:
                system[low] = (row, mask | 1 << len(members))
                members.append(i)
                break
            row, mask = row ^ system[low][0], mask ^ system[low][1]
        else:
            checks.append((*(m for j, m in enumerate(members) if mask >> j & 1), i))
    return members, checks


def _worth_keeping(H: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Columns of H that are not empty, one, the lightest, of equal ones (of equal weights the last)."""
    lightest: dict[bytes, int] = {}
    for j in range(H.shape[1]):
        key = H[:, j].tobytes()
        if H[:, j].any() and (key not in lightest or weights[j] <= weights[lightest[key]]):
            lightest[key] = j
    return np.array(sorted(lightest.values()), dtype=np.int64)


def _improved(H: np.ndarray, syndrome: np.ndarray, weights: np.ndarray, members: int) -> np.ndarray:
    """The lightest pattern with at most two members: all pairs at once, by |a ⊕ b| = |a| + |b| − 2·|a·b|."""
    unit = weights[members:].astype(np.float64)
    columns = np.column_stack([np.zeros(len(H), dtype=bool), H[:, :members]]).T.astype(np.float64)
    left = np.abs(columns - syndrome)  # what each member leaves of the syndrome; the first one is "none"
    price = np.concatenate([[0.0], weights[:members]])
    cost = (left @ unit + price)[:, None] + (columns @ unit + price)[None, :] - 2 * (left * unit) @ columns.T
    i, j = np.unravel_index(np.argmin(cost), cost.shape)
    pattern = np.zeros(H.shape[1], dtype=bool)
    for member in (i, j):
        if member > 0:
            pattern[member - 1] ^= True
    pattern[members:] = syndrome ^ (H[:, :members].astype(np.int64) @ pattern[:members] & 1).astype(bool)
    return pattern


def _moved(H: np.ndarray, start: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """The start with each error that was dropped moved to the kept one with the same column."""
    kept = {H[:, j].tobytes(): j for j in keep.tolist()}
    moved = start.copy()
    for j in np.flatnonzero(start).tolist():
        to = kept[H[:, j].tobytes()]
        if to != j:
            moved[j] = False
            moved[to] ^= True
    return moved


def _shorter_checks(H: np.ndarray, syndrome: np.ndarray, clock: Clock) -> tuple[np.ndarray, np.ndarray]:
    """Add a check to another one wherever the sum is shorter, until no pair gains or the time is up."""
    H, syndrome = H.copy(), syndrome.copy()
    improved = True
    while improved:
        improved = False
        for i in range(len(H)):
            if clock.expired():
                return H, syndrome
            lengths = (H ^ H[i]).sum(axis=1)
            shorter = np.flatnonzero(lengths < H.sum(axis=1))
            shorter = shorter[shorter != i]
            if len(shorter):
                H[shorter] ^= H[i]
                syndrome[shorter] ^= syndrome[i]
                improved = True
    return H, syndrome
