"""Compiled loops for streams with one lane: steps whose outputs are the exclusive or of table entries."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.kernels import funnel, read_octets

__all__ = ["fill_steps"]

ONE = np.uint64(1)
ZERO = np.uint64(0)


@njit(nogil=True, cache=True)
def fill_steps(octets, first, n, steps, n_in, window, n_out, tables, group, width, raw, row, out, at):
    """Write the outputs of some steps of a network with one lane, step after step.

    Args:
        octets: uint8, the stored seeds of the plane.
        first, n: the first step's first bit, and how many bits there are from it on.
        tables: uint64, for every `group` bits of the window and each of their values what a step's outputs are, in
            `width` words, 4 at least; a step's outputs are the exclusive or of one entry for each group.
        raw: scratch for 64 kbit of seeds and a window.
        row: scratch for a step's outputs.
        out: uint64, with room for a whole step's words after the last.
        at: the bit of `out` to begin at.
    """
    groups = len(tables) // width >> group
    words = (n_out + 63) >> 6
    chunk = max(1, (1 << 16) // n_in)
    select = (1 << group) - 1
    carry = out[at >> 6] & ((ONE << np.uint64(at & 63)) - ONE)  # bits of the last word that are not written yet
    for begin in range(0, steps, chunk):
        skip = begin * n_in
        read_octets(octets, first + skip, min(n - skip, (chunk - 1) * n_in + window), raw)
        seed = (first + skip) & 7
        for _ in range(begin, min(steps, begin + chunk)):
            shift = np.uint64(at & 63)
            rest = np.uint64(63) - shift
            to = at >> 6
            at += n_out
            done = (at >> 6) - to
            entry = 0
            if width == 4:
                a = b = c = d = ZERO
                for g in range(groups):
                    k = entry + (np.int64(funnel(raw, seed + g * group)) & select) * 4
                    a ^= tables[k]
                    b ^= tables[k + 1]
                    c ^= tables[k + 2]
                    d ^= tables[k + 3]
                    entry += 4 << group
                e = (d >> ONE) >> rest
                d = ((c >> ONE) >> rest) | (d << shift)
                c = ((b >> ONE) >> rest) | (c << shift)
                b = ((a >> ONE) >> rest) | (b << shift)
                a = carry | (a << shift)
                out[to] = a
                if words > 1:
                    out[to + 1] = b
                if words > 2:
                    out[to + 2] = c
                if words > 3:
                    out[to + 3] = d
                carry = a if done == 0 else b if done == 1 else c if done == 2 else d if done == 3 else e
            else:
                row[:] = ZERO
                for g in range(groups):
                    k = entry + (np.int64(funnel(raw, seed + g * group)) & select) * width
                    for i in range(width):
                        row[i] ^= tables[k + i]
                    entry += width << group
                word = carry
                for i in range(words):
                    word = carry | (row[i] << shift)
                    out[to + i] = word
                    carry = (row[i] >> ONE) >> rest
                if done < words:
                    carry = word
            seed += n_in
    if at & 63:
        out[at >> 6] = carry
