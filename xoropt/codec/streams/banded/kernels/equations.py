"""Care bits in stream order, and how many of them a ring falls short of."""

import numpy as np
from numba import njit

__all__ = ["care_stream", "shortfall"]


@njit(cache=True, nogil=True)
def care_stream(care, lanes, rows, multiplier, step, starts, stream_row, weight):
    """The care bits in stream order, lane after lane.

    Args:
        care: uint8 (weights of the segment,); rows·lanes of them, or fewer in the last row.
        multiplier, step: stream row p holds weight row p·multiplier mod rows, rotated by p·step mod lanes.
        starts: out, int64 (lanes + 1,), zero: first care bit of each lane.
        stream_row: out, int64 (care bits,); weight: out, int64 (care bits,), index into `care`.
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
    """Care bits that find a token bucket of `capacity` bits empty, going round the ring from its lowest level.

    level_heads: int64 (E,), the exact head of each care bit, in stream order, from the ring's cut.
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
