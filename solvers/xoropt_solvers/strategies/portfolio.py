"""The default: elimination, then the exact engine that should prove the block soonest, then the next one.

Blocks that elimination leaves open go to `exhaustive` where they have few seeds, else to `coset` for as many steps as
the enumeration would take, and then to the enumeration if n allows one. A single problem that still has more than 64
unknowns without its dependent ones goes to `coset`; then a sparse one goes to `maxsat`, another one to `isd` for half
of the time left and to `xorsat`. `sat` stands in for what is not installed. The best answer of all of them counts.
"""

import contextlib

import numpy as np

from xoropt_solvers.batch import ParityBatch, pack_batch, take_blocks
from xoropt_solvers.elimination import eliminate, greedy_answer, heaviest_first
from xoropt_solvers.problem import ParityProblem, unpack_word
from xoropt_solvers.reduction import independent_columns, reduce_problem
from xoropt_solvers.strategies import coset, exhaustive, isd, maxsat, sat, xorsat
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy, TimeUpError, missing_packages
from xoropt_solvers.wide import MOST_DEPENDENT

__all__ = ["STRATEGY", "run", "run_batch"]

SPARSE = 0.05  # the share of ones in A below which MaxSAT does better than Gauss–Jordan elimination
SMALL = 2e-6  # seconds of enumeration below which choosing costs more than enumerating


def run(problem: ParityProblem, clock: Clock) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved.

    ``info["engine"]`` names the strategy whose answer it is, or that proved it.
    """
    if problem.n <= 64:
        first = run_batch(pack_batch([problem]), min(1e-4, clock.time_limit or 1e-4))
        if first.cost[0] == first.lower_bound[0]:
            x = unpack_word(first.x[0], problem.n)
            return Answer(x, int(first.cost[0]), int(first.lower_bound[0]), {"engine": "batch"})
    # It is not settled at once, so that the reductions are worth their time.
    reduced = reduce_problem(problem)
    columns = independent_columns(reduced.problem.A)
    core = ParityProblem(reduced.problem.A[:, columns], reduced.problem.b, reduced.problem.weights)
    answer = _core(core, clock.raised(reduced.offset))
    x = np.zeros(problem.n, dtype=bool)
    x[columns] = answer.x
    return Answer(x, answer.cost + reduced.offset, answer.lower_bound + reduced.offset, answer.info)


def _core(problem: ParityProblem, clock: Clock) -> Answer:
    first = greedy_answer(problem)
    clock.report(first.cost, first.lower_bound)
    if first.cost == first.lower_bound:
        return Answer(first.x, first.cost, first.lower_bound, {"engine": "greedy"})
    if problem.n > 64:
        return _wide(problem, first, clock)
    if problem.n > exhaustive.LIMIT:
        answer = coset.run(problem, clock)
        return Answer(answer.x, answer.cost, answer.lower_bound, {"engine": "coset"})
    enumeration = exhaustive.seconds(pack_batch([problem]))
    left = clock.left()
    limit = enumeration if left is None else min(enumeration, left)
    answer = coset.run(problem, clock.part(max(limit, 1e-6)))
    if answer.cost == answer.lower_bound or clock.expired():
        return Answer(answer.x, answer.cost, answer.lower_bound, {"engine": "coset"})
    last = exhaustive.run(problem, clock)
    best = last if last.cost <= answer.cost else answer
    return Answer(best.x, best.cost, max(answer.lower_bound, last.lower_bound), {"engine": "exhaustive"})


def _wide(problem: ParityProblem, first: Answer, clock: Clock) -> Answer:
    """Try `coset` for a tenth of the time, or 2 seconds, then an engine that takes any size."""
    left = clock.left()
    answer, engine = first, "greedy"
    if problem.k - problem.n <= MOST_DEPENDENT:  # the rank is n here
        with contextlib.suppress(TimeUpError):
            answer, engine = coset.run(problem, clock.part(2.0 if left is None else left / 10)), "coset"
    sparse = problem.A.mean() < SPARSE
    preferred = [maxsat.STRATEGY, sat.STRATEGY] if sparse else [xorsat.STRATEGY, sat.STRATEGY]
    parts = [(strategy, clock) for strategy in preferred if not missing_packages(strategy)][:1]
    left = clock.left()
    if left is not None and not sparse:  # it never ends by itself
        parts.insert(0, (isd.STRATEGY, clock.part(left / 2 if parts else left)))
    for strategy, limit in parts:
        if answer.cost > answer.lower_bound and not clock.expired():
            with contextlib.suppress(TimeUpError):
                found = strategy.run(problem, limit)
                bound = max(answer.lower_bound, found.lower_bound)
                if found.cost < answer.cost or bound == answer.cost or engine == "greedy":
                    engine = strategy.name
                best = found if found.cost <= answer.cost else answer
                answer = Answer(best.x, best.cost, bound)
    return Answer(answer.x, answer.cost, answer.lower_bound, {"engine": engine})


def run_batch(batch: ParityBatch, time_limit: float | None = None) -> BatchAnswer:
    """Solve every block; `coset` and `exhaustive` each get the steps that `coset.run_batch` has for a block."""
    batch = heaviest_first(batch)
    answer = eliminate(batch)
    todo = _open(answer)
    if not len(todo):
        return answer
    seconds = coset.BATCH_STEPS / coset.STEPS_A_SECOND if time_limit is None else time_limit
    left = take_blocks(batch, todo)
    enumeration = exhaustive.seconds(left) if batch.n <= exhaustive.LIMIT else np.inf
    if enumeration > SMALL:
        coset.search(batch, todo, max(1, int(min(enumeration, seconds) * coset.STEPS_A_SECOND)), answer)
        todo = _open(answer)
        left = take_blocks(batch, todo)
    if len(todo) and enumeration <= seconds:
        proved = exhaustive.run_batch(left)
        answer.x[todo], answer.cost[todo], answer.lower_bound[todo] = proved.x, proved.cost, proved.lower_bound
    return answer


def _open(answer: BatchAnswer) -> np.ndarray:
    return np.flatnonzero(answer.cost > answer.lower_bound)


STRATEGY = Strategy(
    name="portfolio",
    run=run,
    run_batch=run_batch,
    exact=True,
    reduces=False,
    summary="elimination, then the exact engine that should be fastest; the default",
)
