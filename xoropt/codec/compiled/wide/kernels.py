"""Compiled loops for rows of 512 lanes, one machine vector each.

A *source* is a row of lanes that outputs read: a seed row itself, a node of a staged network, or, for dense windows,
one of the 2^g exclusive ors of g neighbouring seed rows (Arlazarov, Dinic, Kronrod, Faradžev 1970: the four Russians'
tables). The sources of a whole segment are made first, 0.1 MB or so that stay in the processor's cache; each output row
is the exclusive or of a few of them, turned, and written to its place.
"""

import numpy as np
from numba import njit

from xoropt.codec.compiled.kernels import seed_rows
from xoropt.codec.compiled.vectors import (
    fence,
    load_row,
    number_at,
    store_row,
    stream_row,
    turn_row,
    xor_rows,
)
from xoropt.codec.program import NODES, TABLES

__all__ = ["fill_wide"]

ZERO = np.uint64(0)


@njit(nogil=True, cache=True)
def turn_rows(rows, start, back, count):
    """Rows start … start + count − 1 = those `back` rows before them, one lane further on."""
    for at in range(start * 8, (start + count) * 8, 8):
        store_row(rows, at, turn_row(load_row(rows, at - back * 8), 511))


@njit(nogil=True, cache=True)
def combine_rows(read, base, stride, steps, count, depth, taps, tap, made, to):
    """Row to + t·count + v of `made` = the exclusive or of rows base + t·stride + taps[tap + v·depth + i] of `read`.

    For i = 0 … depth − 1, t = 0 … steps − 1 and v = 0 … count − 1.
    """
    for v in range(count):
        for i in range(0, depth, 4):
            left = depth - i
            a = number_at(taps, tap + v * depth + i) * 8
            b = number_at(taps, tap + v * depth + i + min(1, left - 1)) * 8
            c = number_at(taps, tap + v * depth + i + min(2, left - 1)) * 8
            d = number_at(taps, tap + v * depth + i + min(3, left - 1)) * 8
            at, out = base * 8, (to + v) * 8
            for _ in range(steps):
                row = load_row(read, at + a)
                if left > 1:
                    row = xor_rows(row, load_row(read, at + b))
                if left > 2:
                    row = xor_rows(row, load_row(read, at + c))
                if left > 3:
                    row = xor_rows(row, load_row(read, at + d))
                if i:
                    row = xor_rows(row, load_row(made, out))
                store_row(made, out, row)
                at += stride * 8
                out += count * 8


@njit(nogil=True, cache=True)
def wide_sources(seeds, m, steps, settings, levels, taps, sources):
    """Make the sources of a segment of m seed rows in `steps` steps from its seeds.

    Seed rows beyond the m-th are the first ones again, one lane further on; so are nodes, where n_in divides m.

    Returns:
        The first row of `sources` that outputs read.
    """
    n_in, kind, group, reach = settings
    turning = m == steps * n_in
    stop = (steps - 1 + (0 if turning or kind != NODES else levels[0, 2])) * n_in + reach
    if kind == TABLES:
        stop += -stop % group
    turn_rows(seeds, m, m, stop - m)
    before = base = tap = 0
    if kind == NODES:
        width = n_in
        for level in range(len(levels)):
            count, depth, ahead = levels[level]
            made = steps if turning else steps + ahead  # those of later steps are made, or turned
            read = seeds if level == 0 else sources
            combine_rows(read, before, width, made, count, depth, taps, tap, sources, base)
            turn_rows(sources, base + made * count, steps * count, (steps + ahead - made) * count)
            before, width, tap = base, count, tap + count * depth
            base += (steps + ahead) * count
    elif kind == TABLES:
        zero = xor_rows(load_row(seeds, 0), load_row(seeds, 0))
        for r in range(stop):
            begin = r // group << group
            bit = 1 << r % group
            row = load_row(seeds, r * 8)
            if bit == 1:
                store_row(sources, begin * 8, zero)
            for k in range(begin, begin + bit):
                store_row(sources, (k + bit) * 8, xor_rows(row, load_row(sources, k * 8)))
    return before


