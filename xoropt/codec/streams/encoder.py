"""Encoding with a windowed network: plane by plane a banded linear system, segment by segment.

Planes that share their mask share the elimination. Segments are independent, so that they run on several threads and
the memory beside the planes is that of the segments at work.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from xoropt.codec.streams.banded.bursts import burst_patches
from xoropt.codec.streams.banded.elimination import MAX_PLANES, eliminate, evaluate, solution, words_of_window
from xoropt.codec.streams.banded.system import care_positions, shortfall, system
from xoropt.codec.streams.encoding import StreamEncoded
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.patches import pack_stream_patches
from xoropt.codec.streams.segments import Layout, last_row_lanes, open_seed_bits, plan
from xoropt.codec.streams.viterbi.search import viterbi
from xoropt.common.errors import EncodeError
from xoropt.networks import XorNetwork

__all__ = ["METHODS", "SEGMENT", "RateWarning", "encode_stream", "plan_layout"]

METHODS = ("burst", "greedy", "viterbi")
SEGMENT = 3 << 15
"""Care bits of a ring's segment, about: its rate follows the mask so closely that the window takes up what is left."""
OPEN_SEGMENT = 400_000
"""Care bits of an open stream's segment, about: each has a window's bits of its own at its end."""
PATCH_BITS = 14
"""What a patch costs, about, when seed rows are weighed against patches."""


class RateWarning(UserWarning):
    """A network makes more care bits than it has seed bits for; the rest had to be patched."""


@dataclass(frozen=True)
class _Part:
    """An encoded segment: seeds, uint8 (planes, n) of 0 and 1; patches, weights of the segment for each plane."""

    seed_bits: int
    seeds: np.ndarray = field(repr=False)
    patches: list[np.ndarray] = field(repr=False)
    proved: int


