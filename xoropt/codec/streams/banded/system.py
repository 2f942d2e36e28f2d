"""The equations of a segment: from its care bits, through stream order and layout, to heads and network rows."""

import numpy as np

from xoropt.codec.streams.banded.elimination import Equations
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import last_row_lanes, schedule, seed_rows_of
from xoropt.networks import XorNetwork

__all__ = ["care_positions", "shortfall", "system"]


def care_positions(care: np.ndarray, order: StreamOrder, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The care bits of a segment in stream order.

    Args:
        care: bool (weights of the segment,), in at most rows·L.

    Returns:
        int64 each: the first care bit of each lane (L + 1,), the stream row (E,) and the weight (E,) of each care bit.
    """
    from xoropt.codec.streams.banded.kernels import equations

    count = int(np.count_nonzero(care))
    starts = np.zeros(order.lanes + 1, dtype=np.int64)
    stream_row, weight = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    equations.care_stream(
        np.ascontiguousarray(care).view(np.uint8),
        order.lanes,
        rows,
        order.multiplier(rows),
        order.rotation,
        starts,
        stream_row,
        weight,
    )
    return starts, stream_row, weight


def system(
    network: XorNetwork, order: StreamOrder, rows: int, seed_bits: int, starts: np.ndarray, stream_row: np.ndarray
) -> tuple[Equations, np.ndarray]:
    """The equations of a segment's care bits, and for each its number in stream order, int64 (E,).

    Column l·m + r is seed bit (r, l). A ring is cut where its token bucket is emptiest, so that no equation before
    the cut is short of unknowns.
    """
    seed_rows = seed_rows_of(order, seed_bits)
    n = order.lanes * seed_rows
    step, output = schedule(order, rows, seed_rows, network)
    heads = step[stream_row] * network.n_in
    pattern = output[stream_row]
    numbers = np.arange(len(stream_row), dtype=np.int64)
    live = np.ones(n, dtype=bool)
    if not order.closed:
        return Equations(network, n, False, heads, pattern, live), numbers
    live[seed_rows - 1 :: seed_rows] = False
    live[last_row_lanes(order, seed_bits) * seed_rows + seed_rows - 1] = True
    heads += np.repeat(np.arange(order.lanes, dtype=np.int64) * seed_rows, np.diff(starts))
    first = int(np.argmin(exact_heads(order, rows, seed_bits, starts, stream_row) - numbers)) if len(heads) else 0
    cut = int(heads[first]) if len(heads) else 0
    first = int(np.searchsorted(heads, cut))
    turned = np.roll(heads, -first) - cut
    turned[len(heads) - first :] += n
    equations = Equations(network, n, True, turned, np.roll(pattern, -first), np.roll(live, -cut), cut)
    return equations, np.roll(numbers, -first)


def exact_heads(
    order: StreamOrder, rows: int, seed_bits: int, starts: np.ndarray, stream_row: np.ndarray
) -> np.ndarray:
    """The seed bits before each care bit's output at the exact rate, ⌊s·n/(L·T)⌋ for stream position s; int64 (E,)."""
    lane = np.repeat(np.arange(order.lanes, dtype=np.int64) * rows, np.diff(starts))
    return (lane + stream_row) * seed_bits // (order.lanes * rows)


def shortfall(
    order: StreamOrder, rows: int, seed_bits: int, starts: np.ndarray, stream_row: np.ndarray, capacity: int
) -> int:
    """Care bits that a window of `capacity` seed bits cannot serve: an estimate of the dependent ones of a ring."""
    from xoropt.codec.streams.banded.kernels import equations

    if not len(stream_row):
        return 0
    heads = exact_heads(order, rows, seed_bits, starts, stream_row)
    first = int(np.argmin(heads - np.arange(len(heads))))
    turned = np.roll(heads, -first) + seed_bits * (np.arange(len(heads)) >= len(heads) - first)
    return int(equations.shortfall(turned, capacity))
