"""`auto`: network, lanes and rate for the least stored size, from the care bits that a tensor has.

Large tensors take a cascade (1.4 gates an output at S = 0.9) in rings of about 100,000 care bits, whose own
unevenness its window takes up. Small ones, where every bit shows, are encoded several times: with as many seed bits as
care bits first, with several networks, until one needs no patches.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from xoropt.codec.streams.encoder import encode_stream, plan_layout
from xoropt.codec.streams.encoding import StreamEncoded
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.networks import XorNetwork, cascade

__all__ = ["auto_network", "encode_auto"]

MAX_LANES = 512
"""Lanes of a row at most: a vector register."""
CARE_PER_LANE = 16
"""Seed rows, about, that a tensor must have before it gets more lanes."""
SMALL = 20_000
"""Care bits of a plane below which several encodings are tried."""
TRIES = 50_000
"""Care bits over which networks are tried for each number of seed bits: from two networks to fifty, where a plane has
more than a few care bits."""
MAX_N_OUT = 1 << 14
"""Outputs a seed bit at most; bounds the network of a mask with next to no care bits."""


CASCADES = (
    (4, {"layers": 3, "span": 863, "memory": 96}, 13),
    (15, {"layers": 4, "span": 863, "memory": 96}, 16),
    (MAX_N_OUT, {"layers": 6, "span": 559, "memory": 400}, 11),
)
"""Up to how many outputs a seed bit which cascade, and its first seed: the fewest gates that leave no more than a care
bit or two in 100,000 dependent (`benchmarks/topologies.py`), with the best of some twenty seeds. With many outputs
layers cost little, and equal delays would meet more often."""


@lru_cache(maxsize=16)
def auto_network(n_out: int, seed: int) -> XorNetwork:
    """The network of `auto` for at most n_out outputs a seed row: 1 + layers/n_out gates an output."""
    n_out = min(n_out, MAX_N_OUT)
    settings, first = next((settings, first) for most, settings, first in CASCADES if n_out <= most)
    return cascade(n_in=1, n_out=n_out, seed=first + seed, **settings)


def encode_auto(
    bits: np.ndarray,
    care: np.ndarray,
    shape: tuple[int, ...],
    method: str = "burst",
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> StreamEncoded:
    """Encode flat planes, bool (planes, outputs), with the network, order and rate that store least.

    Args:
        care: bool (1, outputs), shared by the planes, or (planes, outputs).
        shape, method, jobs, progress: as for `encode_stream`.
    """
    counts = np.count_nonzero(care, axis=1)
    order = StreamOrder("lanes", _power_of_two(int(counts.sum()) // (CARE_PER_LANE * max(1, len(care)))))
    most = int(counts.max(initial=0))

    def attempt(slack: int | None, seed: int) -> StreamEncoded:
        # The rate is known only when the segments are.
        unbounded = replace(auto_network(CASCADES[0][0], 0), n_out=1 << 40)
        layouts = tuple(plan_layout(mask, unbounded, order, slack) for mask in care)
        network = auto_network(max([1, *(_outputs_a_row(layout, order) for layout in layouts)]), seed)
        layouts = tuple(_fit(layout, order, network) for layout in layouts)
        return encode_stream(bits, care, network, order, shape, method, layouts=layouts, jobs=jobs, progress=progress)

    if most > SMALL or not most:
        return attempt(None, 0)
    best = attempt(0, 0)
    tries = _tries(most)
    trial = 1
    while (best.size.total_bits > best.size.care_bits and trial < tries) or (
        trial // tries * len(bits) < best.size.patch_bits
    ):
        found = attempt(trial // tries, trial % tries)
        if found.size.total_bits < best.size.total_bits:
            best = found
        trial += 1
    return best


def _tries(most: int) -> int:
    """Networks to try before another seed bit is spent.

    On a ring of a few bits products of binomials vanish, whatever the network: another seed bit helps sooner than
    another network.
    """
    return min(50, TRIES // most, 4 * most - 3)


def _power_of_two(lanes: int) -> int:
    """The largest power of two up to `lanes` and `MAX_LANES`, at least 1."""
    return 1 << (max(1, min(lanes, MAX_LANES)).bit_length() - 1)


def _outputs_a_row(layout: Layout, order: StreamOrder) -> int:
    """Outputs that a seed row makes at most."""
    used = layout.seed_bits > 0
    seed_rows = -(-layout.seed_bits[used] // order.lanes)
    return int((-(-layout.rows[used] // seed_rows)).max(initial=1))


def _fit(layout: Layout, order: StreamOrder, network: XorNetwork) -> Layout:
    """The layout with as many seed bits as the network's n_out asks for."""
    least = order.lanes * (-(-layout.rows * network.n_in // network.n_out) - 1) + 1
    return Layout(layout.rows, np.where(layout.seed_bits > 0, np.maximum(layout.seed_bits, least), 0))
