"""Compiled loops for rows of any number of lanes; see `xoropt.codec.compiled.lanes512.kernels`."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.evaluation_plan import TABLES, PlacedPlan
from xoropt.codec.compiled.kernels import piece_of, seed_rows, segment_of

__all__ = ["fill_any_lanes"]

ONE = np.uint64(1)
ZERO = np.uint64(0)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(nogil=True, cache=True)
def turn_words(row, at, lanes, by, out, to):
    """Write the row of words at row[at …] to out[to …], with lane l moved to lane l + by (mod lanes)."""
    if lanes < 64:
        word = row[at]
        if by:
            word = ((word << np.uint64(by)) | (word >> np.uint64(lanes - by))) & (ALL >> np.uint64(64 - lanes))
        out[to] = word
        return
    width = lanes >> 6
    shift = np.uint64(by & 63)
    for i in range(width):
        k = (i - (by >> 6)) & (width - 1)
        low = (row[at + ((k - 1) & (width - 1))] >> ONE) >> (np.uint64(63) - shift)
        out[to + i] = (row[at + k] << shift) | low


@njit(nogil=True, cache=True)
def xor_words(row, at, mine, k, width):
    """XOR mine[k : k + width] into row[at : at + width]."""
    for i in range(width):
        row[at + i] ^= mine[k + i]


@njit(nogil=True, cache=True)
def any_lanes_sources(rows, m, steps, lanes, plan, tables):
    """Make the sources of a segment, as `lanes512_sources` does."""
    n_in, kind, group, nodes, taps = plan.n_in, plan.kind, plan.group, plan.nodes, plan.taps
    width = max(1, lanes >> 6)
    turning = m == steps * n_in
    stop = (steps - 1) * n_in + (plan.reach if turning else plan.lead)
    if kind == TABLES:
        stop += -stop % group
    for r in range(m, stop):
        turn_words(rows, (r - m) * width, lanes, lanes - 1, rows, r * width)
    if kind != TABLES:
        for v in range(len(nodes)):
            to, ahead, _, first, end = nodes[v]
            made = steps if turning else steps + ahead
            for t in range(made):
                at = (to + t * n_in) * width
                rows[at : at + width] = ZERO
                for i in range(first, end):
                    xor_words(rows, at, rows, (t * n_in + taps[i]) * width, width)
            for t in range(made, steps + ahead):
                at = (to + t * n_in) * width
                turn_words(rows, at - steps * n_in * width, lanes, lanes - 1, rows, at)
    else:
        for r in range(stop):
            begin = r // group << group
            bit = 1 << r % group
            if bit == 1:
                tables[begin * width : (begin + 1) * width] = ZERO
            for k in range(begin, begin + bit):
                for i in range(width):
                    tables[(k + bit) * width + i] = rows[r * width + i] ^ tables[k * width + i]


@njit(nogil=True, cache=True)
def fill_any_lanes(octets, table, wanted, lanes, order, placed, scratch, out):
    """Write rows of any number of lanes, as `fill_lanes512` does; `out` must hold zeros for fewer than 64 lanes."""
    spread, rotation = order
    plan = PlacedPlan(*placed)
    spare, raw_end, rows_end = scratch
    raw, rows, tables = spare[:raw_end], spare[raw_end:rows_end], spare[rows_end:]
    n_in, kind, hop, reads, starts = plan.n_in, plan.kind, plan.hop, plan.reads, plan.starts
    width = max(1, lanes >> 6)
    mine = tables if kind == TABLES else rows
    n_out = (len(starts) - 1) // hop[1]
    for s in range(segment_of(table, wanted[0]), len(table)):
        if table[s, 5] >= wanted[1]:
            break
        piece = piece_of(table, s, lanes, wanted)
        T, n, first, multiplier, low, high, base, _, _ = piece
        if n == 0:
            if lanes >= 64:
                out[base + low * lanes >> 6 : min(base + high * lanes >> 6, len(out))] = ZERO
            continue
        m = seed_rows(octets, first, n, lanes, spread, raw, rows)
        steps = (m + n_in - 1) // n_in
        any_lanes_sources(rows, m, steps, lanes, plan, tables)
        p = y = turn = 0
        for t in range(steps):
            source = t * hop[0] // hop[1] * hop[2] * width
            j = t * hop[0] % hop[1] * n_out
            stop = min(T, (t + 1) * n_in * T // m)
            while p < stop:
                if low <= y < high:
                    raw[:width] = ZERO
                    for k in range(starts[j], starts[j + 1]):
                        xor_words(raw, 0, mine, source + reads[k], width)
                    at = base + y * lanes
                    turn_words(raw, 0, lanes, turn, raw, width)
                    if lanes >= 64:
                        at >>= 6
                        for k in range(min(width, len(out) - at)):
                            out[at + k] = raw[width + k]
                    elif at >> 6 < len(out):
                        out[at >> 6] |= raw[width] << np.uint64(at & 63)
                y += multiplier
                if y >= T:
                    y -= T
                turn = (turn + rotation) & (lanes - 1)
                j += 1
                p += 1
