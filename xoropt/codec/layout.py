"""How a plane's stream is cut into segments, and which seeds each of their outputs reads.

A segment is a stretch of T weight rows that is decoded by itself from m seed rows of L bits (L lanes, see `order`). In a
closed order its n = L·m seed bits form a ring: lane l has m of them, and where its window runs beyond them it goes on in
lane l + 1, the last lane in lane 0. In steps of n_in seed rows, step t of every lane begins at seed row t·n_in and makes
the stream rows ⌊t·n_in·T/m⌋ … ⌊(t+1)·n_in·T/m⌋ − 1, the first of them with row 0 of the network, the next with row 1, …;
the last step of a lane is shorter when n_in does not divide m. So the rate m/T is any fraction, and n_out of the network
only bounds the outputs of a step. Output j of step t in lane l is

    the XOR, over the window bits i that row j of the network selects, of seed bit (r mod m, l + r div m mod L), r = t·n_in + i,

seed bit (r, l) being bit r·L + l of the segment's stored seeds. A segment without care bits has m = 0 and outputs zero.

The open order "rows" has one lane, n_out outputs in every step and memory·n_in seed bits more at its end.
"""

from dataclasses import dataclass, field

import numpy as np

from xoropt.codec.order import StreamOrder
from xoropt.errors import DecodeError
from xoropt.networks import XorNetwork

__all__ = ["Layout", "check_layout", "open_seed_rows", "plan", "schedule"]

SEARCH = 96
"""Rows on either side of a segment's nominal end among which the best end is looked for."""


@dataclass(frozen=True)
class Layout:
    """The segments of one plane, or of all planes that share a mask.

    Attributes:
        rows: int64 (segments,), T of each segment.
        seed_rows: int64 (segments,), m of each.
    """

    rows: np.ndarray = field(repr=False)
    seed_rows: np.ndarray = field(repr=False)

    @property
    def total(self) -> int:
        """Seed rows of all segments."""
        return int(self.seed_rows.sum())

    @property
    def widths(self) -> tuple[int, int]:
        """Bits of an entry of `rows` and of `seed_rows` in the file's table."""
        return int(self.rows.max(initial=0)).bit_length(), int(self.seed_rows.max(initial=0)).bit_length()

    @property
    def table_bits(self) -> int:
        """Bits of the table of segments; a single segment stands in the tensor's description."""
        return len(self.rows) * sum(self.widths) if len(self.rows) > 1 else 0


def open_seed_rows(rows: int, network: XorNetwork) -> int:
    """Seed bits of an open stream of `rows` outputs: one seed a step and the window's own at the end."""
    return (-(-rows // network.n_out) + network.memory) * network.n_in if rows else 0


def schedule(order: StreamOrder, rows: int, seed_rows: int, network: XorNetwork) -> tuple[np.ndarray, np.ndarray]:
    """The step and the network row of every stream row of a segment, both int64 (rows,)."""
    p = np.arange(rows, dtype=np.int64)
    if not order.closed:
        return p // network.n_out, p % network.n_out
    step = ((p + 1) * seed_rows - 1) // (network.n_in * rows)
    return step, p - step * network.n_in * rows // seed_rows


def check_layout(layout: Layout, order: StreamOrder, outputs: int, network: XorNetwork) -> None:
    """Raise DecodeError unless the segments cover `outputs` weights and suit the network."""
    rows, seed_rows = layout.rows, layout.seed_rows
    if len(rows) != len(seed_rows) or (rows < 1).any() or (seed_rows < 0).any():
        raise DecodeError("the segments are damaged")
    if int(rows.sum()) != -(-outputs // order.lanes):
        raise DecodeError(f"the segments hold {int(rows.sum())} rows, not those of {outputs} weights")
    if order.closed:
        used = seed_rows > 0
        if (-(-rows[used] * network.n_in // seed_rows[used]) > network.n_out).any():
            raise DecodeError("a segment makes more outputs in a step than the network has")
    elif any(open_seed_rows(int(t), network) != m for t, m in zip(rows, seed_rows, strict=True)):
        raise DecodeError("the seeds of an open stream do not fit its outputs")


def plan(care: np.ndarray, order: StreamOrder, target: int, slack: int, n_in: int, n_out: int) -> Layout:
    """Segments of a closed order for a mask.

    Seeds come in rows of L bits, so that a segment wastes what its care bits lack to a multiple of L. Its end may lie at
    any row, though, and a few rows to and fro change its care bits by any amount: it is put where the waste is least.

    Args:
        care: bool (weights,).
        order: a closed one.
        target: care bits of a segment, about.
        slack: seed bits that a segment gets beyond its care bits.
        n_in, n_out: of the network; no step makes more than n_out outputs.
    """
    lanes = order.lanes
    total_rows = -(-len(care) // lanes)
    whole = len(care) // lanes
    counts = np.zeros(total_rows, dtype=np.int64)
    counts[:whole] = np.count_nonzero(care[: whole * lanes].reshape(whole, lanes), axis=1)
    if total_rows > whole:
        counts[whole] = np.count_nonzero(care[whole * lanes :])
    until = np.concatenate([[0], np.cumsum(counts)])
    segments = min(total_rows, max(1, round(int(until[-1]) / target))) if total_rows else 0
    ends = [0]
    for left in range(segments, 1, -1):
        begin = ends[-1]
        goal = until[begin] + (until[-1] - until[begin]) / left
        nominal = int(np.searchsorted(until, goal))
        low, high = max(begin + 1, nominal - SEARCH), min(total_rows - left + 1, nominal + SEARCH)
        candidates = np.arange(low, max(high, low) + 1)
        waste = -(until[candidates] - until[begin] + slack) % lanes
        ends.append(int(candidates[np.lexsort((np.abs(candidates - nominal), waste))[0]]))
    if segments:
        ends.append(total_rows)
    bounds = np.array(ends, dtype=np.int64)
    rows, needed = np.diff(bounds), np.diff(until[bounds])
    seed_rows = np.maximum(-(-(needed + slack) // lanes), -(-rows * n_in // n_out))
    return Layout(rows, np.where(needed > 0, seed_rows, 0))
