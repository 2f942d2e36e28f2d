"""The default: elimination, then the exact engine that should prove the block soonest, then the next one.

Blocks that elimination leaves open go to `exhaustive` where they have few seeds, else to `coset` for as many steps as
the enumeration would take, and then to the enumeration if n allows one. A single problem that still has more unknowns
without its dependent ones gets a moment of `isd`, and then the engines that suit it, side by side in threads: `maxsat`,
`cpsat` and `coset` where A is sparse; `coset` and `brouwer-zimmermann` where it is dense and has at most 64 unknowns or
dependent rows; else `brouwer-zimmermann`. Where its enumeration would not end in time, `isd` searches beside it, or
`xorsat` if there is no limit. All stop when what they know together is a proof. A problem given by short checks goes to
`odd-cuts` for a moment before its unknowns are eliminated, and `odd-cuts` runs beside the others after that.
"""

from functools import partial
from typing import Any

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.batch import ParityBatch, pack_batch, take_blocks
from xoropt_solvers.cut_program import HEAVIEST
from xoropt_solvers.elimination import eliminate, greedy_answer, heaviest_first
from xoropt_solvers.models import short_checks
from xoropt_solvers.problem import ParityProblem, unpack_word, with_checks
from xoropt_solvers.racing import Part, Race, race
from xoropt_solvers.reduction import independent_columns, reduce_problem
from xoropt_solvers.strategies import brouwer_zimmermann, coset, cpsat, exhaustive, isd, maxsat, odd_cuts, sat, xorsat
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy, missing_packages
from xoropt_solvers.wide import MOST_DEPENDENT
from xoropt_solvers.zimmermann import cores, enumeration_seconds

__all__ = ["STRATEGY", "parts", "run", "run_batch"]

SPARSE = 0.05  # the share of ones in A below which MaxSAT does better than Gauss–Jordan elimination
FIRST_SECONDS = 0.05  # of `isd` before the race
CUTS_SECONDS = 1.0  # of `odd-cuts` before the race; at most a quarter of the time left
HOPELESS = 1e5  # seconds of enumeration that nobody waits for
SMALL = 2e-6  # seconds of enumeration below which choosing costs more than enumerating


