"""Minimum distances: the least weight of a code, or of the logical operators of a quantum code.

The nonzero words of a code are shared out among parity problems: word i of a basis is in the sum, those before it are
not. Of a quantum code, problem i holds the errors that commute with all checks, flip logical i, and none before it. The
least of these minima is the distance; the least of their bounds is its bound.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.parity_checks import ParityChecks, generator, read_checks
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.solving import DEFAULT, solve
from xoropt_solvers.strategy import Clock

__all__ = ["Distance", "distance"]

FIRST_SECONDS = 0.1
"""The time limit of each problem in the first pass; it grows fourfold from pass to pass over those that are open."""


@dataclass(frozen=True, eq=False)
class Distance:
    """A minimum distance, or what is known of it.

    Attributes:
        distance: the weight of `word`, the lightest that was found.
        lower_bound: no word is lighter, as was proved.
        proved: whether the two are equal.
        word: int64, the positions of the ones of a word of that weight.
        logical: the first of the logicals that the word flips; None without logicals.
        seconds: what it took.
    """

    distance: int
    lower_bound: int
    proved: bool
    word: np.ndarray
    logical: int | None
    seconds: float


def distance(
    H: Any,
    logicals: Any = None,
    solver: str = DEFAULT,
    time_limit: float | None = None,
    *,
    on_improve: Callable[[int, int, float], None] | None = None,
) -> Distance:
    """Find the least weight of a nonzero e with H·e = 0; with logicals, of those that flip one of them.

    Args:
        H: (checks, n) booleans or integers 0 and 1, also sparse, or ParityChecks.
        logicals: (logicals, n), the same; for a CSS code's X distance the checks are H_Z and the logicals those of Z.
            Each row must not be a sum of checks.
        solver: the strategy by name.
        time_limit: seconds, or None.
        on_improve: called with the distance and the bound known so far, and the seconds passed, when one has improved.

    Raises:
        InvalidInputError: shapes disagree, the code has no nonzero word, or no error flips a logical.

    >>> distance([[1, 0, 1, 0, 1, 0, 1], [0, 1, 1, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1, 1]]).distance
    3
    """
    checks.function(on_improve, "on_improve")
    clock = Clock(checks.time_limit(time_limit))
    problems = _code_problems(H) if logicals is None else _logical_problems(H, logicals)
    bounds = np.ones(len(problems), dtype=np.int64)
    best, word, which = -1, np.zeros(0, dtype=np.int64), 0
    left = list(range(len(problems)))
    limit: float | None = FIRST_SECONDS if len(problems) > 1 or clock.time_limit is not None else None
    while True:
        for i in left:
            rest = clock.left()
            if best >= 0 and rest == 0:
                break
            now = min((one for one in (limit, rest) if one is not None), default=None)
            solution = solve(problems[i], solver, None if now is None else max(now, 1e-3))
            bounds[i] = max(bounds[i], solution.lower_bound)
            if best < 0 or solution.cost < best:
                best, word, which = solution.cost, solution.mismatches, i
            if solution.optimal or bounds[i] >= best:
                bounds[i] = max(bounds[i], solution.cost if solution.optimal else 0)
            if on_improve is not None:
                on_improve(best, min(best, int(bounds.min())), clock.elapsed())
        left = [i for i in left if bounds[i] < best]
        if not left or clock.expired():
            break
        limit = None if limit is None else 4 * limit
    bound = min(best, int(bounds.min()))
    logical = None if logicals is None else which
    return Distance(best, bound, bound == best, word, logical, clock.elapsed())


def _code_problems(H: Any) -> list[ParityProblem]:
    given = _zero_checks(H, "H")
    A, _ = generator(given)
    if not A.shape[1]:
        raise InvalidInputError("Argument 'H' leaves no word but zero: its columns are independent.")
    zeros = np.zeros(len(A), dtype=bool)
    return [ParityProblem(A, zeros, fixed={**dict.fromkeys(range(i), 0), i: 1}) for i in range(A.shape[1])]


def _logical_problems(H: Any, logicals: Any) -> list[ParityProblem]:
    given, flips = _zero_checks(H, "H"), _zero_checks(logicals, "logicals")
    if flips.length != given.length:
        raise InvalidInputError(
            f"Argument 'logicals' must have {given.length} columns, as 'H' has, not {flips.length}."
        )
    problems = []
    for i in range(len(flips)):
        starts = np.concatenate([given.starts, given.starts[-1] + flips.starts[1 : i + 2]])
        columns = np.concatenate([given.columns, flips.columns[: flips.starts[i + 1]]])
        syndrome = np.zeros(len(given) + i + 1, dtype=bool)
        syndrome[-1] = True
        problem = ParityProblem.from_checks(ParityChecks(starts, columns, syndrome, given.length), syndrome)
        try:
            _ = problem.A
        except InvalidInputError:
            continue  # with the earlier ones, this logical is a sum of checks
        problems.append(problem)
    if not problems:
        raise InvalidInputError("No error that all checks miss flips a logical: there is no distance.")
    return problems


def _zero_checks(H: Any, name: str) -> ParityChecks:
    if isinstance(H, ParityChecks):
        return H
    shape = getattr(H, "shape", None)
    if not shape and not isinstance(H, list | tuple):
        raise InvalidInputError(f"Argument '{name}' must be a matrix of zeros and ones, not {str(H)[:60]!r}.")
    rows = shape[0] if shape else len(H)
    try:
        return read_checks(H, np.zeros(rows, dtype=bool))
    except InvalidInputError as error:
        raise InvalidInputError(str(error).replace("'H'", f"'{name}'", 1)) from None
