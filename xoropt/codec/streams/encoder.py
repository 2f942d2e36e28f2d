"""Encoding with a windowed network: segment by segment, as banded linear systems.

Planes with a common mask are eliminated together. Segments are independent, so that threads can share them, and only
the segments that are being encoded take memory beside the planes.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from xoropt.codec.streams.banded.bursts import burst_patches
from xoropt.codec.streams.banded.elimination import PLANES_AT_ONCE, Elimination, eliminate, evaluate, substitute_back
from xoropt.codec.streams.banded.equations import (
    CareBits,
    band_words,
    build_equations,
    collect_care_bits,
    count_shortfall,
)
from xoropt.codec.streams.encoding import StreamEncoded
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.patches import pack_stream_patches
from xoropt.codec.streams.segments import Layout, cut_segments, last_row_lanes, open_seed_bits
from xoropt.codec.streams.viterbi.search import viterbi_seeds
from xoropt.common.errors import EncodeError, XoroptWarning
from xoropt.networks import XorNetwork

__all__ = ["METHODS", "SEGMENT", "RateWarning", "ResonanceError", "encode_stream", "plan_layout"]

METHODS = ("burst", "greedy", "viterbi")
"""How patches can be chosen."""
SEGMENT = 3 << 15
"""Approximate care bits of a ring. Rings this small follow the density of a mask, and the window levels the rest."""
OPEN_SEGMENT = 400_000
"""Approximate care bits of an open segment, which loses memory·n_in seed bits at its end."""
STRICT_SEGMENTS = 4
"""Segments that are watched for care bits that repeat with the step from one lane to the next."""
PATCH_BITS = 14
"""Approximate bits of a patch, to weigh patches against seed rows."""


class RateWarning(XoroptWarning):
    """A network has fewer seed bits than there are care bits; patches store the rest."""


class ResonanceError(Exception):
    """Care bits repeat with the step from one lane to the next, so that many of them are dependent.

    Attributes:
        dependent: the dependent care bits of the segment where it was noticed.
    """

    def __init__(self, dependent: int) -> None:
        super().__init__(f"{dependent} care bits of a segment are dependent.")
        self.dependent = dependent


class _Task(NamedTuple):
    """A segment to encode.

    Attributes:
        bits: bool (planes, weights), the bits of the segment.
        care: bool (weights,), its mask.
        network, order: those of the encoding.
        rows: T.
        seed_bits: n; a ring may be given more.
        method: one of `METHODS`.
        strict: raise `ResonanceError` where many care bits are dependent.
    """

    bits: np.ndarray
    care: np.ndarray
    network: XorNetwork
    order: StreamOrder
    rows: int
    seed_bits: int
    method: str
    strict: bool


class _EncodedSegment(NamedTuple):
    """An encoded segment.

    Attributes:
        seed_bits: n.
        seeds: uint8 (planes, n) of 0 and 1.
        patches: the weights of the segment to flip in each plane, int64, ascending.
        proved: number of planes with a number of patches that is proved minimal.
        dependent: number of care bits that depend on earlier ones.
    """

    seed_bits: int
    seeds: np.ndarray
    patches: list[np.ndarray]
    proved: int
    dependent: int = 0

    @property
    def patch_bits(self) -> int:
        """Approximate bits of the patches of all planes."""
        return PATCH_BITS * sum(map(len, self.patches))

    @property
    def cost(self) -> int:
        """Approximate stored bits of all planes."""
        return self.seed_bits * len(self.patches) + self.patch_bits


def plan_layout(
    care: np.ndarray, network: XorNetwork, order: StreamOrder, slack: int | None = None, more: int = 0
) -> Layout:
    """Plan the segments of a plane.

    Args:
        care: bool (weights,), the mask.
        network, order: those of the encoding.
        slack: seed bits that a ring gets beyond its care bits; None: what the network needs.
        more: rings that are added, or eighths of their number where that is more.
    """
    if not order.closed:
        segments = max(1, round(int(np.count_nonzero(care)) / OPEN_SEGMENT))
        steps = -(-len(care) // network.n_out)
        bounds = np.unique(np.minimum(np.arange(segments + 1) * steps // segments * network.n_out, len(care)))
        rows = np.diff(bounds)
        return Layout(rows, np.array([open_seed_bits(int(t), network) for t in rows], dtype=np.int64))
    if slack is None:
        # A seed bit that no care bit reads is lost; outputs of t taps leave out about one in e^t.
        taps = float(np.bitwise_count(network.rows).sum(axis=1).mean())
        slack = 8 + int(min(SEGMENT, int(np.count_nonzero(care))) * math.exp(-taps))
    segments = max(1, round(int(np.count_nonzero(care)) / SEGMENT))
    segments += max(more, segments * more // 8)
    return cut_segments(care, order, segments, slack, network.n_in, network.n_out)


def encode_stream(
    bits: np.ndarray,
    care: np.ndarray,
    network: XorNetwork,
    order: StreamOrder,
    shape: tuple[int, ...],
    method: str = "burst",
    *,
    layouts: tuple[Layout, ...] | None = None,
    strict: bool = False,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> StreamEncoded:
    """Encode flat planes with a windowed network.

    Args:
        bits: bool (planes, outputs).
        care: bool (1, outputs), shared by the planes, or (planes, outputs).
        network: a network with a window of at most 1984 bits.
        order: the stream order.
        shape: the shape of one plane, recorded in the result.
        method: "burst" (few patches), "greedy" (a patch for every dependent care bit that contradicts earlier ones), or
            "viterbi" (the fewest patches; for the open order and networks of at most 2^16 states).
        layouts: the segments, a layout for each row of `care`; None: those of `plan_layout`.
        strict: give up if many care bits of one of the first segments are dependent.
        jobs: number of threads.
        progress: called with the outputs done and the number of all outputs, over all planes.

    Raises:
        ResonanceError: with `strict`, many care bits of one of the first segments are dependent.

    Warns:
        RateWarning: the network has seed bits for less than 99 % of the care bits.
    """
    planes, outputs = bits.shape
    band_words(network.window)  # refuses windows that are too wide, before any work is done
    groups = [(slice(0, planes), care[0])] if len(care) == 1 else [(slice(p, p + 1), care[p]) for p in range(planes)]
    if layouts is None:
        layouts = tuple(plan_layout(mask, network, order) for _, mask in groups)
    done, final = 0, []
    seeds: list[np.ndarray] = []
    positions: list[np.ndarray] = []
    proved = care_bits = seed_bits = 0
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        for (which, mask), layout in zip(groups, layouts, strict=True):
            group = bits[which]
            spans = list(_segment_spans(layout, order, outputs))
            tasks = []
            for i, (a, b, t, n) in enumerate(spans):
                watched = strict and done == 0 and i < STRICT_SEGMENTS
                tasks.append(_Task(group[:, a:b], mask[a:b], network, order, t, n, method, watched))
            segments: list[_EncodedSegment] = []
            results = pool.map(_encode_segment, tasks) if jobs > 1 else map(_encode_segment, tasks)
            for (a, b, _, _), segment in zip(spans, results, strict=True):
                segments.append(segment)
                done += (b - a) * len(group)
                if progress is not None:
                    progress(done, planes * outputs)
            for p in range(len(group)):
                stored = np.concatenate([np.zeros(0, np.uint8), *(segment.seeds[p] for segment in segments)])
                seeds.append(np.packbits(stored, bitorder="little"))
                flips = [segment.patches[p] + a for segment, (a, *_) in zip(segments, spans, strict=True)]
                positions.append(np.concatenate([np.empty(0, np.int64), *flips]))
            final.append(Layout(layout.rows, np.array([segment.seed_bits for segment in segments], dtype=np.int64)))
            proved += sum(segment.proved for segment in segments)
            care_bits += int(np.count_nonzero(mask)) * len(group)
            seed_bits += final[-1].total * len(group)
    patches = pack_stream_patches(positions, outputs)
    if care_bits > 1.01 * seed_bits:  # a random mask exceeds its density by less
        warnings.warn(
            f"{network.recipe} gives {seed_bits} seed bits for {care_bits} care bits; {patches.count} patches store "
            f"the rest. A rate n_in/n_out of at least {care_bits / max(1, planes * outputs):.4f} needs few.",
            RateWarning,
            stacklevel=3,
        )
    return StreamEncoded(
        network=network,
        order=order.recipe,
        shape=shape,
        planes=planes,
        layouts=tuple(final),
        seeds=tuple(seeds),
        patches=patches,
        care_bits=care_bits,
        solver=method,
        proved_blocks=proved,
    )


def _segment_spans(layout: Layout, order: StreamOrder, outputs: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the first weight, the end, T and n of each segment."""
    begin = 0
    for rows, seed_bits in zip(layout.rows.tolist(), layout.seed_bits.tolist(), strict=True):
        end = min(outputs, begin + rows * order.lanes)
        yield begin, end, rows, seed_bits
        begin = end