def run(problem: ParityProblem, clock: Clock, workers: int | None = None) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved.

    ``info["engine"]`` names the strategy whose answer it is, or that proved it; ``info["bounds"]`` has the bound that
    each has proved.

    Args:
        problem: any.
        clock: ends the search.
        workers: the number of threads; None for one on each core. Engines that run side by side count as one each.

    Raises:
        InvalidInputError: `workers` is not a positive integer.
    """
    workers = cores() if workers is None else checks.integer(workers, "workers", 1)
    if problem.n <= 64:
        first = run_batch(pack_batch([problem]), min(1e-4, clock.time_limit or 1e-4))
        if first.cost[0] == first.lower_bound[0]:
            x = unpack_word(first.x[0], problem.n)
            return Answer(x, int(first.cost[0]), int(first.lower_bound[0]), {"engine": "batch"})
    elif short_checks(problem) and "A" not in vars(problem) and problem.row_weights.max(initial=0) < HEAVIEST:
        # Sparse checks: most are settled by odd cuts before the elimination of their unknowns would be done.
        left = clock.left()
        moment = CUTS_SECONDS if left is None else min(CUTS_SECONDS, left / 4)
        found = odd_cuts.STRATEGY.run(problem, clock.part(moment))
        if found.cost == found.lower_bound or clock.expired():
            return Answer(found.x, found.cost, found.lower_bound, {"engine": "odd-cuts", **found.info})
    # It is not settled at once, so that the reductions are worth their time.
    reduced = reduce_problem(problem)
    columns = independent_columns(reduced.problem.A)
    core = ParityProblem(reduced.problem.A[:, columns], reduced.problem.b, reduced.problem.weights)
    if reduced.problem.checks is not None:
        core = with_checks(core, reduced.problem.checks)
    answer = _core(core, clock.raised(reduced.offset), workers)
    x = np.zeros(problem.n, dtype=bool)
    x[columns] = answer.x
    return Answer(x, answer.cost + reduced.offset, answer.lower_bound + reduced.offset, answer.info)


def _core(problem: ParityProblem, clock: Clock, workers: int) -> Answer:
    first = greedy_answer(problem)
    known = Race(first, "greedy")
    clock.report(first.cost, first.lower_bound)
    if first.cost > first.lower_bound:
        if problem.n <= exhaustive.LIMIT:
            _small(problem, known, clock)
        else:
            _large(problem, known, clock, workers)
    answer = known.answer
    info = {"engine": known.winner, "bounds": known.bounds}
    return Answer(answer.x, answer.cost, answer.lower_bound, info)


def _small(problem: ParityProblem, known: Race, clock: Clock) -> None:
    """Let `coset` search for as long as the enumeration would take, and then enumerate."""
    enumeration = exhaustive.seconds(pack_batch([problem]))
    known.take("coset", coset.run(problem, clock.part(max(enumeration, 1e-6))))
    if known.answer.cost > known.answer.lower_bound and not clock.expired():
        known.take("exhaustive", exhaustive.run(problem, clock))


def _large(problem: ParityProblem, known: Race, clock: Clock, workers: int) -> None:
    """Try `isd` for a moment, and then all engines that suit the problem, side by side."""
    left = clock.left()
    if is_narrow(problem) or not is_sparse(problem):
        moment = FIRST_SECONDS if left is None else min(FIRST_SECONDS, left / 10)
        known.take("isd", isd.STRATEGY.run(problem, clock.part(moment)))
    if known.answer.cost > known.answer.lower_bound and not clock.expired():
        race(known, parts(problem, known.answer.cost, clock, workers), clock)


def parts(problem: ParityProblem, cost: int, clock: Clock, workers: int) -> list[Part]:
    """Choose the engines of a race; `cost` is that of the best answer so far."""

    def part(strategy: Strategy, seconds: float | None = None, **options: Any) -> Part:
        return Part(strategy.name, partial(strategy.run, problem, **options), seconds)

    narrow = is_narrow(problem)
    if is_sparse(problem):
        chosen = [s.STRATEGY for s in (maxsat, cpsat) if not missing_packages(s.STRATEGY)]
        if short_checks(problem) and problem.row_weights.max(initial=0) < HEAVIEST:
            chosen.insert(0, odd_cuts.STRATEGY)
        if not chosen and not missing_packages(sat.STRATEGY):
            chosen = [sat.STRATEGY]
        if narrow:
            return [part(coset.STRATEGY, workers=1), *map(part, chosen[: max(1, workers - 1)])]
        return [*map(part, chosen)] if chosen else [part(brouwer_zimmermann.STRATEGY, workers=workers)]
    left = clock.left()
    if narrow:
        exact = [part(coset.STRATEGY, workers=workers)]
        if workers > 1 and problem.weights is None:
            exact.append(part(brouwer_zimmermann.STRATEGY, workers=workers - 1))
        return exact
    hopeless = enumeration_seconds(problem, cost, workers) > (HOPELESS if left is None else left)
    if not hopeless:
        return [part(brouwer_zimmermann.STRATEGY, workers=workers)]
    first = part(brouwer_zimmermann.STRATEGY, workers=max(1, workers - 1))
    if left is not None:
        return [first, part(isd.STRATEGY, seed=1)]
    general = [s for s in (xorsat.STRATEGY, sat.STRATEGY) if not missing_packages(s)][:1]
    return [first, *map(part, general)]


def is_sparse(problem: ParityProblem) -> bool:
    """Tell whether clauses or linear constraints suit a problem better than enumeration."""
    return short_checks(problem) or bool(problem.A.mean() < SPARSE)


def is_narrow(problem: ParityProblem) -> bool:
    """Tell whether `coset` searches a problem in machine words."""
    return problem.n <= 64 or problem.k - problem.n <= MOST_DEPENDENT


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
