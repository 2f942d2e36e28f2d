"""Segments: how the stream of a plane is cut, and which seed bits each output reads.

A *segment* is a stretch of T weight rows with n seed bits of its own, from which it is decoded without the others. Its
seed bits form m = ⌈n/L⌉ *seed rows* of one bit for each of the L lanes (see `order`).

In a closed order a segment is a *ring*. Lane l has the m seed bits (0, l) … (m − 1, l); a window that reaches beyond
them continues in lane l + 1, and from the last lane in lane 0. No seed bits are lost at an end, so a ring needs hardly
more seed bits than it has care bits. Those that it has beyond them are its *slack*.

A lane advances in steps of n_in seed rows. Step t begins at seed row t·n_in and makes the stream rows
⌊t·n_in·T/m⌋ … ⌊(t+1)·n_in·T/m⌋ − 1, the first of them with row 0 of the network, the next with row 1, and so on. The
last step of a lane is shorter where n_in does not divide m. So the rate can be any fraction, and n_out of the network
only limits the outputs of a step. Output j of step t in lane l is the XOR of the seed bits

    (r mod m, (l + ⌊r/m⌋) mod L), r = t·n_in + i, for all window bits i that row j of the network selects.

Seed bit (r, l) is bit r·L + l of the n stored bits, except in the last row, for which only n − (m−1)·L bits are stored.
The i-th of these belongs to lane i·c mod L (c as in `order`), so that the lanes without one lie far apart; their seed
bits are 0. A segment without care bits has n = 0, and its outputs are 0.

The open order "rows" has one lane and n_out outputs in every step. Its windows reach beyond the last step, so a segment
has memory·n_in more seed bits at its end.
"""

from dataclasses import dataclass, field

import numpy as np

from xoropt.codec.bits import pack_fixed, unpack_fixed
from xoropt.codec.lazy_planes import LazyPlane, count_ones
from xoropt.codec.streams.order import StreamOrder
from xoropt.common.errors import DecodeError
from xoropt.networks import XorNetwork

__all__ = [
    "Layout",
    "assign_steps",
    "check_layout",
    "count_seed_rows",
    "cut_segments",
    "join_layouts",
    "last_row_lanes",
    "open_seed_bits",
    "split_layouts",
]

MAX_PRODUCT = 1 << 62
"""Most rows of a segment times its seed rows: decoders compute with this product in 64 bits."""

MOVED = 8
"""Rows by which a cut may be moved."""


@dataclass(frozen=True)
class Layout:
    """The segments of one plane, or of all planes with a common mask.

    Attributes:
        rows: int64 (segments,), T of each segment.
        seed_bits: int64 (segments,), n of each.
    """

    rows: np.ndarray = field(repr=False)
    seed_bits: np.ndarray = field(repr=False)

    @property
    def total(self) -> int:
        """Seed bits of all segments."""
        return sum(self.seed_bits.tolist())  # exact: those of a hostile file could overflow

    @property
    def widths(self) -> tuple[int, int]:
        """Bits of one entry of `rows` and of `seed_bits` in the table of a file."""
        return int(self.rows.max(initial=0)).bit_length(), int(self.seed_bits.max(initial=0)).bit_length()

    @property
    def table_bits(self) -> int:
        """Bits of the table of segments; 0 for a single segment, which the description of the tensor holds."""
        return len(self.rows) * sum(self.widths) if len(self.rows) > 1 else 0


