"""Compiled loops for rows of 512 lanes: each row is one machine vector.

A *source* is a row of lanes that outputs read: a seed row itself, a node of a staged network, or, for dense networks,
one of the 2^g XORs of g neighbouring seed rows (the tables of the Four Russians: Arlazarov, Dinic, Kronrod, Faradžev
1970). All sources of a segment are made first; they take about 0.1 MB and stay in the processor's cache. Then each
output row is the XOR of a few sources, rotated and written to its place.
"""

import numpy as np
from numba import njit

from xoropt.codec.compiled.evaluation_plan import TABLES, PlacedPlan
from xoropt.codec.compiled.kernels import piece_of, seed_rows, segment_of
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
    """Write rows start, start + stride, …, `count` of them: the rows `before` rows earlier, rotated by one lane."""
    further = equal_words(-1)
    at = start * 8
    for _ in range(count):
        store_row(rows, at, turn_row(load_row(rows, at - before * 8), further))
        at += stride * 8


@njit(nogil=True, cache=True)
def combine_rows(rows, stride, steps, taps, first, end, to):
    """Write rows to + t·stride, t = 0 … steps − 1: the XOR of rows t·stride + taps[i], i = first … end − 1."""
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
    """Combine rows as `combine_rows` does, for a whole ring and at least two taps.

    Of the `span` rows of a region only the first m are there; beyond them come the first ones again, rotated by a lane.
    A node has two taps or more, since `flatten` leaves none that repeats another.
    """
    steps = m // stride
    tap = number_at(taps, first)
    a, p = tap, tap % span // m
    for i in range(first + 1, end):
        tap = number_at(taps, i)
        b, q = tap, tap % span // m
        t = 0
        while t < steps:  # in pieces, in which neither rotation changes
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
    """Make the sources of a segment from its m seed rows, which are the first of `rows`.

    Seed rows beyond these are the first ones again, rotated by a lane. Where n_in divides m, nodes repeat in the same
    way, and only those that outputs read are made beyond the last step.
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
    """Write a row; without streaming stores, also prefetch the line at `soon`, which is written a segment later."""
    if stream:
        stream_row(out, at, row)
    else:
        expect(out, soon)
        store_row(out, at, row)


@njit(nogil=True, cache=True)
def rows_of_step(each, left, m, rest, most):
    """Return the rows of the next step, at most `most`, and `rest` after it.

    A step has `each` rows, and one more whenever the `left` of the steps add up to m.
    """
    rest += left
    more = 1 if rest >= m else 0
    return min(most, each + more), rest - m * more


@njit(nogil=True, cache=True)
def place_after(at, forth, back, begin):
    """Return where the next row is written: `forth` further on, or, beyond the end of the segment, one length less.

    `back` is `forth` minus the length of the segment, which begins at `begin`.
    """
    lower = at + back
    return lower if lower >= begin else at + forth


@njit(nogil=True, cache=True)
def source_after(source, phase, hops, further, phases, unit):
    """Return the first source of the next step, and its phase: its place in its group, out of `phases`.

    It is `hops` words further on, and another group, `unit` words, whenever the `further` phases of the steps add up
    to one.
    """
    source += hops
    phase += further
    if phase >= phases:
        return source + unit, phase - phases
    return source, phase


@njit(nogil=True, cache=True)
def put_end(out, at, row, raw):
    """Write as much of a row as `out` has room for; `raw` is working memory, eight words."""
    store_row(raw, 0, row)
    for k in range(len(out) - at):
        out[at + k] = raw[k]


@njit(nogil=True, cache=True)
def write_all(piece, steps, m, rotation, plan, mine, out, stream):
    """Write all rows of a segment, for network rows with `depth` reads each.

    Args:
        piece: what `piece_of` returned.
        steps, m: steps and seed rows of the segment.
        rotation: lanes by which each row is rotated more than the row before.
        plan: the plan of the network.
        mine: uint64, the sources.
        out, stream: as for `fill_lanes512`.
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
            while i < end:  # not `range`: numba counts its iterations first, which takes as long as one of them
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
        if further:  # a branch of its own, without which the loop above takes longer
            source, phase = source_after(source, phase, hops, further, hop[1], hop[2] * 8)
            start = phase * n_out * depth
        else:
            source += hops


