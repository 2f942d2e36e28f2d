"""Compiled products of weights with few levels: a word of each plane becomes 64 weights in registers, and sums."""

import numpy as np
from numba import njit

from xoropt.common.words.kernels import put_bits
from xoropt.linear.vectors import (
    add_products,
    add_scaled,
    load_numbers,
    numbers_at,
    put_sums,
    scaled_weights,
    store_numbers,
    weights_at,
    zero_sums,
)

__all__ = ["add_rows", "align_rows", "multiply_numbers", "multiply_rows", "widen"]


@njit(nogil=True, cache=True)
def align_rows(source, at, rows, columns, out):
    """Copy rows of bits so that each begins with a word.

    Args:
        source: uint64, with a word after the last one that holds a bit of a row.
        at: the bit of `source` with which the first row begins.
        rows, columns: their number and their length.
        out: uint64 (at least rows·⌈columns/64⌉ words,). What follows a row in its last word may be anything.
    """
    blocks = (columns + 63) >> 6
    for r in range(rows):
        put_bits(source, at + r * columns, columns, out, 64 * r * blocks)


@njit(nogil=True, cache=True)
def multiply_rows(words, tables, blocks, x, columns, y):
    """Multiply rows of weights by some vectors, two rows at once.

    Args:
        words: a tuple of uint64 arrays, the mask's and up to four planes' bits; each row has `blocks` words.
        tables: float32 (16 or 16·rows,), the levels of all rows, or of each.
        blocks: ⌈weights of a row / 64⌉.
        x: float32 (blocks·vectors·64,), for each block the numbers of each vector in the order of quarters.
        columns: a tuple with as many items as there are vectors.
        y: out, float32 (rows·vectors,).
    """
    vectors = len(columns)
    rows = len(y) // vectors
    step = 16 if len(tables) > 16 else 0
    for r in range(0, rows, 2):
        s = min(r + 1, rows - 1)
        first, second = zero_sums(columns), zero_sums(columns)
        i, j, at = r * blocks, s * blocks, 0
        for _ in range(blocks):
            first = add_products(first, weights_at(words, i, tables, step * r), x, at)
            second = add_products(second, weights_at(words, j, tables, step * s), x, at)
            at += 64 * vectors
            i += 1
            j += 1
        put_sums(first, y, r * vectors)
        put_sums(second, y, s * vectors)


@njit(nogil=True, cache=True)
def add_rows(words, tables, blocks, x, y):
    """Add the rows of weights, each times a number, to a vector, four rows at once.

    Args:
        words, tables, blocks: as for `multiply_rows`.
        x: float32 (rows,), the factors.
        y: float32 (64·blocks,), to which they are added, in the order of quarters.
    """
    rows, step = len(x), 16 if len(tables) > 16 else 0
    r = 0
    while r + 4 <= rows:
        i = r * blocks
        for k in range(blocks):
            made = load_numbers(y, 64 * k)
            for q in range(4):
                some = scaled_weights(words, i + k + q * blocks, tables, step * (r + q), x[r + q])
                made = add_scaled(made, some)
            store_numbers(y, 64 * k, made)
        r += 4
    while r < rows:
        for k in range(blocks):
            some = scaled_weights(words, r * blocks + k, tables, step * r, x[r])
            store_numbers(y, 64 * k, add_scaled(load_numbers(y, 64 * k), some))
        r += 1


@njit(nogil=True, cache=True)
def widen(halves, out):
    """Write bfloat16 numbers, as uint16, to `out` as float32, as uint32: their bits are the upper half."""
    for i in range(len(halves)):
        out[i] = np.uint32(halves[i]) << np.uint32(16)


@njit(nogil=True, cache=True)
def multiply_numbers(numbers, x, columns, y, rest):
    """Multiply rows of numbers by some vectors, two rows at once.

    Args:
        numbers: float32, or bfloat16 as uint16, rows one after the other.
        x, columns: as for `multiply_rows`, the numbers of 64 columns in their own order.
        y: out, float32 (rows·vectors,).
        rest: of the dtype of `numbers`, (128,), zeros.
    """
    vectors = len(columns)
    rows = len(y) // vectors
    length = len(numbers) // rows
    left = length & 63
    for r in range(0, rows, 2):
        s = min(r + 1, rows - 1)
        first, second = zero_sums(columns), zero_sums(columns)
        i, j, at = r * length, s * length, 0
        for _ in range(length >> 6):
            first = add_products(first, numbers_at(numbers, i), x, at)
            second = add_products(second, numbers_at(numbers, j), x, at)
            at += 64 * vectors
            i += 64
            j += 64
        if left:
            for k in range(left):
                rest[k], rest[64 + k] = numbers[i + k], numbers[j + k]
            first = add_products(first, numbers_at(rest, 0), x, at)
            second = add_products(second, numbers_at(rest, 64), x, at)
        put_sums(first, y, r * vectors)
        put_sums(second, y, s * vectors)
