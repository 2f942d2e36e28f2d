"""Compiled loops for rows of 512 lanes, one machine vector each.

A *source* is a row of lanes that outputs read: a seed row itself, a node of a staged network, or, for dense windows,
one of the 2^g exclusive ors of g neighbouring seed rows (Arlazarov, Dinic, Kronrod, Faradžev 1970: the four Russians'
tables). The sources of a whole segment are made first, 0.1 MB or so that stay in the processor's cache; each output row
is the exclusive or of a few of them, turned, and written to its place.
"""

import numpy as np
from numba import njit

from xoropt.codec.compiled.kernels import seed_rows
from xoropt.codec.compiled.vectors import load_row, store_row, stream_row, turn_row, xor_rows
from xoropt.codec.program import TABLES
from xoropt.words.vectors import fence, number_at

__all__ = ["fill_wide"]

ZERO = np.uint64(0)


@njit(nogil=True, cache=True)
def turn_rows(rows, start, back, count, stride):
    """Rows start, start + stride, … = those `back` rows before them, one lane further on; `count` of them."""
    for at in range(start * 8, (start + count * stride) * 8, stride * 8):
        store_row(rows, at, turn_row(load_row(rows, at - back * 8), 511))


@njit(nogil=True, cache=True)
def combine_rows(rows, stride, steps, taps, first, end, to):
    """Row to + t·stride = the exclusive or of rows t·stride + taps[i], i = first … end − 1, for t = 0 … steps − 1."""
    for i in range(first, end, 4):
        left = end - i
        a = number_at(taps, i) * 8
        b = number_at(taps, i + min(1, left - 1)) * 8
        c = number_at(taps, i + min(2, left - 1)) * 8
        d = number_at(taps, i + min(3, left - 1)) * 8
        at, out = 0, to * 8
        for _ in range(steps):
            row = load_row(rows, at + a)
            if left > 1:
                row = xor_rows(row, load_row(rows, at + b))
            if left > 2:
                row = xor_rows(row, load_row(rows, at + c))
            if left > 3:
                row = xor_rows(row, load_row(rows, at + d))
            if i > first:
                row = xor_rows(row, load_row(rows, out))
            store_row(rows, out, row)
            at += stride * 8
            out += stride * 8


@njit(nogil=True, cache=True)
def wide_sources(rows, m, steps, settings, nodes, taps, tables):
    """Make the sources of a segment of m seed rows in `steps` steps from its seeds, the first of `rows`.

    Seed rows beyond the m-th are the first ones again, one lane further on; so are nodes, where n_in divides m.
    """
    n_in, kind, group, reach, lead = settings
    turning = m == steps * n_in
    stop = (steps - 1) * n_in + (reach if turning else lead)
    if kind == TABLES:
        stop += -stop % group
    turn_rows(rows, m, m, stop - m, 1)
    if kind != TABLES:
        for v in range(len(nodes)):
            to, ahead, first, end = nodes[v]
            made = steps if turning else steps + ahead  # those of later steps are made, or turned
            combine_rows(rows, n_in, made, taps, first, end, to)
            turn_rows(rows, to + made * n_in, steps * n_in, steps + ahead - made, n_in)
    else:
        zero = xor_rows(load_row(rows, 0), load_row(rows, 0))
        for r in range(stop):
            begin = r // group << group
            bit = 1 << r % group
            row = load_row(rows, r * 8)
            if bit == 1:
                store_row(tables, begin * 8, zero)
            for k in range(begin, begin + bit):
                store_row(tables, (k + bit) * 8, xor_rows(row, load_row(tables, k * 8)))


@njit(nogil=True, cache=True)
def write_few(piece, steps, m, n_in, rotation, hop, reads, depth, mine, out, stream):
    """Write all rows of a segment whose network rows have `depth` reads each, two or three."""
    T, multiplier, base = piece[0], piece[3], piece[6] >> 6
    n_out = len(reads) // (depth * hop[1])
    each, more = n_in * T // m, n_in * T % m  # rows of a step, and the remainder that adds up to another
    p = y = turn = stop = rest = 0
    for t in range(steps):
        source = t * hop[0] // hop[1] * hop[2] * 8
        i = t * hop[0] % hop[1] * n_out * depth
        stop += each
        rest += more
        if rest >= m:
            rest -= m
            stop += 1
        for _ in range(p, min(T, stop)):
            row = xor_rows(
                load_row(mine, source + number_at(reads, i)), load_row(mine, source + number_at(reads, i + 1))
            )
            if depth == 3:
                row = xor_rows(row, load_row(mine, source + number_at(reads, i + 2)))
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
def write_alike(piece, steps, m, n_in, rotation, hop, reads, depth, mine, out, stream):
    """As `write_few`, for any number of reads."""
    T, multiplier, base = piece[0], piece[3], piece[6] >> 6
    n_out = len(reads) // (depth * hop[1])
    each, more = n_in * T // m, n_in * T % m
    p = y = turn = stop = rest = 0
    for t in range(steps):
        source = t * hop[0] // hop[1] * hop[2] * 8
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
def write_some(piece, steps, m, n_in, rotation, hop, reads, starts, mine, raw, out, stream):
    """Write the wanted rows of a segment, checked against the end of `out`."""
    T, multiplier, low, high, base = piece[0], piece[3], piece[4], piece[5], piece[6] >> 6
    n_out = (len(starts) - 1) // hop[1]
    p = y = turn = 0
    for t in range(steps):
        source = t * hop[0] // hop[1] * hop[2] * 8
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
def fill_wide(octets, pieces, order, settings, nodes, taps, hop, reads, depth, starts, raw, rows, tables, out, stream):
    """Write rows of 512 lanes of some segments, packed.

    Args:
        octets: uint8, the stored seeds of the plane.
        pieces: int64 (segments, 7): T, n, the first stored bit, the row multiplier, the first weight row wanted and the
            end, and the bit of `out` that is the segment's first weight's.
        order: spread, rotation.
        settings: n_in, kind, group, reach, lead, see `xoropt.codec.program`.
        nodes, taps: the nodes, see there; in rows of `rows`.
        hop: the first source of step t is t·hop[0] // hop[1] · hop[2].
        reads, starts: the sources of each network row, relative to that, in words, int32: reads[starts[j]] …
            reads[starts[j + 1] − 1]; as many lists of rows, one after another, as a step can begin at places in its
            group.
        depth: the reads of each network row, where all have equally many; 0 otherwise.
        raw, rows, tables: scratch.
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
        m = seed_rows(octets, first, n, 512, spread, raw, rows)
        steps = (m + n_in - 1) // n_in
        wide_sources(rows, m, steps, settings, nodes, taps, tables)
        mine = tables if kind == TABLES else rows
        if depth == 0 or low > 0 or high < T or base + T * 8 > len(out):
            write_some(pieces[s], steps, m, n_in, rotation, hop, reads, starts, mine, raw, out, stream)
        elif depth == 2 or depth == 3:
            write_few(pieces[s], steps, m, n_in, rotation, hop, reads, depth, mine, out, stream)
        else:
            write_alike(pieces[s], steps, m, n_in, rotation, hop, reads, depth, mine, out, stream)
    fence()