@njit(nogil=True, cache=True)
def write_some(piece, m, rotation, plan, mine, raw, out, stream):
    """Write the wanted rows of a segment, one weight row after the other, up to the end of `out`.

    Weight row y is stream row p = y·a⁻¹ mod T. With D = n_in·T, step s = ⌊((p + 1)·m − 1) / D⌋ makes it, by row
    j = ⌊r / m⌋ of the network, where r is the remainder. From row to row, p and r grow by a constant modulo T and D, so
    that nothing is divided.

    Args:
        piece, m, rotation, plan, mine, out, stream: as for `write_all`.
        raw: working memory, eight words.
    """
    n_in, hop, reads, starts, depth = plan.n_in, plan.hop, plan.reads, plan.starts, plan.depth
    T, low, high, base, forth, p = piece[0], piece[4], piece[5], piece[6] >> 6, piece[7], piece[8]
    D, n_out = n_in * T, (len(starts) - 1) // hop[1]
    made = (p + 1) * m - 1
    s, r = made // D, made % D
    j, f = r // m, r % m
    on, over = forth * m, (forth - T) * m  # how far the stream moves, and where it begins again
    s0, j0, f0 = on // D, on % D // m, on % D % m
    s1, j1, f1 = over // D, over % D // m, over % D % m
    whole, rest = D // m, D % m
    unit, single = hop[0] * hop[2] * 8, hop[1] == 1
    end = min(high, (len(out) - base) >> 3)  # beyond these rows, `out` has no room for whole ones
    at = base + low * 8
    for y in range(low, high):
        row_number, source = j, s * unit
        if not single:
            place = s * hop[0]
            source = place // hop[1] * hop[2] * 8
            row_number = j + place % hop[1] * n_out
        if depth == 2:
            k = 2 * row_number
            row = xor_rows(
                load_row(mine, source + number_at(reads, k)), load_row(mine, source + number_at(reads, k + 1))
            )
        else:
            k, stop = number_at(starts, row_number), number_at(starts, row_number + 1)
            row = load_row(mine, source + number_at(reads, k))
            k += 1
            while k < stop:
                row = xor_rows(row, load_row(mine, source + number_at(reads, k)))
                k += 1
        row = turn_row(row, equal_words(p * rotation))
        if y >= end:
            put_end(out, at, row, raw)
        elif stream:
            stream_row(out, at, row)
        else:
            store_row(out, at, row)
        at += 8
        again = p + forth >= T
        p += forth - T if again else forth
        s += s1 if again else s0
        j += j1 if again else j0
        f += f1 if again else f0
        carry = f >= m
        f -= m if carry else 0
        j += 1 if carry else 0
        if j > whole or (j == whole and f >= rest):
            s += 1
            j -= whole
            f -= rest
            if f < 0:
                f += m
                j -= 1


@njit(nogil=True, cache=True)
def fill_lanes512(octets, table, wanted, order, placed, scratch, out, stream):
    """Write rows of 512 lanes of some segments, packed.

    Args:
        octets: uint8, the stored seed bits of the plane.
        table, wanted: the segments, and the wanted rows, see `piece_of`.
        order: spread and rotation of the stream order.
        placed: the values of a `PlacedPlan`, for rows of eight words.
        scratch: working memory, uint64, for the stored bits, for rows of seeds and nodes, and for tables, and the
            words at which the first two end.
        out: uint64, at a multiple of 64 bytes where `stream` is set; the last row may reach beyond its end.
        stream: whether to use streaming stores, which bypass the caches.
    """
    spread, rotation = order
    plan = PlacedPlan(*placed)
    spare, raw_end, rows_end = scratch
    raw, rows, tables = spare[:raw_end], spare[raw_end:rows_end], spare[rows_end:]
    n_in, kind = plan.n_in, plan.kind
    for s in range(segment_of(table, wanted[0]), len(table)):
        if table[s, 5] >= wanted[1]:
            break
        piece = piece_of(table, s, 512, wanted)
        T, n, first, _, low, high, base, _, _ = piece
        base >>= 6
        if n == 0:
            out[base + low * 8 : min(base + high * 8, len(out))] = ZERO
            continue
        m = seed_rows(octets, first, n, 512, spread, raw, rows)
        steps = (m + n_in - 1) // n_in
        lanes512_sources(rows, m, steps, plan, tables)
        mine = tables if kind == TABLES else rows
        if plan.depth == 0 or low > 0 or high < T or base + T * 8 > len(out):
            write_some(piece, m, rotation, plan, mine, raw, out, stream)
        else:
            write_all(piece, steps, m, rotation, plan, mine, out, stream)
    fence()
