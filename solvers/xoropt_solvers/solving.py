"""`solve`: run a strategy on one problem, check what it claims, and report it in the caller's terms."""

import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from xoropt_solvers import checks, registry
from xoropt_solvers.elimination import greedy_answer
from xoropt_solvers.errors import InvalidInputError, WrongAnswerError
from xoropt_solvers.parity_checks import satisfied
from xoropt_solvers.problem import ParityProblem, Solution, mismatch_mask
from xoropt_solvers.reduction import reduce_problem, restore_fixed, substitute_fixed
from xoropt_solvers.strategy import Answer, Clock, Listener, Strategy, TimeUpError

__all__ = ["DEFAULT", "OnImprove", "check_options", "checked_solution", "solve"]

DEFAULT = "portfolio"


OnImprove = Callable[[int, int, float], None]
"""Gets a cost, a lower bound and the seconds since the solve began."""


def solve(
    problem: ParityProblem,
    solver: str = DEFAULT,
    time_limit: float | None = None,
    *,
    on_improve: OnImprove | None = None,
    **options: Any,
) -> Solution:
    """Solve one problem with one strategy, and check its answer against the problem.

    Args:
        problem: the problem.
        solver: the strategy by name; `available` lists the names.
        time_limit: a finite positive number of seconds, or None. A strategy that reaches it returns the best answer
            that it has seen, with ``optimal=False`` unless it proved that one.
        on_improve: called with the cost, the lower bound and the seconds passed whenever one of the first two has
            improved, at least once, and perhaps from another thread. What it raises is raised here, or ends the engine.
        **options: the strategy's own, which its module describes.

    Raises:
        InvalidInputError: an argument has a wrong type or value, or the strategy does not take these options.
        UnknownStrategyError: no strategy has this name.
        MissingPackageError: the strategy needs a package that is not installed.
        LimitExceededError: the problem is too large for the strategy.
        WrongAnswerError: the strategy claimed what the problem contradicts.
    """
    if not isinstance(problem, ParityProblem):
        kind = type(problem).__name__
        raise InvalidInputError(
            f"Argument 'problem' must be a ParityProblem, not {kind}; make one: ParityProblem(A, b)."
        )
    if on_improve is not None and not callable(on_improve):
        raise InvalidInputError(
            f"Argument 'on_improve' must be None or a function of three numbers, not {on_improve!r}."
        )
    clock = Clock(checks.time_limit(time_limit))
    clock.listener = None if on_improve is None else _listener(on_improve, clock)
    strategy = registry.find(solver)
    registry.require(strategy)
    check_options(strategy, options)
    answer = _run(strategy, substitute_fixed(problem), clock, options)
    solution = checked_solution(problem, strategy, restore_fixed(problem, answer.x), answer, clock.elapsed())
    clock.report(solution.cost, solution.lower_bound)
    return solution


def _listener(on_improve: OnImprove, clock: Clock) -> Listener:
    """Make a listener that passes on what improves, one at a time."""
    lock = threading.Lock()
    best: list[int | None] = [None, 0]

    def listen(cost: int, bound: int) -> None:
        with lock:
            known, proved = best
            if known is None or cost < known or bound > (proved or 0):
                best[:] = min(cost, cost if known is None else known), max(bound, proved or 0)
                on_improve(int(best[0] or 0), int(best[1] or 0), clock.elapsed())

    return listen


def _run(strategy: Strategy, problem: ParityProblem, clock: Clock, options: dict[str, Any]) -> Answer:
    """Run a strategy on the problem, reduced if it asks for that."""
    if not strategy.reduces:
        return _call(strategy, problem, clock, options)
    reduced = reduce_problem(problem)
    answer = greedy_answer(reduced.problem)
    if answer.cost > 0:
        inner = clock.raised(reduced.offset)
        inner.report(answer.cost, answer.lower_bound)
        answer = _call(strategy, reduced.problem, inner, options)
    return Answer(answer.x, answer.cost + reduced.offset, answer.lower_bound + reduced.offset, answer.info)


def _call(strategy: Strategy, problem: ParityProblem, clock: Clock, options: dict[str, Any]) -> Answer:
    given = problem
    if not registry.is_built_in(strategy):
        # A copy, so that the answer is checked against arrays that no other package's code could change.
        given = ParityProblem(problem.A, problem.b, problem.weights)
    try:
        answer = strategy.run(given, clock, **options)
    except TimeUpError:
        return greedy_answer(problem)
    _check_types(strategy, answer, problem.n)
    return answer


def check_options(strategy: Strategy, options: dict[str, Any]) -> None:
    """Refuse unknown options before anything is solved, since a problem may be settled without the strategy."""
    try:
        inspect.signature(strategy.run).bind(None, None, **options)
    except TypeError as error:
        raise InvalidInputError(f"Strategy {strategy.name!r} does not take these options: {error}.") from error


def _check_types(strategy: Strategy, answer: Answer, n: int) -> None:
    """Raise WrongAnswerError for an answer of wrong types, before anything reads its values."""
    if not isinstance(answer, Answer):
        raise WrongAnswerError(f"Strategy {strategy.name!r} returned {type(answer).__name__}, not an Answer.")
    x = answer.x
    if not isinstance(x, np.ndarray) or x.shape != (n,):
        what = f"of shape {x.shape}" if isinstance(x, np.ndarray) else f"as {type(x).__name__}"
        raise WrongAnswerError(f"Strategy {strategy.name!r} returned x {what}, not ({n},) booleans.")
    if x.dtype.kind not in "biu" or not np.isin(x, (0, 1)).all():
        raise WrongAnswerError(f"Strategy {strategy.name!r} returned x of other values than 0 and 1 ({x.dtype}).")
    for what in ("cost", "lower_bound"):
        value = getattr(answer, what)
        if not checks.is_integer(value):
            raise WrongAnswerError(f"Strategy {strategy.name!r} claims a {what} of {value!r}, not an integer.")
    if not isinstance(answer.info, Mapping):
        raise WrongAnswerError(
            f"Strategy {strategy.name!r} returned {type(answer.info).__name__} as info, not a mapping."
        )


def checked_solution(
    problem: ParityProblem, strategy: Strategy, x: np.ndarray, answer: Answer, seconds: float
) -> Solution:
    """Check an answer against its problem, in plain NumPy, and report it as a solution.

    Args:
        problem: the problem as the caller gave it.
        strategy: what answered.
        x: bool (n,), all bits of the answer.
        answer: the cost, the lower bound and the info that it claims.
        seconds: how long it took.

    Raises:
        WrongAnswerError: x costs something else, or less than the lower bound.
    """
    wrong = mismatch_mask(problem, x)
    if problem.checks is not None and not satisfied(problem.checks, wrong).all():
        raise WrongAnswerError(f"Strategy {strategy.name!r} returned errors that do not have the syndrome.")
    if problem.hard is not None and (wrong & problem.hard).any():
        raise WrongAnswerError(f"Strategy {strategy.name!r} returned an x for which a hard row does not hold.")
    cost = int(problem.row_weights[wrong].sum())
    lower_bound = int(answer.lower_bound)
    if cost != answer.cost or lower_bound > cost:
        raise WrongAnswerError(
            f"Strategy {strategy.name!r} claims cost {answer.cost} and lower bound {lower_bound}"
            f" for an x of cost {cost}."
        )
    return Solution(
        x=x,
        mismatches=np.flatnonzero(wrong),
        cost=cost,
        lower_bound=lower_bound,
        optimal=cost == lower_bound,
        strategy=strategy.name,
        seconds=seconds,
        info=dict(answer.info),
    )
