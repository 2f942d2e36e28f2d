"""Compiled products of weights with few levels: a word of each plane becomes 64 weights in registers, and sums.

Products go row by row, or batch by batch: then the mask and the planes of some rows are decoded and used in one call.
What is decoded stays in the second-level cache, and nothing of Python runs between the batches.
"""

import numpy as np
from numba import njit, types
from numba.extending import overload

from xoropt.codec.compiled.kernels import read_octets
from xoropt.codec.compiled.lanes512.kernels import fill_lanes512
from xoropt.common.words.kernels import flip_bits, put_bits
from xoropt.linear.vectors import (
    add_products,
    add_scaled,
    add_sums,
    load_numbers,
    numbers_at,
    scaled_weights,
    store_numbers,
    weights_at,
    zero_sums,
)
from xoropt.masks.prefix.kernels import decode_bands

__all__ = [
    "add_batches",
    "add_rows",
    "align_rows",
    "multiply_batches",
    "multiply_numbers",
    "multiply_rows",
    "widen",
    "write_rows",
]


CACHED = 128
"""Blocks of 64 columns times vectors whose numbers stay in the first-level cache: 32 KB."""


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
    """Multiply rows of weights by some vectors, two rows at once, columns by as many as fit into the cache.

    Args:
        words: a tuple of uint64 arrays, the mask's and up to six planes' bits; each row has `blocks` words.
        tables: float32 (n or n·rows,), the levels of all rows, or of each: n = 16, or more for more than four planes.
        blocks: ⌈weights of a row / 64⌉.
        x: float32 (blocks·vectors·64,), for each block the numbers of each vector in the order of quarters.
        columns: a tuple with as many items as there are vectors.
        y: float32 (rows·vectors,), to which the products are added.
    """
    vectors = len(columns)
    rows, most = len(y) // vectors, max(1, CACHED // vectors)
    width = max(16, 1 << (len(words) - 1))
    step = width if len(tables) > width else 0
    for begin in range(0, blocks, most):
        some = min(most, blocks - begin)
        for r in range(0, rows, 2):
            s = min(r + 1, rows - 1)
            first, second = zero_sums(columns), zero_sums(columns)
            i, j, at = r * blocks + begin, s * blocks + begin, 64 * vectors * begin
            for _ in range(some):
                first = add_products(first, weights_at(words, i, tables, step * r), x, at)
                second = add_products(second, weights_at(words, j, tables, step * s), x, at)
                at += 64 * vectors
                i += 1
                j += 1
            add_sums(first, y, r * vectors)
            if s > r:
                add_sums(second, y, s * vectors)


@njit(nogil=True, cache=True)
def write_rows(words, tables, blocks, first, stop, out):
    """Write rows first … stop − 1 of weights as numbers.

    Args:
        words, tables, blocks: as for `multiply_rows`.
        out: float32 ((stop − first)·blocks·64,), 64 columns after the others in the order of quarters.
    """
    width = max(16, 1 << (len(words) - 1))
    step = width if len(tables) > width else 0
    at = 0
    for r in range(first, stop):
        for i in range(r * blocks, (r + 1) * blocks):
            store_numbers(out, at, weights_at(words, i, tables, step * r))
            at += 64


