"""Variants of the declarative strategies, which show what each step of their models and of their encodings is worth.

The strategies themselves have only the best of them: `parity_model`, a totalizer of two parts, bounds from above.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from xoropt_solvers import Answer, Clock, ParityProblem
from xoropt_solvers.descent import Ask, Descent, add_costs, ask_bound, minimize
from xoropt_solvers.elimination import greedy_answer
from xoropt_solvers.encodings import Clauses, WeightSum, add_weight_sum
from xoropt_solvers.models import (
    ParityModel,
    answer_from_errors,
    collapse_errors,
    eliminate_unknowns,
    parity_model,
    shorten_checks,
)
from xoropt_solvers.problem import mismatch_mask
from xoropt_solvers.reduction import reduce_problem
from xoropt_solvers.strategies import cpsat, ilp, maxsat, sat, xorsat
from xoropt_solvers.strategy import TimeUpError

__all__ = ["DECLARATIVE", "ENCODINGS", "MODELS", "Variant", "solve_variant", "takes"]

DECLARATIVE = {
    "sat": sat.search,
    "xorsat": xorsat.search,
    "maxsat": maxsat.search,
    "cpsat": cpsat.search,
    "ilp": ilp.search,
}
ASKED = ("sat", "xorsat")  # their engines answer yes or no; the others minimize by themselves


@dataclass(frozen=True)
class Variant:
    """A way to state a problem and to search it.

    Attributes:
        label: what tables call it.
        model: states a problem.
        costs: adds the cost to the engines that answer yes or no, those of `sat` and `xorsat`.
        descent: asks these engines for one bound after another.
        start: whether it differs from the variant before in its start alone.
    """

    label: str
    model: Callable[[ParityProblem, Clock], ParityModel]
    costs: Callable[[Clauses, ParityModel], WeightSum]
    descent: Callable[[ParityModel, WeightSum, Ask, Clock], Descent] = minimize
    start: bool = False


def takes(name: str, variant: Variant) -> bool:
    """Tell whether a strategy can have this variant: `maxsat` reads no start, most engines add up costs themselves."""
    return not (variant.start and name == "maxsat") and (variant.costs is not add_costs or name in ASKED)


def solve_variant(problem: ParityProblem, name: str, variant: Variant, time_limit: float) -> Answer:
    """Solve a problem as `xoropt_solvers.solve` does, but by a variant of the strategy.

    Raises:
        AssertionError: the answer does not cost what the variant says.
    """
    clock = Clock(time_limit)
    reduced = reduce_problem(problem)
    answer = greedy_answer(reduced.problem)
    if answer.cost > 0:
        with suppress(TimeUpError):
            answer = _search(reduced.problem, name, variant, clock)
    cost, lower_bound = answer.cost + reduced.offset, answer.lower_bound + reduced.offset
    if cost != problem.row_weights[mismatch_mask(problem, answer.x)].sum() or lower_bound > cost:
        raise AssertionError(f"{name}, {variant.label}: cost {cost} and lower bound {lower_bound} are wrong.")
    return Answer(answer.x, cost, lower_bound, answer.info)


def _search(problem: ParityProblem, name: str, variant: Variant, clock: Clock) -> Answer:
    model = variant.model(problem, clock)
    if name not in ASKED:
        return DECLARATIVE[name](problem, model, clock)
    with sat.load(model, clock) if name == "sat" else nullcontext(xorsat.load(model, clock)) as (clauses, ask):
        found = variant.descent(model, variant.costs(clauses, model), ask, clock)
    return answer_from_errors(problem, model, found.values, found.lower_bound, {"asked": found.asked})


def primal(problem: ParityProblem, clock: Clock) -> ParityModel:
    """State a problem as it stands: a variable for each unknown and for each row's error, a constraint for each row."""
    x = greedy_answer(problem).x
    return ParityModel(
        H=np.concatenate([problem.A, np.eye(problem.k, dtype=bool)], axis=1),
        syndrome=problem.b.copy(),
        weights=np.concatenate([np.zeros(problem.n, dtype=np.int64), problem.row_weights]),
        error_of=np.concatenate([np.full(problem.n, -1), np.arange(problem.k)]),
        start=np.concatenate([x, mismatch_mask(problem, x)]),
        members=0,
    )


def collapsed(problem: ParityProblem, clock: Clock) -> ParityModel:
    """Eliminate the unknowns, and merge the errors that no check tells apart."""
    return collapse_errors(eliminate_unknowns(problem, clock))


def shortened(problem: ParityProblem, clock: Clock) -> ParityModel:
    """Shorten the checks, too."""
    return shorten_checks(collapsed(problem, clock), clock.half())


def one_sum(clauses: Clauses, model: ParityModel) -> WeightSum:
    """Add the cost up by one totalizer without parts, so that bounds are not split."""
    return add_weight_sum(clauses, [_weighted(model)], model.start_cost)


def sequential(clauses: Clauses, model: ParityModel) -> WeightSum:
    """Add the cost up by a sequential counter (Sinz 2005): row i holds the sums of the first i pairs."""
    cap = model.start_cost
    row: dict[int, int] = {}
    for literal, weight in _weighted(model):
        sums = sorted({min(s + t, cap) for s in (0, *row) for t in (0, weight)} - {0})
        after = {s: clauses.new() for s in sums}
        clauses.add([-literal, after[min(weight, cap)]])
        for s, before in row.items():
            clauses.add([-before, after[s]])
            clauses.add([-before, -literal, after[min(s + weight, cap)]])
        for low, high in pairwise(sums):
            clauses.add([-after[high], after[low]])
        row = after
    return WeightSum(tuple(sorted(row)), lambda bound: [-row[s] for s in sorted(row) if s > bound][:1])


def _weighted(model: ParityModel) -> Sequence[tuple[int, int]]:
    return [(v + 1, int(weight)) for v, weight in enumerate(model.weights) if weight > 0]


def from_below(model: ParityModel, costs: WeightSum, ask: Ask, clock: Clock) -> Descent:
    """Bound the cost by the least that is not excluded, until that succeeds or the time is up."""
    found = Descent(model.start.copy(), model.start_cost)
    while found.lower_bound < found.cost and ask_bound(found, model, costs, found.lower_bound, ask, clock):
        pass
    return found


# What each step adds to the one before.
MODELS = (
    Variant("primal", primal, one_sum),
    Variant("+ systematic", eliminate_unknowns, one_sum),
    Variant("+ collapse", collapsed, one_sum),
    Variant("+ sparsify", shortened, one_sum),
    Variant("+ improved start", parity_model, one_sum, start=True),
    Variant("+ split bound", parity_model, add_costs),
)
ENCODINGS = (
    Variant("sequential counter, as first seen", primal, sequential),
    Variant("sequential counter", parity_model, sequential),
    Variant("totalizer", parity_model, one_sum),
    Variant("totalizer, from below", parity_model, one_sum, from_below),
    Variant("totalizer, split bound, from below", parity_model, add_costs, from_below),
    Variant("totalizer, split bound (the default)", parity_model, add_costs),
)
