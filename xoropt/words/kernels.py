"""Compiled loops over packed bits."""

import numpy as np
from numba import njit

from xoropt.words.vectors import word_at

__all__ = ["put_bits"]

ONE = np.uint64(1)


@njit(nogil=True, cache=True)
def put_bits(source, at, count, out, to):
    """Bits to … to + count − 1 of `out` = bits at … at + count − 1 of `source`, which has a word beyond these.

    What comes after them in their last word is overwritten, too.
    """
    if count <= 0:
        return
    first, low = to >> 6, np.uint64(to & 63)
    out[first] = (out[first] & ((ONE << low) - ONE)) | (word_at(source, at) << low)
    at += 64 - (to & 63)
    for i in range(first + 1, ((to + count - 1) >> 6) + 1):
        out[i] = word_at(source, at)
        at += 64
