"""Compiled loops for prefix-coded masks."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.vectors import leading_zeros, number_at
from xoropt.codec.weights.vectors import choose, mark, store_tile, zero_tile
from xoropt.masks.prefix.vectors import find_places, join_tiles

__all__ = ["place_groups", "unpack_groups"]

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(nogil=True, cache=True)
def unpack_groups(words, tiles, length, codes, bases, shifts, symbols, octets, values, out):
    """Look up the groups of a band of a prefix-coded mask (see `xoropt.masks.prefix`).

    Args:
        words: uint64, the band's outputs: (tiles, L, 8) words.
        length: L, 16 to 24.
        codes: uint8, of each group; not read when there is one code only.
        bases, shifts: uint32 (32·codes,); symbols: uint16: the codes' tables, see `xoropt.masks.prefix.lookup`.
        octets, values: scratch, 64 uint8 and 64 uint32.
        out: uint16 (512·tiles,), the symbol of each group.
    """
    for b in range(8 * tiles):
        j, t = b // tiles, b % tiles
        at = t * length * 8 + j
        # What the value lacks of the greatest one: each bit that is set is taken off.
        low = middle = choose(zero_tile(octets), ALL, 255)
        high = choose(zero_tile(octets), ALL, (1 << (length - 16)) - 1)
        for i in range(length - 17, -1, -1):
            high = mark(high, words[at], -1 << i)
            at += 8
        for i in range(7, -1, -1):
            middle = mark(middle, words[at], -1 << i)
            at += 8
        for i in range(7, -1, -1):
            low = mark(low, words[at], -1 << i)
            at += 8
        tile = join_tiles(low, middle, high)
        g = j * 64 * tiles + t
        if len(bases) == 32:
            store_tile(values, 0, find_places(tile, bases, shifts))
            for k in range(64):
                out[g] = number_at(symbols, number_at(values, k))
                g += tiles
            continue
        store_tile(values, 0, tile)
        for k in range(64):
            m = number_at(values, k)
            z = number_at(codes, g) * 32 + (leading_zeros(m) & 31)
            out[g] = number_at(symbols, number_at(bases, z) + (m >> number_at(shifts, z)) & 0xFFFFFFFF)
            g += tiles


@njit(nogil=True, cache=True)
def place_groups(symbols, form, first, out, start):
    """Write groups as bits of a mask.

    Args:
        symbols: uint16, of the groups from `first` on.
        form: rows, columns, G.
        out: uint64, zeros, with a word after the last weight's; weight w at bit w − start.
    """
    rows, columns, size = form
    across = (columns + size - 1) // size
    r, c = first // across, first % across
    for symbol in symbols:
        if r == rows:
            break
        kept = min(size, columns - c * size)
        bits = np.uint64(symbol) & np.uint64((1 << kept) - 1)
        w = r * columns + c * size - start
        out[w >> 6] |= bits << np.uint64(w & 63)
        out[(w >> 6) + 1] |= (bits >> np.uint64(1)) >> np.uint64(~w & 63)
        c += 1
        if c == across:
            c = 0
            r += 1
