"""Encoding with a windowed network: segment by segment, as banded linear systems.

Planes with a common mask are eliminated together. Segments are independent, so that threads can share them, and only
the segments that are being encoded take memory beside the planes.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from xoropt.codec.lazy_planes import LazyPlane, LazyPlanes, count_ones
from xoropt.codec.streams.banded.equations import band_words
from xoropt.codec.streams.encoding import StreamEncoded
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.patches import pack_stream_patches
from xoropt.codec.streams.segment_encoder import EncodedSegment, Rules, Task, Watch, encode_segment
from xoropt.codec.streams.segments import Layout, cut_segments, open_seed_bits
from xoropt.common.errors import XoroptWarning
from xoropt.networks import XorNetwork

__all__ = ["METHODS", "SEGMENT", "RateWarning", "encode_stream", "plan_layout"]

METHODS = ("burst", "greedy", "viterbi")
"""How patches can be chosen."""
SEGMENT = 3 << 15
"""Approximate care bits of a ring. Rings this small follow the density of a mask, and the window levels the rest."""
OPEN_SEGMENT = 400_000
"""Approximate care bits of an open segment, which loses memory·n_in seed bits at its end."""
NO_SEEDS = np.zeros((0, 0), dtype=np.uint8)
"""Of a segment whose seeds are in the stream."""
RING_RULES = Rules()
"""How rings of a given network are encoded."""


class RateWarning(XoroptWarning):
    """A network has fewer seed bits than there are care bits; patches store the rest."""


def plan_layout(
    care: np.ndarray | LazyPlane,
    network: XorNetwork,
    order: StreamOrder,
    slack: int | None = None,
    more: int = 0,
    ring: int | None = None,
    whole_rows: bool = False,
) -> Layout:
    """Plan the segments of a plane.

    Args:
        care: bool (weights,), the mask.
        network, order: those of the encoding.
        slack: seed bits that a ring gets beyond its care bits; None: what the network needs.
        more: rings that are added, or eighths of their number where that is more.
        ring: about how many care bits a ring gets; None: `SEGMENT`.
        whole_rows: see `cut_segments`.
    """
    count = int(count_ones(care)[0])
    if not order.closed:
        segments = max(1, round(count / OPEN_SEGMENT))
        steps = -(-len(care) // network.n_out)
        bounds = np.unique(np.minimum(np.arange(segments + 1) * steps // segments * network.n_out, len(care)))
        rows = np.diff(bounds)
        return Layout(rows, np.array([open_seed_bits(int(t), network) for t in rows], dtype=np.int64))
    ring = SEGMENT if ring is None else ring
    if slack is None:
        # A seed bit that no care bit reads is lost; outputs of t taps leave out about one in e^t.
        taps = float(np.bitwise_count(network.rows).sum(axis=1).mean())
        slack = 8 + int(min(ring, count) * math.exp(-taps))
    segments = max(1, round(count / ring))
    segments += max(more, segments * more // 8)
    return cut_segments(care, order, segments, slack, network.n_in, network.n_out, whole_rows)


def encode_stream(
    bits: np.ndarray | LazyPlanes,
    care: np.ndarray | LazyPlanes,
    network: XorNetwork,
    order: StreamOrder,
    shape: tuple[int, ...],
    method: str = "burst",
    *,
    layouts: tuple[Layout, ...] | None = None,
    watch: Watch | None = None,
    rules: Rules = RING_RULES,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> StreamEncoded:
    """Encode flat planes with a windowed network.

    Args:
        bits: bool (planes, outputs).
        care: bool (1, outputs), shared by the planes, or (planes, outputs). Planes and masks that are made when they
            are needed take no memory but for some segments.
        network: a network with a window of at most 1984 bits.
        order: the stream order.
        shape: the shape of one plane, recorded in the result.
        method: "burst" (few patches), "greedy" (a patch for every dependent care bit that contradicts earlier ones), or
            "viterbi" (the fewest patches; for the open order and networks of at most 2^16 states).
        layouts: the segments, a layout for each row of `care`; None: those of `plan_layout`.
        rules: how rings are encoded.
        watch: when to give up.
        jobs: number of threads.
        progress: called with the outputs done and the number of all outputs, over all planes.

    Raises:
        ResonanceError: too many care bits of a segment that is watched are dependent.

    Warns:
        RateWarning: the network has seed bits for less than 99 % of the care bits.
    """
    planes, outputs = bits.shape
    band_words(network.window)  # refuses windows that are too wide, before any work is done
    masks = list(care)
    groups = [(slice(0, planes), masks[0])] if len(masks) == 1 else [(slice(p, p + 1), masks[p]) for p in range(planes)]
    if layouts is None:
        layouts = tuple(plan_layout(mask, network, order) for _, mask in groups)
    done, final = 0, []
    seeds: list[np.ndarray] = []
    positions: list[np.ndarray] = []
    proved = care_bits = seeds_in_all = 0
    spans = [list(_segment_spans(layout, order, outputs)) for layout in layouts]
    tasks = [
        Task(bits[which, a:b], mask[a:b], network, order, t, n, method, watched, rules)
        for g, (which, mask) in enumerate(groups)
        for i, (a, b, t, n) in enumerate(spans[g])
        for watched in [watch if watch is not None and g == 0 and i < watch.segments else None]
    ]
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        results = iter(pool.map(encode_segment, tasks) if jobs > 1 else map(encode_segment, tasks))
        for (which, _), own in zip(groups, spans, strict=True):
            group = range(planes)[which]
            segments: list[EncodedSegment] = []
            stored = [Bits() for _ in group]
            for a, b, _, _ in own:
                for segment in next(results):
                    for seed_bits, whole in zip(segment.seeds, stored, strict=True):
                        whole.append(seed_bits)
                    segments.append(segment._replace(seeds=NO_SEEDS))
                done += (b - a) * len(group)
                if progress is not None:
                    progress(done, planes * outputs)
            rows, counts = np.array([(s.rows, s.seed_bits) for s in segments], dtype=np.int64).reshape(-1, 2).T
            begins = (np.cumsum(rows) - rows) * order.lanes
            for p in range(len(group)):
                seeds.append(stored[p].packed())
                flips = [segment.patches[p] + a for segment, a in zip(segments, begins.tolist(), strict=True)]
                positions.append(np.concatenate([np.empty(0, np.int64), *flips]))
            final.append(Layout(rows, counts))
            proved += sum(segment.proved for segment in segments)
            care_bits += sum(segment.care_bits for segment in segments) * len(group)
            seeds_in_all += final[-1].total * len(group)
    patches = pack_stream_patches(positions, outputs)
    if care_bits > 1.01 * seeds_in_all:  # a random mask exceeds its density by less
        warnings.warn(
            f"{network.recipe} gives {seeds_in_all} seed bits for {care_bits} care bits; {patches.count} patches store "
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


class Bits:
    """A bit stream that grows, and lies in memory packed."""

    def __init__(self) -> None:
        self._octets: list[np.ndarray] = []
        self._rest = np.zeros(0, dtype=np.uint8)

    def append(self, bits: np.ndarray) -> None:
        """Append bits, uint8 of 0 and 1."""
        bits = np.concatenate([self._rest, bits])
        whole = len(bits) & ~7
        self._octets.append(np.packbits(bits[:whole], bitorder="little"))
        self._rest = bits[whole:].copy()

    def packed(self) -> np.ndarray:
        """Return the stream, uint8, filled up to whole bytes."""
        return np.concatenate([*self._octets, np.packbits(self._rest, bitorder="little")])


def _segment_spans(layout: Layout, order: StreamOrder, outputs: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the first weight, the end, T and n of each segment."""
    begin = 0
    for rows, seed_bits in zip(layout.rows.tolist(), layout.seed_bits.tolist(), strict=True):
        end = min(outputs, begin + rows * order.lanes)
        yield begin, end, rows, seed_bits
        begin = end
