"""Randomized information-set decoding (Stern 1989, Dumer 1991), for problems that are too large for a proof."""

from collections import Counter
from math import expm1

from xoropt_solvers import checks
from xoropt_solvers.decoding import Plan, draw_sets, log_miss, plan_sets, search_sets
from xoropt_solvers.elimination import greedy_answer, x_of_errors
from xoropt_solvers.interrupts import stopping
from xoropt_solvers.problem import ParityProblem, mismatch_mask
from xoropt_solvers.strategy import Answer, Clock, Strategy
from xoropt_solvers.systematic import systematic_form

__all__ = ["STRATEGY", "run"]

SECONDS_A_CALL = 0.05  # of the kernel, between which Ctrl-C is noticed
ROUNDS_A_CALL = 1000  # at most
ROUNDS = 1000  # without a time limit


def run(problem: ParityProblem, clock: Clock, rounds: int | None = None, seed: int = 0) -> Answer:
    """Return the best pattern seen in random information sets; nothing is proved.

    The search ends where a cost is the bound that elimination proves. ``info["rounds"]`` says how many sets were tried
    to the end. ``info["probability"]`` says how likely they would have found a given pattern of one mismatch fewer, had
    there been one, if each round's set were drawn anew (`xoropt_solvers.decoding.log_miss`).

    Args:
        problem: in reduced form.
        clock: ends the search.
        rounds: the number of sets; None for as many as the time limit allows, or 1,000 without one.
        seed: of the random numbers, 0 to 2^32 − 1.

    Raises:
        InvalidInputError: `rounds` or `seed` is out of range.
    """
    seed = checks.integer(seed, "seed", 0, 2**32 - 1)
    wanted = ROUNDS if rounds is None else checks.integer(rounds, "rounds", 1)
    if rounds is None and clock.time_limit is not None:
        wanted = 1 << 62
    start = greedy_answer(problem)
    if start.cost <= start.lower_bound:
        return Answer(start.x, start.cost, start.lower_bound, {"rounds": 0, "probability": 1.0, "seed": seed})
    form = systematic_form(problem)
    m, c = len(form.members), len(form.dependents)
    sets = draw_sets(form, problem.weights, seed)
    best, errors, done = start.cost, None, 0
    mismatches = int(mismatch_mask(problem, start.x).sum())
    plan, made = plan_sets(m, c, mismatches - 1), Counter[Plan]()
    with stopping(clock.left(), clock.ended_by) as stop:
        while done < wanted and best > start.lower_bound and not clock.expired():
            each = max(1, min(ROUNDS_A_CALL, int(SECONDS_A_CALL / plan.seconds), wanted - done))
            cost, completed = search_sets(sets, plan, each, best, start.lower_bound, stop)
            done += completed
            made[plan] += completed
            if cost < best:
                best, errors = cost, sets.errors.astype(bool)
                plan = plan_sets(m, c, int(errors.sum()) - 1)
                clock.report(best)
            if stop[0]:
                break
    x = start.x if errors is None else x_of_errors(problem, errors)
    mismatches = mismatches if errors is None else int(errors.sum())
    missed = sum(log_miss(m, c, mismatches - 1, plan, rounds) for plan, rounds in made.items())
    return Answer(x, best, start.lower_bound, {"rounds": done, "probability": -expm1(missed), "seed": seed})


STRATEGY = Strategy(
    name="isd",
    run=run,
    exact=False,
    summary="randomized information-set decoding (Stern), with the probability it gives",
)
