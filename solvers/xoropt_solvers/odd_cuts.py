"""The lightest errors of sparse checks by odd cuts: a linear program that grows, and branch and bound around it.

A sum of checks whose syndrome is 1 is an odd cut: at least one of its errors is wrong. In a graph, these are the
T-cuts, and the linear program over all of them has the lightest T-join for its solution (Edmonds and Johnson 1973). In
general they are the covering inequalities of a binary clutter (Seymour 1977), and the program's value is a bound. Cuts
are found where they are violated, as in LP decoding with redundant checks (Zhang and Siegel 2012). Bounds are added up
again in integers, so that no rounding can make one too high.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xoropt_solvers.cut_program import (
    UNSEEN,
    Columns,
    Program,
    add_mask,
    begin_program,
    exact_duals,
    tight_cuts,
    values_of,
)
from xoropt_solvers.strategy import Clock

__all__ = ["Found", "prove_minimum", "search_cuts"]

LEAST = 1e-7  # value that counts
PIVOTS_A_CALL, MOST_CALLS = 100, 200  # of the simplex method, between two looks at the clock
SHRUNK = 0.7  # the share of the errors left at which a program begins anew
EASY = 16  # rounds, after which a program is hard
FEW, ORDERS = 4, 12  # fewer cuts than that of a round call for so many more orders there


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
        empty: an odd cut without any error, which shows that there is nothing in the node, or None.
    """

    node: _Node
    program: Program
    bound: int
    value: np.ndarray | None = None
    found: np.ndarray | None = None
    empty: np.ndarray | None = None


def search_cuts(columns: Columns, syndrome: np.ndarray, clock: Clock) -> Found:
    """Find the lightest errors of a syndrome, and prove that they are.

    Args:
        columns: the errors; some of them must have the syndrome.
        syndrome: bool (checks,).
        clock: when the time is up, the answer is the best so far, and the bound that of the parts left open.
    """
    from xoropt_solvers.kernels.cutting_planes import span_syndrome

    target = _packed(syndrome, columns.packed.shape[1])
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


def _packed(syndrome: np.ndarray, words: int) -> np.ndarray:
    """Pack the bits of a syndrome."""
    bits = np.zeros(64 * words, dtype=bool)
    bits[: len(syndrome)] = syndrome
    return np.packbits(bits, bitorder="little").view("<u8").astype(np.uint64)


def prove_minimum(columns: Columns, syndrome: np.ndarray, cost: int, clock: Clock) -> dict[str, Any]:
    """Prove that no errors of a syndrome weigh less than `cost`, the minimum, by a tree of cuts and their duals.

    A leaf is ``{"cuts": [checks, …], "duals": [integer, …]}``, a branch ``{"error": e, "without": …, "with": …}`` with
    an error of the problem. `xoropt_solvers.proof_checking` says what must hold.

    Raises:
        TimeUpError: the time was up.
    """
    words = columns.packed.shape[1]
    room = np.empty(64 * words, dtype=np.int64)

    def tree(node: _Node) -> dict[str, Any]:
        state = _solve(columns, node, cost, room, clock, shrink=0.0)
        clock.check()
        if state.empty is not None:
            return _leaf([state.empty], [(cost + 1) << columns.shift])
        if state.bound >= cost:
            program = state.program
            duals = exact_duals(columns, program)[0].tolist() if program.cuts else []
            used = [i for i, dual in enumerate(duals) if dual]
            return _leaf([program.masks[i] for i in used], [duals[i] for i in used])
        without, taken = _branch(columns, state, UNSEEN >> 20)
        return {"error": int(columns.error_of[taken.taken[-1]]), "without": tree(without), "with": tree(taken)}

    target = _packed(syndrome, words)
    return tree(_Node(np.ones(len(columns.weights), dtype=bool), target, (), 0, ()))


def _leaf(masks: Sequence[np.ndarray], duals: Sequence[int]) -> dict[str, Any]:
    bits = [np.unpackbits(mask.astype("<u8").view(np.uint8), bitorder="little") for mask in masks]
    return {"cuts": [np.flatnonzero(one).tolist() for one in bits], "duals": [int(dual) for dual in duals]}


def _single_checks(syndrome: np.ndarray) -> list[np.ndarray]:
    """Return a mask for each check whose syndrome is 1."""
    at = np.flatnonzero(np.unpackbits(syndrome.astype("<u8").view(np.uint8), bitorder="little"))
    masks = np.zeros((len(at), len(syndrome)), dtype=np.uint64)
    masks[np.arange(len(at)), at >> 6] = np.uint64(1) << (at & 63).astype(np.uint64)
    return [*masks]


def _solve(
    columns: Columns, node: _Node, cost: int, room: np.ndarray, clock: Clock, shrink: float = SHRUNK
) -> _Outcome:
    """Grow the program of a node until no violated cut is found, or nothing below `cost` is left in it.

    Errors that only dearer solutions have are ruled out on the way; where a share of less than `shrink` is left, the
    program begins anew without them.
    """
    from xoropt_solvers.kernels.cutting_planes import find_cuts, pivot_dictionary, span_syndrome

    state = _Outcome(node, begin_program(columns), node.cost)
    if not node.syndrome.any():
        return replace(state, found=np.zeros(0, dtype=np.int64) if node.cost < cost else None)
    new = [mask for mask in node.cuts if _odd(mask & node.syndrome)] or _single_checks(node.syndrome)
    masks = np.zeros((columns.checks, len(node.syndrome)), dtype=np.uint64)
    rounds = 0
    while new:
        p, rounds = state.program, rounds + 1
        empty = next((mask for mask in new if not add_mask(p, columns, state.node.active, mask)), None)
        if empty is not None:
            return replace(state, bound=UNSEEN, empty=empty.copy())
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
        units, left = exact_duals(columns, p)
        total = int(units.sum())
        bound = -(-total >> columns.shift)
        value = values_of(p, len(columns.weights))
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
        if active.sum() < shrink * state.node.active.sum():
            state = replace(state, node=replace(state.node, active=active), program=begin_program(columns))
            new = tight_cuts(p)
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


def _branch(columns: Columns, state: _Outcome, cost: int) -> tuple[_Node, _Node]:
    """Take an error or rule it out."""
    node, value = state.node, state.value
    assert value is not None
    units, left = exact_duals(columns, state.program)
    active = node.active & (left <= ((cost - 1 - node.cost) << columns.shift) - int(units.sum()))
    error = int(np.where(active, np.abs(value - 0.5), np.inf).argmin())
    active[error] = False
    held = tight_cuts(state.program)
    weight = int(columns.weights[error])
    syndrome = node.syndrome ^ columns.packed[error]
    return (
        _Node(active, node.syndrome, node.taken, node.cost, held),
        _Node(active, syndrome, (*node.taken, error), node.cost + weight, held),
    )
