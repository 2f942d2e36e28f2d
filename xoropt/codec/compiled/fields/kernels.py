"""Compiled loops from octets, packed planes and a packed mask to numbers, as unsigned integers."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.fields.vectors import (
    add_bits,
    gather_octets,
    join_octets,
    join_two,
    keep_bits,
    keep_signs,
    look_up_octets,
    move_sign,
    shift_up,
    turn_sign,
)
from xoropt.codec.compiled.weights.kernels import put_tile
from xoropt.codec.compiled.weights.vectors import choose, load_tile, store_tile
from xoropt.common.words.kernels import first_from
from xoropt.common.words.vectors import expect, fence, word_at

__all__ = ["join_fields"]

ONE = np.uint64(1)


@njit(nogil=True, cache=True)
def bit(planes, p, i):
    """Return bit i of a plane."""
    return (planes[p, i >> 6] >> np.uint64(i & 63)) & ONE


@njit(nogil=True, cache=True)
def join_some(octets, w, planes, at, mask, mask_at, masked, images, form, fill, count, out, to):
    """Write `count` weights from weight w on, at most 64, one by one; arguments as for `join_fields`."""
    raw_bits, zeros, sign, bits = form
    low = 8 * len(octets)
    for i in range(count):
        if masked and (mask[(mask_at + i) >> 6] >> np.uint64((mask_at + i) & 63)) & ONE == np.uint64(0):
            if sign == 2:
                one = np.uint64(octets[0, w + i] & 1) if low else bit(planes, 0, at + i)
                out[to + i] = one << np.uint64(bits - 1)
            else:
                out[to + i] = fill
            continue
        raw, code = np.uint64(0), 0
        for p in range(low + len(planes) - 1):
            one = np.uint64((octets[p >> 3, w + i] >> (p & 7)) & 1) if p < low else bit(planes, p - low, at + i)
            if p < raw_bits:
                raw |= one << np.uint64(p)
            else:
                code |= int(one) << (p - raw_bits)
        image = raw | np.uint64(images[code])
        if sign:
            image = (image >> ONE << np.uint64(zeros)) | ((image & ONE) << np.uint64(bits - 1))
        else:
            image = image << np.uint64(zeros)
        out[to + i] = image


@njit(nogil=True, cache=True)
def put_listed(out, begin, listed, k, stop):
    """Put the fields of listed weights below `stop`, from the k-th on, into `out`, and return the number of the next.

    `out` begins with weight `begin`.
    """
    at, bits, kept = listed
    while k < len(at) and at[k] < stop:
        i = at[k] - begin
        out[i] = (out[i] & kept) | bits[k]
        k += 1
    return k


@njit(nogil=True, cache=True)
def join_tiles(
    octets,
    w,
    words,
    places,
    at,
    mask,
    mask_at,
    masked,
    tables,
    rows,
    form,
    fill,
    listed,
    tiles,
    spare,
    tile,
    out,
    to,
    stream,
):
    """Write whole tiles of 64 weights from weight w on.

    Args:
        words: uint64, the planes one after the other.
        places: int64, for each byte up to the one where the codes begin, and then for the codes, the first words of the
            eight planes that make it; unused ones are those of a plane of zeros.
        at: the word of each plane that belongs to weight w.
        octets, mask, mask_at, masked, tables, form, fill, listed, spare, out, stream: as for `join_fields`.
        w: the first weight.
        rows: the class of each row and the tiles of a row, 0 where all weights have one class.
        tiles: how many.
        tile: working memory, (64,) of the dtype of `out`.
        to: the place of weight w in `out`.
    """
    raw_bits, zeros, sign, bits = form
    low, size = len(octets), bits >> 3
    mixed = raw_bits >> 3  # the byte where the codes begin, above so many raw bits:
    raw_mask = (1 << (raw_bits & 7)) - 1
    numbered = 512 * (mixed + 1)  # where the bytes of further code planes lie in `spare`, behind those of each byte
    joined = spare[numbered + 512 :]
    listed_at = listed[0]
    k = first_from(listed_at, w)
    classes, row_tiles = rows
    base, row, left = 0, 0, -1  # where the tables of the class begin, the row, and its tiles from here on
    if row_tiles:
        row = (w >> 6) // row_tiles
        base, left = size * int(classes[row]), (row + 1) * row_tiles - (w >> 6)
    for done in range(0, tiles, 8):
        for b in range(low, mixed + 1):
            gather_octets(words, places, 8 * b, at, spare, 512 * b)
        gather_octets(words, places, 8 * mixed + 8, at, spare, numbered)
        for t in range(0, 64 * min(8, tiles - done), 64):
            for b in range(mixed if size > 2 else 0):  # bytes that are raw
                store_tile(joined, 64 * b, load_tile(octets[b], w) if b < low else load_tile(spare, 512 * b + t))
            if low:
                expect(octets[0], w + 4096)
            octet = load_tile(octets[mixed], w) if mixed < low else load_tile(spare, 512 * mixed + t)
            codes = add_bits(keep_bits(octet, 255 - raw_mask), load_tile(spare, numbered + t))
            octet = add_bits(keep_bits(octet, raw_mask), look_up_octets(tables, base + mixed, codes))
            if size == 1:
                numbers = join_two(octet, octet, out)
            elif size == 2 and mixed == 0:
                numbers = join_two(octet, look_up_octets(tables, base + 1, codes), out)
            elif size == 2:
                numbers = join_two(load_tile(octets[0], w) if low else load_tile(spare, t), octet, out)
            else:
                store_tile(joined, 64 * mixed, octet)
                for b in range(mixed + 1, size):
                    store_tile(joined, 64 * b, look_up_octets(tables, base + b, codes))
                numbers = join_octets(joined, out)
            if sign and not zeros:
                numbers = turn_sign(numbers)
            elif sign:
                numbers = move_sign(numbers, zeros)
            elif zeros:
                numbers = shift_up(numbers, zeros)
            if masked and sign == 2:
                numbers = keep_signs(numbers, ~word_at(mask, mask_at))
            elif masked:
                numbers = choose(numbers, ~word_at(mask, mask_at), fill)
            if k < len(listed_at) and listed_at[k] < w + 64:
                store_tile(tile, 0, numbers)
                k = put_listed(tile, w, listed, k, w + 64)
                numbers = load_tile(tile, 0)
            put_tile(out, to, numbers, stream)
            w += 64
            mask_at += 64
            to += 64
            left -= 1
            if left == 0:
                row = min(row + 1, len(classes) - 1)
                base, left = size * int(classes[row]), row_tiles
        at += 8


@njit(nogil=True, cache=True)
def places_of(planes, raw_bits, low):
    """Find the planes that make each byte, see `join_tiles`."""
    places = np.empty(8 * 10, np.int64)
    stride, last = planes.shape[1], len(planes) - 1
    mixed = raw_bits >> 3
    total = low + last
    for k in range(len(places)):
        p = k if k < 8 * mixed + 16 else total
        places[k] = stride * (p - low if low <= p < total else last)
    return places


@njit(nogil=True, cache=True)
def class_at(rows, w):
    """Return the class of a weight's row, see `join_tiles`."""
    classes, row_tiles = rows
    return int(classes[(w >> 6) // row_tiles]) if row_tiles else 0


@njit(nogil=True, cache=True)
def join_part(octets, planes, places, at, mask, mask_at, masked, images, tables, rows, numbers, first, stop, room):
    """Write the weights first … stop − 1: whole tiles, and those before and behind them one by one.

    Args:
        places, rows: as for `join_tiles`.
        numbers: form, fill and listed of `join_fields`.
        room: its spare, the tile of `join_tiles`, and its out, begin and stream.
        octets, planes, at, mask, mask_at, masked, images, tables, first, stop: as for `join_fields`.
    """
    form, fill, listed = numbers
    spare, tile, out, begin, stream = room
    head = min(-first & 63, stop - first)
    if head:
        some, to = images[class_at(rows, first)], first - begin
        join_some(octets, first, planes, at, mask, mask_at, masked, some, form, fill, head, out, to)
        put_listed(out, begin, listed, first_from(listed[0], first), first + head)
    tiles = (stop - first - head) >> 6
    w, to = first + head, first + head - begin
    if tiles:
        i, k, words = (at + head) >> 6, mask_at + head, planes.reshape(-1)
        kept, rest = (mask, k, masked), (form, fill, listed, tiles, spare, tile, out, to, stream)
        join_tiles(octets, w, words, places, i, *kept, tables, rows, *rest)
    done = head + (tiles << 6)
    rest = stop - first - done
    if rest:
        w, i, k, to = first + done, at + done, mask_at + done, first + done - begin
        some = images[class_at(rows, w)]
        join_some(octets, w, planes, i, mask, k, masked, some, form, fill, rest, out, to)
        put_listed(out, begin, listed, first_from(listed[0], w), stop)


@njit(nogil=True, cache=True)
def join_fields(
    octets,
    planes,
    at,
    mask,
    mask_at,
    masked,
    images,
    tables,
    classes,
    row_length,
    form,
    fill,
    listed,
    first,
    stop,
    spare,
    out,
    begin,
    stream,
):
    """Write the weights first … stop − 1, whose raw fields and codes lie in octets and planes.

    Args:
        octets: uint8 (n, weights), the first 8·n planes: those of the raw field, and then those of the codes.
        planes: uint64 (planes + 1, words), the other planes, and one of zeros.
        at: the bit of each of them that belongs to weight `first`; if this is a multiple of 64, so is `first`.
        mask, mask_at: the mask, uint64, and its bit that belongs to weight `first`.
        masked: whether there is a mask; otherwise all weights are kept.
        images: the image without its raw field for every code, of the dtype of `out`: (k, codes), for each class.
        tables: the bytes of these images, uint8 (k·bytes·256,), byte b of class c from 256·(c·bytes + b) on. They are
            looked up by the codes turned so that the bits in the byte where they begin, 8 − raw_bits mod 8, stay there
            as the upper ones.
        classes: uint8 (rows,), the class of each row; empty where there is one.
        row_length: weights of a row.
        form: raw_bits and zeros of the numbers' form, where signs are (`CodedField.sign`), and their bits.
        fill: a pruned weight, uint64; its sign is that of plane 0 where signs are 2.
        listed: the listed weights, int64, ascending; the bits of each one's field, and those of raw fields, in place.
        first, stop: the range.
        spare: working memory, 5632 uint8.
        out: of the weights' unsigned dtype, with weight w at w − begin.
        begin: see `out`.
        stream: whether to use streaming stores; then weight w lies at a multiple of 64 bytes if w is a multiple of 64.
    """
    places, tile = places_of(planes, form[0], 8 * len(octets)), np.empty(64, out.dtype)
    numbers, room = (form, fill, listed), (spare, tile, out, begin, stream)
    if len(classes) and row_length & 63:  # rows that do not begin with a tile: runs of rows of a class
        w, row, step = first, first // row_length, len(tables) // len(images)
        while w < stop:
            k = int(classes[row])
            while row < len(classes) and classes[row] == k and row * row_length < stop:
                row += 1
            to, i, j = min(stop, row * row_length), at + w - first, mask_at + w - first
            some, found = images[k : k + 1], tables[k * step : (k + 1) * step]
            join_part(octets, planes, places, i, mask, j, masked, some, found, (classes, 0), numbers, w, to, room)
            w = to
    else:
        rows = classes, row_length >> 6 if len(classes) else 0
        join_part(octets, planes, places, at, mask, mask_at, masked, images, tables, rows, numbers, first, stop, room)
    fence()
