"""Compiled loops for rows of 512 lanes, one machine vector each.

A *source* is a row of lanes that outputs read: a seed row itself, a node of a staged network, or, for dense windows,
one of the 2^g exclusive ors of g neighbouring seed rows (Arlazarov, Dinic, Kronrod, Faradžev 1970: the four Russians'
tables). The sources of a whole segment are made first, 0.1 MB or so that stay in the processor's cache; each output row
is the exclusive or of a few of them, turned, and written to its place.
"""

import numpy as np
from numba import njit

from xoropt.codec.compiled.evaluation_plan import TABLES, PlacedPlan
from xoropt.codec.compiled.kernels import seed_rows
from xoropt.codec.compiled.vectors import (
    add_rows,
    equal_words,
    load_row,
    store_row,
    stream_row,
    turn_row,
    xor_rows,
)
from xoropt.common.words.vectors import expect, fence, number_at

__all__ = ["fill_lanes512"]

ZERO = np.uint64(0)


@njit(nogil=True, cache=True)
def turn_rows(rows, start, before, count, stride):
    """Rows start, start + stride, … = those so many rows before them, one lane further on; `count` of them."""
    further = equal_words(-1)
    at = start * 8
    for _ in range(count):
        store_row(rows, at, turn_row(load_row(rows, at - before * 8), further))
        at += stride * 8


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
def combine_rings(rows, span, stride, m, taps, first, end, to):
    """As `combine_rows`, for a whole ring: of the `span` rows of a region only m are there, beyond which come the first
    ones again, one lane further on. For two taps or more: `flatten` leaves no node that repeats another."""
    steps = m // stride
    tap = number_at(taps, first)
    a, p = tap, tap % span // m
    for i in range(first + 1, end):
        tap = number_at(taps, i)
        b, q = tap, tap % span // m
        t = 0
        while t < steps:  # as long as both turn as far
            stop_a, stop_b = (p + 1) * m - a % span, (q + 1) * m - b % span
            stop = min(steps, (min(stop_a, stop_b) + stride - 1) // stride)
            by_p, by_q = equal_words(-p), equal_words(-q)
            at = t * stride
            from_a, from_b, out = (a - p * m + at) * 8, (b - q * m + at) * 8, (to + at) * 8
            for _ in range(t, stop):
                row = load_row(rows, from_a)
                row = turn_row(row, by_p) if p else row
                row = xor_rows(row, turn_row(load_row(rows, from_b), by_q))
                store_row(rows, out, row)
                from_a += stride * 8
                from_b += stride * 8
                out += stride * 8
            t = stop
            p += 1 if t * stride >= stop_a else 0
            q += 1 if t * stride >= stop_b else 0
        a = to
        p = 0


@njit(nogil=True, cache=True)
def lanes512_sources(rows, m, steps, plan, tables):
    """Make the sources of a segment of m seed rows in `steps` steps from its seeds, the first of `rows`.

    Seed rows beyond the m-th are the first ones again, one lane further on; so are nodes, where n_in divides m. Then
    only those that outputs read are made.
    """
    n_in, kind, group, nodes, taps = plan.n_in, plan.kind, plan.group, plan.nodes, plan.taps
    ring = m == steps * n_in
    stop = (steps - 1) * n_in + (plan.near if ring else plan.lead)
    if kind == TABLES:
        stop += -stop % group
    turn_rows(rows, m, m, stop - m, 1)
    if kind != TABLES:
        for v in range(len(nodes)):
            to, ahead, close, first, end = nodes[v, 0], nodes[v, 1], nodes[v, 2], nodes[v, 3], nodes[v, 4]
            if ring:
                combine_rings(rows, plan.span, n_in, m, taps, first, end, to)
                turn_rows(rows, to + m, m, close, n_in)
            else:
                combine_rows(rows, n_in, steps + ahead, taps, first, end, to)
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
def put_row(out, at, row, stream, soon):
    """Write a row; if not past the caches, have the one brought there that is written a segment later."""
    if stream:
        stream_row(out, at, row)
    else:
        expect(out, soon)
        store_row(out, at, row)


@njit(nogil=True, cache=True)
def rows_of_step(each, left, m, rest, most):
    """The rows of the next step, and `rest` after it: `each` and, whenever `left` of every step add up to m, another;
    `most` at most."""
    rest += left
    more = 1 if rest >= m else 0
    return min(most, each + more), rest - m * more


@njit(nogil=True, cache=True)
def place_after(at, forth, back, begin):
    """Where the next row is written: `forth` further on, or that minus the length of the segment, `back`, if it still
    lies behind its beginning."""
    lower = at + back
    return lower if lower >= begin else at + forth


@njit(nogil=True, cache=True)
def source_after(source, phase, hops, further, phases, unit):
    """The first source of the next step, and which of the `phases` places in its group that is: `hops` on, and another
    group, `unit` words, whenever `further` places of every step add up to one."""
    source += hops
    phase += further
    if phase >= phases:
        return source + unit, phase - phases
    return source, phase


@njit(nogil=True, cache=True)
def put_end(out, at, row, raw):
    """Write as much of a row as `out` has room for; `raw`: scratch, eight words."""
    store_row(raw, 0, row)
    for k in range(len(out) - at):
        out[at + k] = raw[k]


@njit(nogil=True, cache=True)
def write_all(piece, steps, m, rotation, plan, mine, out, stream):
    """Write all rows of a segment whose network rows have `depth` reads each.

    Args:
        piece: of `pieces`, see `fill_lanes512`.
        steps, m: the steps that the segment makes, its seed rows.
        rotation, plan, out, stream: as for `fill_lanes512`.
        mine: uint64, the sources.
    """
    n_in, hop, reads, depth = plan.n_in, plan.hop, plan.reads, plan.depth
    T, begin = piece[0], piece[6] >> 6
    forth = piece[3] * 8
    back = forth - T * 8
    n_out = len(reads) // (depth * hop[1])
    each, left = n_in * T // m, n_in * T % m
    hops, further = hop[0] // hop[1] * hop[2] * 8, hop[0] % hop[1]
    source = phase = start = 0
    turns, step = equal_words(0), equal_words(rotation)
    at, done, rest = begin, 0, 0
    soon = begin + T * 8
    for _ in range(steps):
        count, rest = rows_of_step(each, left, m, rest, T - done)
        done += count
        end = start + count * depth
        if depth == 2:
            for k in range(start, end, 2):
                a, b = number_at(reads, k), number_at(reads, k + 1)
                row = xor_rows(load_row(mine, source + a), load_row(mine, source + b))
                put_row(out, at, turn_row(row, turns), stream, soon)
                soon += 8
                at = place_after(at, forth, back, begin)
                turns = add_rows(turns, step)
        else:
            i, even = start, 1 - (depth & 1)
            while i < end:  # `while`: numba counts the turns of a range first, which takes as long as one
                row = load_row(mine, source + number_at(reads, i))
                if even:
                    row = xor_rows(row, load_row(mine, source + number_at(reads, i + 1)))
                k = i + 1 + even
                i += depth
                while k < i:
                    a, b = number_at(reads, k), number_at(reads, k + 1)
                    row = xor_rows(row, xor_rows(load_row(mine, source + a), load_row(mine, source + b)))
                    k += 2
                put_row(out, at, turn_row(row, turns), stream, soon)
                soon += 8
                at = place_after(at, forth, back, begin)
                turns = add_rows(turns, step)
        if further:  # a branch of its own: otherwise the loop above takes longer
            source, phase = source_after(source, phase, hops, further, hop[1], hop[2] * 8)
            start = phase * n_out * depth
        else:
            source += hops


@njit(nogil=True, cache=True)
def write_some(piece, steps, m, rotation, plan, mine, raw, out, stream):
    """Write the wanted rows of a segment, checked against the end of `out`; arguments as for `write_all`."""
    n_in, hop, reads, starts = plan.n_in, plan.hop, plan.reads, plan.starts
    T, multiplier, low, high, base = piece[0], piece[3], piece[4], piece[5], piece[6] >> 6
    n_out = (len(starts) - 1) // hop[1]
    each, left = n_in * T // m, n_in * T % m
    hops, further = hop[0] // hop[1] * hop[2] * 8, hop[0] % hop[1]
    source = phase = 0
    turns, step = equal_words(0), equal_words(rotation)
    y = done = rest = 0
    for _ in range(steps):
        count, rest = rows_of_step(each, left, m, rest, T - done)
        done += count
        for j in range(phase * n_out, phase * n_out + count):
            if low <= y < high:
                k, end = number_at(starts, j), number_at(starts, j + 1)
                row = load_row(mine, source + number_at(reads, k))
                k += 1
                while k < end:
                    row = xor_rows(row, load_row(mine, source + number_at(reads, k)))
                    k += 1
                row, at = turn_row(row, turns), base + y * 8
                if at + 8 > len(out):
                    put_end(out, at, row, raw)
                else:
                    put_row(out, at, row, stream, at)
            y = place_after(y, multiplier, multiplier - T, 0)
            turns = add_rows(turns, step)
        source, phase = source_after(source, phase, hops, further, hop[1], hop[2] * 8)


@njit(nogil=True, cache=True)
def fill_lanes512(octets, pieces, order, placed, scratch, out, stream):
    """Write rows of 512 lanes of some segments, packed.

    Args:
        octets: uint8, the stored seeds of the plane.
        pieces: int64 (segments, 7): T, n, the first stored bit, the row multiplier, the first weight row wanted and the
            end, and the bit of `out` that is the segment's first weight's.
        order: spread, rotation.
        placed: the values of a `PlacedPlan`, for rows of eight words.
        scratch: uint64 arrays for the stored bits, for rows of seeds and nodes, and for tables.
        out: uint64, at a multiple of 64 bytes where `stream` is set; the last row may reach beyond its end.
        stream: write past the caches.
    """
    spread, rotation = order
    plan = PlacedPlan(*placed)
    raw, rows, tables = scratch
    n_in, kind = plan.n_in, plan.kind
    for s in range(len(pieces)):
        T, n, first, _, low, high, base = pieces[s]
        base >>= 6
        if n == 0:
            out[base + low * 8 : min(base + high * 8, len(out))] = ZERO
            continue
        m = seed_rows(octets, first, n, 512, spread, raw, rows)
        steps = (m + n_in - 1) // n_in
        lanes512_sources(rows, m, steps, plan, tables)
        mine = tables if kind == TABLES else rows
        if plan.depth == 0 or low > 0 or high < T or base + T * 8 > len(out):
            write_some(pieces[s], steps, m, rotation, plan, mine, raw, out, stream)
        else:
            write_all(pieces[s], steps, m, rotation, plan, mine, out, stream)
    fence()
