"""Constraint programming: OR-Tools CP-SAT, started from the model's start; parities are sums, long ones its XORs."""

import math

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.errors import InvalidInputError, LimitExceededError, SolverError
from xoropt_solvers.interrupts import interrupting
from xoropt_solvers.models import ParityModel, answer_from_errors, search_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "run", "run_from", "search"]

PARITIES = ("auto", "linear", "xor")
LONGEST_LINEAR = 64  # errors of a check
LARGEST_TOTAL = 1 << 53  # the engine reports its bound as a float, which is exact up to here


def run(problem: ParityProblem, clock: Clock, workers: int = 1, parity: str = "auto") -> Answer:
    """Find and prove the minimum; at the time limit return the best found with the engine's own bound.

    Args:
        problem: in reduced form.
        clock: ends the search.
        workers: the engine's number of threads.
        parity: how a check is stated: "linear", as Σ e = 2·q + y with an integer q, or "xor", by the engine's own
            constraint; "auto" takes the first for checks of at most LONGEST_LINEAR errors.

    Raises:
        InvalidInputError: `workers` is not a positive integer, or `parity` none of the three.
        LimitExceededError: the weights sum to 2**53 or more.
    """
    return run_from(problem, clock, None, workers, parity)


def run_from(
    problem: ParityProblem, clock: Clock, x: np.ndarray | None, workers: int = 1, parity: str = "auto"
) -> Answer:
    """Do what `run` does, from a good answer x, bool (n,), which can make the engine many times as fast."""
    checks.integer(workers, "workers", 1)
    if parity not in PARITIES:
        raise InvalidInputError(f"Argument 'parity' must be one of {', '.join(PARITIES)}, not {parity!r}.")
    total = int(problem.row_weights.sum())
    if total >= LARGEST_TOTAL:
        raise LimitExceededError(
            f"Strategy 'cpsat' takes weights that sum to less than 2**53, not {total}: use 'xorsat' or 'coset'."
        )
    return search_model(problem, clock, lambda model: search(problem, model, clock, workers, parity), x=x)


def search(problem: ParityProblem, model: ParityModel, clock: Clock, workers: int = 1, parity: str = "auto") -> Answer:
    """Do what `run` does, with a given model of the problem."""
    from ortools.sat.python import cp_model

    program = cp_model.CpModel()
    variables = [program.new_bool_var("") for _ in model.weights]
    for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
        clock.check()
        literals = [variables[v] for v in check]
        if not literals:
            continue
        if parity == "linear" or (parity == "auto" and len(check) <= LONGEST_LINEAR):
            half = program.new_int_var(0, (len(check) - value) // 2, "")
            program.add(cp_model.LinearExpr.sum(literals) == 2 * half + int(value))
            program.add_hint(half, (int(model.start[check].sum()) - value) // 2)
        else:
            program.add_bool_xor([literals[0] if value else ~literals[0], *literals[1:]])
    program.minimize(cp_model.LinearExpr.weighted_sum(variables, model.weights.tolist()))
    for variable, on in zip(variables, model.start.tolist(), strict=True):
        program.add_hint(variable, on)
    engine = cp_model.CpSolver()
    engine.parameters.num_workers = workers
    engine.parameters.random_seed = 0
    left = clock.left()
    if left is not None:
        engine.parameters.max_time_in_seconds = max(left, 1e-3)

    class Reporter(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            clock.report(round(self.objective_value), math.ceil(self.best_objective_bound - 1e-6))

    with interrupting(engine.stop_search, clock.left(), clock.ended_by):
        status = engine.solve(program, Reporter() if clock.listener is not None else None)
    info = {"status": engine.status_name(status), "branches": engine.num_branches, "conflicts": engine.num_conflicts}
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        values = np.array([engine.boolean_value(variable) for variable in variables], dtype=bool)
        bound = math.ceil(engine.best_objective_bound - 1e-6)
        return answer_from_errors(problem, model, values, max(1, bound), info)
    if status == cp_model.UNKNOWN:
        return answer_from_errors(problem, model, model.start, 1, info)
    raise SolverError(f"Strategy 'cpsat' ended with status {engine.status_name(status)} on a feasible model.")


STRATEGY = Strategy(
    name="cpsat",
    run=run,
    exact=True,
    requires={"ortools": "ortools"},
    summary="constraint programming (OR-Tools CP-SAT), parities as sums or XORs",
)
