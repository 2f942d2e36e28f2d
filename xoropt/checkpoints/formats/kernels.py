"""Compiled loops that take codes of a few bits out of words, and put them in."""

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint32, void

__all__ = ["join_codes", "split_words"]


_WORDS = types.Array(uint32, 2, "C", readonly=True)  # of a file that is mapped into memory
_CODES = types.Array(uint8, 2, "C", readonly=True)


@njit(void(_WORDS, int64, int64, int64, uint8[:, ::1]), cache=True, nogil=True)
def split_words(words, bits, per_word, offset, codes):  # type: ignore[no-untyped-def]
    """Fill `codes` from words.

    Args:
        words: (rows, words), the first code in the lowest bits.
        bits: of a code, 1 to 8.
        per_word: codes of a word, the bits above them unused; 0: codes follow each other without gaps, across words.
        offset: subtracted from each code, modulo 256.
        codes: (rows, columns); filled.
    """
    ones = (1 << bits) - 1
    for r in range(codes.shape[0]):
        at, shift, left = 0, 0, per_word
        for c in range(codes.shape[1]):
            code = np.int64(words[r, at]) >> shift
            if shift + bits > 32:
                code |= np.int64(words[r, at + 1]) << (32 - shift)
            codes[r, c] = ((code & ones) - offset) & 255
            shift += bits
            left -= 1
            if left == 0:
                at, shift, left = at + 1, 0, per_word
            elif shift >= 32:
                at, shift = at + 1, shift - 32


@njit(boolean(_CODES, int64, int64, int64, uint32[:, ::1]), cache=True, nogil=True)
def join_codes(codes, bits, per_word, offset, words):  # type: ignore[no-untyped-def]
    """Fill `words`, all zero before, with codes, as `split_words` reads them.

    Returns:
        Whether every code, with the offset added modulo 256, has no more than so many bits.
    """
    fits = True
    for r in range(codes.shape[0]):
        at, shift, left = 0, 0, per_word
        for c in range(codes.shape[1]):
            code = (np.int64(codes[r, c]) + offset) & 255
            fits = fits and code < (1 << bits)
            words[r, at] |= np.uint32((code << shift) & 0xFFFFFFFF)
            if shift + bits > 32:
                words[r, at + 1] |= np.uint32(code >> (32 - shift))
            shift += bits
            left -= 1
            if left == 0:
                at, shift, left = at + 1, 0, per_word
            elif shift >= 32:
                at, shift = at + 1, shift - 32
    return fits
