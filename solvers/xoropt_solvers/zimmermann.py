"""The Brouwer–Zimmermann search for cosets, of any size: every pattern of few errors on disjoint information sets.

A pattern of weight w has weight at most w/M on one of M disjoint information sets. When all patterns of up to t_i
members were tried on the i-th, any other weighs at least Σ(t_i + 1): the bound grows with every weight enumerated
(Zimmermann 1996; Betten et al., *Error-Correcting Linear Codes*, 2006, section 1.8). A set that shares d members with
those before it counts for t_i + 1 − d. Costs that all have the same remainder by 2 or 4 raise the bound further.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from math import comb, inf

import numpy as np

from xoropt_solvers.counting import as_float, log_comb, log_sum
from xoropt_solvers.decoding import draw_sets, plan_sets, search_sets
from xoropt_solvers.elimination import x_of_errors
from xoropt_solvers.interrupts import stopping
from xoropt_solvers.problem import ParityProblem, mismatch_mask
from xoropt_solvers.strategy import Answer, Clock
from xoropt_solvers.systematic import Systematic, byte_weights, systematic_form

__all__ = ["cores", "enumeration_seconds", "search_cosets"]

MOST_SETS = 16
SECONDS_A_PATTERN = 7e-10  # for each word of the syndrome, as measured
HOPELESS = 100.0  # the logarithm of patterns that nobody tries; how many exactly need not be known
MOST_PRODUCTS = 1 << 34  # of entries, to find whether all overlaps are even: some tenths of a second
ONE_PART = 1 << 22  # patterns of a level below which threads are not worth their start
MOST_PAIR_WORDS = 1 << 24  # of the sums of two columns; larger sets add columns one by one
MOST_HEADS = 1 << 18  # pairs that a level is divided by; larger sets are divided by single columns
PARTS = 400  # of a level, which the threads take one after another
RANDOM_SHARE, RANDOM_SECONDS = 0.05, 0.3  # of the enumeration, and at most: random sets before it lower what it costs
RANDOM_WEIGHTED = 0.01  # seconds, where what the enumeration takes is not known beforehand
SECONDS_A_CALL, ROUNDS_A_CALL = 0.005, 50  # of random sets between two looks at the time, and at most


@dataclass(eq=False)
class _Set:
    """One information set.

    Attributes:
        columns: uint64 (words, members + 1), the members' columns and the syndrome.
        members: int64 (members,), rows.
        dependents: int64 (dependents,), rows.
        deficit: the number of members that an earlier set has, too.
        level: all patterns of so many members have been tried.
        pairs: the sums of two columns, empty until they are needed.
    """

    columns: np.ndarray
    members: np.ndarray
    dependents: np.ndarray
    deficit: int
    level: int = 0
    pairs: np.ndarray = field(default_factory=lambda: np.zeros((1, 0), dtype=np.uint64))


@dataclass(eq=False)
class _Search:
    """What a search has found and proved.

    Attributes:
        errors: bool (rows,).
        cost: what they cost.
        bound: the least cost there may be.
        divisor: every cost has the remainder of `cost` by it.
    """

    errors: np.ndarray
    cost: int
    bound: int
    divisor: int

    def found(self, errors: np.ndarray, cost: int) -> None:
        """Take a cheaper pattern."""
        if cost < self.cost:
            self.errors, self.cost = errors, cost

    def proved(self, bound: int) -> None:
        """Take a bound, raised to the next cost there may be."""
        self.bound = min(self.cost, max(self.bound, bound + (self.cost - bound) % self.divisor))


def cores() -> int:
    """Count the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def search_cosets(problem: ParityProblem, clock: Clock, workers: int = 1, x: np.ndarray | None = None) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved.

    Args:
        problem: in reduced form, not solvable at cost 0.
        clock: ends the search.
        workers: the number of threads.
        x: a good answer, bool (n,), to begin with; None: there is none.
    """
    first, sets = _disjoint_sets(problem, clock)
    search = _start(problem, sets)
    if x is not None:
        errors = mismatch_mask(problem, x)
        search.found(errors, int(problem.row_weights[errors].sum()))
    with stopping(clock.left(), clock.ended_by) as stop, _threads(workers) as pool:
        _draw(problem, search, first, sets, stop)
        clock.report(search.cost, search.bound)
        if problem.weights is None:
            _enumerate(search, sets, clock, pool, workers, stop)
        else:
            _enumerate_weighted(problem, search, sets, clock, pool, stop)
    info = {"sets": len(sets), "levels": [each.level for each in sets]}
    return Answer(x_of_errors(problem, search.errors), search.cost, search.bound, info)


def enumeration_seconds(problem: ParityProblem, cost: int, workers: int, clock: Clock) -> float:
    """Foretell how long `search_cosets` takes to prove that nothing costs less; infinite where weights forbid that.

    Args:
        problem: in reduced form, with independent columns.
        cost: of the best answer so far.
        workers: the number of threads.
        clock: the time for the whole search, of which the forecast takes half at most.
    """
    some = min(problem.n // 2, cost // MOST_SETS - 1)  # members of a pattern to try on one set, even of the most sets
    if problem.weights is not None or log_comb(problem.n, some) > HOPELESS:
        return inf
    _, sets = _disjoint_sets(problem, clock)
    _, work = _targets(sets, _Search(np.zeros(problem.k, dtype=bool), cost, 0, _divisor(problem)))
    return work * SECONDS_A_PATTERN * len(sets[0].columns) / workers


@contextmanager
def _threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _disjoint_sets(problem: ParityProblem, clock: Clock) -> tuple[Systematic, list[_Set]]:
    """Make information sets one after another, each as far as possible from rows that no earlier one has.

    The search gets half of the time at least: no set but the first is made later. Each is an elimination.

    Returns:
        The systematic form of the first set, and the sets.
    """
    preparing, forms = clock.half(), list[Systematic]()
    sets: list[_Set] = []
    taken = np.zeros(problem.k, dtype=bool)
    weights = problem.row_weights
    while len(sets) < MOST_SETS and not (sets and preparing.expired()):
        order = np.lexsort((-weights, taken))
        form = systematic_form(problem, order)
        deficit = int(taken[form.members].sum())
        if sets and deficit > len(form.members) // 8:
            break
        forms = forms or [form]
        sets.append(_Set(form.columns.T.copy(order="C"), form.members, form.dependents, deficit))
        taken[form.members] = True
    return forms[0], sets


def _start(problem: ParityProblem, sets: list[_Set]) -> _Search:
    """Begin with the cheapest of the patterns that have no error on some set."""
    weights = problem.row_weights
    patterns = [_errors(problem.k, each, np.zeros(0, dtype=np.int64)) for each in sets]
    costs = [int(weights[errors].sum()) for errors in patterns]
    i = int(np.argmin(costs))
    search = _Search(patterns[i], costs[i], 0, _divisor(problem))
    search.proved(max(int(weights.min()), _bound(sets)) if problem.weights is None else int(weights.min()))
    return search


def _errors(rows: int, one: _Set, chosen: np.ndarray) -> np.ndarray:
    """The errors, bool (rows,), where these members are wrong, and the dependent rows that follow from them."""
    left = np.bitwise_xor.reduce(one.columns[:, [*chosen, -1]], axis=1)
    bits = np.unpackbits(left.astype("<u8").view(np.uint8), bitorder="little")[: len(one.dependents)]
    errors = np.zeros(rows, dtype=bool)
    errors[one.members[chosen]] = True
    errors[one.dependents[bits.astype(bool)]] = True
    return errors


def _divisor(problem: ParityProblem) -> int:
    """Return 2 or 4 where all costs have the same remainder by it, else 1.

    |a ⊕ b| = |a| + |b| − 2·|a·b|: columns of even weight keep it by 2; by 4 where all weights are multiples of 4, and
    all overlaps even.
    """
    if problem.weights is not None:
        return 1
    if np.logical_xor.reduce(problem.A, axis=0).any():
        return 1
    if problem.A.size * problem.n > MOST_PRODUCTS:
        return 2
    columns = problem.A.T.astype(np.float32)
    ones = columns.sum(axis=1)
    overlaps = columns @ np.column_stack([columns.T, problem.b.astype(np.float32)])
    return 2 if (ones % 4).any() or (overlaps % 2).any() else 4


def _draw(problem: ParityProblem, search: _Search, form: Systematic, sets: list[_Set], stop: np.ndarray) -> None:
    """Search random information sets for a small share of the time that the enumeration is expected to take.

    They begin with a systematic form, whose columns change.
    """
    m, c = len(form.members), len(form.dependents)
    state = draw_sets(form, problem.weights, 0)
    plan = plan_sets(m, c, int(search.errors.sum()) - 1)
    begin = time.perf_counter()
    while search.cost > search.bound and not stop[0]:
        seconds = RANDOM_WEIGHTED
        if problem.weights is None:
            _, work = _targets(sets, search)
            seconds = min(RANDOM_SECONDS, RANDOM_SHARE * work * SECONDS_A_PATTERN * len(sets[0].columns))
        if time.perf_counter() - begin > seconds:
            return
        rounds = max(1, min(ROUNDS_A_CALL, int(SECONDS_A_CALL / plan.seconds)))
        cost, _ = search_sets(state, plan, rounds, search.cost, search.bound, stop)
        if cost < search.cost:
            search.found(state.errors.astype(bool), cost)
            plan = plan_sets(m, c, int(search.errors.sum()) - 1)


def _bound(sets: list[_Set]) -> int:
    return sum(max(0, each.level + 1 - each.deficit) for each in sets)


def _targets(sets: list[_Set], search: _Search) -> tuple[list[int], float]:
    """Plan the cheapest levels that raise the bound to the best cost: the first q sets share it, for the best q.

    Returns:
        The level of each set to reach, and the number of patterns that remain.
    """
    goal = search.cost - search.divisor + 1  # a bound of so much is raised to the cost
    cheapest, chosen = inf, [0] * len(sets)
    for q in range(1, len(sets) + 1):
        rest = max(0, goal - sum(max(0, each.level + 1 - each.deficit) for each in sets[q:]))
        targets = [(rest + q - 1 - i) // q - 1 + sets[i].deficit for i in range(q)]
        work = log_sum(
            log_comb(len(each.members), t)
            for each, target in zip(sets, targets, strict=False)
            for t in range(each.level + 1, min(target, len(each.members)) + 1)
        )
        if work < cheapest:
            cheapest, chosen = work, targets + [0] * (len(sets) - q)
    return chosen, as_float(cheapest)


def _enumerate(
    search: _Search, sets: list[_Set], clock: Clock, pool: ThreadPoolExecutor, workers: int, stop: np.ndarray
) -> None:
    """Try level after level, the cheapest of the plan first, until the bound is the cost."""
    while search.cost > search.bound:
        targets, _ = _targets(sets, search)
        open_sets = [each for each, target in zip(sets, targets, strict=True) if each.level < target]
        one = min(open_sets, key=lambda each: log_comb(len(each.members), each.level + 1))
        _try_level(search, one, pool, workers, stop)
        if stop[0]:
            return
        one.level += 1
        search.proved(_bound(sets))
        clock.report(search.cost, search.bound)


def _try_level(search: _Search, one: _Set, pool: ThreadPoolExecutor, workers: int, stop: np.ndarray) -> None:
    """Try all patterns of one member more than before on a set, over the threads where they are many."""
    from xoropt_solvers.kernels.zimmermann import pair_sums, search_heads

    m, t = len(one.members), one.level + 1
    if t > m:
        return
    last = 1 if t == 1 or comb(m, 2) * len(one.columns) > MOST_PAIR_WORDS else 2
    depth = t - last
    if last == 2 and not one.pairs.shape[1]:
        one.pairs = pair_sums(one.columns, m)
    prefix = 0 if comb(m, t) < ONE_PART else min(2 if comb(m, 2) <= MOST_HEADS else 1, depth)
    heads = np.array(
        [head for head in combinations(range(m), prefix) if head[-1] <= m - (t - prefix + 1)] if prefix else [()],
        dtype=np.int64,
    )
    best = [search.cost]

    def part(piece: np.ndarray) -> None:
        found = np.zeros(depth + 2, dtype=np.int64)
        cost = search_heads(one.columns, m, one.pairs, last, depth, piece, best[0], found, stop)
        if cost < best[0]:
            results.append((int(cost), found[:t].copy()))
            best[0] = min(best[0], int(cost))

    results: list[tuple[int, np.ndarray]] = []
    if not prefix:
        part(heads)
    else:
        pieces = [np.ascontiguousarray(piece) for piece in np.array_split(heads, min(PARTS, len(heads)))]
        try:
            list(pool.map(part, pieces))
        except BaseException:
            stop[0] = 1
            raise
    if results:
        cost, chosen = min(results, key=lambda result: result[0])
        search.found(_errors(len(search.errors), one, chosen), cost)


def _enumerate_weighted(
    problem: ParityProblem, search: _Search, sets: list[_Set], clock: Clock, pool: ThreadPoolExecutor, stop: np.ndarray
) -> None:
    """Try patterns by their own weight on every disjoint set, up to a limit that grows."""
    from xoropt_solvers.kernels.zimmermann import search_limit

    weights = problem.row_weights
    disjoint = [each for each in sets if each.deficit == 0]
    orders = [np.argsort(weights[each.members], kind="stable") for each in disjoint]
    tables = [byte_weights(weights[each.dependents], len(each.columns)) for each in disjoint]
    limit = 0

    def one(i: int) -> bool:
        each, order = disjoint[i], orders[i]
        found = np.zeros(len(order) + 2, dtype=np.int64)
        cost, used, done = search_limit(
            np.ascontiguousarray(each.columns[:, [*order, -1]]),
            weights[each.members][order],
            tables[i],
            len(each.dependents),
            limit,
            len(disjoint),
            search.cost,
            found,
            stop,
        )
        if used > 0:
            search.found(_errors(problem.k, each, order[found[:used]]), int(cost))
        return bool(done)

    while search.cost > search.bound:
        limit = max(search.bound, limit + limit // 2)
        try:
            complete = list(pool.map(one, range(len(disjoint))))
        except BaseException:
            stop[0] = 1
            raise
        if not all(complete):
            return
        search.proved(len(disjoint) * (limit + 1))
        clock.report(search.cost, search.bound)
