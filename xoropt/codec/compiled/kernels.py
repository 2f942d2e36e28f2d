"""Compiled loops of the decoder. No processor loop runs over single bits but for the last seed row of a segment.

A *source* is a row of lanes that outputs read: a seed row itself, a node of a staged network, or, for dense windows,
one of the 2^g exclusive ors of g neighbouring seed rows (Arlazarov, Dinic, Kronrod, Faradžev 1970: the four Russians'
tables). The sources of a whole segment are made first, 0.1 MB or so that stay in the processor's cache; each output row
is the exclusive or of a few of them, turned, and written to its place.
"""

import numpy as np
from numba import njit

from xoropt.codec.compiled.vectors import (
    copy_octets,
    fence,
    load_row,
    shift_row,
    store_row,
    stream_row,
    turn_row,
    xor_rows,
)

__all__ = ["DIRECT", "NODES", "TABLES", "fill_narrow", "fill_steps", "fill_wide", "flip"]

DIRECT, NODES, TABLES = 0, 1, 2
"""Kinds of sources."""

ONE = np.uint64(1)
ZERO = np.uint64(0)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(nogil=True, cache=True)
def read_octets(octets, first, n, raw):
    """Bring stored bits first … first + n − 1 into `raw`: from its bit first % 8 on, zeros after the last byte."""
    begin, end = first >> 3, (first + n + 7) >> 3
    last = (end - begin) >> 3
    for i in range(last, last + 17):
        raw[i] = ZERO
    copy_octets(raw, octets, begin, end - begin)


@njit(nogil=True, cache=True)
def funnel(words, at):
    """The 64 bits of `words` from bit `at` on; there must be a word after the one in which they begin."""
    shift = np.uint64(at & 63)
    return (words[at >> 6] >> shift) | ((words[(at >> 6) + 1] << ONE) << (np.uint64(63) - shift))


@njit(nogil=True, cache=True)
def seed_rows(octets, first, n, lanes, spread, raw, seeds):
    """The m = ⌈n/L⌉ seed rows of a segment, ⌈L/64⌉ words each; see `xoropt.codec.layout`."""
    width = max(1, lanes >> 6)
    m = (n + lanes - 1) // lanes
    at = first & 7
    whole = (m - 1) * width
    read_octets(octets, first, n, raw)
    if lanes >= 64:
        for i in range(0, whole, 8):
            store_row(seeds, i, shift_row(load_row(raw, i), load_row(raw, i + 1), at))
    else:
        for r in range(m - 1):
            seeds[r] = funnel(raw, at + r * lanes) & (ALL >> np.uint64(64 - lanes))
    at += (m - 1) * lanes
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
def wide_sources(seeds, m, steps, settings, taps, sources):
    """The sources of a segment with rows of 512 lanes; `steps` of its seed rows, m in all, are in `seeds`.

    Seed rows beyond the m-th are the first ones again, one lane further on; so are nodes, where n_in divides m.
    """
    n_in, kind, group, reach, memory = settings
    count, depth = taps.shape
    turning = kind != NODES or m == steps * n_in
    made = steps if turning else steps + memory  # steps whose sources come from seed rows
    stop = (made - 1) * n_in + reach
    if kind == TABLES:
        stop += -stop % group
    for r in range(m, stop):
        store_row(seeds, r * 8, turn_row(load_row(seeds, (r - m) * 8), 511))
    if kind == NODES:
        for t in range(made):
            for v in range(count):
                row = load_row(seeds, (t * n_in + taps[v, 0]) * 8)
                for i in range(1, depth):
                    row = xor_rows(row, load_row(seeds, (t * n_in + taps[v, i]) * 8))
                store_row(sources, (t * count + v) * 8, row)
        back = steps * count * 8
        for at in range(made * count * 8, (steps + memory) * count * 8, 8):
            store_row(sources, at, turn_row(load_row(sources, at - back), 511))
    elif kind == TABLES:
        zero = xor_rows(load_row(seeds, 0), load_row(seeds, 0))
        for r in range(stop):
            base = r // group << group
            bit = 1 << r % group
            row = load_row(seeds, r * 8)
            if bit == 1:
                store_row(sources, base * 8, zero)
            for k in range(base, base + bit):
                store_row(sources, (k + bit) * 8, xor_rows(row, load_row(sources, k * 8)))


