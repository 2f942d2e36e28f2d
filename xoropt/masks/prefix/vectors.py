"""Tiles of 64 groups of a mask as machine vectors: numba intrinsics, like `xoropt.codec.compiled.weights.vectors`."""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from xoropt.codec.compiled.vectors import ROW
from xoropt.codec.compiled.weights.vectors import TileType
from xoropt.common.words.vectors import address

__all__ = ["SIDE", "four_at", "join_tiles", "look_up", "swap_far", "swap_near", "transpose_numbers"]

SIDE = 16
"""The numbers of 32 bits in a vector."""

BIT, WORD = ir.IntType(1), ir.IntType(64)
NUMBERS, SYMBOLS, CODES = (ir.VectorType(ir.IntType(bits), SIDE) for bits in (32, 16, 8))


@intrinsic
def four_at(typing_context, symbols, i):
    """Load symbols[i : i + 4], uint16, as one uint64, the first lowest."""

    def codegen(context, builder, signature, args):
        word = ir.IntType(64)
        return builder.load(address(context, builder, signature.args[0], args[0], args[1], word), align=2)

    return types.uint64(symbols, types.int64), codegen


def swaps(by: int):
    """Make three steps of a transposition of 64 × 64 bits: they swap bits whose places differ by 4·by, 2·by and by.

    Source: H. S. Warren, *Hacker's Delight*, 2nd ed., 7-3, here for eight times eight words at once.
    """

    @intrinsic
    def swap(typing_context, words, i, step):
        def codegen(context, builder, signature, args):
            places = [args[1]]
            for _ in range(7):
                places.append(builder.add(places[-1], args[2]))
            at = [address(context, builder, signature.args[0], args[0], place, ROW) for place in places]
            rows = [builder.load(pointer, align=8) for pointer in at]
            for apart in (4, 2, 1):
                shift = apart * by
                low = sum(((1 << shift) - 1) << place for place in range(0, 64, 2 * shift))
                width, mask = splat(ROW, shift), splat(ROW, low)
                for a in range(8):
                    b = a + apart
                    if a & apart:
                        continue
                    wrong = builder.and_(builder.xor(builder.lshr(rows[a], width), rows[b]), mask)
                    rows[b] = builder.xor(rows[b], wrong)
                    rows[a] = builder.xor(rows[a], builder.shl(wrong, width))
            for pointer, row in zip(at, rows, strict=True):
                builder.store(row, pointer, align=8)
            return context.get_dummy_value()

        return types.void(words, types.int64, types.int64), codegen

    return swap


swap_far, swap_near = swaps(8), swaps(1)


@intrinsic
def join_tiles(typing_context, low, middle, high):
    """Join three times 64 bytes to 64 numbers of 32 bits: low + 2^8·middle + 2^16·high."""
    kind = TileType(32)

    def codegen(context, builder, signature, args):
        low, middle, high = args
        halves = []
        for i in (0, 32):
            lower = interleave(builder, low, middle, range(i, i + 32))
            upper = interleave(builder, high, ir.Constant(high.type, None), range(i, i + 32))
            quarters = [interleave(builder, lower, upper, range(k, k + 16)) for k in (0, 16)]
            halves.append(shuffle(builder, *quarters, range(32)))
        return shuffle(builder, *halves, range(64))

    return kind(low, middle, high), codegen


