"""The lightest errors of sparse checks by odd cuts: a linear program that grows, and branch and bound around it.

A sum of checks whose syndrome is 1 is an odd cut: at least one of its errors is wrong. In a graph, these are the
T-cuts, and the linear program over all of them has the lightest T-join for its solution (Edmonds and Johnson 1973). In
general they are the covering inequalities of a binary clutter (Seymour 1977), and the program's value is a bound. Cuts
are found where they are violated, as in LP decoding with redundant checks (Zhang and Siegel 2012). Bounds are added up
again in integers, so that no rounding can make one too high.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from xoropt_solvers.strategy import Clock

__all__ = ["Columns", "Found", "pack_columns", "search_cuts"]

HEAVIEST = 1 << 40
"""What an error may weigh at most, so that the sums of duals are exact."""
SHIFT = 20  # bits of a dual after the point, where weights leave room
LEAST = 1e-7  # value that counts
PIVOTS_A_CALL, MOST_CALLS = 100, 200  # of the simplex method, between two looks at the clock
UNSEEN = 1 << 62
SHRUNK = 0.7  # the share of the errors left at which a program begins anew
EASY = 16  # rounds, after which a program is hard
FEW, ORDERS = 4, 12  # fewer cuts than that of a round call for so many more orders there


@dataclass(frozen=True, eq=False)
class Columns:
    """The errors that checks see, the lightest of each kind.

    Attributes:
        packed: uint64 (errors, words), the checks of each error.
        weights: int64 (errors,).
        error_of: int64 (errors,), which error of the problem it is.
        checks: their number.
        shift: a dual of 1 is 2^shift.
        perturbed: float64 (errors,), the weights, each a little less, so that no two solutions cost the same.
    """

    packed: np.ndarray
    weights: np.ndarray
    error_of: np.ndarray
    checks: int
    shift: int
    perturbed: np.ndarray


@dataclass(frozen=True, eq=False)
class Found:
    """What the search found.

    Attributes:
        errors: int64, positions among the columns.
        cost: what they weigh.
        bound: no errors of the syndrome weigh less.
        nodes: of the search tree, as far as it went.
        cuts: how many were added in all.
    """

    errors: np.ndarray
    cost: int
    bound: int
    nodes: int
    cuts: int


@dataclass
class _Program:
    """The linear program over some cuts, as `xoropt_solvers.kernels.cutting_planes` keeps it."""

    table: np.ndarray
    constants: np.ndarray
    prices: np.ndarray
    basic: np.ndarray
    other: np.ndarray
    where: np.ndarray
    columns: int = 0
    masks: list[np.ndarray] = field(default_factory=list)
    cuts: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Node:
    """A part of the search: some errors taken, some ruled out."""

    active: np.ndarray
    syndrome: np.ndarray
    taken: tuple[int, ...]
    cost: int
    cuts: Sequence[np.ndarray]


@dataclass(frozen=True, eq=False)
class _Outcome:
    """What is known of a node.

    Attributes:
        node: with the errors ruled out since.
        program: over its cuts.
        bound: no errors in it are lighter and at the same time lighter than the best known.
        value: float64 (errors,), of the program's solution, or None.
        found: errors that complete the node's to the best cost known, or None where they are no better than before.
    """

    node: _Node
    program: _Program
    bound: int
    value: np.ndarray | None = None
    found: np.ndarray | None = None


def pack_columns(rows: np.ndarray, columns: np.ndarray, checks: int, weights: np.ndarray) -> Columns:
    """Pack the errors of a sparse H; of errors with the same checks one of the lightest stays, of those with none none.

    Args:
        rows: int64 (ones,), the check of each one in H.
        columns: int64 (ones,), its error.
        checks: the number of checks.
        weights: int64 (errors,), each below HEAVIEST.
    """
    words = max(1, -(-checks // 64))
    packed = np.zeros((len(weights), words), dtype=np.uint64)
    np.bitwise_or.at(packed, (columns, rows >> 6), np.uint64(1) << (rows & 63).astype(np.uint64))
    order = np.argsort(weights, kind="stable")
    keys = packed[order].view(np.dtype((np.void, 8 * words))).ravel()
    first = np.unique(keys, return_index=True)[1]
    kept = np.sort(order[first])
    kept = kept[packed[kept].any(axis=1)]
    chosen = weights[kept].astype(np.int64)
    heaviest = int(chosen.max(initial=1))
    step = min(1e-7 * float(chosen.mean()) if len(chosen) else 0.0, 1e-3 / (checks + 1))
    noise = np.random.default_rng(0).random(len(kept)) * step
    return Columns(
        packed=np.ascontiguousarray(packed[kept]),
        weights=chosen,
        error_of=kept,
        checks=checks,
        shift=min(SHIFT, 52 - heaviest.bit_length()),
        perturbed=np.maximum(0.0, chosen - noise),
    )


def search_cuts(columns: Columns, syndrome: np.ndarray, clock: Clock) -> Found:
    """Find the lightest errors of a syndrome, and prove that they are.

    Args:
        columns: the errors; some of them must have the syndrome.
        syndrome: bool (checks,).
        clock: when the time is up, the answer is the best so far, and the bound that of the parts left open.
    """
    from xoropt_solvers.kernels.cutting_planes import span_syndrome

    target = np.zeros(columns.packed.shape[1], dtype=np.uint64)
    at = np.flatnonzero(syndrome)
    np.bitwise_or.at(target, at >> 6, np.uint64(1) << (at & 63).astype(np.uint64))
    room = np.empty(64 * len(target), dtype=np.int64)
    count = span_syndrome(columns.packed, np.argsort(columns.weights, kind="stable"), target, room)
    assert count >= 0, "no errors have the syndrome"
    best = room[:count].copy()
    cost = int(columns.weights[best].sum())
    root = _Node(np.ones(len(columns.weights), dtype=bool), target, (), 0, ())
    heap: list[tuple[int, int, _Node]] = [(0, 0, root)]
    nodes = cuts = made = 0
    while heap and heap[0][0] < cost and not clock.expired():
        bound, _, node = heapq.heappop(heap)
        clock.report(cost, bound)
        nodes += 1
        state = _solve(columns, node, cost, room, clock)
        cuts += len(state.program.cuts)
        bound = max(bound, state.bound)
        if state.found is not None:
            best = np.array([*node.taken, *state.found], dtype=np.int64)
            cost = int(columns.weights[best].sum())
        if bound >= cost:
            continue
        if clock.expired():
            heapq.heappush(heap, (bound, -1, node))
            break
        for child in _branch(columns, state, cost):
            made += 1
            heapq.heappush(heap, (bound, made, child))
    bound = min([cost, *(bound for bound, _, _ in heap)])
    return Found(best, cost, bound, nodes, cuts)


def _single_checks(syndrome: np.ndarray) -> list[np.ndarray]:
    """Return a mask for each check whose syndrome is 1."""
    at = np.flatnonzero(np.unpackbits(syndrome.astype("<u8").view(np.uint8), bitorder="little"))
    masks = np.zeros((len(at), len(syndrome)), dtype=np.uint64)
    masks[np.arange(len(at)), at >> 6] = np.uint64(1) << (at & 63).astype(np.uint64)
    return [*masks]


def _solve(columns: Columns, node: _Node, cost: int, room: np.ndarray, clock: Clock) -> _Outcome:
    """Grow the program of a node until no violated cut is found, or nothing below `cost` is left in it.

    Errors that only dearer solutions have are ruled out on the way; where they are many, the program begins anew
    without them.
    """
    from xoropt_solvers.kernels.cutting_planes import find_cuts, pivot_dictionary, span_syndrome

    state = _Outcome(node, _begin(columns), node.cost)
    if not node.syndrome.any():
        return replace(state, found=np.zeros(0, dtype=np.int64) if node.cost < cost else None)
    new = [mask for mask in node.cuts if _odd(mask & node.syndrome)] or _single_checks(node.syndrome)
    masks = np.zeros((columns.checks, len(node.syndrome)), dtype=np.uint64)
    rounds = 0
    while new:
        p, rounds = state.program, rounds + 1
        if not all(_add(p, columns, state.node.active, mask) for mask in new):
            return replace(state, bound=UNSEEN)
        status, calls = 2, 0
        while status == 2 and calls < MOST_CALLS and not clock.expired():
            status = pivot_dictionary(
                p.table, p.constants, p.prices, p.basic, p.other, p.where, len(p.cuts), p.columns, PIVOTS_A_CALL
            )
            calls += 1
        if status == 1:
            return replace(state, bound=UNSEEN)
        if clock.expired():
            return state
        bound, total, left = _bound(columns, p)
        value = _values(p, len(columns.weights))
        support = np.flatnonzero(value > LEAST)
        support = support[np.argsort(-value[support], kind="stable")]
        count = span_syndrome(columns.packed, support, node.syndrome, room)
        if count >= 0 and node.cost + int(columns.weights[room[:count]].sum()) < cost:
            cost = node.cost + int(columns.weights[room[:count]].sum())
            state = replace(state, found=room[:count].copy())
        state = replace(state, bound=max(state.bound, node.cost + bound), value=value)
        if state.bound >= cost or status == 2:  # or rounding keeps it from its end: both parts of a node are smaller
            return state
        active = state.node.active & (left <= ((cost - 1 - node.cost) << columns.shift) - total)
        if active.sum() < SHRUNK * state.node.active.sum():
            state = replace(state, node=replace(state.node, active=active), program=_begin(columns))
            new = _held(p)
            continue
        new = [*masks[: find_cuts(columns.packed, support, value, node.syndrome, columns.checks, masks)]]
        if rounds > EASY and len(new) < FEW:
            new = _more_cuts(columns, support, value, node.syndrome, new, masks, len(p.cuts))
    return state


def _more_cuts(
    columns: Columns,
    support: np.ndarray,
    value: np.ndarray,
    syndrome: np.ndarray,
    new: list[np.ndarray],
    masks: np.ndarray,
    seed: int,
) -> list[np.ndarray]:
    """Look for cuts in other orders of the errors, too, since one pivot after the other is what takes the time."""
    from xoropt_solvers.kernels.cutting_planes import find_cuts

    if not new:
        return new
    found = {mask.tobytes(): mask.copy() for mask in new}
    rng = np.random.default_rng(seed)
    for _ in range(ORDERS):
        order = support[np.argsort(-value[support] * rng.uniform(0.5, 1.5, len(support)), kind="stable")]
        count = find_cuts(columns.packed, order, value, syndrome, columns.checks, masks)
        found |= {mask.tobytes(): mask.copy() for mask in masks[:count]}
    return list(found.values())


def _odd(mask: np.ndarray) -> bool:
    return bool(int(np.bitwise_count(mask).sum()) & 1)


def _begin(columns: Columns, rows: int = 64, width: int = 1024) -> _Program:
    return _Program(
        table=np.zeros((rows, width)),
        constants=np.zeros(rows),
        prices=np.zeros(width),
        basic=np.zeros(rows, dtype=np.int64),
        other=np.zeros(width, dtype=np.int64),
        where=np.full(len(columns.weights) + rows, UNSEEN, dtype=np.int64),
    )


def _add(program: _Program, columns: Columns, active: np.ndarray, mask: np.ndarray) -> bool:
    """Add a cut; tell whether it has an error at all."""
    from xoropt_solvers.kernels.cutting_planes import add_cut, cut_errors

    errors = np.empty(len(columns.weights), dtype=np.int64)
    errors = errors[: cut_errors(columns.packed, active, mask, errors)].copy()
    if not len(errors):
        return False
    rows = len(program.cuts)
    if rows == len(program.basic):
        program.table = np.concatenate([program.table, np.zeros_like(program.table)])
        program.constants = np.concatenate([program.constants, program.constants])
        program.basic = np.concatenate([program.basic, program.basic])
        program.where = np.concatenate([program.where, np.full(rows, UNSEEN, dtype=np.int64)])
    while program.columns + len(errors) > len(program.prices):
        program.table = np.concatenate([program.table, np.zeros_like(program.table)], axis=1)
        program.prices = np.concatenate([program.prices, program.prices])
        program.other = np.concatenate([program.other, program.other])
    p = program
    p.columns = add_cut(
        p.table, p.constants, p.prices, p.basic, p.other, p.where, columns.perturbed, errors, rows, p.columns
    )
    program.cuts.append(errors)
    program.masks.append(mask.copy())
    return True


def _values(program: _Program, errors: int) -> np.ndarray:
    """Read the value of each error, float64 (errors,)."""
    value = np.zeros(errors)
    rows = len(program.cuts)
    basic = program.basic[:rows]
    own = basic < errors
    value[basic[own]] = program.constants[:rows][own]
    return value


def _bound(columns: Columns, program: _Program) -> tuple[int, int, np.ndarray]:
    """Add up the duals in integers.

    Returns:
        The bound, rounded up; the sum of the duals and the reduced cost of each error, int64, in units of 2^−shift: a
        solution costs at least the sum and the reduced costs of its errors.
    """
    errors = len(columns.weights)
    slack = program.where[errors : errors + len(program.cuts)]
    duals = np.where(slack >= 0, program.prices[np.maximum(slack, 0)], 0.0)
    units = np.maximum(0, np.floor(duals * 2.0**columns.shift)).astype(np.int64)
    sizes = [len(cut) for cut in program.cuts]
    flat = np.concatenate(program.cuts)
    left = (columns.weights << columns.shift) - _add_up(flat, units, sizes, errors)
    if (left < 0).any():
        excess = np.maximum.reduceat(np.maximum(0, -left)[flat], np.cumsum([0, *sizes[:-1]]))
        units = np.maximum(0, units - excess)
        left = (columns.weights << columns.shift) - _add_up(flat, units, sizes, errors)
        assert (left >= 0).all()
    total = int(units.sum())
    return -(-total >> columns.shift), total, left


def _add_up(flat: np.ndarray, units: np.ndarray, sizes: list[int], errors: int) -> np.ndarray:
    sums = np.zeros(errors, dtype=np.int64)
    np.add.at(sums, flat, np.repeat(units, sizes))
    return sums


def _held(program: _Program) -> list[np.ndarray]:
    """Return the cuts that hold with equality."""
    slack = program.where[len(program.where) - len(program.basic) :]
    return [mask for mask, place in zip(program.masks, slack, strict=False) if place >= 0]


def _branch(columns: Columns, state: _Outcome, cost: int) -> tuple[_Node, _Node]:
    """Take an error or rule it out."""
    node, value = state.node, state.value
    assert value is not None
    _, total, left = _bound(columns, state.program)
    active = node.active & (left <= ((cost - 1 - node.cost) << columns.shift) - total)
    error = int(np.where(active, np.abs(value - 0.5), np.inf).argmin())
    active[error] = False
    held = _held(state.program)
    weight = int(columns.weights[error])
    syndrome = node.syndrome ^ columns.packed[error]
    return (
        _Node(active, node.syndrome, node.taken, node.cost, held),
        _Node(active, syndrome, (*node.taken, error), node.cost + weight, held),
    )