@njit(nogil=True, cache=True)
def add_rows(words, tables, blocks, x, y):
    """Add the rows of weights, each times a number, to a vector, four rows at once.

    Args:
        words, tables, blocks: as for `multiply_rows`.
        x: float32 (rows,), the factors.
        y: float32 (64·blocks,), to which they are added, in the order of quarters.
    """
    rows, width = len(x), max(16, 1 << (len(words) - 1))
    step = width if len(tables) > width else 0
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
        y: float32 (rows·vectors,), to which the products are added.
        rest: of the dtype of `numbers`, (128,), zeros.
    """
    vectors = len(columns)
    rows, most = len(y) // vectors, max(1, CACHED // vectors)
    length = len(numbers) // rows
    blocks, left = length >> 6, length & 63
    for begin in range(0, max(1, blocks), most):
        some = min(most, blocks - begin)
        for r in range(0, rows, 2):
            s = min(r + 1, rows - 1)
            first, second = zero_sums(columns), zero_sums(columns)
            i, j, at = r * length + 64 * begin, s * length + 64 * begin, 64 * vectors * begin
            for _ in range(some):
                first = add_products(first, numbers_at(numbers, i), x, at)
                second = add_products(second, numbers_at(numbers, j), x, at)
                at += 64 * vectors
                i += 64
                j += 64
            if left and begin + some == blocks:
                for k in range(left):
                    rest[k], rest[64 + k] = numbers[i + k], numbers[j + k]
                first = add_products(first, numbers_at(rest, 0), x, at)
                second = add_products(second, numbers_at(rest, 64), x, at)
            add_sums(first, y, r * vectors)
            if s > r:
                add_sums(second, y, s * vectors)


def _decode_mask(arguments, begin, end, band, room):
    """Decode bands begin … end − 1 of a mask to its words in `room`; which loop does it is chosen when it is compiled.

    Args:
        arguments: of a `MaskBatches`.
        begin, end: the bands.
        band: weights of a band.
        room: as for `decode_batch`.
    """


@overload(_decode_mask)
def _choose_loop(arguments, begin, end, band, room):
    if not isinstance(arguments, types.Array):
        return lambda arguments, begin, end, band, room: decode_bands(
            arguments, begin, end, room[0], room[1], room[2], room[3], room[4], room[6]
        )

    def copy_bits(arguments, begin, end, band, room):
        first = begin * band
        read_octets(arguments, first, min(end * band, 8 * len(arguments)) - first, room[5])

    return copy_bits


@njit(nogil=True, cache=True)
def decode_batch(batch, columns, mask, listed, planes, room):
    """Decode the mask and the planes of some rows.

    Args:
        batch: the first row, a multiple of 8, the row after the last one, and the same of the mask's bands.
        columns: of a row, a multiple of 64.
        mask: the arguments of a `MaskBatches`, and the weights of a band.
        listed: its listed weights.
        planes: octets, tables, order, placed and ends of a `WideRows`, and for each plane the bits to flip.
        room: working memory: for the rows of planes, uint64; for the plane of bands, uint64, and the codes of their
            groups, uint8; for `unpack_groups`; for the mask, as uint64 and as uint16; for each plane, uint64.

    Returns:
        The words of the mask.
    """
    a, b, begin, end = batch
    arguments, band = mask
    octets, tables, order, placed, ends, flips = planes
    spare, words, held = room[0], room[5], room[7]
    _decode_mask(arguments, begin, end, band, room)
    first, stop = a * columns, b * columns
    flip_bits(words, listed, first, stop, begin * band)
    for p in range(len(held)):
        wanted, scratch = (first >> 9, (stop + 511) >> 9, first), (spare, ends[0], ends[1])
        fill_lanes512(octets[p], tables[p], wanted, order, placed, scratch, held[p], False)
        flip_bits(held[p], flips[p], first, stop, first)
    return words[(first - begin * band) >> 6 :]


@njit(nogil=True, cache=True)
def multiply_batches(batches, columns, mask, listed, planes, room, tables, x, vectors, y):
    """Multiply rows of weights by some vectors.

    Args:
        batches: int64 (n, 4), see `decode_batch`; the first row of `y` is that of the first batch.
        columns, mask, listed, planes, room: as for `decode_batch`.
        tables: float32, the levels of all rows, or those of each row of the tensor, see `multiply_rows`.
        x: see `multiply_rows`.
        vectors: its tuple `columns`.
        y: float32 (rows·vectors,), to which they are added.
    """
    at, width = 0, max(16, 1 << len(room[7]))
    for k in range(len(batches)):
        batch = batches[k, 0], batches[k, 1], batches[k, 2], batches[k, 3]
        kept = decode_batch(batch, columns, mask, listed, planes, room)
        some = tables[width * batch[0] : width * batch[1]] if len(tables) > width else tables
        to = at + (batch[1] - batch[0]) * len(vectors)
        multiply_rows((kept, *room[7]), some, columns >> 6, x, vectors, y[at:to])
        at = to


@njit(nogil=True, cache=True)
def add_batches(batches, columns, mask, listed, planes, room, tables, x, y):
    """Add rows of weights, each times a number, to vectors.

    Args:
        batches, columns, mask, listed, planes, room, tables: as for `multiply_batches`.
        x: float32 (vectors, rows of the tensor), the factors.
        y: float32 (vectors, columns), to which they are added, see `add_rows`.
    """
    width = max(16, 1 << len(room[7]))
    for k in range(len(batches)):
        batch = batches[k, 0], batches[k, 1], batches[k, 2], batches[k, 3]
        kept = decode_batch(batch, columns, mask, listed, planes, room)
        some = tables[width * batch[0] : width * batch[1]] if len(tables) > width else tables
        for v in range(len(x)):
            add_rows((kept, *room[7]), some, columns >> 6, x[v, batch[0] : batch[1]], y[v])