def _encode_segment(task: _Task) -> _EncodedSegment:
    """Encode a segment; give a ring more seed bits where they save more than they take."""
    if task.method == "viterbi":
        return _encode_by_viterbi(task)
    closed, planes = task.order.closed, len(task.bits)
    care_bits = collect_care_bits(task.care, task.order, task.rows)
    count, many = len(care_bits.weights), _many_dependent(len(care_bits.weights))
    seed_bits = _level_unevenness(task, care_bits) if closed and count else task.seed_bits
    best = _solve_segment(task, care_bits, seed_bits, many if closed else None)
    if task.strict and best.dependent > many:
        raise ResonanceError(best.dependent)
    if closed and best.dependent > many:
        next_row = -(-seed_bits // task.order.lanes) * task.order.lanes + 16
        more = _solve_segment(task, care_bits, next_row, many)
        if more.dependent <= best.dependent // 2:  # the care bits repeat with the step from lane to lane
            best, seed_bits = more, next_row
        if best.dependent > many:
            best = _solve_segment(task, care_bits, seed_bits)
    extra = 16
    worth = count // 1000  # another encoding takes time: it should save this many bits of a plane
    while closed and best.patch_bits > max(2 * extra, worth) * planes and extra <= count // 8:
        more = _solve_segment(task, care_bits, seed_bits + extra, max(many, 3 * best.dependent // 4))
        if more.cost < best.cost:
            best = more
        extra *= 4
    return best


def _many_dependent(count: int) -> int:
    """Return the dependent care bits, of `count` care bits of a ring, from which other rings may be better.

    By chance, there are one or two in 100,000. Where care bits repeat with the step from one lane to the next, there
    are hundreds: choosing their patches takes most of the time, and they take 1 % of the bits.
    """
    return 32 + count // 4096


def _level_unevenness(task: _Task, care_bits: CareBits) -> int:
    """Return the seed bits of a ring that make up for an uneven mask.

    Where care bits are dense, a window falls short of unknowns; it levels somewhat less than half its bits. More seed
    bits help until they take more than the patches that they save.
    """
    window, order, rows, seed_bits = task.network.window, task.order, task.rows, task.seed_bits
    if seed_bits <= window:
        return seed_bits
    best, least, extra = seed_bits, math.inf, 0
    while extra < least:
        missing = count_shortfall(order, rows, seed_bits + extra, care_bits, 9 * window // 20)
        cost = extra + 2 * missing  # with burst patches, a dependent care bit takes about two bits
        if cost < least:
            best, least = seed_bits + extra, cost
        if not missing:
            break
        extra = max(16, extra * 2)
    return best


def _solve_segment(task: _Task, care_bits: CareBits, seed_bits: int, most: int | None = None) -> _EncodedSegment:
    """Solve the equations of a segment of `seed_bits` seed bits, and patch those that have no solution.

    With more than `most` dependent care bits, the patches are greedy.
    """
    bits, order, planes = task.bits, task.order, len(task.bits)
    if not len(care_bits.weights) or not planes:
        none = [np.empty(0, np.int64)] * planes
        return _EncodedSegment(seed_bits, np.zeros((planes, seed_bits), dtype=np.uint8), none, planes)
    equations, numbers = build_equations(task.network, order, task.rows, seed_bits, care_bits)
    place = care_bits.weights[numbers]
    seeds, patches, proved, dependent = [], [], 0, 0
    for first in range(0, planes, PLANES_AT_ONCE):
        some = bits[first : first + PLANES_AT_ONCE]
        values = np.zeros(len(place), dtype=np.uint64)
        for p, plane in enumerate(some):
            values |= plane[place].astype(np.uint64) << np.uint64(p)
        eliminated = eliminate(equations, values, len(some))
        dependent = len(eliminated.dependent)
        method = task.method if most is None or dependent <= most else "greedy"
        x, wrong, exact = _solve_planes(eliminated, values, method)
        for p in range(len(some)):
            at = place[(wrong >> np.uint64(p)) & np.uint64(1) != 0]
            patches.append(np.sort(at))
        seeds.append(_store_columns(x, order, seed_bits))
        proved += len(some) * exact
    return _EncodedSegment(seed_bits, np.concatenate(seeds), patches, proved, dependent)


def _solve_planes(eliminated: Elimination, values: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray, bool]:
    """Solve the equations of a segment for up to `PLANES_AT_ONCE` planes.

    Args:
        eliminated: the equations, eliminated for `values`.
        values: uint64 (E,), bit p is the value that plane p asks for.
        method: "burst" or "greedy".

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
            eliminated = eliminate(equations, goal, planes)
        else:
            goal = values
    x = substitute_back(eliminated)
    made = evaluate(equations, x)
    goal = goal.copy()
    goal[eliminated.dependent] ^= eliminated.residual
    if not np.array_equal(made, goal):
        raise EncodeError("The elimination contradicts itself; please report this with the input.")
    return x, made ^ values, exact


def _store_columns(x: np.ndarray, order: StreamOrder, seed_bits: int) -> np.ndarray:
    """Bring seed bits from columns, lane after lane, uint8 (planes, m·L), to the stored order, uint8 (planes, n)."""
    rows = x.reshape(len(x), order.lanes, -1).transpose(0, 2, 1)
    last = rows[:, -1, last_row_lanes(order, seed_bits)]
    return np.concatenate([rows[:, :-1].reshape(len(x), -1), last], axis=1)


def _encode_by_viterbi(task: _Task) -> _EncodedSegment:
    """Encode a segment with the fewest patches, plane by plane."""
    bits, care, network = task.bits, task.care, task.network
    seeds, patches = [], []
    for plane in bits:
        x, _ = viterbi_seeds(network, plane, care)
        seeds.append(x)
        steps = -(-len(plane) // network.n_out)
        window = np.lib.stride_tricks.sliding_window_view(x, network.window)[:: network.n_in][:steps]
        outputs = (window @ network.matrix().T.astype(np.uint8) & 1).reshape(-1)[: len(plane)]
        patches.append(np.flatnonzero((outputs != plane) & care))
    stored = np.array(seeds, dtype=np.uint8).reshape(len(bits), -1)
    return _EncodedSegment(task.seed_bits, stored, patches, len(bits))
