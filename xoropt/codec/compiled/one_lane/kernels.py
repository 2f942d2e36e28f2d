"""Compiled loops for streams with one lane: the outputs of a step are the XOR of table entries."""

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
    """Return the bits before bit `at` of its word in `out`, as the first word of a row; `row` is working memory."""
    row[:8] = ZERO
    if at & 63:
        row[0] = out[at >> 6] & ((ONE << np.uint64(at & 63)) - ONE)
    return load_row(row, 0)


@njit(nogil=True, cache=True)
def store_end(row, made, out, to, end):
    """Write the first words of a row to out[to : end]; `row` is working memory."""
    store_row(row, 0, made)
    for i in range(min(8, end - to)):
        out[to + i] = row[i]


@njit(nogil=True, cache=True)
def fill_steps(octets, first, n, steps, n_in, window, n_out, tables, group, raw, row, out, at, end):
    """Write the outputs of some steps of a network with one lane, step after step.

    Args:
        octets: uint8, the stored seed bits of the plane.
        first, n: the first bit of the first step, and how many bits there are from it on; further bits are 0.
        steps: number of steps.
        n_in, window, n_out: sizes of a step; n_out is at most 448.
        tables: uint64, for every `group` bits of the window and each of their values an entry of 8 words; the outputs
            of a step are the XOR of one entry for each group.
        group: bits of the window that select an entry.
        raw: working memory for 64 kbit of seeds, a window and a word.
        row: working memory, 8 words.
        out: uint64, the words to write to.
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
            # The last word, not yet full, holds no bits of the earlier carry, unless a step is shorter than a word.
            carry = only_word(made if n_out >= 64 else whole, (at >> 6) - to)
            seed += n_in


@njit(nogil=True, cache=True)
def fill_long_steps(octets, first, n, steps, n_in, window, n_out, tables, group, raw, row, out, at, end):
    """Write steps as `fill_steps` does, for n_out from 64 on; an entry is rows of 8 words for n_out + 64 bits."""
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
