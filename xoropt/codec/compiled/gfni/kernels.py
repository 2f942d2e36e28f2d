"""Compiled loops for dense networks in rows of 512 lanes: an instruction makes 8 outputs of 64 lanes from 8 seed rows.

GF2P8AFFINEQB multiplies, in each of eight words, eight vectors of eight bits by a matrix over GF(2). The matrices are
seed bits: a row for each of eight lanes, a column for each of eight seed rows. The vectors are the taps of eight
outputs, the same in every word. So each product is eight lanes of an output, and only whole bytes remain to be moved to
their places. The seed rows of a segment are made into matrices once, in place.
"""

import numpy as np
from numba import njit

from xoropt.codec.compiled.gfni.vectors import high_octets, low_octets, multiply_octets
from xoropt.codec.compiled.kernels import piece_of, seed_rows, segment_of
from xoropt.codec.compiled.lanes512.kernels import (
    place_after,
    put_end,
    put_row,
    rows_of_step,
    source_after,
    turn_rows,
)
from xoropt.codec.compiled.vectors import add_rows, equal_words, load_row, store_row, turn_row, xor_rows
from xoropt.common.words.vectors import fence, number_at

__all__ = ["fill_gfni"]

ZERO = np.uint64(0)
MIRROR = 0x0102040810204080
"""The vectors 2^7, … 2^0. Their products with a matrix are the matrix, mirrored at its second diagonal."""


@njit(nogil=True, cache=True)
def load_eight(words, at):
    """Load eight rows from word `at` on."""
    return (
        load_row(words, at),
        load_row(words, at + 8),
        load_row(words, at + 16),
        load_row(words, at + 24),
        load_row(words, at + 32),
        load_row(words, at + 40),
        load_row(words, at + 48),
        load_row(words, at + 56),
    )


@njit(nogil=True, cache=True)
def store_eight(words, at, a, b, c, d, e, f, g, h):
    """Store eight rows from word `at` on."""
    store_row(words, at, a)
    store_row(words, at + 8, b)
    store_row(words, at + 16, c)
    store_row(words, at + 24, d)
    store_row(words, at + 32, e)
    store_row(words, at + 40, f)
    store_row(words, at + 48, g)
    store_row(words, at + 56, h)


@njit(nogil=True, cache=True)
def multiply_eight(vectors, a, b, c, d, e, f, g, h):
    """Multiply the matrices of eight rows by the same vectors."""
    return (
        multiply_octets(vectors, a),
        multiply_octets(vectors, b),
        multiply_octets(vectors, c),
        multiply_octets(vectors, d),
        multiply_octets(vectors, e),
        multiply_octets(vectors, f),
        multiply_octets(vectors, g),
        multiply_octets(vectors, h),
    )


@njit(nogil=True, cache=True)
def shuffle(a, b, c, d, e, f, g, h):
    """Shuffle the bytes of eight rows perfectly, quarter by quarter.

    With r2 r1 r0 the number of a row and i3 i2 i1 i0 a byte's place among the 16 of its quarter, the first of the seven
    bits r2 r1 r0 i3 i2 i1 i0 becomes the last.
    """
    return (
        low_octets(a, e),
        high_octets(a, e),
        low_octets(b, f),
        high_octets(b, f),
        low_octets(c, g),
        high_octets(c, g),
        low_octets(d, h),
        high_octets(d, h),
    )


@njit(nogil=True, cache=True)
def turn_seeds(rows, count):
    """Make matrices of `count` seed rows, in place, eight rows at a time.

    Three shuffles bring eight bytes of the same lanes, one from each seed row, together in a word. Transposing its bits
    makes the word a matrix. Four more shuffles, of the outputs, bring all bytes back to where they were.
    """
    for at in range(0, count * 8, 64):
        eight = shuffle(*shuffle(*shuffle(*load_eight(rows, at))))
        store_eight(rows, at, *multiply_eight(equal_words(MIRROR), *eight))


