"""Compiled loops for prefix-coded masks."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.lanes512.kernels import fill_lanes512
from xoropt.codec.compiled.weights.kernels import blend
from xoropt.codec.compiled.weights.vectors import choose, mark, store_tile, stream_tile, zero_tile
from xoropt.common.words.kernels import flip_bits
from xoropt.common.words.vectors import number_at, put_number, word_at
from xoropt.masks.prefix.vectors import SIDE, four_at, join_tiles, look_up, swap_far, swap_near, transpose_numbers

__all__ = ["decode_bands", "move_columns", "place_codewords", "place_groups", "unpack_bands", "unpack_groups"]

ONE = np.uint64(1)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
WORD = 64


@njit(nogil=True, cache=True)
def unpack_groups(words, tiles, length, codes, entries, symbols, block, numbers, out, writing):
    """Look up the groups of a band of a prefix-coded mask (see `xoropt.masks.prefix`).

    The groups of 16 tiles are transposed, so that 16 groups that follow each other are looked up and written at once.

    Args:
        words: uint64, the band's outputs: (tiles, L, 8) words.
        tiles: the number of tiles in the band.
        length: L, 16 to 24.
        codes: uint8, the code of each group, and of 15 more.
        entries: int64 (32·codes,), see `LookupTable`.
        symbols: uint16, see `LookupTable`.
        block: scratch, uint32 (16·64,), a row for each of 16 tiles.
        numbers: scratch, uint32 (2·16·16,): the transposed values, and the places of their entries.
        out: uint16 (512·tiles,), the symbol of each group, and of 15 more.
        writing: None, or `PendingWeights` of at most a band, of which 1024 are written after every 64 groups: the
            processor looks groups up while the memory takes weights. There are one to three planes, and `first`,
            `stop` and the row length of a table with several rows are multiples of 64. (No function that takes arrays
            is called in between: it would count references, and wait for the memory each time.)
    """
    block[:] = 0  # zeros are looked up for tiles that do not exist
    few = min(SIDE, tiles)
    if writing is not None:
        planes, at, mask, mask_at, table, row_length, w, stop, weights, begin, stream = writing
        at, mask_at, edge = at - w, mask_at - w, w
        count, plane, last = len(planes), 64 * planes.shape[1], table.shape[1] - 1
        second, third = plane * min(1, count - 1), plane * min(2, count - 1)
        l0 = l1 = l2 = l3 = l4 = l5 = l6 = l7 = table[0, 0]
    for part in range((tiles + SIDE - 1) // SIDE * 8):  # 64 groups of each of 16 tiles
        first = min(SIDE * (part >> 3), tiles - few)
        for t in range(few):
            i = 8 * length * (first + t) + (part & 7)
            # The difference to the greatest value: each bit that is set is taken off.
            low = middle = choose(zero_tile(codes), ALL, 255)
            high = choose(zero_tile(codes), ALL, (1 << (length - 16)) - 1)
            for bit in range(length - 17, -1, -1):
                high = mark(high, words[i], -1 << bit)
                i += 8
            for bit in range(7, -1, -1):
                middle = mark(middle, words[i], -1 << bit)
                i += 8
            for bit in range(7, -1, -1):
                low = mark(low, words[i], -1 << bit)
                i += 8
            store_tile(block, 64 * t, join_tiles(low, middle, high))
        g = 64 * tiles * (part & 7) + first
        for k in range(64):
            if k % SIDE == 0:
                transpose_numbers(block, k, codes, g, tiles, numbers)
            look_up(numbers, k % SIDE * SIDE, entries, symbols, out, g)
            g += tiles
            if writing is None or k % 4:
                continue
            goal = min(w + 1024, stop)
            while w < goal:
                if w == edge:
                    row = w // row_length if len(table) > 1 else 0
                    edge = (row + 1) * row_length if len(table) > 1 else stop
                    l0, l1, l2, l3 = table[row, 0], table[row, 1], table[row, 2 & last], table[row, 3 & last]
                    l4, l5 = table[row, 4 & last], table[row, 5 & last]
                    l6, l7 = table[row, 6 & last], table[row, 7 & last]
                end = min(goal, edge)
                while w < end:
                    word, i = word_at(mask, w + mask_at), w + at
                    x, y, z = word_at(planes, i), word_at(planes, i + second), word_at(planes, i + third)
                    tile = blend(zero_tile(weights), word, x, y, z, count, l0, l1, l2, l3, l4, l5, l6, l7)
                    if stream:
                        stream_tile(weights, w - begin, tile)
                    else:
                        store_tile(weights, w - begin, tile)
                    w += 64


@njit(nogil=True, cache=True)
def unpack_bands(words, form, codes, entries, symbols, block, numbers, out):
    """Look up the groups of some neighbouring bands, as `unpack_groups` does those of one.

    Args:
        words: uint64, the bands' outputs.
        form: the bands, their tiles, and L.
        codes: uint8, the code of each group, and of 15 more.
        entries, symbols, block, numbers: as for `unpack_groups`.
        out: uint16, the symbol of each group, and of 15 more.
    """
    bands, tiles, length = form
    for band in range(bands):
        some, group = words[8 * length * tiles * band :], 512 * tiles * band
        unpack_groups(some, tiles, length, codes[group:], entries, symbols, block, numbers, out[group:], None)


@njit(nogil=True, cache=True)
def decode_bands(arguments, first, stop, spare, plane, codes, block, numbers, out):
    """Decode bands first … stop − 1 of a mask whose groups are words, as `MaskBatches` describes them.

    Args:
        arguments: of the `MaskBatches`.
        first, stop: the bands.
        spare: working memory of as many words as it says.
        plane: working memory, uint64, for the outputs of these bands.
        codes: working memory, uint8, for the codes of their groups and of 15 more; zeros where there is one code.
        block, numbers: as for `unpack_groups`.
        out: uint16, the mask's bits, and 15 more words.
    """
    stored, form, classes, tables = arguments
    octets, table, flips, order, placed, ends = stored
    (tiles, length), (row_class, code_of_row_class), (entries, symbols) = form, classes, tables
    groups, width = 512 * tiles, code_of_row_class.shape[1]
    begin, end = first * groups * length, stop * groups * length
    scratch = spare, ends[0], ends[1]
    fill_lanes512(octets, table, (begin >> 9, end >> 9, begin), order, placed, scratch, plane, False)
    flip_bits(plane, flips, begin, end, begin)
    if len(row_class):
        row = first * groups // width
        at, many = row * width - first * groups, (stop - first) * groups
        while at < many:
            if row < len(row_class):
                some = code_of_row_class[row_class[row]]
                for i in range(max(0, -at), min(width, many - at)):
                    codes[at + i] = some[i]
            else:
                codes[at:many] = 0
                break
            at += width
            row += 1
    unpack_bands(plane, (stop - first, tiles, length), codes, entries, symbols, block, numbers, out)


@njit(nogil=True, cache=True)
def place_groups(symbols, form, first, out, start):
    """Write groups as bits of a mask, four at a time, after those that are written already.

    Args:
        symbols: uint16, of the groups from `first` on, and of two more.
        form: rows, columns, G.
        first: the number of the first group.
        out: uint64, weight w at bit w − start, with one word after that of the last weight.
        start: the weight of bit 0.
    """
    rows, columns, size = form
    across = (columns + size - 1) // size
    last = columns - (across - 1) * size  # bits of a row's last group
    one = (ONE << np.uint64(size)) - ONE
    two, four = one | one << np.uint64(32), ALL >> np.uint64(64 - 4 * size)
    halves = ALL >> np.uint64(64 - 2 * size)
    near, far = np.uint64(16 - size), np.uint64(32 - 2 * size)
    at, end = 0, min(len(symbols) - 2, rows * across - first)
    c = first % across
    w = first // across * columns + c * size - start
    i, used = w >> 6, w & 63
    word = out[i] & ((ONE << np.uint64(used)) - ONE)
    while at < end:
        if c + 4 < across and at + 4 <= end:
            x = four_at(symbols, at)
            x = (x & two) | ((x >> near) & (two << np.uint64(size)))
            x = ((x & halves) | ((x >> far) & ~halves)) & four
            at, c, bits = at + 4, c + 4, 4 * size
        else:
            bits = size
            x = np.uint64(symbols[at]) & one
            at, c = at + 1, c + 1
            if c == across:
                x, bits, c = x & ((ONE << np.uint64(last)) - ONE), last, 0
        word |= x << np.uint64(used)
        out[i] = word
        rest = (x >> ONE) >> np.uint64(63 - used)
        used += bits
        word = rest if used > 63 else word
        i += used >> 6
        used &= 63
    out[i] = word


@njit(nogil=True, cache=True)
def transpose(block, stride):
    """Transpose 64 rows of `stride` words, a multiple of 8, by squares of 64 × 64 bits."""
    for w in range(0, stride, 8):
        for r in range(8):
            swap_far(block, r * stride + w, 8 * stride)
        for r in range(0, 64, 8):
            swap_near(block, r * stride + w, stride)


@njit(nogil=True, cache=True)
def move_few(words, at, rows, columns, stride, places, block, moved, out, to):
    """Move the columns of at most 64 rows, see `move_columns`; write from word `to` on.

    The rows are transposed, so that columns are words.
    """
    width = (columns + 63) >> 6
    for r in range(64):
        for w in range(width):
            word = np.int64(word_at(words, at + r * columns + 64 * w)) if r < rows else 0
            put_number(block, r * stride + w, word)
    transpose(block, stride)
    for i in range(len(places)):
        put_number(moved, i, number_at(block, number_at(places, i)))
    transpose(moved, stride)
    last = columns - 64 * (width - 1)
    i, used, word = to, 0, np.uint64(0)
    for r in range(rows):
        for w in range(width):
            x, bits = np.uint64(number_at(moved, r * stride + w)), 64
            if w == width - 1:
                x, bits = x & (ALL >> np.uint64(64 - last)), last
            word |= x << np.uint64(used)
            put_number(out, i, np.int64(word))
            rest = (x >> ONE) >> np.uint64(63 - used)
            used += bits
            word = rest if used > 63 else word
            i += used >> 6
            used &= 63
    if used:
        put_number(out, i, np.int64(word))


@njit(nogil=True, cache=True)
def move_columns(words, at, rows, columns, stride, places, block, moved, out):
    """Move the columns of a mask back to their places.

    Args:
        words: uint64, bits of the rows, with one word after that of the last row.
        at: the bit at which the rows begin.
        rows: the number of rows.
        columns: the number of columns.
        stride: words of a row in `block` and `moved`, a multiple of 8.
        places: uint32 (64·stride,), for each transposed column its word in `block`. In both, column c is word c // 64
            of row c % 64.
        block: scratch, uint64 (64·stride,).
        moved: scratch, uint64 (64·stride,).
        out: uint64, the rows from bit 0 on; nothing is written after the word of the last bit.
    """
    for row in range(0, rows, 64):  # 64 rows fill whole words
        few, to = min(64, rows - row), row * columns >> 6
        move_few(words, at + row * columns, few, columns, stride, places, block, moved, out, to)


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
    word, known = np.empty(WORD, dtype=np.uint32), np.empty(WORD, dtype=np.uint32)
    all_ones = np.uint32((1 << outputs) - 1)
    for t in range(bits.shape[0]):
        first = t // band_tiles * band_tiles * tile + t % band_tiles
        for part in range(tile // WORD):
            for k in range(WORD):
                g = first + (part * WORD + k) * band_tiles
                word[k] = known[k] = 0
                if g < len(symbols):
                    row = g // across
                    code = code_of_pair[row_class[row], column_class[g - row * across]]
                    word[k] = words[code, symbols[g]]
                    known[k] = all_ones & ~(all_ones >> np.uint32(lengths[code, symbols[g]]))
            for place in range(outputs):
                shift = np.uint32(outputs - 1 - place)
                ones, cares = np.uint64(0), np.uint64(0)
                for k in range(WORD):
                    ones |= np.uint64((word[k] >> shift) & np.uint32(1)) << np.uint64(k)
                    cares |= np.uint64((known[k] >> shift) & np.uint32(1)) << np.uint64(k)
                bits[t, place, part] = ones
                care[t, place, part] = cares