@intrinsic
def transpose_numbers(typing_context, block, at, codes, g, step, numbers):
    """Transpose 16 × 16 numbers, and find the place of each one's entry in the codes' tables.

    For i and t from 0 to 15, with m = block[at + 64·t + i], c = codes[g + step·i + t] and z the leading zeros of m,
    mod 32: numbers[16·i + t] = m and numbers[256 + 16·i + t] = 32·c + z.

    Args:
        block: uint32.
        at: int64.
        codes: uint8.
        g: int64.
        step: int64.
        numbers: uint32.
    """

    def codegen(context, builder, signature, args):
        def pointer(array, i, kind):
            return address(context, builder, signature.args[array], args[array], i, kind)

        def word(i):
            return ir.Constant(WORD, i)

        rows = [builder.load(pointer(0, builder.add(args[1], word(64 * t)), NUMBERS), align=4) for t in range(SIDE)]
        for apart in (8, 4, 2, 1):
            for a in range(SIDE):
                if not a & apart:
                    pair = rows[a], rows[a + apart]
                    lower = [i ^ apart | SIDE if i & apart else i for i in range(SIDE)]
                    rows[a], rows[a + apart] = (
                        shuffle(builder, *pair, places) for places in (lower, [place + apart for place in lower])
                    )
        kind = ir.FunctionType(NUMBERS, [NUMBERS, BIT])
        zeros = cgutils.get_or_insert_function(builder.module, kind, "llvm.ctlz.v16i32")
        g = args[3]
        for i, row in enumerate(rows):
            builder.store(row, pointer(5, word(SIDE * i), NUMBERS), align=4)
            z = builder.and_(builder.call(zeros, [row, ir.Constant(BIT, 0)]), splat(NUMBERS, 31))
            code = builder.zext(builder.load(pointer(2, g, CODES), align=1), NUMBERS)
            place = builder.or_(builder.shl(code, splat(NUMBERS, 5)), z)
            builder.store(place, pointer(5, word(SIDE * (SIDE + i)), NUMBERS), align=4)
            g = builder.add(g, args[4])
        return context.get_dummy_value()

    return types.void(block, types.int64, codes, types.int64, types.int64, numbers), codegen


@intrinsic
def look_up(typing_context, numbers, at, entries, symbols, out, g):
    """Look up the symbols of 16 numbers that `transpose_numbers` left.

    For i from 0 to 15, with m = numbers[at + i] and e = entries[numbers[256 + at + i]]:
    out[g + i] = symbols[(e >> 6) + (m >> (e mod 64))].

    Args:
        numbers: uint32.
        at: int64.
        entries: int64.
        symbols: uint16.
        out: uint16.
        g: int64.
    """

    def codegen(context, builder, signature, args):
        def pointer(array, i, kind):
            return address(context, builder, signature.args[array], args[array], i, kind)

        made = ir.Constant(SYMBOLS, ir.Undefined)
        for i in range(SIDE):
            places = (builder.add(args[1], ir.Constant(WORD, k)) for k in (i, i + SIDE * SIDE))
            m, place = (builder.zext(builder.load(pointer(0, k, NUMBERS.element)), WORD) for k in places)
            entry = builder.load(pointer(2, place, WORD))
            shift = builder.and_(entry, ir.Constant(WORD, 63))
            place = builder.add(builder.lshr(m, shift), builder.ashr(entry, ir.Constant(WORD, 6)))
            symbol = builder.load(pointer(3, place, SYMBOLS.element))
            made = builder.insert_element(made, symbol, ir.Constant(ir.IntType(32), i))
        builder.store(made, pointer(4, args[5], SYMBOLS), align=2)
        return context.get_dummy_value()

    return types.void(numbers, types.int64, entries, symbols, out, types.int64), codegen


def interleave(builder, a, b, places):
    """Take the elements of two vectors at these places by turns, and join each two to one of twice their bits."""
    count, bits = a.type.count, a.type.element.width
    both = shuffle(builder, a, b, [i for place in places for i in (place, count + place)])
    return builder.bitcast(both, ir.VectorType(ir.IntType(2 * bits), len(places)))


def splat(kind, number):
    """Make a constant vector of equal numbers."""
    return ir.Constant(kind, [ir.Constant(kind.element, number)] * kind.count)


def shuffle(builder, a, b, places):
    """Take the elements at these places of two vectors, one after the other."""
    i32 = ir.IntType(32)
    mask = ir.Constant(ir.VectorType(i32, len(places)), [ir.Constant(i32, place) for place in places])
    return builder.shuffle_vector(a, b, mask)