def plan_layout(care: np.ndarray, network: XorNetwork, order: StreamOrder, slack: int | None = None) -> Layout:
    """The segments of a plane with the given mask, bool (weights,).

    Args:
        slack: seed bits that a ring's segment gets beyond its care bits; None: what the network needs.
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
    return plan(care, order, SEGMENT, slack, network.n_in, network.n_out)


def encode_stream(
    bits: np.ndarray,
    care: np.ndarray,
    network: XorNetwork,
    order: StreamOrder,
    shape: tuple[int, ...],
    method: str = "burst",
    *,
    layouts: tuple[Layout, ...] | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> StreamEncoded:
    """Encode flat planes with a windowed network.

    Args:
        bits: bool (planes, outputs).
        care: bool (1, outputs), shared by the planes, or (planes, outputs).
        network: with a window of at most 1984 bits.
        order: of the stream.
        shape: of one plane, recorded in the result.
        method: "burst" (few patches), "greedy" (every dependent care bit that disagrees), or "viterbi" (the fewest;
            open order and networks of at most 2^16 states).
        layouts: the segments, one for each row of `care`; None: `plan_layout`'s.
        jobs: threads.
        progress: called with outputs done and outputs in all, over all planes.

    Warns:
        RateWarning: the network has seed bits for less than 99 % of the care bits.
    """
    planes, outputs = bits.shape
    words_of_window(network.window)
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
            spans = list(_spans(layout, order, outputs))
            work = [(group[:, a:b], mask[a:b], network, order, t, n, method) for a, b, t, n in spans]
            parts: list[_Part] = []
            results = pool.map(_encode_segment, work) if jobs > 1 else map(_encode_segment, work)
            for (a, b, _, _), part in zip(spans, results, strict=True):
                parts.append(part)
                done += (b - a) * len(group)
                if progress is not None:
                    progress(done, planes * outputs)
            for p in range(len(group)):
                stored = np.concatenate([np.zeros(0, np.uint8), *(part.seeds[p] for part in parts)])
                seeds.append(np.packbits(stored, bitorder="little"))
                flips = [part.patches[p] + a for part, (a, *_) in zip(parts, spans, strict=True)]
                positions.append(np.concatenate([np.empty(0, np.int64), *flips]))
            final.append(Layout(layout.rows, np.array([part.seed_bits for part in parts], dtype=np.int64)))
            proved += sum(part.proved for part in parts)
            care_bits += int(np.count_nonzero(mask)) * len(group)
            seed_bits += final[-1].total * len(group)
    patches = pack_stream_patches(positions, outputs)
    if care_bits > 1.01 * seed_bits:  # a little more is the chance of a draw
        warnings.warn(
            f"{network.recipe} gives {seed_bits} seed bits for {care_bits} care bits; {patches.count} patches make up "
            f"for it. A rate n_in/n_out of at least {care_bits / max(1, planes * outputs):.4f} needs few.",
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


def _spans(layout: Layout, order: StreamOrder, outputs: int) -> Iterator[tuple[int, int, int, int]]:
    """For each segment its first weight and its end, T and n."""
    begin = 0
    for rows, seed_bits in zip(layout.rows.tolist(), layout.seed_bits.tolist(), strict=True):
        end = min(outputs, begin + rows * order.lanes)
        yield begin, end, rows, seed_bits
        begin = end


def _encode_segment(
    task: tuple[np.ndarray, np.ndarray, XorNetwork, StreamOrder, int, int, str],
) -> _Part:
    """One segment: bits, care, network, order, T, n, method; a ring gets more seed bits where they save patches."""
    bits, care, network, order, rows, seed_bits, method = task
    if method == "viterbi":
        return _viterbi_segment(bits, care, network, seed_bits)
    starts, stream_row, weight = care_positions(care, order, rows)
    if order.closed and len(weight):
        seed_bits = _enough(network, order, rows, seed_bits, starts, stream_row)
    best = _solve_segment(bits, network, order, rows, seed_bits, starts, stream_row, weight, method)
    extra = 16
    worth = len(weight) // 1000  # bits of a plane that another encoding should save to be worth its time
    while order.closed and _patch_bits(best) > max(2 * extra, worth) * len(bits) and extra <= len(weight) // 8:
        more = _solve_segment(bits, network, order, rows, seed_bits + extra, starts, stream_row, weight, method)
        if _cost(more) < _cost(best):
            best = more
        extra *= 4
    return best


def _patch_bits(part: _Part) -> int:
    return PATCH_BITS * sum(map(len, part.patches))


def _cost(part: _Part) -> int:
    return part.seed_bits * len(part.patches) + _patch_bits(part)


def _enough(
    network: XorNetwork, order: StreamOrder, rows: int, seed_bits: int, starts: np.ndarray, stream_row: np.ndarray
) -> int:
    """Seed bits enough for the unevenness of the mask, of which a window takes up somewhat less than half its bits."""
    if seed_bits <= network.window:
        return seed_bits
    best, least, extra = seed_bits, math.inf, 0
    while extra < least:
        missing = shortfall(order, rows, seed_bits + extra, starts, stream_row, 9 * network.window // 20)
        cost = extra + 2 * missing  # a dependent care bit costs about two bits with burst patches
        if cost < least:
            best, least = seed_bits + extra, cost
        if not missing:
            break
        extra = max(16, extra * 2)
    return best


def _solve_segment(
    bits: np.ndarray,
    network: XorNetwork,
    order: StreamOrder,
    rows: int,
    seed_bits: int,
    starts: np.ndarray,
    stream_row: np.ndarray,
    weight: np.ndarray,
    method: str,
) -> _Part:
    planes = len(bits)
    if not len(weight) or not planes:
        return _Part(seed_bits, np.zeros((planes, seed_bits), dtype=np.uint8), [np.empty(0, np.int64)] * planes, planes)
    equations, numbers = system(network, order, rows, seed_bits, starts, stream_row)
    place = weight[numbers]
    seeds, patches, proved = [], [], 0
    for first in range(0, planes, MAX_PLANES):
        some = bits[first : first + MAX_PLANES]
        values = np.zeros(len(place), dtype=np.uint64)
        for p, plane in enumerate(some):
            values |= plane[place].astype(np.uint64) << np.uint64(p)
        eliminated = eliminate(equations, values, len(some))
        exact, goal = not eliminated.residual.any(), values
        if method == "burst" and not exact and int(np.bitwise_count(eliminated.residual).sum()) <= 1:
            exact = True  # one patch, and without any there is no solution
        elif method == "burst" and not exact:
            found = burst_patches(eliminated)
            exact = found.complete and found.proved == found.searched and len(eliminated.dependent) <= 64
            goal = values.copy()
            for p, flips in enumerate(found.flips):
                goal[flips] ^= np.uint64(1 << p)
            if sum(map(len, found.flips)) < int(np.bitwise_count(eliminated.residual).sum()):
                eliminated = eliminate(equations, goal, len(some))
            else:
                goal = values
        x = solution(eliminated)
        made = evaluate(equations, x)
        goal = goal.copy()
        goal[eliminated.dependent] ^= eliminated.residual
        if not np.array_equal(made, goal):
            raise EncodeError("The elimination contradicts itself; please report this with the input.")
        wrong = made ^ values
        for p in range(len(some)):
            at = place[(wrong >> np.uint64(p)) & np.uint64(1) != 0]
            patches.append(np.sort(at))
        seeds.append(_stored(x, order, seed_bits))
        proved += len(some) * exact
    return _Part(seed_bits, np.concatenate(seeds), patches, proved)


def _stored(x: np.ndarray, order: StreamOrder, seed_bits: int) -> np.ndarray:
    """Seed bits as they are stored, uint8 (planes, n), from the columns, lane after lane, uint8 (planes, m·L)."""
    rows = x.reshape(len(x), order.lanes, -1).transpose(0, 2, 1)
    last = rows[:, -1, last_row_lanes(order, seed_bits)]
    return np.concatenate([rows[:, :-1].reshape(len(x), -1), last], axis=1)


def _viterbi_segment(bits: np.ndarray, care: np.ndarray, network: XorNetwork, seed_bits: int) -> _Part:
    seeds, patches = [], []
    for plane in bits:
        x, _ = viterbi(network, plane, care)
        seeds.append(x)
        steps = -(-len(plane) // network.n_out)
        window = np.lib.stride_tricks.sliding_window_view(x, network.window)[:: network.n_in][:steps]
        outputs = (window @ network.matrix().T.astype(np.uint8) & 1).reshape(-1)[: len(plane)]
        patches.append(np.flatnonzero((outputs != plane) & care))
    return _Part(seed_bits, np.array(seeds, dtype=np.uint8).reshape(len(bits), -1), patches, len(bits))
