"""Random information sets of one problem: what to search in each, and the search in parts that a clock can end."""

from dataclasses import dataclass
from math import comb, inf, log1p
from operator import itemgetter

import numpy as np

from xoropt_solvers.counting import as_float, log_comb, log_sum
from xoropt_solvers.systematic import Systematic, byte_weights

__all__ = ["Plan", "Sets", "draw_sets", "log_miss", "plan_sets", "search_sets"]

MOST_SUMS = 1 << 18  # of one half, 2 MB a word
WINDOWS = range(1, 21)
MOST_SECONDS = 0.02  # of a round
CACHED, SLOWER = 1 << 16, 8  # words of one half's sums that caches hold; beyond, sums and collisions take so many times
# Nanoseconds of an exchange for each column's word, of a sum and of a collision for each word, and of a window's entry.
EXCHANGE, SUM, COLLISION, ENTRY = 0.5, 2.0, 1.5, 0.15


@dataclass(frozen=True)
class Plan:
    """What a round does.

    Attributes:
        p: the most columns of a sum.
        window: the number of bits in which two sums must agree.
        swaps: the number of exchanges.
        sums: the number of sums of the larger half.
        seconds: of a round, as estimated.
    """

    p: int
    window: int
    swaps: int
    sums: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Sets:
    """The information set that a search has come to; each round changes the arrays.

    Attributes:
        columns: as in `Systematic`.
        members: as in `Systematic`.
        dependents: as in `Systematic`.
        weights: int64 (rows,), or empty where all rows weigh 1.
        table: `byte_weights` of the dependent rows, or empty.
        state: uint64 (1,), of the random numbers.
        errors: uint8 (rows,), gets the errors of each cheaper pattern.
    """

    columns: np.ndarray
    members: np.ndarray
    dependents: np.ndarray
    weights: np.ndarray
    table: np.ndarray
    state: np.ndarray
    errors: np.ndarray


def draw_sets(form: Systematic, weights: np.ndarray | None, seed: int) -> Sets:
    """Begin a search from a systematic form; `weights` are those of the problem's rows, or None."""
    words = form.columns.shape[1]
    rows = len(form.members) + len(form.dependents)
    none = np.zeros((0, 256), dtype=np.int64)
    table = none if weights is None else byte_weights(weights[form.dependents], words)
    return Sets(
        columns=np.ascontiguousarray(form.columns),
        members=form.members.astype(np.int64),
        dependents=form.dependents.astype(np.int64),
        weights=np.zeros(0, dtype=np.int64) if weights is None else weights.astype(np.int64),
        table=table,
        state=np.array([seed], dtype=np.uint64),
        errors=np.zeros(rows, dtype=np.uint8),
    )


def plan_sets(members: int, dependents: int, errors: int) -> Plan:
    """Choose the round that finds a pattern of so many errors in the least time, as far as that can be foretold.

    No round takes long, since the clock ends the search between two of them.
    """
    words = -(-dependents // 64) or 1
    swaps = max(1, min(members, dependents) // 8)
    exchanges = swaps * members * words * EXCHANGE
    plans: list[tuple[float, Plan]] = []
    for p in (1, 2, 3):
        halves = [sum(comb(half, i) for i in range(p + 1)) for half in (members // 2, members - members // 2)]
        if halves[1] > MOST_SUMS and p > 1:
            break
        for window in WINDOWS:
            if window > dependents:
                break
            collisions = halves[0] * halves[1] / 2**window
            slower = SLOWER if halves[1] * words > CACHED else 1
            work = SUM * words * sum(halves) + COLLISION * words * collisions
            time = exchanges + slower * work + ENTRY * 2**window
            gain = _chance(members, dependents, errors, p, window) / time
            plans.append((gain, Plan(p, window, swaps, halves[1], time * 1e-9)))
    quickest = min(plan.seconds for _, plan in plans)
    return max((each for each in plans if each[1].seconds <= max(MOST_SECONDS, quickest)), key=itemgetter(0))[1]


def log_miss(members: int, dependents: int, errors: int, plan: Plan, rounds: int = 1) -> float:
    """Return the logarithm of the probability that so many rounds miss a pattern, if all sets are equally likely.

    A round finds the pattern if each half of the members has at most p of its errors, and the window none.
    """
    each = _chance(members, dependents, errors, plan.p, plan.window)
    return -inf if each >= 1.0 else rounds * log1p(-each)


def _chance(members: int, dependents: int, errors: int, p: int, window: int) -> float:
    if errors < 0:
        return 1.0
    a, b = members // 2, members - members // 2
    ways = log_sum(
        log_comb(a, i) + log_comb(b, j) + log_comb(dependents - window, errors - i - j)
        for i in range(min(p, errors) + 1)
        for j in range(min(p, errors - i) + 1)
    )
    return as_float(min(0.0, ways - log_comb(members + dependents, errors)))


def search_sets(sets: Sets, plan: Plan, rounds: int, best: int, bound: int, stop: np.ndarray) -> tuple[int, int]:
    """Search so many information sets; a pattern that costs less than `best` goes to ``sets.errors``.

    Returns:
        The least cost found, or `best`, and the number of rounds completed: fewer where a cost is `bound`, or once
        `stop` is set.
    """
    from xoropt_solvers.kernels.decoding import stern

    figures = np.array([plan.p, plan.window, plan.swaps, plan.sums], dtype=np.int64)
    cost, completed = stern(
        sets.columns,
        len(sets.dependents),
        sets.members,
        sets.dependents,
        sets.weights,
        sets.table,
        figures,
        rounds,
        sets.state,
        best,
        bound,
        sets.errors,
        stop,
    )
    return int(cost), int(completed)
