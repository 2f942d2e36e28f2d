"""The coset search for problems whose rank exceeds a machine word, as long as few rows depend on the others."""

import numpy as np

from xoropt_solvers.interrupts import stopping
from xoropt_solvers.models import answer_from_errors, eliminate_unknowns, improve_start
from xoropt_solvers.problem import ParityProblem, pack_rows
from xoropt_solvers.strategy import Answer, Clock

__all__ = ["MOST_DEPENDENT", "solve_wide"]

MOST_DEPENDENT = 64  # rows, as the bits of a syndrome word
FIRST_STEPS = 1 << 26  # of the kernel's first call, about 0.1 s
MOST_STEPS = (1 << 56) - 1  # what takes more is not begun: the kernel counts it as 2^56


def solve_wide(problem: ParityProblem, clock: Clock) -> Answer:
    """Find and prove the minimum, which takes little time where it is small or few rows depend on the others.

    Args:
        problem: in reduced form, with at most MOST_DEPENDENT rows that depend on others.
        clock: when the time is up, the answer is the best so far with the lower bound proved.

    Raises:
        TimeUpError: the time was up before the unknowns were eliminated.
    """
    from xoropt_solvers.kernels.wide import wide_coset

    model = improve_start(eliminate_unknowns(problem, clock), clock.half())
    H = model.H
    c = len(H)
    column = pack_rows(H.T)[:, 0]
    weights = model.weights
    members = len(weights) - c
    unit = weights[members:].copy()
    # Keep the lightest of members with equal columns, and none whose column one dependent row has at no higher cost.
    best_of: dict[int, int] = {}
    for j in np.argsort(weights[:members], kind="stable").tolist():
        bits = int(column[j])
        alone = bits.bit_count() == 1 and weights[j] >= unit[bits.bit_length() - 1]
        if bits and not alone:
            best_of.setdefault(bits, j)
    kept = np.array(list(best_of.values()), dtype=np.int64)
    syndrome = pack_rows(model.syndrome[None, :])[0, 0]
    columns = np.append(column[kept], syndrome)[None, :]
    found = np.zeros(len(kept) + 64, dtype=np.int64)
    values, best, bound = model.start.copy(), model.start_cost, int(weights.min())
    steps = FIRST_STEPS
    with stopping(clock.left(), clock.ended_by) as stop:
        while True:
            cost, bound, size = wide_coset(
                columns, weights[kept], unit, problem.weights is not None, best, bound, steps, found, stop
            )
            if size >= 0 and cost < best:
                values[:] = False
                values[kept[found[:size]]] = True
                wrong = (H[:, :members] @ values[:members].astype(np.int64)) & 1
                values[members:] = model.syndrome ^ wrong.astype(bool)
                best = cost
            clock.report(best, bound)
            if best == bound or stop[0] or steps >= MOST_STEPS:
                return answer_from_errors(problem, model, values, bound, {})
            steps = min(4 * steps, MOST_STEPS)
