"""The network "auto": choose the network, the lanes and the rate that store least, from the care bits of a tensor.

Large tensors take a cascade (1.4 gates an output at S = 0.9) in rings of about 100,000 care bits; its window levels the
unevenness within a ring. Small tensors, where every bit counts, are encoded several times, by several networks: first
with as many seed bits as care bits, then with more, until an encoding needs no patches or none can be smaller.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from xoropt.codec.lazy_planes import LazyPlanes, count_ones, packed_octets, packed_planes
from xoropt.codec.streams.encoder import SEGMENT, encode_stream, plan_layout
from xoropt.codec.streams.encoding import StreamEncoded
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segment_encoder import ResonanceError, Rules, Watch
from xoropt.codec.streams.segments import Layout
from xoropt.networks import XorNetwork, cascade

__all__ = ["CASCADES", "EFFORTS", "Choice", "auto_network", "auto_order", "encode_auto"]

MOST_LANES = 512
"""Most lanes that are chosen: the bits of a vector register."""
CARE_PER_LANE = 16
"""Care bits of a plane for each lane that it gets."""
SMALL = 20_000
"""Most care bits of a plane for which several encodings are tried."""
TRIES = 50_000
"""Care bits that are encoded for each number of seed bits: two to fifty networks, except for planes of a few bits."""
OUTPUTS_TRIED = 1 << 24
"""Outputs that are encoded for each number of seed bits: nearly empty planes get fewer networks the larger they are."""
MORE_RINGS = 8
"""Rings (see `plan_layout`) that are added, one after the other, where care bits repeat with the step between lanes.

Such care bits are dependent by the hundred. Masks of blocks and runs of 4 to 32 weights resonate with some lengths of a
ring, not with all. Other networks help less; other numbers of lanes help too, but are decoded 20 times slower."""
MOST_OUTPUTS = 1 << 14
"""Most outputs of a seed bit; bounds the size of the network where a mask has hardly any care bits."""

NARROW = Watch(segments=8, least=24)
"""When narrow cascades are given up for wide ones: they resonate with more masks."""

NARROW_RULES = Rules(levelled=0.8, split=True)
"""How rings of narrow cascades are encoded."""

EFFORTS = ("fast", "normal", "best")
"""How much time the network "auto" may take; see `CASCADES`."""


class Choice(NamedTuple):
    """A cascade for planes of some density.

    Attributes:
        most: the most outputs of a seed bit.
        layers, span, memory: of the cascade.
        first: its first seed.
        uneven: the square of the standard deviation from a fixed rate that a ring may reach, in care bits.
    """

    most: int
    layers: int
    span: int
    memory: int
    first: int
    uneven: int = SEGMENT

    def ring(self, outputs: float) -> int:
        """Return about how many care bits a ring gets, for so many outputs of a seed bit.

        Among k care bits of a random mask of density d, a fixed rate is exceeded by √(k·(1 − d)) or so.
        """
        return int(min(SEGMENT, self.uneven / max(1 - 1 / outputs, 1e-3)))


_WIDE = (
    Choice(4, 3, 863, 96, 13),
    Choice(15, 4, 863, 96, 16),
    Choice(MOST_OUTPUTS, 6, 559, 400, 11),
)
_NARROW = (
    Choice(3, 3, 415, 32, 18, 2 * SEGMENT // 3),
    Choice(15, 4, 415, 32, 29, 2 * SEGMENT // 3),
    _WIDE[-1],
)
CASCADES = {"fast": _NARROW, "normal": _NARROW, "best": _WIDE}
"""Cascades by effort and density.