@njit(nogil=True, cache=True)
def write_threes(piece, steps, m, n_in, rotation, hop, reads, mine, before, out, stream):
    """Write all rows of a segment whose network rows have three reads each."""
    T, multiplier, base = piece[0], piece[3], piece[6] >> 6
    n_out = len(reads) // (3 * hop[1])
    each, more = n_in * T // m, n_in * T % m  # rows of a step, and the remainder that adds up to another
    p = y = turn = stop = rest = 0
    for t in range(steps):
        source = (before + t * hop[0] // hop[1] * hop[2]) * 8
        i = t * hop[0] % hop[1] * n_out * 3
        stop += each
        rest += more
        if rest >= m:
            rest -= m
            stop += 1
        for _ in range(p, min(T, stop)):
            row = xor_rows(
                load_row(mine, source + number_at(reads, i)), load_row(mine, source + number_at(reads, i + 1))
            )
            row = turn_row(xor_rows(row, load_row(mine, source + number_at(reads, i + 2))), turn)
            if stream:
                stream_row(out, base + y * 8, row)
            else:
                store_row(out, base + y * 8, row)
            y += multiplier
            y -= T if y >= T else 0
            turn = (turn + rotation) & 511
            i += 3
        p = stop


@njit(nogil=True, cache=True)
def write_alike(piece, steps, m, n_in, rotation, hop, reads, depth, mine, before, out, stream):
    """As `write_threes`, for `depth` reads."""
    T, multiplier, base = piece[0], piece[3], piece[6] >> 6
    n_out = len(reads) // (depth * hop[1])
    each, more = n_in * T // m, n_in * T % m
    p = y = turn = stop = rest = 0
    for t in range(steps):
        source = (before + t * hop[0] // hop[1] * hop[2]) * 8
        i = t * hop[0] % hop[1] * n_out * depth
        stop += each
        rest += more
        if rest >= m:
            rest -= m
            stop += 1
        for _ in range(p, min(T, stop)):
            row = load_row(mine, source + number_at(reads, i))
            for k in range(i + 1, i + depth):
                row = xor_rows(row, load_row(mine, source + number_at(reads, k)))
            row = turn_row(row, turn)
            if stream:
                stream_row(out, base + y * 8, row)
            else:
                store_row(out, base + y * 8, row)
            y += multiplier
            y -= T if y >= T else 0
            turn = (turn + rotation) & 511
            i += depth
        p = stop


@njit(nogil=True, cache=True)
def write_some(piece, steps, m, n_in, rotation, hop, reads, starts, mine, before, raw, out, stream):
    """Write the wanted rows of a segment, checked against the end of `out`."""
    T, multiplier, low, high, base = piece[0], piece[3], piece[4], piece[5], piece[6] >> 6
    n_out = (len(starts) - 1) // hop[1]
    p = y = turn = 0
    for t in range(steps):
        source = (before + t * hop[0] // hop[1] * hop[2]) * 8
        j = t * hop[0] % hop[1] * n_out
        stop = min(T, (t + 1) * n_in * T // m)
        while p < stop:
            if low <= y < high:
                row = load_row(mine, source + number_at(reads, starts[j]))
                for k in range(starts[j] + 1, starts[j + 1]):
                    row = xor_rows(row, load_row(mine, source + number_at(reads, k)))
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
            y -= T if y >= T else 0
            turn = (turn + rotation) & 511
            j += 1
            p += 1


@njit(nogil=True, cache=True)
def fill_wide(
    octets, pieces, order, settings, levels, taps, hop, reads, depth, starts, raw, seeds, sources, out, stream
):
    """Write rows of 512 lanes of some segments, packed.

    Args:
        octets: uint8, the stored seeds of the plane.
        pieces: int64 (segments, 7): T, n, the first stored bit, the row multiplier, the first weight row wanted and the
            end, and the bit of `out` that is the segment's first weight's.
        order: spread, rotation.
        settings: n_in, kind, group, reach, see `xoropt.codec.program`.
        levels, taps: the stages of nodes, see there.
        hop: the first source of step t is t·hop[0] // hop[1] · hop[2].
        reads, starts: the sources of each network row, relative to that, in words, int32: reads[starts[j]] …
            reads[starts[j + 1] − 1]; as many lists of rows, one after another, as a step can begin at places in its
            group.
        depth: the reads of each network row, where all have equally many; 0 otherwise.
        raw, seeds, sources: scratch.
        out: uint64, at a multiple of 64 bytes where `stream` is set; the last row may reach beyond its end.
        stream: write past the caches.
    """
    spread, rotation = order
    n_in, kind = settings[0], settings[1]
    for s in range(len(pieces)):
        T, n, first, _, low, high, base = pieces[s]
        base >>= 6
        if n == 0:
            out[base + low * 8 : min(base + high * 8, len(out))] = ZERO
            continue
        m = seed_rows(octets, first, n, 512, spread, raw, seeds)
        steps = (m + n_in - 1) // n_in
        before = wide_sources(seeds, m, steps, settings, levels, taps, sources)
        mine = sources if kind else seeds
        if depth == 0 or low > 0 or high < T or base + T * 8 > len(out):
            write_some(pieces[s], steps, m, n_in, rotation, hop, reads, starts, mine, before, raw, out, stream)
        elif depth == 3:
            write_threes(pieces[s], steps, m, n_in, rotation, hop, reads, mine, before, out, stream)
        else:
            write_alike(pieces[s], steps, m, n_in, rotation, hop, reads, depth, mine, before, out, stream)
    fence()
