"""Encoding of one segment of a windowed network: the equations of its care bits, their solution, and patches."""

import math
from typing import NamedTuple

import numpy as np

from xoropt.codec.lazy_planes import LazyPlane, LazyPlanes
from xoropt.codec.streams.banded.bursts import burst_patches
from xoropt.codec.streams.banded.elimination import (
    PLANES_AT_ONCE,
    Elimination,
    Memory,
    eliminate,
    lent_memory,
    substitute_back,
)
from xoropt.codec.streams.banded.equations import (
    CareBits,
    build_equations,
    collect_care_bits,
    count_shortfall,
    gather_values,
)
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import last_row_lanes
from xoropt.codec.streams.viterbi.search import viterbi_seeds
from xoropt.networks import XorNetwork

__all__ = ["EncodedSegment", "ResonanceError", "Rules", "Task", "Watch", "encode_segment"]

LEAST_SPLIT = 1 << 13
"""Fewest care bits of half a ring."""
SPLIT_SHORTFALL = 40
"""Care bits that a window cannot serve, from which two rings are better; a ring takes about 33 bits of its own."""
SPLIT_DEPENDENT = 12
"""Dependent care bits from which two rings of another length are better."""
PATCH_BITS = 14
"""Approximate bits of a patch, to weigh patches against seed rows."""


class ResonanceError(Exception):
    """Care bits repeat with the step from one lane to the next, so that many of them are dependent.

    Attributes:
        dependent: the dependent care bits of the segment where it was noticed.
    """

    def __init__(self, dependent: int) -> None:
        super().__init__(f"{dependent} care bits of a segment are dependent.")
        self.dependent = dependent


class Watch(NamedTuple):
    """When to give an encoding up, because many care bits are dependent.

    Attributes:
        segments: how many segments, the first ones, are watched.
        least, share: more than least + care bits // share dependent care bits of a segment are too many. By chance,
            there are one or two in 100,000. Where care bits repeat with the step from one lane to the next, there are
            hundreds: choosing their patches takes most of the time, and they take 1 % of the bits.
    """

    segments: int = 4
    least: int = 32
    share: int = 4096

    def most(self, count: int) -> int:
        """Return the most dependent care bits of a segment of `count` care bits."""
        return self.least + count // self.share


class Rules(NamedTuple):
    """How a ring is encoded.

    Attributes:
        levelled: share of the bits of a window that level an uneven mask, whatever the network; good ones level more.
        split: make two rings of one whose mask is too uneven for the window.
        retry: with `split`, make two rings of one with many dependent care bits as well, whose length resonates.
        quick: take greedy patches, and do without the encodings that a few patches are worth.
    """

    levelled: float = 9 / 20
    split: bool = False
    retry: bool = True
    quick: bool = False


class Task(NamedTuple):
    """A segment to encode.

    Attributes:
        bits: bool (planes, weights), the bits of the segment.
        care: bool (weights,), its mask.
        network, order: those of the encoding.
        rows: T.
        seed_bits: n; a ring may be given more.
        method: one of `METHODS`.
        watch: raise `ResonanceError` where more care bits are dependent; None: never.
        rules: how a ring is encoded.
    """

    bits: np.ndarray | LazyPlanes
    care: np.ndarray | LazyPlane
    network: XorNetwork
    order: StreamOrder
    rows: int
    seed_bits: int
    method: str
    watch: Watch | None
    rules: Rules


class EncodedSegment(NamedTuple):
    """An encoded segment.

    Attributes:
        rows: T.
        seed_bits: n.
        seeds: uint8 (planes, n) of 0 and 1.
        patches: the weights of the segment to flip in each plane, int64, ascending.
        proved: number of planes with a number of patches that is proved minimal.
        care_bits: of each plane.
        dependent: number of care bits that depend on earlier ones.
    """

    rows: int
    seed_bits: int
    seeds: np.ndarray
    patches: list[np.ndarray]
    proved: int
    care_bits: int
    dependent: int = 0

    @property
    def patch_bits(self) -> int:
        """Approximate bits of the patches of all planes."""
        return PATCH_BITS * sum(map(len, self.patches))

    @property
    def cost(self) -> int:
        """Approximate stored bits of all planes."""
        return self.seed_bits * len(self.patches) + self.patch_bits


def encode_segment(task: Task) -> tuple[EncodedSegment, ...]:
    """Encode a segment, as one or, where the rules say so, as several."""
    task = task._replace(bits=np.asarray(task.bits), care=np.asarray(task.care))
    if task.method == "viterbi":
        return (_encode_by_viterbi(task),)
    with lent_memory() as memory:
        return _encode(task, memory)


