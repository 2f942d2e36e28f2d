"""Compiled loops that all decoders of closed orders use: from stored bits to seed rows, whole words at a time."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.vectors import load_row, shift_row, store_row
from xoropt.common.words.vectors import copy_octets

__all__ = ["funnel", "piece_of", "read_octets", "seed_rows", "segment_of"]

ONE = np.uint64(1)
ZERO = np.uint64(0)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(nogil=True, cache=True)
def read_octets(octets, first, n, raw):
    """Copy the stored bits first … first + n − 1 to `raw`, from its bit first % 8 on; zeros follow the last byte."""
    begin, end = first >> 3, (first + n + 7) >> 3
    last = (end - begin) >> 3
    for i in range(last, last + 17):
        raw[i] = ZERO
    copy_octets(raw, octets, begin, end - begin)


@njit(nogil=True, cache=True)
def funnel(words, at):
    """Return the 64 bits of `words` from bit `at` on; there must be a word after the one in which they begin."""
    shift = np.uint64(at & 63)
    return (words[at >> 6] >> shift) | ((words[(at >> 6) + 1] << ONE) << (np.uint64(63) - shift))


@njit(nogil=True, cache=True)
def seed_rows(octets, first, n, lanes, spread, raw, seeds):
    """Write the seed rows of a segment (see `xoropt.codec.streams.segments`) to `seeds`, ⌈L/64⌉ words each.

    Rows of whole words are read and shifted where they are stored, except for the last ones, behind which there may be
    nothing to read.

    Args:
        octets: uint8, the stored bits.
        first, n: the first stored bit of the segment, and how many it has.
        lanes, spread: L and c of the stream order.
        raw: working memory for the stored bits.
        seeds: out, uint64.

    Returns:
        m = ⌈n/L⌉, the number of seed rows.
    """
    width = max(1, lanes >> 6)
    m = (n + lanes - 1) // lanes
    at = first & 7
    whole = (m - 1) * width
    done, octet = 0, first >> 3
    if lanes >= 64:
        while done < whole - 8:
            store_row(seeds, done, shift_row(load_row(octets, octet), load_row(octets, octet + 8), at))
            done, octet = done + 8, octet + 64
    read_octets(octets, first + 64 * done, n - 64 * done, raw)
    if lanes >= 64:
        for i in range(done, whole, 8):
            store_row(seeds, i, shift_row(load_row(raw, i - done), load_row(raw, i - done + 1), at))
    else:
        for r in range(m - 1):
            seeds[r] = funnel(raw, at + r * lanes) & (ALL >> np.uint64(64 - lanes))
    at += (m - 1) * lanes - 64 * done
    left = n - (m - 1) * lanes
    for i in range(whole, whole + width):
        seeds[i] = ZERO
    step = spread if left < lanes else 1
    lane = 0
    while left > 0:
        word = funnel(raw, at)
        taken = min(left, 64)
        for _ in range(taken):
            seeds[whole + (lane >> 6)] |= (word & ONE) << np.uint64(lane & 63)
            word >>= ONE
            lane = (lane + step) & (lanes - 1)
        at += taken
        left -= taken
    return m


@njit(nogil=True, cache=True)
def segment_of(table, row):
    """Return the segment that holds a weight row; see `segment_table` of `ring_decoder`."""
    low, high = 0, len(table)
    while high - low > 1:
        middle = (low + high) >> 1
        if table[middle, 5] <= row:
            low = middle
        else:
            high = middle
    return low


@njit(nogil=True, cache=True)
def piece_of(table, s, lanes, wanted):
    """Return what of a segment is wanted.

    Args:
        table: see `segment_table` of `ring_decoder`.
        s: the segment.
        lanes: of a row.
        wanted: the first wanted weight row of the plane, the end of the wanted ones, and the weight of bit 0 of the
            output.

    Returns:
        T, n, the segment's first stored bit, the row multiplier a; the first wanted weight row and the end of the
        wanted rows, counted within the segment; the output's bit for the first weight of the segment; the inverse of a
        modulo T, and the stream row of the first wanted weight row.
    """
    low, high, start = wanted
    T, n, bits, multiplier, inverse, begin = table[s]
    first = max(0, low - begin)
    return T, n, bits, multiplier, first, min(T, high - begin), begin * lanes - start, inverse, first * inverse % T
