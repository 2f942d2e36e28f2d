"""The search for the minimum with an engine that only says yes or no: one bound on the cost after another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xoropt_solvers.encodings import Clauses, WeightSum, add_weight_sum
from xoropt_solvers.models import ParityModel, answer_from_errors
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock

__all__ = ["Ask", "Descent", "add_costs", "ask_bound", "descend", "minimize"]

# From assumptions and the seconds left to (True, the values of the variables), (False, anything) where the assumptions
# cannot hold, or (None, anything) where the time was up.
Ask = Callable[[list[int], float | None], tuple[bool | None, Sequence[bool]]]


@dataclass
class Descent:
    """What a search has found and proved so far.

    Attributes:
        values: bool, the best assignment of the model's variables.
        cost: its cost.
        lower_bound: the least cost that no answer of the engine has excluded.
        asked: the number of questions that the engine was asked.
    """

    values: np.ndarray
    cost: int
    lower_bound: int = 1
    asked: int = 0


def descend(
    problem: ParityProblem, model: ParityModel, clauses: Clauses, ask: Ask, clock: Clock, encoding: str = "auto"
) -> Answer:
    """Minimize the cost of a model whose constraints the engine holds; variable v of the model is literal v + 1.

    Args:
        problem: what the model was made from.
        model: the model.
        clauses: where the engine takes clauses.
        ask: the engine.
        clock: when the time is up, the answer is the best so far.
        encoding: how the cost is added up, one of `encodings.ENCODINGS`.

    Raises:
        TimeUpError: the time was up before the engine could be asked.
    """
    found = minimize(model, add_costs(clauses, model, encoding), ask, clock)
    info = {"asked": found.asked, "variables": clauses.variables}
    return answer_from_errors(problem, model, found.values, found.lower_bound, info)


def add_costs(clauses: Clauses, model: ParityModel, encoding: str = "auto") -> WeightSum:
    """Add the cost of a model as a bounded sum, in two parts where it has an information set and more."""
    pairs = [(v + 1, int(weight)) for v, weight in enumerate(model.weights) if weight > 0]
    groups = [pairs]
    if 0 < model.members < len(pairs):
        groups = [pairs[: model.members], pairs[model.members :]]
    return add_weight_sum(clauses, groups, model.start_cost, encoding)


def minimize(model: ParityModel, costs: WeightSum, ask: Ask, clock: Clock) -> Descent:
    """Bound the cost below the best one found, until no assignment is below it or the time is up."""
    found = Descent(model.start.copy(), model.start_cost)
    while found.lower_bound < found.cost and ask_bound(found, model, costs, found.cost - 1, ask, clock):
        clock.report(found.cost, found.lower_bound)
    return found


def ask_bound(found: Descent, model: ParityModel, costs: WeightSum, bound: int, ask: Ask, clock: Clock) -> bool:
    """Ask for an assignment that costs at most `bound`, and note in `found` what the answer means.

    Where the sum has two parts, the question is put in two halves: an error pattern of weight w or less either has at
    most its share of w on the information set, or less than the rest of w on the other rows. Each half fixes much more
    than w alone, since the members determine all others: the bound that Brouwer and Zimmermann enumerate by.

    Returns:
        Whether there was an answer; False when the time is up.
    """
    for assumptions in _halves(model, costs, bound):
        if clock.expired():
            return False
        found.asked += 1
        answer, values = ask(assumptions, clock.left())
        if answer is None:
            return False
        if answer:
            found.values = np.array(values[: len(model.weights)], dtype=bool)
            found.cost = int(model.weights[found.values].sum())
            return True
    found.lower_bound = _next_sum(costs, bound, found.cost)
    return True


def _halves(model: ParityModel, costs: WeightSum, bound: int) -> list[list[int]]:
    total = costs.at_most(bound)
    if not costs.parts:
        return [total]
    members, rest = costs.parts
    share = bound * model.members // len(model.weights)
    return [[*total, *members.at_most(share)], [*total, *rest.at_most(bound - share - 1)]]


def _next_sum(costs: WeightSum, bound: int, cost: int) -> int:
    """Find the least attainable cost above a bound that was refuted."""
    return min([*[s for s in costs.sums if s > bound][:1], cost]) if costs.sums else min(bound + 1, cost)
