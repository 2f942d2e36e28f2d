"""Compiled loops from packed planes, a packed mask and a table of levels to weights, as unsigned integers."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.weights.vectors import choose, load_tile, mark, store_tile, stream_tile, zero_tile
from xoropt.common.words.vectors import fence, word_at

__all__ = ["FEW", "blend", "expand"]

ONE = np.uint64(1)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
FEW = 3
"""Most planes, from one on, for which levels are blended one by one; for others each weight's level is looked up."""


@njit(nogil=True, cache=True)
def expand_some(planes, at, mask, mask_at, masked, levels, count, out, to):
    """Write `count` weights, at most 64, one by one; arguments as for `expand`."""
    for i in range(count):
        code = 0
        for p in range(len(planes)):
            code |= int((planes[p, (at + i) >> 6] >> np.uint64((at + i) & 63)) & ONE) << p
        if not masked or (mask[(mask_at + i) >> 6] >> np.uint64((mask_at + i) & 63)) & ONE != np.uint64(0):
            out[to + i] = levels[code]
        else:
            out[to + i] = 0


@njit(nogil=True, cache=True, inline="always")
def blend(zeros, word, x, y, z, planes, l0, l1, l2, l3, l4, l5, l6, l7):
    """Blend 64 weights of one to three planes: one level after another overwrites the weights that have its bits.

    Args:
        zeros: a tile of zeros.
        word: the mask.
        x, y, z: words of the planes.
        planes: number of planes.
        l0 … l7: the levels.
    """
    x &= word
    weights = choose(choose(zeros, word, l0), x, l1)
    if planes > 1:
        y &= word
        weights = choose(choose(weights, y, l2), x & y, l3)
        if planes > 2:
            z &= word
            weights = choose(choose(weights, z, l4), z & x, l5)
            weights = choose(choose(weights, z & y, l6), z & y & x, l7)
    return weights


@njit(nogil=True, cache=True)
def put_tile(out, to, weights, stream):
    """Write a tile, past the caches with streaming stores."""
    if stream:
        stream_tile(out, to, weights)
    else:
        store_tile(out, to, weights)


@njit(nogil=True, cache=True)
def expand_few(planes, at, mask, mask_at, masked, levels, tiles, out, to, stream):
    """Write whole tiles of 64 weights of one to three planes; arguments as for `expand`."""
    count = len(planes)
    first, second, third = planes[0], planes[min(1, count - 1)], planes[min(2, count - 1)]
    l0, l1 = levels[0], levels[1]
    l2, l3 = levels[2 % len(levels)], levels[3 % len(levels)]
    l4, l5, l6, l7 = levels[4 % len(levels)], levels[5 % len(levels)], levels[6 % len(levels)], levels[7 % len(levels)]
    for _ in range(tiles):
        word = word_at(mask, mask_at) if masked else ALL
        x, y, z = word_at(first, at), word_at(second, at), word_at(third, at)
        weights = blend(zero_tile(out), word, x, y, z, count, l0, l1, l2, l3, l4, l5, l6, l7)
        put_tile(out, to, weights, stream)
        at += 64
        mask_at += 64
        to += 64


@njit(nogil=True, cache=True)
def expand_many(planes, at, mask, mask_at, masked, levels, tiles, codes, tile, out, to, stream):
    """Write whole tiles of 64 weights of many planes, looking up each level; arguments as for `expand`."""
    for _ in range(tiles):
        word = word_at(mask, mask_at) if masked else ALL
        numbers = zero_tile(codes)
        for p in range(len(planes)):
            numbers = mark(numbers, word_at(planes[p], at), 1 << p)
        store_tile(codes, 0, numbers)
        for k in range(64):
            tile[k] = levels[codes[k]]
        weights = choose(load_tile(tile, 0), ~word, 0)
        put_tile(out, to, weights, stream)
        at += 64
        mask_at += 64
        to += 64


@njit(nogil=True, cache=True)
def expand(planes, at, mask, mask_at, masked, table, row_length, first, stop, codes, tile, out, begin, stream):
    """Write the weights first … stop − 1.

    Args:
        planes: uint64 (planes, words).
        at: the bit of each plane that belongs to weight `first`.
        mask, mask_at: the mask, uint64, and its bit that belongs to weight `first`.
        masked: whether there is a mask; otherwise all weights are kept.
        table: unsigned integers (rows, 2^planes), the weight for every code, in each row of the tensor or in all.
        row_length: weights of a row.
        first, stop: the range.
        codes: working memory, 64 uint8.
        tile: working memory, 64 weights.
        out: of the dtype of `table`, with weight w at w − begin.
        begin: see `out`.
        stream: whether to use streaming stores; then weight w lies at a multiple of 64 bytes if w is a multiple of 64.
    """
    w = first
    while w < stop:
        row = w // row_length if len(table) > 1 else 0
        levels = table[row]
        end = min(stop, (row + 1) * row_length) if len(table) > 1 else stop
        head = min(-w & 63, end - w)
        expand_some(planes, at + w - first, mask, mask_at + w - first, masked, levels, head, out, w - begin)
        w += head
        i, k, tiles = at + w - first, mask_at + w - first, (end - w) >> 6
        if 0 < len(planes) <= FEW:
            expand_few(planes, i, mask, k, masked, levels, tiles, out, w - begin, stream)
        else:
            expand_many(planes, i, mask, k, masked, levels, tiles, codes, tile, out, w - begin, stream)
        w += tiles << 6
        expand_some(planes, at + w - first, mask, mask_at + w - first, masked, levels, end - w, out, w - begin)
        w = end
    fence()
