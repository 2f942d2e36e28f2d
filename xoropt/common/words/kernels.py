"""Compiled loops over packed bits."""

import numpy as np
from numba import njit

from xoropt.common.words.vectors import word_at

__all__ = ["first_from", "flip_bits", "put_bits"]

ONE = np.uint64(1)


@njit(nogil=True, cache=True)
def put_bits(source, at, count, out, to):
    """Copy bits at … at + count − 1 of `source` to bits to … to + count − 1 of `out`.

    `source` must have one more word than these bits need. The rest of the last word of `out` that they reach is
    overwritten, too.
    """
    if count <= 0:
        return
    first, low = to >> 6, np.uint64(to & 63)
    out[first] = (out[first] & ((ONE << low) - ONE)) | (word_at(source, at) << low)
    at += 64 - (to & 63)
    words, inner, shift = out[first + 1 : (to + count + 63) >> 6], source[at >> 6 :], np.uint64(at & 63)
    for i in range(len(words)):  # which numba knows not to be negative
        words[i] = (inner[i] >> shift) | (inner[i + 1] << ONE << (np.uint64(63) - shift))


@njit(nogil=True, cache=True)
def first_from(at, least):
    """Return the index of the first of the ascending places `at` that is `least` or more."""
    low, high = 0, len(at)
    while low < high:
        middle = (low + high) >> 1
        if at[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@njit(nogil=True, cache=True)
def flip_bits(words, at, first, stop, origin):
    """Flip the bits at those of the ascending places `at` that lie in first … stop − 1.

    Bit 0 of `words` is the place `origin`.
    """
    for k in at[first_from(at, first) : first_from(at, stop)]:
        bit = k - origin
        words[bit >> 6] ^= ONE << np.uint64(bit & 63)
