"""The default: elimination first, then whichever exact engine should prove the block soonest, then the next.

Blocks that elimination leaves open go to `exhaustive` when their seeds are few, else to `coset` for as many steps as
the enumeration would take, then to the enumeration, if n allows one. A problem of its own that still has more than 64
unknowns when its dependent ones are removed goes to `xorsat`, or `sat`, whichever is installed.
"""

import numpy as np

from xoropt_solvers import registry
from xoropt_solvers.batch import ParityBatch, pack_batch, take_blocks
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.reduction import independent_columns
from xoropt_solvers.strategies import coset, exhaustive, greedy
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy

__all__ = ["STRATEGY", "run", "run_batch"]

SMALL = 2e-6  # seconds of enumeration below which choosing costs more than enumerating


def run(problem: ParityProblem, clock: Clock) -> Answer:
    """Exact when it says so; without a time limit it runs to the proof."""
    columns = independent_columns(problem.A)
    answer = _independent(ParityProblem(problem.A[:, columns], problem.b, problem.weights), clock)
    x = np.zeros(problem.n, dtype=bool)
    x[columns] = answer.x
    return Answer(x, answer.cost, answer.lower_bound, answer.info)


def _independent(problem: ParityProblem, clock: Clock) -> Answer:
    if problem.n > 64:
        return _wide(problem, clock)
    if problem.n > exhaustive.LIMIT:
        answer = coset.run(problem, clock)
        return Answer(answer.x, answer.cost, answer.lower_bound, {"engine": "coset"})
    batch = pack_batch([problem])
    enumeration = exhaustive.seconds(batch)
    engine = "coset"
    found = coset.coset_answer(batch, _steps(min(enumeration, clock.time_limit or enumeration)))
    if found.cost[0] > found.lower_bound[0] and not clock.expired():
        engine = "exhaustive"
        answer = exhaustive.run(problem, clock)
        if answer.lower_bound == answer.cost or answer.cost < found.cost[0]:
            lower_bound = max(answer.lower_bound, int(found.lower_bound[0]))
            return Answer(answer.x, answer.cost, lower_bound, {"engine": engine})
    x = (found.x[0] >> np.arange(problem.n, dtype=np.uint64)) & np.uint64(1)
    return Answer(x.astype(bool), int(found.cost[0]), int(found.lower_bound[0]), {"engine": engine})


def _wide(problem: ParityProblem, clock: Clock) -> Answer:
    installed = registry.available()
    for name in ("xorsat", "sat"):
        if name in installed:
            answer = registry.find(name).run(problem, clock)
            return Answer(answer.x, answer.cost, answer.lower_bound, {**answer.info, "engine": name})
    answer = greedy.greedy_answer(problem)
    return Answer(answer.x, answer.cost, answer.lower_bound, {"engine": "greedy"})


def run_batch(batch: ParityBatch, time_limit: float | None = None) -> BatchAnswer:
    """Every block, compiled; `coset` and `exhaustive` each within the step budget of `coset.run_batch`."""
    batch = greedy.heaviest_first(batch)
    answer = greedy.eliminate(batch)
    seconds = coset.BATCH_STEPS / coset.STEPS_A_SECOND if time_limit is None else time_limit
    todo = _open(answer)
    if not len(todo):
        return answer
    # One long block would make the enumeration look expensive for all: estimate by the blocks that are left.
    left = take_blocks(batch, todo)
    enumeration = exhaustive.seconds(left) if batch.n <= exhaustive.LIMIT else np.inf
    if enumeration > SMALL:
        coset.search(batch, todo, _steps(min(enumeration, seconds)), answer)
        todo = _open(answer)
        left = take_blocks(batch, todo) if len(todo) else left
    if len(todo) and enumeration <= seconds:
        proved = exhaustive.run_batch(left)
        answer.x[todo], answer.cost[todo], answer.lower_bound[todo] = proved.x, proved.cost, proved.lower_bound
    return answer


def _open(answer: BatchAnswer) -> np.ndarray:
    return np.flatnonzero(answer.cost > answer.lower_bound)


def _steps(seconds: float) -> int:
    return max(1, int(seconds * coset.STEPS_A_SECOND))


STRATEGY = Strategy(
    name="portfolio",
    run=run,
    run_batch=run_batch,
    exact=True,
    summary="elimination, then the exact engine that should be fastest; the default",
)