@njit(nogil=True, cache=True)
def fill_wide(octets, pieces, order, settings, taps, hop, reads, threes, starts, raw, seeds, sources, out, stream):
    """Write rows of 512 lanes of some segments, packed.

    Args:
        octets: uint8, the stored seeds of the plane.
        pieces: int64 (segments, 7): T, n, the first stored bit, the row multiplier, the first weight row wanted and the
            end, and the bit of `out` that is the segment's first weight's.
        order: spread, rotation.
        settings: n_in, kind, group, reach, memory, see `xoropt.codec.program`.
        taps: int64 (nodes, taps).
        hop: the first source of step t is t·hop[0] // hop[1] · hop[2].
        reads, starts: the sources of each network row, relative to that, in words: reads[starts[j]] … reads[starts[j+1]
            − 1]; as many lists of rows, one after another, as a step can begin at places in its group.
        threes: every network row has three reads.
        raw, seeds, sources: scratch.
        out: uint64, at a multiple of 64 bytes where `stream` is set; the last row may reach beyond its end.
        stream: write past the caches.
    """
    spread, rotation = order
    n_in, kind = settings[0], settings[1]
    mine = seeds if kind == DIRECT else sources
    n_out = (len(starts) - 1) // hop[1]
    for s in range(len(pieces)):
        T, n, first, multiplier, low, high, base = pieces[s]
        base >>= 6
        if n == 0:
            out[base + low * 8 : min(base + high * 8, len(out))] = ZERO
            continue
        m = seed_rows(octets, first, n, 512, spread, raw, seeds)
        steps = (m + n_in - 1) // n_in
        wide_sources(seeds, m, steps, settings, taps, sources)
        whole = threes and low == 0 and high == T and base + T * 8 <= len(out)  # the usual case, without a check
        p = y = turn = 0
        for t in range(steps):
            source = t * hop[0] // hop[1] * hop[2] * 8
            j = t * hop[0] % hop[1] * n_out
            stop = min(T, (t + 1) * n_in * T // m)
            i = 3 * j
            while whole and p < stop:
                row = xor_rows(load_row(mine, source + reads[i]), load_row(mine, source + reads[i + 1]))
                row = turn_row(xor_rows(row, load_row(mine, source + reads[i + 2])), turn)
                if stream:
                    stream_row(out, base + y * 8, row)
                else:
                    store_row(out, base + y * 8, row)
                y += multiplier
                if y >= T:
                    y -= T
                turn = (turn + rotation) & 511
                i += 3
                p += 1
            while p < stop:
                if low <= y < high:
                    i, end = starts[j], starts[j + 1]
                    row = load_row(mine, source + reads[i])
                    for k in range(i + 1, end):
                        row = xor_rows(row, load_row(mine, source + reads[k]))
                    row = turn_row(row, turn)
                    at = base + y * 8
                    if at + 8 > len(out):
                        store_row(raw, 0, row)
                        for k in range(len(out) - at):
                            out[at + k] = raw[k]
                    elif stream:
                        stream_row(out, at, row)
                    else:
                        store_row(out, at, row)
                y += multiplier
                if y >= T:
                    y -= T
                turn = (turn + rotation) & 511
                j += 1
                p += 1
    fence()


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
def narrow_sources(seeds, m, steps, lanes, settings, taps, sources):
    """As `wide_sources`, for any number of lanes."""
    n_in, kind, group, reach, memory = settings
    count, depth = taps.shape
    width = max(1, lanes >> 6)
    turning = kind != NODES or m == steps * n_in
    made = steps if turning else steps + memory
    stop = (made - 1) * n_in + reach
    if kind == TABLES:
        stop += -stop % group
    for r in range(m, stop):
        turn_words(seeds, (r - m) * width, lanes, lanes - 1, seeds, r * width)
    if kind == NODES:
        for q in range(made * count):
            sources[q * width : (q + 1) * width] = ZERO
            for i in range(depth):
                xor_words(sources, q * width, seeds, (q // count * n_in + taps[q % count, i]) * width, width)
        back = steps * count
        for q in range(made * count, (steps + memory) * count):
            turn_words(sources, (q - back) * width, lanes, lanes - 1, sources, q * width)
    elif kind == TABLES:
        for r in range(stop):
            base = r // group << group
            bit = 1 << r % group
            if bit == 1:
                sources[base * width : (base + 1) * width] = ZERO
            for k in range(base, base + bit):
                for i in range(width):
                    sources[(k + bit) * width + i] = seeds[r * width + i] ^ sources[k * width + i]


@njit(nogil=True, cache=True)
def fill_narrow(octets, pieces, lanes, order, settings, taps, hop, reads, starts, raw, seeds, sources, out):
    """As `fill_wide`, for any number of lanes; `out` must hold zeros where fewer than 64 lanes are to be written."""
    spread, rotation = order
    n_in, kind = settings[0], settings[1]
    width = max(1, lanes >> 6)
    mine = seeds if kind == DIRECT else sources
    n_out = (len(starts) - 1) // hop[1]
    for s in range(len(pieces)):
        T, n, first, multiplier, low, high, base = pieces[s]
        if n == 0:
            out[base + low * lanes >> 6 : min(base + high * lanes >> 6, len(out))] = ZERO
            continue
        m = seed_rows(octets, first, n, lanes, spread, raw, seeds)
        steps = (m + n_in - 1) // n_in
        narrow_sources(seeds, m, steps, lanes, settings, taps, sources)
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


@njit(nogil=True, cache=True)
def fill_steps(octets, first, n, steps, n_in, window, n_out, tables, group, width, raw, row, out, at):
    """Write the outputs of some steps of a network with one lane, step after step.

    Args:
        octets: uint8, the stored seeds of the plane.
        first, n: the first step's first bit, and how many bits there are from it on.
        tables: uint64, for every `group` bits of the window and each of their values what a step's outputs are, in
            `width` words, 4 at least; a step's outputs are the exclusive or of one entry for each group.
        raw: scratch for 64 kbit of seeds and a window.
        row: scratch for a step's outputs.
        out: uint64, with room for a whole step's words after the last.
        at: the bit of `out` to begin at.
    """
    groups = len(tables) // width >> group
    words = (n_out + 63) >> 6
    chunk = max(1, (1 << 16) // n_in)
    select = (1 << group) - 1
    carry = out[at >> 6] & ((ONE << np.uint64(at & 63)) - ONE)  # bits of the last word that are not written yet
    for begin in range(0, steps, chunk):
        skip = begin * n_in
        read_octets(octets, first + skip, min(n - skip, (chunk - 1) * n_in + window), raw)
        seed = (first + skip) & 7
        for _ in range(begin, min(steps, begin + chunk)):
            shift = np.uint64(at & 63)
            rest = np.uint64(63) - shift
            to = at >> 6
            at += n_out
            done = (at >> 6) - to
            entry = 0
            if width == 4:
                a = b = c = d = ZERO
                for g in range(groups):
                    k = entry + (np.int64(funnel(raw, seed + g * group)) & select) * 4
                    a ^= tables[k]
                    b ^= tables[k + 1]
                    c ^= tables[k + 2]
                    d ^= tables[k + 3]
                    entry += 4 << group
                e = (d >> ONE) >> rest
                d = ((c >> ONE) >> rest) | (d << shift)
                c = ((b >> ONE) >> rest) | (c << shift)
                b = ((a >> ONE) >> rest) | (b << shift)
                a = carry | (a << shift)
                out[to] = a
                if words > 1:
                    out[to + 1] = b
                if words > 2:
                    out[to + 2] = c
                if words > 3:
                    out[to + 3] = d
                carry = a if done == 0 else b if done == 1 else c if done == 2 else d if done == 3 else e
            else:
                row[:] = ZERO
                for g in range(groups):
                    k = entry + (np.int64(funnel(raw, seed + g * group)) & select) * width
                    for i in range(width):
                        row[i] ^= tables[k + i]
                    entry += width << group
                word = carry
                for i in range(words):
                    word = carry | (row[i] << shift)
                    out[to + i] = word
                    carry = (row[i] >> ONE) >> rest
                if done < words:
                    carry = word
            seed += n_in
    if at & 63:
        out[at >> 6] = carry


@njit(nogil=True, cache=True)
def flip(words, at):
    """Flip the bits at the given places."""
    for k in at:
        words[k >> 6] ^= ONE << np.uint64(k & 63)
