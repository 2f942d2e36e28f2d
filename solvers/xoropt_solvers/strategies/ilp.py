"""Integer programming through OR-Tools MathOpt: a parity is Σ e = 2·s + y with an integer s.

HiGHS and SCIP both come with OR-Tools; the separate package highspy cannot share a process with it.
"""

import math
from datetime import timedelta

import numpy as np

from xoropt_solvers.errors import InvalidInputError, LimitExceededError, SolverError
from xoropt_solvers.models import ParityModel, answer_from_errors, search_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["ENGINES", "STRATEGY", "run", "search"]

LARGEST_TOTAL = 1 << 53  # of the weights: costs and bounds are floats, which are exact up to here
TOLERANCE, FINE = 1e-6, 1e-9  # how far from an integer a variable may be, so that its weight may count so much less
LARGE_TOTAL = 1 << 18  # from which the engines get the second: below, the first adds up to well below a step in cost

ENGINES = {"scip": "GSCIP", "highs": "HIGHS"}


def run(problem: ParityProblem, clock: Clock, engine: str = "scip") -> Answer:
    """Find and prove the minimum; at the time limit return the best found with the engine's own bound, rounded up.

    The engines compute in floats. Where the weights sum to 2^29 or more, what these may hide is more than a step in
    cost: the bound is lower by so much, and proves a minimum no more.

    Args:
        problem: in reduced form.
        clock: ends the search.
        engine: "scip" or "highs".

    Raises:
        InvalidInputError: `engine` is neither of them.
        LimitExceededError: the weights sum to 2**53 or more.
    """
    if engine not in ENGINES:
        raise InvalidInputError(f"Argument 'engine' must be one of {', '.join(ENGINES)}, not {engine!r}.")
    total = int(problem.row_weights.sum())
    if total >= LARGEST_TOTAL:
        raise LimitExceededError(
            f"Strategy 'ilp' takes weights that sum to less than 2**53, not {total}: use 'xorsat' or 'coset'."
        )
    return search_model(problem, clock, lambda model: search(problem, model, clock, engine), checks=True)


def search(problem: ParityProblem, model: ParityModel, clock: Clock, engine: str = "scip") -> Answer:
    """Do what `run` does, with a given model of the problem."""
    from ortools.math_opt.python import mathopt

    program = mathopt.Model(name="parity")
    variables = [program.add_binary_variable() for _ in model.weights]
    hint = {variable: float(on) for variable, on in zip(variables, model.start.tolist(), strict=True)}
    for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
        clock.check()
        half = program.add_integer_variable(lb=0, ub=(len(check) - value) // 2)
        program.add_linear_constraint(sum(variables[v] for v in check) == 2 * half + int(value))
        hint[half] = float((int(model.start[list(check)].sum()) - value) // 2)
    program.minimize(sum(float(w) * variable for w, variable in zip(model.weights, variables, strict=True) if w > 0))
    # All costs are integers, so that a gap below 1, less what rounding may hide, is a proof; a relative gap never is.
    total = int(model.weights.sum())
    tolerance = TOLERANCE if total < LARGE_TOTAL else FINE
    slack = 1e-4 + tolerance * total
    left = clock.left()
    limits = mathopt.SolveParameters(
        threads=1 if engine == "scip" else None,  # MathOpt refuses it for HiGHS, which searches on one thread anyway
        relative_gap_tolerance=0.0,
        absolute_gap_tolerance=max(0.0, 0.98 - slack),
        time_limit=None if left is None else timedelta(seconds=max(left, 0.01)),
    )
    if tolerance < TOLERANCE and engine == "scip":
        limits.gscip.real_params["numerics/feastol"] = tolerance
        limits.gscip.real_params["numerics/dualfeastol"] = tolerance
    elif tolerance < TOLERANCE:
        limits.highs.double_options["mip_feasibility_tolerance"] = tolerance
        limits.highs.double_options["primal_feasibility_tolerance"] = tolerance
        limits.highs.double_options["dual_feasibility_tolerance"] = tolerance
    result = mathopt.solve(
        program,
        getattr(mathopt.SolverType, ENGINES[engine]),
        params=limits,
        model_params=mathopt.ModelSolveParameters(solution_hints=[mathopt.SolutionHint(variable_values=hint)]),
    )
    info = {"engine": engine, "status": result.termination.reason.name}
    bound = result.termination.objective_bounds.dual_bound
    lower_bound = max(1, math.ceil(bound - slack)) if math.isfinite(bound) else 1
    if result.has_primal_feasible_solution():
        found = result.variable_values(variables)
        values = np.array([value > 0.5 for value in found], dtype=bool)
        return answer_from_errors(problem, model, values, lower_bound, info)
    if result.termination.reason == mathopt.TerminationReason.NO_SOLUTION_FOUND:
        return answer_from_errors(problem, model, model.start, lower_bound, info)
    raise SolverError(f"Strategy 'ilp' ended with {result.termination.reason.name} on a feasible model.")


STRATEGY = Strategy(
    name="ilp",
    run=run,
    exact=True,
    requires={"ortools": "ortools"},
    summary="integer programming (OR-Tools MathOpt, SCIP or HiGHS)",
)
