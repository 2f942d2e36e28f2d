"""Compiled loops for streams with one lane: steps whose outputs are the exclusive or of table entries."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.kernels import read_octets
from xoropt.codec.compiled.vectors import lift_row, load_row, only_word, store_row, xor_rows
from xoropt.common.words.vectors import bits_at

__all__ = ["fill_long_steps", "fill_steps"]

ONE = np.uint64(1)
ZERO = np.uint64(0)


@njit(nogil=True, cache=True)
def begun(row, out, at):
    """What is written already of the word in which bit `at` lies, as the first word of a row; `row`: scratch."""
    row[:8] = ZERO
    if at & 63:
        row[0] = out[at >> 6] & ((ONE << np.uint64(at & 63)) - ONE)
    return load_row(row, 0)


@njit(nogil=True, cache=True)
def store_end(row, made, out, to, end):
    """out[to : end] = the row's first words; `row`: scratch."""
    store_row(row, 0, made)
    for i in range(min(8, end - to)):
        out[to + i] = row[i]


@njit(nogil=True, cache=True)
def fill_steps(octets, first, n, steps, n_in, window, n_out, tables, group, raw, row, out, at, end):
    """Write the outputs of some steps of a network with one lane, step after step.

    Args:
        octets: uint8, the stored seeds of the plane.
        first, n: the first step's first bit, and how many bits there are from it on; the others are 0.
        steps: how many.
        n_in, window, n_out: of a step; n_out at most 448.
        tables: uint64, for every `group` bits of the window and each of their values what a step's outputs are, in 8
            words; a step's outputs are the exclusive or of one entry for each group.
        raw: scratch for 64 kbit of seeds, a window and a word.
        row: scratch, 8 words.
        out: uint64.
        at: the bit of `out` to begin at.
        end: words of `out` that may be written.
    """
    groups = len(tables) >> group + 3
    chunk = max(1, (1 << 16) // n_in)
    select = (1 << group) - 1
    carry = begun(row, out, at)
    for begin in range(0, steps, chunk):
        skip = begin * n_in
        read_octets(octets, first + skip, min(max(n - skip, 0), (chunk - 1) * n_in + window), raw)
        seed = (first + skip) & 7
        for _ in range(begin, min(steps, begin + chunk)):
            made = load_row(tables, (bits_at(raw, seed) & select) * 8)
            entry = 8 << group
            for g in range(1, groups):
                made = xor_rows(made, load_row(tables, entry + (bits_at(raw, seed + g * group) & select) * 8))
                entry += 8 << group
            to = at >> 6
            made = lift_row(made, xor_rows(made, made), at & 63)
            whole = xor_rows(made, carry)
            if to + 8 <= end:
                store_row(out, to, whole)
            else:
                store_end(row, whole, out, to, end)
            at += n_out
            # The carry of before is not in the word that is not full yet, unless a step is shorter than a word.
            carry = only_word(made if n_out >= 64 else whole, (at >> 6) - to)
            seed += n_in


@njit(nogil=True, cache=True)
def fill_long_steps(octets, first, n, steps, n_in, window, n_out, tables, group, raw, row, out, at, end):
    """As `fill_steps`, for n_out of 64 and more: entries of as many rows of 8 words as n_out + 64 bits take."""
    size = (n_out + 575) // 512 * 8
    groups = len(tables) // size >> group
    chunk = max(1, (1 << 16) // n_in)
    select = (1 << group) - 1
    carry = begun(row, out, at)
    for begin in range(0, steps, chunk):
        skip = begin * n_in
        read_octets(octets, first + skip, min(max(n - skip, 0), (chunk - 1) * n_in + window), raw)
        seed = (first + skip) & 7
        for _ in range(begin, min(steps, begin + chunk)):
            to, shift = at >> 6, at & 63
            at += n_out
            last = (at >> 6) - to
            following = carry
            before = xor_rows(carry, carry)
            for q in range(0, size, 8):
                made = load_row(tables, q + (bits_at(raw, seed) & select) * size)
                entry = (size << group) + q
                for g in range(1, groups):
                    made = xor_rows(made, load_row(tables, entry + (bits_at(raw, seed + g * group) & select) * size))
                    entry += size << group
                lifted = lift_row(made, before, shift)
                before = made
                if q == last & -8:
                    following = only_word(lifted, last & 7)
                if q == 0:
                    lifted = xor_rows(lifted, carry)
                if to + q + 8 <= end:
                    store_row(out, to + q, lifted)
                else:
                    store_end(row, lifted, out, to + q, end)
            carry = following
            seed += n_in
