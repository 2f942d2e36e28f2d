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

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xoropt_solvers.elimination import greedy_answer
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock

__all__ = [
    "ParityModel",
    "answer_from_errors",
    "collapse_errors",
    "eliminate_unknowns",
    "improve_start",
    "parity_model",
    "shorten_checks",
]


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


def parity_model(problem: ParityProblem, clock: Clock | None = None) -> ParityModel:
    """State a problem in as few and as short constraints as the four steps reach.

    Args:
        problem: without fixed bits.
        clock: `shorten_checks` takes at most half of the time left on it; None sets no limit.

    Raises:
        TimeUpError: the time was up before the model was complete.
    """
    clock = clock or Clock()
    model = collapse_errors(improve_start(eliminate_unknowns(problem, clock)))
    model = shorten_checks(model, clock.half())
    clock.check()
    return model


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
    x = greedy_answer(ParityProblem(problem.A, problem.b ^ errors)).x
    return Answer(x, int(model.weights[values].sum()), lower_bound, info)


def eliminate_unknowns(problem: ParityProblem, clock: Clock) -> ParityModel:
    """Make the model in error variables alone: the information set, heaviest rows first, then the dependent rows.

    H is [P | 1]: the last variable of each constraint is the error of its dependent row and is in no other constraint.

    Raises:
        TimeUpError: the time was up before the elimination was done.
    """
    order = np.argsort(-problem.row_weights, kind="stable")
    members, checks = _parity_checks(problem.A, order, clock)
    independent = set(members)
    rows = np.array([*members, *(i for i in order.tolist() if i not in independent)], dtype=np.int64)
    column_of = {row: j for j, row in enumerate(rows.tolist())}
    H = np.zeros((len(checks), problem.k), dtype=bool)
    for i, check in enumerate(checks):
        H[i, [column_of[row] for row in check]] = True
    syndrome = np.array([bool(problem.b[list(check)].sum() & 1) for check in checks], dtype=bool)
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


def _parity_checks(A: np.ndarray, order: np.ndarray, clock: Clock) -> tuple[list[int], list[tuple[int, ...]]]:
    """Find the first independent rows in this order; write each other row as its sum of members, and itself."""
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


def improve_start(model: ParityModel) -> ParityModel:
    """Start from the lightest pattern that has at most two errors in the information set.

    The model must be as `eliminate_unknowns` makes it. |a ⊕ b| = |a| + |b| − 2·|a·b| compares all pairs at once.
    """
    H, syndrome, members = model.H, model.syndrome, model.members
    unit = model.weights[members:].astype(np.float64)
    columns = np.column_stack([np.zeros(len(H), dtype=bool), H[:, :members]]).T.astype(np.float64)
    left = np.abs(columns - syndrome)  # what each member leaves of the syndrome; the first one is "none"
    price = np.concatenate([[0.0], model.weights[:members]])
    cost = (left @ unit + price)[:, None] + (columns @ unit + price)[None, :] - 2 * (left * unit) @ columns.T
    i, j = np.unravel_index(np.argmin(cost), cost.shape)
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
    keep = _worth_keeping(H, model.weights)
    kept = {H[:, j].tobytes(): j for j in keep.tolist()}
    for j in np.flatnonzero(model.start).tolist():
        to = kept[H[:, j].tobytes()]
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


def _worth_keeping(H: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Find the columns of H to keep: none that is empty, and of equal ones the lightest (of equal weights the last)."""
    lightest: dict[bytes, int] = {}
    for j in range(H.shape[1]):
        key = H[:, j].tobytes()
        if H[:, j].any() and (key not in lightest or weights[j] <= weights[lightest[key]]):
            lightest[key] = j
    return np.array(sorted(lightest.values()), dtype=np.int64)


def shorten_checks(model: ParityModel, clock: Clock) -> ParityModel:
    """Add a constraint to another one wherever the sum has fewer variables, until no pair gains or the time is up."""
    H, syndrome = model.H.copy(), model.syndrome.copy()
    improved = True
    while improved:
        improved = False
        for i in range(len(H)):
            if clock.expired():
                return replace(model, H=H, syndrome=syndrome)
            lengths = (H ^ H[i]).sum(axis=1)
            shorter = np.flatnonzero(lengths < H.sum(axis=1))
            shorter = shorter[shorter != i]
            if len(shorter):
                H[shorter] ^= H[i]
                syndrome[shorter] ^= syndrome[i]
                improved = True
    return replace(model, H=H, syndrome=syndrome)
