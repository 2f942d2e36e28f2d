"""Compiled loops that bring care bits into stream order, and count those that a ring cannot serve."""

import numpy as np
from numba import njit

from xoropt.codec.streams.banded.kernels.vectors import octets_at
from xoropt.common.words.vectors import trailing_zeros

__all__ = ["care_stream", "furthest_behind", "gather", "order_equations", "shortfall"]

ONE = np.uint64(1)


@njit(cache=True, nogil=True)
def care_stream(care, lanes, rows, multiplier, step, starts, stream_row, weight):
    """Bring the care bits of a segment into stream order, lane after lane.

    Args:
        care: uint8 (weights,), the mask of the segment: rows·lanes weights, or fewer in the last row.
        lanes, rows: L and T.
        multiplier, step: stream row p holds weight row p·multiplier mod rows, rotated by p·step mod lanes.
        starts: out, int64 (lanes + 1,), zero at first: the first care bit of each lane.
        stream_row: out, int64 (care bits,), the stream row of each care bit.
        weight: out, int64 (care bits,), its index into `care`.
    """
    outputs = care.shape[0]
    y = 0
    turn = 0
    for _ in range(rows):
        row = care[y * lanes : min(y * lanes + lanes, outputs)]
        _count(row[turn:], starts[1:])
        _count(row[:turn], starts[1 + lanes - turn :])
        y = (y + multiplier) % rows
        turn = (turn + step) % lanes
    for lane in range(lanes):
        starts[lane + 1] += starts[lane]
    place = starts[:lanes].copy()
    y = 0
    turn = 0
    for p in range(rows):
        base = y * lanes
        row = care[base : min(base + lanes, outputs)]
        _place(row[turn:], p, base + turn, place, stream_row, weight)
        _place(row[:turn], p, base, place[lanes - turn :], stream_row, weight)
        y = (y + multiplier) % rows
        turn = (turn + step) % lanes


@njit(inline="always")
def _count(care, counts):
    """Add each entry of `care`, 0 or 1, to the count of its lane."""
    for k in range(len(care)):
        counts[k] += care[k]


@njit(inline="always")
def _place(care, p, first, place, stream_row, weight):
    """Write the care bits of neighbouring lanes, eight at a time, to the places of their lanes, and move these on."""
    k = 0
    whole = len(care) & ~7
    while k < whole:
        eight = octets_at(care, k)
        while eight:
            lane = k + (trailing_zeros(eight) >> 3)
            eight &= eight - ONE
            at = place[lane]
            stream_row[at] = p
            weight[at] = first + lane
            place[lane] = at + 1
        k += 8
    while k < len(care):
        if care[k]:
            at = place[k]
            stream_row[at] = p
            weight[at] = first + k
            place[k] = at + 1
        k += 1


@njit(inline="always")
def _exact_head(lane, p, rows, lanes, seed_bits):
    """Return the seed bits before a care bit at the exact rate: ⌊s·n/(L·T)⌋ for stream position s."""
    return np.int64(np.uint64((lane * rows + p) * seed_bits) // np.uint64(lanes * rows))


@njit(cache=True, nogil=True)
def furthest_behind(starts, stream_rows, rows, lanes, seed_bits):
    """Return the first care bit at which care bits are furthest behind the seed bits at the exact rate."""
    least, first = np.int64(1) << 62, 0
    for lane in range(lanes):
        for i in range(starts[lane], starts[lane + 1]):
            ahead = _exact_head(lane, stream_rows[i], rows, lanes, seed_bits) - i
            if ahead < least:
                least, first = ahead, i
    return first


@njit(cache=True, nogil=True)
def shortfall(starts, stream_rows, rows, lanes, seed_bits, capacity):
    """Count the care bits that find no free seed bit in their window.

    The window is a token bucket: seed bits fill it up to `capacity`, and each care bit takes one out.

    Args:
        starts, stream_rows: as `care_stream` writes them.
        rows, lanes, seed_bits: T, L and n.
        capacity: seed bits that the window levels.
    """
    first = furthest_behind(starts, stream_rows, rows, lanes, seed_bits)
    level = missing = np.int64(0)
    head = np.int64(-1)
    for turn in range(2):
        for lane in range(lanes):
            begin, end = starts[lane], starts[lane + 1]
            if turn:
                end = min(end, first)
            else:
                begin = max(begin, first)
            for i in range(begin, end):
                here = _exact_head(lane, stream_rows[i], rows, lanes, seed_bits) + seed_bits * turn
                level = min(level + here - head, capacity) if head >= 0 else np.int64(0)
                head = here
                if level > 0:
                    level -= 1
                else:
                    missing += 1
    return missing


@njit(cache=True, nogil=True)
def order_equations(starts, stream_rows, step, output, form, first, heads, pattern, numbers):
    """Write the equations of a ring in the order from its cut on.

    Args:
        starts, stream_rows: as `care_stream` writes them.
        step, output: int64 (T,), the first seed row of the window of each stream row, and its row of the network.
        form: m and n.
        first: the care bit from which on the ring is cut; those before it that have its head come with it.
        heads, pattern, numbers: out, int64 (E,), see `BandedSystem`, and the care bit of each equation.

    Returns:
        The column of the segment that is the first one.
    """
    seed_rows, n = form
    count, lanes = len(stream_rows), len(starts) - 1
    if not count:
        return 0
    lane = np.searchsorted(starts, first, side="right") - 1
    cut = step[stream_rows[first]] + lane * seed_rows
    while first > 0:
        if starts[lane] == first:
            lane = np.searchsorted(starts, first - 1, side="right") - 1
        if step[stream_rows[first - 1]] + lane * seed_rows != cut:
            break
        first -= 1
    for lane in range(lanes):
        base = lane * seed_rows - cut
        for i in range(starts[lane], starts[lane + 1]):
            row = stream_rows[i]
            e = i - first if i >= first else i - first + count
            heads[e] = base + step[row] if i >= first else base + step[row] + n
            pattern[e] = output[row]
            numbers[e] = i
    return cut


@njit(cache=True, nogil=True)
def gather(bits, numbers, weights, place, values):
    """Gather what the planes ask of each equation.

    Args:
        bits: uint8 (planes, weights), at most 64 planes.
        numbers: int64 (E,), the care bit of each equation.
        weights: int64, the weight of each care bit.
        place: out, int64 (E,), the weight of each equation.
        values: out, uint64 (E,), bit p is that of plane p.
    """
    for e in range(len(numbers)):
        at = weights[numbers[e]]
        place[e] = at
        value = np.uint64(0)
        for p in range(len(bits)):
            value |= np.uint64(bits[p, at]) << np.uint64(p)
        values[e] = value
