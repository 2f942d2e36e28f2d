"""Compiled loops of the mask codecs."""

import numpy as np
from numba import njit

from xoropt.codec.weights.vectors import mark, store_tile, zero_tile

__all__ = ["unpack_groups"]


@njit(nogil=True, cache=True)
def unpack_groups(
    words, tiles, form, first, row_class, column_class, code_of, near, limits, before, symbols, values, out, start
):
    """Look up the groups of a band of a prefix-coded mask (see `xoropt.masks.prefix`) and write their bits.

    Args:
        words: uint64, the band's outputs: (tiles, L, 8) words.
        form: rows, columns, G, L.
        first: the band's first group.
        row_class, column_class: uint8, of every row and every column of groups.
        code_of: uint8 (row classes, column classes).
        near: uint32 (codes, 2^12): for every beginning of a value its symbol and, from bit 16 on, the codeword's
            length; 0 where the codeword is longer.
        limits: int64 (codes, L + 1): values below which codewords have at most so many bits.
        before: int64 (codes, L + 1): symbols whose codewords are shorter.
        symbols: uint16 (codes, 2^G), in the order of their codewords.
        values: scratch, 64 uint32.
        out: uint64, zeros, with a word after the last weight's; weight w at bit w − start.
    """
    rows, columns, size, length = form
    across = (columns + size - 1) // size
    for t in range(tiles):
        group = first + t
        r, c = group // across, group % across
        down, along = tiles // across, tiles % across
        for j in range(8):
            if r >= rows:
                break
            tile = zero_tile(values)
            for i in range(length):
                tile = mark(tile, words[(t * length + i) * 8 + j], 1 << (length - 1 - i))
            store_tile(values, 0, tile)
            for k in range(64):
                if r >= rows:
                    break
                code = code_of[row_class[r], column_class[c]]
                value = np.int64(values[k])
                entry = near[code, value >> (length - 12)]
                if entry == 0:
                    n = 13
                    while value >= limits[code, n]:
                        n += 1
                    at = before[code, n] + ((value - limits[code, n - 1]) >> (length - n))
                    entry = np.uint32(symbols[code, at])
                kept = min(size, columns - c * size)
                symbol = np.uint64(entry & 0xFFFF) & np.uint64((1 << kept) - 1)
                w = r * columns + c * size - start
                out[w >> 6] |= symbol << np.uint64(w & 63)
                out[(w >> 6) + 1] |= (symbol >> np.uint64(1)) >> np.uint64(~w & 63)
                r += down
                c += along
                if c >= across:
                    c -= across
                    r += 1