def count_seed_rows(order: StreamOrder, seed_bits: int) -> int:
    """Return m, the number of seed rows of `seed_bits` seed bits."""
    return -(-seed_bits // order.lanes)


def last_row_lanes(order: StreamOrder, seed_bits: int) -> np.ndarray:
    """Return the lanes of the bits that are stored for the last seed row, int64, in the order of storage."""
    lanes = order.lanes
    count = seed_bits - (count_seed_rows(order, seed_bits) - 1) * lanes
    if count == lanes:
        return np.arange(lanes, dtype=np.int64)
    return np.arange(count, dtype=np.int64) * order.spread % lanes


def open_seed_bits(rows: int, network: XorNetwork) -> int:
    """Return the seed bits of an open stream of `rows` outputs: n_in for each step, and memory·n_in at the end."""
    return (-(-rows // network.n_out) + network.memory) * network.n_in if rows else 0


def assign_steps(order: StreamOrder, rows: int, seed_rows: int, network: XorNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Return the step and the row of the network that make each stream row of a segment, both int64 (rows,)."""
    p = np.arange(rows, dtype=np.int64)
    if not order.closed:
        return p // network.n_out, p % network.n_out
    step = ((p + 1) * seed_rows - 1) // (network.n_in * rows)
    return step, p - step * network.n_in * rows // seed_rows


def check_layout(layout: Layout, order: StreamOrder, outputs: int, network: XorNetwork) -> None:
    """Check that the segments cover `outputs` weights and suit the network.

    Raises:
        DecodeError: they do not.
    """
    rows, seed_bits = layout.rows, layout.seed_bits
    if len(rows) != len(seed_bits) or (rows < 1).any() or (seed_bits < 0).any():
        raise DecodeError("the segments are damaged")
    if sum(rows.tolist()) != -(-outputs // order.lanes):
        raise DecodeError(f"the segments hold {sum(rows.tolist())} rows, not those of {outputs} weights")
    if order.closed:
        used = seed_bits > 0
        seed_rows = -(-seed_bits[used] // order.lanes)
        if (rows[used] > MAX_PRODUCT // (seed_rows + network.n_in)).any():
            raise DecodeError("a segment is too long")
        if (-(-rows[used] * network.n_in // seed_rows) > network.n_out).any():
            raise DecodeError("a segment makes more outputs in a step than the network has")
    elif any(open_seed_bits(int(t), network) != n for t, n in zip(rows, seed_bits, strict=True)):
        raise DecodeError("the seeds of an open stream do not fit its outputs")


def cut_segments(
    care: np.ndarray | LazyPlane,
    order: StreamOrder,
    segments: int,
    slack: int,
    n_in: int,
    n_out: int,
    whole_rows: bool = False,
) -> Layout:
    """Cut a plane into segments of about equally many care bits, for a closed order.

    Args:
        care: bool (weights,), the mask.
        order: a closed order.
        segments: most segments.
        slack: seed bits that a segment gets beyond its care bits.
        n_in, n_out: sizes of the network; a segment gets more seed bits where a step would make more than n_out
            outputs.
        whole_rows: cut where the last seed row has few bits, which decoders place one by one.
    """
    lanes = order.lanes
    total_rows = -(-len(care) // lanes)
    if not total_rows:
        return Layout(np.empty(0, np.int64), np.empty(0, np.int64))
    until = np.concatenate([[0], np.cumsum(count_ones(care, lanes))])
    inner = np.searchsorted(until, np.arange(1, segments) * int(until[-1]) // segments)
    if whole_rows:
        inner = _cut_at_whole_rows(until, inner, slack, lanes)
    bounds = np.unique(np.concatenate([[0], inner, [total_rows]]))
    rows, needed = np.diff(bounds), np.diff(until[bounds])
    least = lanes * (-(-rows * n_in // n_out) - 1) + 1  # one bit makes the last row
    return Layout(rows, np.where(needed > 0, np.maximum(needed + slack, least), 0))


def _cut_at_whole_rows(until: np.ndarray, inner: np.ndarray, slack: int, lanes: int) -> np.ndarray:
    """Move each cut by at most `MOVED` rows, to where the fewest bits are stored for the last seed row before it.

    Args:
        until: int64 (rows + 1,), the care bits before each row.
        inner: int64, the cuts, ascending.
        slack, lanes: seed bits of a segment beyond its care bits, and L.
    """
    moved, begin = [], 0
    for cut in inner.tolist():
        near = np.arange(max(begin + 1, cut - MOVED), min(len(until) - 1, cut + MOVED + 1))
        if len(near):
            begin = int(near[np.argmin((until[near] - until[begin] + slack - 1) % lanes)])
            moved.append(begin)
    return np.array(moved, dtype=np.int64)


def join_layouts(layouts: tuple[Layout, ...]) -> tuple[list[list[int]], np.ndarray]:
    """Join layouts to what a file holds.

    Returns:
        A description for each layout, and one uint8 array of tables. The description of a single segment is [T, n] and
        needs no table. Otherwise it is [segments, bits of one T, bits of one n], and the table holds all T, then all n,
        each padded to whole bytes.
    """
    description, tables = [], [np.zeros(0, dtype=np.uint8)]
    for layout in layouts:
        if len(layout.rows) == 1:
            description.append([int(layout.rows[0]), int(layout.seed_bits[0])])
        else:
            description.append([len(layout.rows), *layout.widths])
            tables += [pack_fixed(v, w) for v, w in zip((layout.rows, layout.seed_bits), layout.widths, strict=True)]
    return description, np.concatenate(tables)


def split_layouts(description: list[list[int]], table: np.ndarray) -> tuple[Layout, ...]:
    """Split what `join_layouts` joined.

    Raises:
        DecodeError: the table does not have the length that the description says.
    """
    layouts, at = [], 0
    for entry in description:
        if len(entry) == 2:
            layouts.append(Layout(np.array(entry[:1], dtype=np.int64), np.array(entry[1:], dtype=np.int64)))
            continue
        count, *widths = entry
        columns = []
        for width in widths:
            size = -(-count * width // 8)
            if not 0 <= width <= 48 or at + size > len(table) or (count and not width):
                raise DecodeError("the table of segments is damaged")
            columns.append(unpack_fixed(table[at : at + size], width, 0, count).astype(np.int64))
            at += size
        layouts.append(Layout(columns[0], columns[1]))
    if at != len(table):
        raise DecodeError("the table of segments is damaged")
    return tuple(layouts)
