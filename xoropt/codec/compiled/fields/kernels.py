"""Compiled loops from packed planes and a packed mask to numbers, as unsigned integers."""

import numpy as np
from numba import njit

from xoropt.codec.compiled.fields.vectors import join_octets, look_up_octets, move_sign, shift_up
from xoropt.codec.compiled.weights.kernels import put_tile
from xoropt.codec.compiled.weights.vectors import choose, mark, store_tile, zero_tile
from xoropt.common.words.vectors import fence, word_at

__all__ = ["join_fields"]

ONE = np.uint64(1)


@njit(nogil=True, cache=True)
def join_some(planes, at, mask, mask_at, masked, images, form, fill, count, out, to):
    """Write `count` weights, at most 64, one by one; arguments as for `join_fields`."""
    raw_planes, zeros, sign_last, bits = form
    for i in range(count):
        if masked and (mask[(mask_at + i) >> 6] >> np.uint64((mask_at + i) & 63)) & ONE == np.uint64(0):
            out[to + i] = fill
            continue
        raw, code = np.uint64(0), 0
        for p in range(raw_planes):
            raw |= ((planes[p, (at + i) >> 6] >> np.uint64((at + i) & 63)) & ONE) << np.uint64(p)
        for p in range(raw_planes, len(planes)):
            code |= int((planes[p, (at + i) >> 6] >> np.uint64((at + i) & 63)) & ONE) << (p - raw_planes)
        image = raw | np.uint64(images[code])
        if sign_last:
            image = (image >> ONE << np.uint64(zeros)) | ((image & ONE) << np.uint64(bits - 1))
        else:
            image = image << np.uint64(zeros)
        out[to + i] = image


@njit(nogil=True, cache=True)
def join_tiles(planes, at, mask, mask_at, masked, octets, from_octet, form, fill, tiles, spare, out, to, stream):
    """Write whole tiles of 64 weights; arguments as for `join_fields`."""
    raw_planes, zeros, sign_last, bits = form
    for _ in range(tiles):
        codes = zero_tile(spare)
        for p in range(raw_planes, len(planes)):
            codes = mark(codes, word_at(planes[p], at), 1 << (p - raw_planes))
        for b in range(bits >> 3):
            made = look_up_octets(octets, b, codes) if b >= from_octet else zero_tile(spare)
            for p in range(8 * b, min(8 * b + 8, raw_planes)):
                made = mark(made, word_at(planes[p], at), 1 << (p & 7))
            store_tile(spare, 64 * b, made)
        numbers = join_octets(spare, out)
        if sign_last:
            numbers = move_sign(numbers, zeros)
        elif zeros:
            numbers = shift_up(numbers, zeros)
        if masked:
            numbers = choose(numbers, ~word_at(mask, mask_at), fill)
        put_tile(out, to, numbers, stream)
        at += 64
        mask_at += 64
        to += 64


@njit(nogil=True, cache=True)
def join_fields(
    planes, at, mask, mask_at, masked, images, octets, from_octet, form, fill, first, stop, spare, out, begin, stream
):
    """Write the weights first … stop − 1, whose codes and raw fields lie in planes.

    Args:
        planes: uint64 (planes, words): those of the raw field, and then those of the codes.
        at: the bit of each plane that belongs to weight `first`.
        mask, mask_at: the mask, uint64, and its bit that belongs to weight `first`.
        masked: whether there is a mask; otherwise all weights are kept.
        images: the image without its raw field for every code, of the dtype of `out`.
        octets: the bytes of these images, uint8 (bytes·256,): byte b for every code from 256·b on.
        from_octet: the lowest byte that is not always 0.
        form: raw_bits, zeros and sign_last of the numbers' form, and their bits.
        fill: a pruned weight, uint64.
        first, stop: the range.
        spare: working memory, 512 uint8.
        out: of the weights' unsigned dtype, with weight w at w − begin.
        begin: see `out`.
        stream: whether to use streaming stores; then weight w lies at a multiple of 64 bytes if w is a multiple of 64.
    """
    head = min(-first & 63, stop - first)
    join_some(planes, at, mask, mask_at, masked, images, form, fill, head, out, first - begin)
    done = head + ((stop - first - head) >> 6 << 6)
    i, k, to = at + head, mask_at + head, first + head - begin
    tiles = (done - head) >> 6
    join_tiles(planes, i, mask, k, masked, octets, from_octet, form, fill, tiles, spare, out, to, stream)
    rest = stop - first - done
    join_some(planes, at + done, mask, mask_at + done, masked, images, form, fill, rest, out, first + done - begin)
    fence()
