"""The search for the minimum with an engine that only says yes or no: one bound on the errors after another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from xoropt_solvers.encodings import Clauses, WeightSum, add_weight_sum
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.models import ParityModel
from xoropt_solvers.strategy import Clock

__all__ = ["DIRECTIONS", "Descent", "add_costs", "minimize"]

DIRECTIONS = ("down", "up")

# Assumptions and seconds left to (True, the model) or (False, …) or (None, …) when the time is up.
Ask = Callable[[list[int], float | None], tuple[bool | None, Sequence[bool]]]


@dataclass
class Descent:
    """What a search has found and proved so far."""

    values: np.ndarray  # bool, of each variable of the model
    cost: int
    lower_bound: int
    info: dict[str, int] = field(default_factory=dict)


def add_costs(clauses: Clauses, model: ParityModel, split: bool, counter: str) -> WeightSum:
    """The model's cost as a bounded sum; variable v of the model is literal v + 1.

    With `split`, the members of the information set and the rest are summed apart, which the cut in `minimize` needs.
    """
    if counter not in ("totalizer", "sequential", "adder"):
        raise InvalidInputError(f"Argument 'counter' must be totalizer, sequential or adder, not {counter!r}.")
    pairs = [(v + 1, int(weight)) for v, weight in enumerate(model.weights) if weight > 0]
    groups = [pairs]
    if split and 0 < model.members < len(pairs):
        groups = [pairs[: model.members], pairs[model.members :]]
    return add_weight_sum(clauses, groups, model.start_cost, counter)


def minimize(model: ParityModel, costs: WeightSum, ask: Ask, clock: Clock, direction: str = "down") -> Descent:
    """Bound the cost below the best found until that fails ("down"), or from below until it succeeds ("up").

    Where the sum has two parts, a bound w is asked in two halves: an error pattern of weight w or less either has at
    most its share of w on the information set, or less than the rest of w on the other rows. Each half fixes much more
    than w alone, since the members determine all others: the bound that Brouwer and Zimmermann enumerate by.
    """
    if direction not in DIRECTIONS:
        raise InvalidInputError(f"Argument 'direction' must be one of {', '.join(DIRECTIONS)}, not {direction!r}.")
    found = Descent(model.start.copy(), model.start_cost, 1, {"asked": 0})
    while found.lower_bound < found.cost:
        bound = found.cost - 1 if direction == "down" else found.lower_bound
        answer: bool | None = False
        for assumptions in _halves(model, costs, bound):
            if clock.expired():
                return found
            found.info["asked"] += 1
            answer, values = ask(assumptions, clock.left())
            if answer is None:
                return found
            if answer:
                found.values = np.array(values[: len(model.weights)], dtype=bool)
                found.cost = int(model.weights[found.values].sum())
                break
        if answer is False:
            found.lower_bound = _next_sum(costs, bound, found.cost)
    return found


def _halves(model: ParityModel, costs: WeightSum, bound: int) -> list[list[int]]:
    total = costs.at_most(bound)
    if not costs.parts:
        return [total]
    members, rest = costs.parts
    share = bound * model.members // len(model.weights)
    return [[*total, *members.at_most(share)], [*total, *rest.at_most(bound - share - 1)]]


def _next_sum(costs: WeightSum, bound: int, cost: int) -> int:
    """The least attainable cost above a bound that was refuted."""
    return min([*[s for s in costs.sums if s > bound][:1], cost]) if costs.sums else min(bound + 1, cost)