Each has the fewest gates that leave no more than one or two in 100,000 care bits dependent, and the best of 20 seeds or
more (`benchmarks/topologies.py`). With many outputs, layers cost little, and equal delays would meet more often. Half
the window takes half the time or less, and levels rings of half as many care bits where masks are sparse.
"""


@lru_cache(maxsize=16)
def auto_network(n_out: int, seed: int, effort: str = "best", outputs: float | None = None) -> XorNetwork:
    """Make the network for at most n_out outputs of a seed bit: a cascade, 1 + layers/n_out gates an output.

    Args:
        n_out: the most outputs of a seed bit.
        seed: 0 for the first network, 1 for the next one, and so on.
        effort: one of `EFFORTS`.
        outputs: what the cascade is chosen by, see `CASCADES`; None: n_out.
    """
    choice = _choose(effort, n_out if outputs is None else outputs)
    return cascade(
        n_in=1,
        n_out=min(n_out, MOST_OUTPUTS),
        layers=choice.layers,
        span=choice.span,
        memory=choice.memory,
        seed=choice.first + seed,
    )


def _choose(effort: str, outputs: float) -> Choice:
    """Choose the cascade for so many outputs of a seed bit."""
    return next(choice for choice in CASCADES[effort] if outputs <= choice.most or choice is CASCADES[effort][-1])


def encode_auto(
    bits: np.ndarray | LazyPlanes,
    care: np.ndarray | LazyPlanes,
    shape: tuple[int, ...],
    method: str = "burst",
    *,
    effort: str = "normal",
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> StreamEncoded:
    """Encode flat planes with the network, the order and the rate that store least.

    Args:
        bits, care, shape, method, jobs, progress: as for `encode_stream`.
        effort: one of `EFFORTS`. Small planes get the best networks all the same.
    """
    counts = np.array([count_ones(mask)[0] for mask in care], dtype=np.int64)
    order = _order_for(counts)
    most = int(counts.max(initial=0))
    quick = effort == "fast"
    outputs = max(1.0, len(counts) * care.shape[1] / max(1, int(counts.sum())))
    choice = _choose(effort, outputs)
    if most <= SMALL or choice in _WIDE:
        effort = "best"
    ring = choice.ring(outputs)

    def attempt(slack: int | None, seed: int, more: int = 0, watch: Watch | None = None) -> StreamEncoded:
        # The rate, and so the network, follows from the segments.
        unbounded = replace(auto_network(4, 0), n_out=1 << 40)
        layouts = tuple(plan_layout(mask, unbounded, order, slack, more, ring, effort != "best") for mask in care)
        n_out = max([1, *(_most_outputs_per_row(layout, order) for layout in layouts)])
        if effort == "best":
            network = auto_network(n_out, seed)
        else:  # the sparsest ring of any plane decides where the mask is dense, and all planes together elsewhere
            chosen_by = max(outputs, min(n_out, _NARROW[0].most + 1))
            network = auto_network(n_out + 1, seed, effort, chosen_by)  # one more for the halves of uneven rings
        layouts = tuple(_raise_seed_bits(layout, order, network) for layout in layouts)
        return encode_stream(
            bits,
            care,
            network,
            order,
            shape,
            method,
            layouts=layouts,
            watch=watch,
            rules=(Rules() if effort == "best" else NARROW_RULES)._replace(quick=quick and most > SMALL),
            jobs=jobs,
            progress=progress,
        )

    if effort != "best":
        with suppress(ResonanceError):
            return attempt(None, 0, 0, NARROW)
        effort, ring = "best", SEGMENT  # which is what `Choice.ring` says for wide cascades
    if most > SMALL:
        dependent = []
        for more in range(min(MORE_RINGS, most // (CARE_PER_LANE * order.lanes) - 1) + 1):
            try:
                return attempt(None, 0, more, Watch())
            except ResonanceError as error:
                dependent.append(error.dependent)
        return attempt(None, 0, int(np.argmin(dependent)))
    if not most:
        return attempt(None, 0)
    if isinstance(bits, LazyPlanes):  # which each attempt reads
        bits = packed_planes(packed_octets(bits), bits.shape[1])
    best = attempt(0, 0)
    tries = min(_count_tries(most), max(1, OUTPUTS_TRIED // care.shape[1]))
    trial = 1
    while (best.size.total_bits > best.size.care_bits and trial < tries) or (
        trial // tries * len(bits) < best.size.patch_bits
    ):
        found = attempt(trial // tries, trial % tries)
        if found.size.total_bits < best.size.total_bits:
            best = found
        trial += 1
    return best


def _count_tries(most: int) -> int:
    """Return how many networks to try before another seed bit is spent, for planes of `most` care bits.

    On a ring of a few bits products of binomials vanish for every network, so that another seed bit helps sooner than
    another network.
    """
    return min(50, TRIES // most, 4 * most - 3)


def auto_order(care: np.ndarray | LazyPlanes) -> StreamOrder:
    """Choose the closed order for planes, bool (1 or planes, outputs): as many lanes as their care bits fill."""
    return _order_for(np.array([count_ones(mask)[0] for mask in care], dtype=np.int64))


def _order_for(counts: np.ndarray) -> StreamOrder:
    """Choose the closed order for planes with so many care bits each."""
    return StreamOrder("lanes", _power_of_two(int(counts.sum()) // (CARE_PER_LANE * max(1, len(counts)))))


def _power_of_two(lanes: int) -> int:
    """Round down to a power of two, from 1 to `MOST_LANES`."""
    return 1 << (max(1, min(lanes, MOST_LANES)).bit_length() - 1)


def _most_outputs_per_row(layout: Layout, order: StreamOrder) -> int:
    """Return the most outputs that a seed row of a segment makes."""
    used = layout.seed_bits > 0
    seed_rows = -(-layout.seed_bits[used] // order.lanes)
    return int((-(-layout.rows[used] // seed_rows)).max(initial=1))


def _raise_seed_bits(layout: Layout, order: StreamOrder, network: XorNetwork) -> Layout:
    """Raise the seed bits of segments to what steps of at most n_out outputs need."""
    least = order.lanes * (-(-layout.rows * network.n_in // network.n_out) - 1) + 1
    return Layout(layout.rows, np.where(layout.seed_bits > 0, np.maximum(layout.seed_bits, least), 0))
