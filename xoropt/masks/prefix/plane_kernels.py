"""Compiled loops that bring the codewords of groups into the order of their plane."""

import numpy as np
from numba import njit

__all__ = ["place_codewords"]

ONE = np.uint64(1)
SIDE = 64


@njit(nogil=True, cache=True)
def place_codewords(symbols, across, row_class, column_class, code_of_pair, words, lengths, form, bits, care):
    """Write the plane of codewords, and which of its bits matter, as packed bits.

    Tile t of a band of T tiles holds the groups t, t + T, t + 2·T … of the band, and of each of them output after
    output.

    Args:
        symbols: uint16 (groups,).
        across: groups of a row.
        row_class, column_class: int64, of rows and of columns of groups.
        code_of_pair: int64 (row classes, column classes).
        words: uint32 (codes, 2^G), the codewords, their first bits highest of L bits.
        lengths: uint8 (codes, 2^G).
        form: L, T and the groups of a tile, a multiple of 64.
        bits, care: out, uint64 (bands·T, L, groups of a tile / 64).
    """
    outputs, band_tiles, tile = form
    word, known = np.empty(SIDE, dtype=np.uint32), np.empty(SIDE, dtype=np.uint32)
    all_ones = np.uint32((1 << outputs) - 1)
    for t in range(bits.shape[0]):
        first = t // band_tiles * band_tiles * tile + t % band_tiles
        for part in range(tile // SIDE):
            for k in range(SIDE):
                g = first + (part * SIDE + k) * band_tiles
                word[k] = known[k] = 0
                if g < len(symbols):
                    row = g // across
                    code = code_of_pair[row_class[row], column_class[g - row * across]]
                    word[k] = words[code, symbols[g]]
                    known[k] = all_ones & ~(all_ones >> np.uint32(lengths[code, symbols[g]]))
            for place in range(outputs):
                shift = np.uint32(outputs - 1 - place)
                ones, cares = np.uint64(0), np.uint64(0)
                for k in range(SIDE):
                    ones |= np.uint64((word[k] >> shift) & np.uint32(1)) << np.uint64(k)
                    cares |= np.uint64((known[k] >> shift) & np.uint32(1)) << np.uint64(k)
                bits[t, place, part] = ones
                care[t, place, part] = cares