@njit(nogil=True, inline="always")  # eight rows don't fit into the registers of a call
def outputs(taps, i, end, rows, at):
    """Make eight outputs with taps[i : end] from the rows of matrices from word `at` of `rows` on."""
    a, b, c, d, e, f, g, h = multiply_eight(equal_words(number_at(taps, i)), *load_eight(rows, at))
    i += 1
    at += 64
    if (end - i) & 1:
        aa, bb, cc, dd, ee, ff, gg, hh = multiply_eight(equal_words(number_at(taps, i)), *load_eight(rows, at))
        a, b, c, d = xor_rows(a, aa), xor_rows(b, bb), xor_rows(c, cc), xor_rows(d, dd)
        e, f, g, h = xor_rows(e, ee), xor_rows(f, ff), xor_rows(g, gg), xor_rows(h, hh)
        i += 1
        at += 64
    while i < end:  # two at once, since an XOR of three is one instruction
        aa, bb, cc, dd, ee, ff, gg, hh = multiply_eight(equal_words(number_at(taps, i)), *load_eight(rows, at))
        a3, b3, c3, d3, e3, f3, g3, h3 = multiply_eight(equal_words(number_at(taps, i + 1)), *load_eight(rows, at + 64))
        a, b = xor_rows(a, xor_rows(aa, a3)), xor_rows(b, xor_rows(bb, b3))
        c, d = xor_rows(c, xor_rows(cc, c3)), xor_rows(d, xor_rows(dd, d3))
        e, f = xor_rows(e, xor_rows(ee, e3)), xor_rows(f, xor_rows(ff, f3))
        g, h = xor_rows(g, xor_rows(gg, g3)), xor_rows(h, xor_rows(hh, h3))
        i += 2
        at += 128
    return shuffle(*shuffle(*shuffle(*shuffle(a, b, c, d, e, f, g, h))))


@njit(nogil=True, cache=True)
def write_whole(piece, steps, m, network, rotation, taps, rows, out, stream):
    """Write all rows of a segment; arguments as for `fill_gfni`."""
    T, begin = piece[0], piece[6] >> 6
    forth = piece[3] * 8
    back = forth - T * 8
    n_in, groups, hops, phases = network
    length = len(taps) // phases
    each, left = n_in * T // m, n_in * T % m
    source = phase = start = done = rest = 0
    turns, step = equal_words(0), equal_words(rotation)
    at, soon = begin, begin + T * 8
    for _ in range(steps):
        count, rest = rows_of_step(each, left, m, rest, T - done)
        done += count
        i = start
        while count > 0:
            a, b, c, d, e, f, g, h = outputs(taps, i, i + groups, rows, source)
            i += groups
            r = 0
            while True:  # eight times at most: the compiler writes them out
                put_row(out, at, turn_row(a, turns), stream, soon)
                soon += 8
                at = place_after(at, forth, back, begin)
                turns = add_rows(turns, step)
                count -= 1
                r += 1
                if r == 8 or count == 0:
                    break
                a, b, c, d, e, f, g = b, c, d, e, f, g, h
        source, phase = source_after(source, phase, hops // phases * 64, hops % phases, phases, 64)
        start = phase * length


@njit(nogil=True, cache=True)
def write_part(piece, steps, m, network, rotation, taps, rows, raw, out, stream):
    """Write the wanted rows of a segment, up to the end of `out`; arguments as for `fill_gfni`."""
    T, multiplier, low, high, base = piece[0], piece[3], piece[4], piece[5], piece[6] >> 6
    n_in, groups, hops, phases = network
    length = len(taps) // phases
    each, left = n_in * T // m, n_in * T % m
    source = phase = done = rest = 0
    turned = y = 0
    for _ in range(steps):
        count, rest = rows_of_step(each, left, m, rest, T - done)
        done += count
        i = phase * length
        while count > 0:
            some, following = False, y
            for _ in range(min(8, count)):
                some |= low <= following < high
                following = place_after(following, multiplier, multiplier - T, 0)
            if some:
                eight = outputs(taps, i, i + groups, rows, source)
                store_eight(raw, 0, *eight)
                for r in range(min(8, count)):
                    if low <= y < high:
                        row, at = turn_row(load_row(raw, r * 8), equal_words(turned + r * rotation)), base + y * 8
                        if at + 8 > len(out):
                            put_end(out, at, row, raw)  # row 0 of `raw` is not needed any more
                        else:
                            put_row(out, at, row, stream, at)
                    y = place_after(y, multiplier, multiplier - T, 0)
            y = following
            turned += 8 * rotation
            i += groups
            count -= 8
        turned += count * rotation  # count is 0 or less: the last eight were fewer
        source, phase = source_after(source, phase, hops // phases * 64, hops % phases, phases, 64)


@njit(nogil=True, cache=True)
def fill_gfni(octets, table, wanted, order, network, taps, raw, rows, out, stream):
    """Write rows of 512 lanes of some segments, packed.

    Args:
        octets, table, wanted, order, out, stream: as for `xoropt.codec.compiled.lanes512.kernels.fill_lanes512`.
        network: n_in, groups and both numbers of hop of a `GfniPlan`.
        taps: its taps.
        raw, rows: working memory for the stored bits, and for seed rows.
    """
    spread, rotation = order
    n_in, groups, hops, phases = network
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
        stop = ((steps - 1) * hops // phases + groups) * 8
        turn_rows(rows, m, m, stop - m, 1)
        turn_seeds(rows, stop)
        if low > 0 or high < T or base + T * 8 > len(out):
            write_part(piece, steps, m, network, rotation, taps, rows, raw, out, stream)
        else:
            write_whole(piece, steps, m, network, rotation, taps, rows, out, stream)
    fence()
