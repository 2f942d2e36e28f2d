"""Compiled loops that bring care bits into stream order, and count those that a ring cannot serve."""

import numpy as np
from numba import njit

__all__ = ["care_stream", "shortfall"]


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
        base = y * lanes
        size = min(lanes, outputs - base)
        for k in range(size):
            lane = k - turn
            if lane < 0:
                lane += lanes
            starts[lane + 1] += care[base + k]
        y = (y + multiplier) % rows
        turn = (turn + step) % lanes
    for lane in range(lanes):
        starts[lane + 1] += starts[lane]
    place = starts[:lanes].copy()
    y = 0
    turn = 0
    for p in range(rows):
        base = y * lanes
        size = min(lanes, outputs - base)
        for k in range(size):
            if care[base + k]:
                lane = k - turn
                if lane < 0:
                    lane += lanes
                at = place[lane]
                stream_row[at] = p
                weight[at] = base + k
                place[lane] = at + 1
        y = (y + multiplier) % rows
        turn = (turn + step) % lanes


@njit(cache=True, nogil=True)
def shortfall(level_heads, capacity):
    """Count the care bits that find no free seed bit in their window.

    The window is a token bucket: seed bits fill it up to `capacity`, and each care bit takes one out.

    Args:
        level_heads: int64 (E,), the seed bits before each care bit at the exact rate, in stream order, from the cut.
        capacity: seed bits that the window levels.
    """
    level = np.int64(0)
    head = level_heads[0] if level_heads.shape[0] else np.int64(0)
    missing = 0
    for e in range(level_heads.shape[0]):
        level = min(level + level_heads[e] - head, capacity)
        head = level_heads[e]
        if level > 0:
            level -= 1
        else:
            missing += 1
    return missing