def _encode(task: Task, memory: Memory) -> tuple[EncodedSegment, ...]:
    """Encode a segment with memory for pivot rows, as one or as several."""
    care_bits = collect_care_bits(np.asarray(task.care), task.order, task.rows)
    count, found = len(care_bits.weights), None
    can_split = task.rules.split and count >= 2 * LEAST_SPLIT and task.rows > 1
    missing = _missing(task, care_bits, task.seed_bits) if task.order.closed and count else 0
    if not can_split or missing <= SPLIT_SHORTFALL:  # otherwise two rings need fewer bits than one
        most = SPLIT_DEPENDENT if can_split and task.rules.retry else None
        found = _encode_ring(task, care_bits, missing, memory, most)
    if found is not None:
        return (found,)
    return tuple(part for half in _halves(task, count) for part in _encode(half, memory))


def _missing(task: Task, care_bits: CareBits, seed_bits: int) -> int:
    """Return how many care bits of a ring a window cannot serve, for an uneven mask, with so many seed bits."""
    capacity = int(task.rules.levelled * task.network.window)
    return count_shortfall(task.order, task.rows, seed_bits, care_bits, capacity)


def _halves(task: Task, count: int) -> tuple[Task, Task]:
    """Cut a ring of `count` care bits into two of about equally many rows, with the seed bits that it has beyond these.

    Half the rows would often resonate as all of them do, and so do rows in twos and threes where masks repeat.
    """
    slack, lanes, n_out = task.seed_bits - count, task.order.lanes, task.network.n_out
    rows = task.rows * 9 // 20
    while math.gcd(rows, 6) > 1 and rows < task.rows - 1:
        rows += 1
    middle, halves = rows * lanes, []
    rules = task.rules._replace(retry=False)
    for T, weights in ((rows, slice(0, middle)), (task.rows - rows, slice(middle, None))):
        care = np.asarray(task.care)[weights]
        seed_bits = max(int(np.count_nonzero(care)) + slack, lanes * (-(-T // n_out) - 1) + 1)
        halves.append(task._replace(bits=task.bits[:, weights], care=care, rows=T, seed_bits=seed_bits, rules=rules))
    return halves[0], halves[1]


def _encode_ring(
    task: Task, care_bits: CareBits, missing: int, memory: Memory, most: int | None
) -> EncodedSegment | None:
    """Encode a segment; give a ring more seed bits where they save more than they take.

    A window cannot serve `missing` of its care bits. With more than `most` dependent ones, unless that is None, nothing
    is returned.
    """
    closed, planes = task.order.closed, len(task.bits)
    count, many = len(care_bits.weights), Watch().most(len(care_bits.weights))
    seed_bits = _level_unevenness(task, care_bits, missing) if closed and count else task.seed_bits
    limit = many if most is None else most
    best = _solve_segment(task, care_bits, memory, seed_bits, -1 if task.rules.quick else limit if closed else None)
    if most is not None and best.dependent > most:
        return None
    if task.watch is not None and best.dependent > task.watch.most(count):
        raise ResonanceError(best.dependent)
    if closed and best.dependent > many:
        next_row = -(-seed_bits // task.order.lanes) * task.order.lanes + 16
        more = _solve_segment(task, care_bits, memory, next_row, many)
        if more.dependent <= best.dependent // 2:  # the care bits repeat with the step from lane to lane
            best, seed_bits = more, next_row
        if best.dependent > many:
            best = _solve_segment(task, care_bits, memory, seed_bits)
    extra = 16
    worth = count // 1000  # another encoding takes time: it should save this many bits of a plane
    while closed and not task.rules.quick and best.patch_bits > max(2 * extra, worth) * planes and extra <= count // 8:
        more = _solve_segment(task, care_bits, memory, seed_bits + extra, max(many, 3 * best.dependent // 4))
        if more.cost < best.cost:
            best = more
        extra *= 4
    return best


def _level_unevenness(task: Task, care_bits: CareBits, missing: int) -> int:
    """Return the seed bits of a ring that make up for an uneven mask.

    Where care bits are dense, a window falls short of unknowns; it levels only a part of its bits. More seed bits help
    until they take more than the patches that they save. Without more, `missing` care bits are not served.
    """
    seed_bits = task.seed_bits
    if seed_bits <= task.network.window:
        return seed_bits
    best, least, extra = seed_bits, math.inf, 0
    while extra < least:
        if extra:
            missing = _missing(task, care_bits, seed_bits + extra)
        cost = extra + 2 * missing  # with burst patches, a dependent care bit takes about two bits
        if cost < least:
            best, least = seed_bits + extra, cost
        if not missing:
            break
        extra = max(16, extra * 2)
    return best


def _solve_segment(
    task: Task, care_bits: CareBits, memory: Memory, seed_bits: int, most: int | None = None
) -> EncodedSegment:
    """Solve the equations of a segment of `seed_bits` seed bits, and patch those that have no solution.

    With more than `most` dependent care bits, the patches are greedy.
    """
    bits, order, planes = np.asarray(task.bits), task.order, len(task.bits)
    if not len(care_bits.weights) or not planes:
        none = [np.empty(0, np.int64)] * planes
        seeds = np.zeros((planes, seed_bits), dtype=np.uint8)
        return EncodedSegment(task.rows, seed_bits, seeds, none, planes, len(care_bits.weights))
    equations, numbers = build_equations(task.network, order, task.rows, seed_bits, care_bits)
    found, patches, proved, dependent = [], [], 0, 0
    for first in range(0, planes, PLANES_AT_ONCE):
        some = bits[first : first + PLANES_AT_ONCE]
        place, values = gather_values(some, numbers, care_bits)
        eliminated = eliminate(equations, values, len(some), memory)
        dependent = len(eliminated.dependent)
        method = task.method if most is None or dependent <= most else "greedy"
        x, wrong, exact = _solve_planes(eliminated, values, method, memory)
        for p in range(len(some)):
            at = place[(wrong >> np.uint64(p)) & np.uint64(1) != 0]
            patches.append(np.sort(at))
        found.append(_store_columns(x, order, seed_bits))
        proved += len(some) * exact
    return EncodedSegment(task.rows, seed_bits, np.concatenate(found), patches, proved, len(numbers), dependent)


def _solve_planes(
    eliminated: Elimination, values: np.ndarray, method: str, memory: Memory
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Solve the equations of a segment for up to `PLANES_AT_ONCE` planes.

    Args:
        eliminated: the equations, eliminated for `values`.
        values: uint64 (E,), bit p is the value that plane p asks for.
        method: "burst" or "greedy".
        memory: for pivot rows, which holds those of `eliminated`.

    Returns:
        A solution, uint8 (planes, n) by column; uint64 (E,), bit p set where it is wrong for plane p; and whether the
        number of patches is proved minimal in every plane.
    """
    equations, planes = eliminated.equations, eliminated.planes
    exact, goal = not eliminated.residual.any(), values
    if method == "burst" and not exact and int(np.bitwise_count(eliminated.residual).sum()) <= 1:
        exact = True  # there is one patch, and without any there is no solution
    elif method == "burst" and not exact:
        found = burst_patches(eliminated)
        exact = found.complete and found.proved == found.searched and len(eliminated.dependent) <= 64
        goal = values.copy()
        for p, flips in enumerate(found.flips):
            goal[flips] ^= np.uint64(1 << p)
        if sum(map(len, found.flips)) < int(np.bitwise_count(eliminated.residual).sum()):
            eliminated = eliminate(equations, goal, planes, memory)
        else:
            goal = values
    made = goal.copy()
    made[eliminated.dependent] ^= eliminated.residual
    return substitute_back(eliminated), made ^ values, exact


def _store_columns(x: np.ndarray, order: StreamOrder, seed_bits: int) -> np.ndarray:
    """Bring seed bits from columns, lane after lane, uint8 (planes, m·L), to the stored order, uint8 (planes, n)."""
    rows = x.reshape(len(x), order.lanes, -1).transpose(0, 2, 1)
    last = rows[:, -1, last_row_lanes(order, seed_bits)]
    return np.concatenate([rows[:, :-1].reshape(len(x), -1), last], axis=1)


def _encode_by_viterbi(task: Task) -> EncodedSegment:
    """Encode a segment with the fewest patches, plane by plane."""
    bits, care, network = np.asarray(task.bits), np.asarray(task.care), task.network
    seeds, patches = [], []
    for plane in bits:
        x, _ = viterbi_seeds(network, plane, care)
        seeds.append(x)
        steps = -(-len(plane) // network.n_out)
        window = np.lib.stride_tricks.sliding_window_view(x, network.window)[:: network.n_in][:steps]
        outputs = (window @ network.matrix().T.astype(np.uint8) & 1).reshape(-1)[: len(plane)]
        patches.append(np.flatnonzero((outputs != plane) & care))
    stored = np.array(seeds, dtype=np.uint8).reshape(len(bits), -1)
    return EncodedSegment(task.rows, task.seed_bits, stored, patches, len(bits), int(np.count_nonzero(care)))
