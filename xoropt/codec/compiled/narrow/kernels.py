"""Compiled loops for rows of any number of lanes; see `xoropt.codec.compiled.wide.kernels`."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.kernels import seed_rows
from xoropt.codec.program import NODES, TABLES

__all__ = ["fill_narrow"]

ONE = np.uint64(1)
ZERO = np.uint64(0)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(nogil=True, cache=True)
def turn_words(row, at, lanes, by, out, to):
    """out[to …] = the row of words at row[at …] with lane l moved to lane l + by (mod lanes)."""
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
    """row[at : at + width] ^= mine[k : k + width]."""
    for i in range(width):
        row[at + i] ^= mine[k + i]


@njit(nogil=True, cache=True)
def narrow_sources(seeds, m, steps, lanes, settings, levels, taps, sources):
    """As `wide_sources`."""
    n_in, kind, group, reach = settings
    width = max(1, lanes >> 6)
    turning = m == steps * n_in
    stop = (steps - 1 + (0 if turning or kind != NODES else levels[0, 2])) * n_in + reach
    if kind == TABLES:
        stop += -stop % group
    for r in range(m, stop):
        turn_words(seeds, (r - m) * width, lanes, lanes - 1, seeds, r * width)
    before = base = tap = 0
    if kind == NODES:
        stride = n_in
        for level in range(len(levels)):
            count, depth, ahead = levels[level]
            made = steps if turning else steps + ahead
            read = seeds if level == 0 else sources
            for q in range(made * count):
                at = (base + q) * width
                sources[at : at + width] = ZERO
                for i in range(depth):
                    row = before + q // count * stride + taps[tap + q % count * depth + i]
                    xor_words(sources, at, read, row * width, width)
            for q in range(made * count, (steps + ahead) * count):
                at = (base + q) * width
                turn_words(sources, at - steps * count * width, lanes, lanes - 1, sources, at)
            before, stride, tap = base, count, tap + count * depth
            base += (steps + ahead) * count
    elif kind == TABLES:
        for r in range(stop):
            begin = r // group << group
            bit = 1 << r % group
            if bit == 1:
                sources[begin * width : (begin + 1) * width] = ZERO
            for k in range(begin, begin + bit):
                for i in range(width):
                    sources[(k + bit) * width + i] = seeds[r * width + i] ^ sources[k * width + i]
    return before


@njit(nogil=True, cache=True)
def fill_narrow(octets, pieces, lanes, order, settings, levels, taps, hop, reads, starts, raw, seeds, sources, out):
    """As `fill_wide`, for any number of lanes; `out` must hold zeros where fewer than 64 lanes are to be written."""
    spread, rotation = order
    n_in, kind = settings[0], settings[1]
    width = max(1, lanes >> 6)
    mine = sources if kind else seeds
    n_out = (len(starts) - 1) // hop[1]
    for s in range(len(pieces)):
        T, n, first, multiplier, low, high, base = pieces[s]
        if n == 0:
            out[base + low * lanes >> 6 : min(base + high * lanes >> 6, len(out))] = ZERO
            continue
        m = seed_rows(octets, first, n, lanes, spread, raw, seeds)
        steps = (m + n_in - 1) // n_in
        before = narrow_sources(seeds, m, steps, lanes, settings, levels, taps, sources)
        p = y = turn = 0
        for t in range(steps):
            source = (before + t * hop[0] // hop[1] * hop[2]) * width
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
