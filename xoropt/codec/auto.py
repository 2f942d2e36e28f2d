"""`auto`: network, lanes and rate for the least stored size, from the care bits that a tensor has.

Large tensors take a staged network (2.6 gates an output at S = 0.9) in rings of about 100,000 care bits, whose own
unevenness its window takes up, with as many lanes as cost no more than a few hundredths of a per cent. Small ones, where
every bit shows, are encoded several times: fewest seed rows first, with several networks, until one needs no patches.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from xoropt.codec.encoded import StreamEncoded
from xoropt.codec.layout import Layout
from xoropt.codec.order import StreamOrder
from xoropt.codec.stream import encode_stream, plan_layout
from xoropt.networks import XorNetwork, staged, windowed

__all__ = ["auto_network", "encode_auto"]

MAX_LANES = 512
"""Lanes of a row at most: a vector register."""
CARE_PER_LANE = 400
"""Care bits that a lane must have: seeds come in rows of one bit a lane, half a row is wasted on an average."""
SMALL = 20_000
"""Care bits of a plane below which several encodings are tried."""
TRIES = 6
"""Networks tried for each number of seed rows."""
MAX_N_OUT = 8192
"""Outputs a step of a staged network at most; sparser masks take a dense network with smaller steps."""


def auto_network(n_out: int, seed: int) -> XorNetwork:
    """The network of `auto` for a rate of 8/n_out."""
    if n_out <= MAX_N_OUT:
        return staged(n_in=8, n_out=n_out, nodes=12, taps=5, reads=3, memory=64, node_window=448, seed=seed)
    return windowed(n_in=1, n_out=min(1 << 14, -(-n_out // 8)), window=448, taps=None, seed=seed)


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
    lanes = _power_of_two(int(counts.sum()) // (CARE_PER_LANE * max(1, len(care))))
    order = StreamOrder("lanes", lanes)
    most = int(counts.max(initial=0))

    def attempt(slack: int | None, extra: int, seed: int) -> StreamEncoded:
        loose = auto_network(8, 0)  # its rate bounds nothing; only its taps count here
        loose = replace(loose, n_out=1 << 40)
        layouts = tuple(_with_rows(plan_layout(mask, loose, order, slack), extra) for mask in care)
        network = auto_network(max([1, *(_outputs_a_step(layout) for layout in layouts)]), seed)
        layouts = tuple(_fit(layout, network) for layout in layouts)
        return encode_stream(bits, care, network, order, shape, method, layouts=layouts, jobs=jobs, progress=progress)

    if most > SMALL or not most:
        return attempt(None, 0, 0)
    best: StreamEncoded | None = None
    for extra in range(64):
        for seed in range(TRIES if most < SMALL // 4 else 2):
            found = attempt(0, extra, seed)
            if best is None or found.size.total_bits < best.size.total_bits:
                best = found
            if not found.patches.count:
                return best
        if extra * lanes * len(bits) > best.size.patch_bits:
            break
    assert best is not None
    return best


def _power_of_two(lanes: int) -> int:
    """The largest power of two up to `lanes` and `MAX_LANES`, at least 1."""
    return 1 << (max(1, min(lanes, MAX_LANES)).bit_length() - 1)


def _outputs_a_step(layout: Layout) -> int:
    """Outputs that eight seed rows make at most."""
    used = layout.seed_rows > 0
    return int((-(-8 * layout.rows[used] // layout.seed_rows[used])).max(initial=1))


def _with_rows(layout: Layout, extra: int) -> Layout:
    return Layout(layout.rows, np.where(layout.seed_rows > 0, layout.seed_rows + extra, 0))


def _fit(layout: Layout, network: XorNetwork) -> Layout:
    """The layout with as many seed rows as the network's n_out asks for."""
    least = -(-layout.rows * network.n_in // network.n_out)
    return Layout(layout.rows, np.where(layout.seed_rows > 0, np.maximum(layout.seed_rows, least), 0))
