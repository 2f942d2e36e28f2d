"""How a plane's stream is cut into segments, and which seeds each of their outputs reads.

A segment is a stretch of T weight rows that is decoded by itself from n seed bits, in m = ⌈n/L⌉ seed rows of L bits (L
lanes, see `order`). In a closed order they form a ring: lane l has m of them, and where its window runs beyond them
it goes on in lane l + 1, the last lane in lane 0. In steps of n_in seed rows, step t of every lane begins at seed
row t·n_in and makes the stream rows ⌊t·n_in·T/m⌋ … ⌊(t+1)·n_in·T/m⌋ − 1, the first of them with row 0 of the
network, the next with row 1, …; the last step of a lane is shorter when n_in does not divide m. So the rate is any
fraction, and n_out of the network only bounds the outputs of a step. Output j of step t in lane l is

    the XOR, over the window bits i that row j of the network selects, of seed bit (r mod m, l + r div m mod L), r =
    t·n_in + i.

Seed bit (r, l) is bit r·L + l of the segment's n stored bits, but for the last row, which has only n − (m−1)·L of
them: its i-th bit is that of lane i·c mod L (c as in `order`, so that the lanes without one lie spread out), the
others are 0. A segment without care bits has n = 0 and outputs zero.

The open order "rows" has one lane, n_out outputs in every step and memory·n_in seed bits more at its end.
"""

from dataclasses import dataclass, field

import numpy as np

from xoropt.codec.bits import pack_fixed, unpack_fixed
from xoropt.codec.streams.order import StreamOrder
from xoropt.common.errors import DecodeError
from xoropt.networks import XorNetwork

__all__ = [
    "Layout",
    "check_layout",
    "join_layouts",
    "last_row_lanes",
    "open_seed_bits",
    "plan",
    "schedule",
    "seed_rows_of",
    "split_layouts",
]

LONGEST = 1 << 62
"""Rows of a segment times its seed rows at most: decoders count the steps in 64 bits."""


@dataclass(frozen=True)
class Layout:
    """The segments of one plane, or of all planes that share a mask.

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
        """Bits of an entry of `rows` and of `seed_bits` in the file's table."""
        return int(self.rows.max(initial=0)).bit_length(), int(self.seed_bits.max(initial=0)).bit_length()

    @property
    def table_bits(self) -> int:
        """Bits of the table of segments; a single segment stands in the tensor's description."""
        return len(self.rows) * sum(self.widths) if len(self.rows) > 1 else 0


def seed_rows_of(order: StreamOrder, seed_bits: int) -> int:
    """m, the seed rows that n seed bits make."""
    return -(-seed_bits // order.lanes)


def last_row_lanes(order: StreamOrder, seed_bits: int) -> np.ndarray:
    """The lanes of the stored bits of a segment's last seed row, int64, in the order in which they are stored."""
    lanes = order.lanes
    count = seed_bits - (seed_rows_of(order, seed_bits) - 1) * lanes
    if count == lanes:
        return np.arange(lanes, dtype=np.int64)
    return np.arange(count, dtype=np.int64) * order.spread % lanes


def open_seed_bits(rows: int, network: XorNetwork) -> int:
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
    rows, seed_bits = layout.rows, layout.seed_bits
    if len(rows) != len(seed_bits) or (rows < 1).any() or (seed_bits < 0).any():
        raise DecodeError("the segments are damaged")
    if sum(rows.tolist()) != -(-outputs // order.lanes):
        raise DecodeError(f"the segments hold {sum(rows.tolist())} rows, not those of {outputs} weights")
    if order.closed:
        used = seed_bits > 0
        seed_rows = -(-seed_bits[used] // order.lanes)
        if (rows[used] > LONGEST // (seed_rows + network.n_in)).any():
            raise DecodeError("a segment is too long")
        if (-(-rows[used] * network.n_in // seed_rows) > network.n_out).any():
            raise DecodeError("a segment makes more outputs in a step than the network has")
    elif any(open_seed_bits(int(t), network) != n for t, n in zip(rows, seed_bits, strict=True)):
        raise DecodeError("the seeds of an open stream do not fit its outputs")


def plan(care: np.ndarray, order: StreamOrder, target: int, slack: int, n_in: int, n_out: int) -> Layout:
    """Segments of a closed order for a mask.

    Args:
        care: bool (weights,).
        order: a closed one.
        target: care bits of a segment, about.
        slack: seed bits that a segment gets beyond its care bits.
        n_in, n_out: of the network; no step makes more than n_out outputs.
    """
    lanes = order.lanes
    total_rows = -(-len(care) // lanes)
    if not total_rows:
        return Layout(np.empty(0, np.int64), np.empty(0, np.int64))
    whole = len(care) // lanes
    counts = np.zeros(total_rows, dtype=np.int64)
    counts[:whole] = np.count_nonzero(care[: whole * lanes].reshape(whole, lanes), axis=1)
    if total_rows > whole:
        counts[whole] = np.count_nonzero(care[whole * lanes :])
    until = np.concatenate([[0], np.cumsum(counts)])
    segments = max(1, round(int(until[-1]) / target))
    inner = np.searchsorted(until, np.arange(1, segments) * int(until[-1]) // segments)
    bounds = np.unique(np.concatenate([[0], inner, [total_rows]]))
    rows, needed = np.diff(bounds), np.diff(until[bounds])
    least = lanes * (-(-rows * n_in // n_out) - 1) + 1  # of the last row one bit is enough
    return Layout(rows, np.where(needed > 0, np.maximum(needed + slack, least), 0))


def join_layouts(layouts: tuple[Layout, ...]) -> tuple[list[list[int]], np.ndarray]:
    """What a file holds: for each layout a description, and one uint8 array of tables.

    The description of a single segment is [T, n]; otherwise it is [segments, bits of an entry T, bits of an entry
    n], and the table holds all T, then all n, each filled up to whole bytes.
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
    """The layouts that `join_layouts` joined.

    Raises:
        DecodeError: the array is too short or too long for what the description says.
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
