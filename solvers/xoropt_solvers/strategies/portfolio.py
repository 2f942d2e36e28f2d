"""The default: elimination, then the exact engine that should prove the block soonest, then the next one.

Blocks that elimination leaves open go to `exhaustive` where they have few seeds, else to `coset` for as many steps as
the enumeration would take, and then to the enumeration if n allows one.

A single problem that was given by short checks goes to `odd-cuts` for a moment, before its unknowns are eliminated.
What is not settled then, and has more unknowns without its dependent ones, gets moments of `odd-cuts` if A is sparse,
of `coset` and of `isd`, and `brouwer-zimmermann` where that should end soon. Then the engines that suit it run side by
side in threads, as many as there are workers:

- `odd-cuts` where A or the checks are sparse, after a while helped by `coset` if few rows depend on others, `isd`,
  `cpsat` from the best answer so far, and `maxsat`; by `coset` or `brouwer-zimmermann` if that should end in time;
- `coset` where A is dense, has at most 64 unknowns or dependent rows, and less than half of the rows are dependent;
  `brouwer-zimmermann` helps if it takes long;
- else `brouwer-zimmermann`; where its enumeration would not end in time, with `isd`, or `xorsat` if there is no limit.

All stop when what they know together is a proof.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.batch import ParityBatch, pack_batch, take_blocks
from xoropt_solvers.cut_program import HEAVIEST
from xoropt_solvers.elimination import eliminate, greedy_answer, heaviest_first
from xoropt_solvers.models import short_checks
from xoropt_solvers.problem import ParityProblem, unpack_word
from xoropt_solvers.racing import Part, Race, race
from xoropt_solvers.reduction import independent_columns, reduce_problem
from xoropt_solvers.strategies import brouwer_zimmermann, coset, cpsat, exhaustive, isd, maxsat, odd_cuts, sat, xorsat
from xoropt_solvers.strategy import Answer, BatchAnswer, Clock, Strategy, TimeUpError, missing_packages
from xoropt_solvers.wide import MOST_DEPENDENT
from xoropt_solvers.zimmermann import cores, enumeration_seconds

__all__ = ["STRATEGY", "parts", "run", "run_batch"]

SPARSE, FEW = 0.05, 4  # the share of ones in A, and their number in a row, up to which models do better
CUTS_SECONDS = 0.5, 0.2  # of `odd-cuts` before all others: on checks as they are given, and on those that A has
COSET_SECONDS = 0.01  # of `coset` before a race
ISD_SECONDS: tuple[float, ...] = (0.005, 0.04)  # of `isd` before it, the second where nothing else is promising
SOON = 5  # times as long as `isd` had, in which an enumeration should end to be begun at once
ENUMERATED = 2048  # rows of a sparse problem above which neither is tried
DELAY = 0.75  # seconds until an engine helps another one that should need it seldom
HOPELESS = 1e5  # seconds of enumeration that nobody waits for
FAR = 20  # times the limit, which an enumeration would exceed, so that random sets get most of the time
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
    known: Race | None = None
    if problem.checks is not None and _cuttable(problem) and "A" not in vars(problem):
        # Most problems of sparse checks are settled before the elimination of their unknowns would be done.
        found = odd_cuts.run(problem, clock.part(_share(clock, CUTS_SECONDS[0])))
        known = Race(found, odd_cuts.STRATEGY.name, {odd_cuts.STRATEGY.name: found.lower_bound})
        if not known.open or clock.expired():
            return Answer(found.x, found.cost, found.lower_bound, {"engine": known.winner, **found.info})
    if problem.n <= 64:
        first = run_batch(pack_batch([problem]), min(1e-4, clock.time_limit or 1e-4))
        if first.cost[0] == first.lower_bound[0]:
            x = unpack_word(first.x[0], problem.n)
            return Answer(x, int(first.cost[0]), int(first.lower_bound[0]), {"engine": "batch"})
    # It is not settled at once, so that the reductions are worth their time.
    reduced = reduce_problem(problem)
    if reduced.problem.checks is not None:  # the columns of A are independent then, as `generator` makes them
        columns, core = np.arange(problem.n), reduced.problem
    else:
        columns = independent_columns(reduced.problem.A)
        core = ParityProblem(reduced.problem.A[:, columns], reduced.problem.b, reduced.problem.weights)
    answer = _core(core, known, reduced.offset, clock.raised(reduced.offset), workers)
    x = np.zeros(problem.n, dtype=bool)
    x[columns] = answer.x
    return Answer(x, answer.cost + reduced.offset, answer.lower_bound + reduced.offset, answer.info)


def _core(problem: ParityProblem, before: Race | None, offset: int, clock: Clock, workers: int) -> Answer:
    """Solve a problem of independent columns; `before` knows the one where each x costs `offset` more."""
    first = greedy_answer(problem)
    known = Race(first, "greedy")
    if before is not None and len(before.answer.x) == problem.n:
        found = before.answer
        known.take(before.winner, Answer(found.x, found.cost - offset, max(0, found.lower_bound - offset)))
    clock.report(known.answer.cost, known.answer.lower_bound)
    if known.open:
        if problem.n <= exhaustive.LIMIT:
            _small(problem, known, clock)
        else:
            _large(problem, known, clock, workers)
    answer = known.answer
    info = {"engine": known.winner, "bounds": known.bounds}
    return Answer(answer.x, answer.cost, answer.lower_bound, info)


def _share(clock: Clock, seconds: float, share: float = 0.25) -> float:
    """Return so many seconds, or the share of the time left if that is less."""
    left = clock.left()
    return seconds if left is None else min(seconds, share * left)


def _small(problem: ParityProblem, known: Race, clock: Clock) -> None:
    """Let `coset` search for as long as the enumeration would take, and then enumerate."""
    enumeration = exhaustive.seconds(pack_batch([problem]))
    known.take("coset", coset.run(problem, clock.part(max(enumeration, 1e-6))))
    if known.open and not clock.expired():
        known.take("exhaustive", exhaustive.run(problem, clock))


def _large(problem: ParityProblem, known: Race, clock: Clock, workers: int) -> None:
    """Try the engines that may need only a moment, and then all that suit the problem, side by side."""

    def moment(strategy: Strategy, seconds: float, **options: Any) -> None:
        if known.open and not clock.expired():
            with suppress(TimeUpError):
                known.take(strategy.name, strategy.run(problem, clock.part(_share(clock, seconds)), **options))

    few = is_narrow(problem) and _few_dependents(problem)
    turns = ISD_SECONDS[:1] if few and not is_sparse(problem) else ISD_SECONDS
    if is_sparse(problem) and not _enumerable(problem):
        turns = ()
    if is_sparse(problem) and _cuttable(problem) and odd_cuts.STRATEGY.name not in known.bounds:
        moment(odd_cuts.STRATEGY, CUTS_SECONDS[1])
    if turns and is_narrow(problem) and not (few and not is_sparse(problem)):
        moment(coset.STRATEGY, COSET_SECONDS, workers=workers)
    for turn, seconds in enumerate(turns):
        moment(isd.STRATEGY, seconds, seed=turn)
        if known.open and not few and enumeration_seconds(problem, known.answer.cost, workers, clock) < SOON * seconds:
            found = brouwer_zimmermann.run_from(problem, clock, known.answer.x, workers)
            known.take(brouwer_zimmermann.STRATEGY.name, found)
    if known.open and not clock.expired():
        race(known, parts(problem, known, clock, workers), clock)


def parts(problem: ParityProblem, known: Race, clock: Clock, workers: int) -> list[Part]:
    """Choose the engines of a race; what is known already tells how long they may take."""
    cost = known.answer.cost

    def part(strategy: Strategy, after: float = 0.0, seconds: float | None = None, **options: Any) -> Part:
        run = partial(strategy.run, problem, **options)
        if strategy is cpsat.STRATEGY:
            run = partial(_begun, cpsat.run_from, problem, known)
        elif strategy is brouwer_zimmermann.STRATEGY:
            run = partial(_begun, brouwer_zimmermann.run_from, problem, known, **options)
        return Part(strategy.name, run, seconds, after)

    left = clock.left()
    waits = HOPELESS if left is None else left
    delay = _share(clock, DELAY)
    if is_sparse(problem):
        cuts = [odd_cuts.STRATEGY] if _cuttable(problem) else []
        models = [s.STRATEGY for s in (cpsat, maxsat) if not missing_packages(s.STRATEGY)]
        if not models and not missing_packages(sat.STRATEGY):
            models = [sat.STRATEGY]
        if _enumerable(problem) and is_narrow(problem) and _few_dependents(problem):
            cuts.append(coset.STRATEGY)
        models = [*cuts, *models][: max(1, workers)]
        chosen = [part(strategy, after=delay if i else 0.0) for i, strategy in enumerate(models)]
        ends = _enumerable(problem) and enumeration_seconds(problem, cost, 1, clock) < waits
        if not models or (ends and coset.STRATEGY not in models):
            chosen.append(part((coset if is_narrow(problem) else brouwer_zimmermann).STRATEGY, workers=1))
        if workers > 1 and problem.k <= ENUMERATED:
            chosen.append(part(isd.STRATEGY, after=delay / 2, seconds=2 * delay, seed=len(ISD_SECONDS)))
        return chosen
    hopeless = enumeration_seconds(problem, cost, workers, clock) > waits
    if is_narrow(problem) and (problem.weights is not None or _few_dependents(problem)):
        helps = workers > 1 and enumeration_seconds(problem, cost, workers - 1, clock) < waits / 2
        helper = [part(brouwer_zimmermann.STRATEGY, workers=workers - 1, after=delay)] if helps else []
        return [part(coset.STRATEGY, workers=workers), *helper]
    if not hopeless:
        return [part(brouwer_zimmermann.STRATEGY, workers=workers)]
    if is_narrow(problem):
        exact = [part(coset.STRATEGY, workers=workers)]
        return exact if workers == 1 else [*exact, part(brouwer_zimmermann.STRATEGY, workers=workers - 1)]
    far = left is not None and enumeration_seconds(problem, cost, workers, clock) > FAR * left  # it only gives a bound
    first = part(brouwer_zimmermann.STRATEGY, seconds=_share(clock, inf) if far else None, workers=max(1, workers - 1))
    if left is not None:
        return [first, part(isd.STRATEGY, seed=len(ISD_SECONDS))]
    general = [s for s in (xorsat.STRATEGY, sat.STRATEGY) if not missing_packages(s)][:1]
    return [first, *map(part, general)]


def _begun(
    run_from: Callable[..., Answer], problem: ParityProblem, known: Race, clock: Clock, **options: Any
) -> Answer:
    """Run an engine from the best answer there is when its turn comes."""
    return run_from(problem, clock, known.answer.x if known.bounds else None, **options)


def _cuttable(problem: ParityProblem) -> bool:
    """Tell whether `odd-cuts` suits a problem, as far as its checks tell."""
    return (problem.checks is None or short_checks(problem)) and problem.row_weights.max(initial=0) < HEAVIEST


def _few_dependents(problem: ParityProblem) -> bool:
    """Tell whether so few rows depend on others that `coset` knows better ways than information sets."""
    return problem.k < 2 * problem.n


def _enumerable(problem: ParityProblem) -> bool:
    """Tell whether enumerations may have their turn on a sparse problem, too."""
    return problem.weights is None and problem.k <= ENUMERATED


def is_sparse(problem: ParityProblem) -> bool:
    """Tell whether clauses or linear constraints suit a problem better than enumeration."""
    return short_checks(problem) or bool(problem.A.mean() < SPARSE or problem.A.sum() <= FEW * problem.k)


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
