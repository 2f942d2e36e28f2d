"""Tiles of 64 groups of a mask as machine vectors: numba intrinsics beside those of `xoropt.codec.weights.vectors`."""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from xoropt.codec.compiled.vectors import ROW
from xoropt.codec.weights.vectors import SIZE, TileType, vector
from xoropt.words.vectors import address

__all__ = ["find_places", "four_at", "join_tiles", "swap_far", "swap_near"]

TABLE = 32
"""Entries of a table that two vectors hold."""


@intrinsic
def four_at(typing_context, symbols, i):
    """symbols[i : i + 4], uint16, as one uint64, the first lowest."""

    def codegen(context, builder, signature, args):
        word = ir.IntType(64)
        return builder.load(address(context, builder, signature.args[0], args[0], args[1], word), align=2)

    return types.uint64(symbols, types.int64), codegen


def swaps(by: int):
    """Three steps of a transposition of 64 × 64 bits: those that swap bits whose places differ by 4·by, 2·by and by.

    Source: H. S. Warren, *Hacker's Delight*, 2nd ed., 7-3; here for eight times eight words at once.
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
    """low + 2^8·middle + 2^16·high: 64 numbers of 32 bits from three times 64 bytes."""
    kind = TileType(32)

    def codegen(context, builder, signature, args):
        low, middle, high = (builder.zext(part, vector(32)) for part in args)
        middle, high = builder.shl(middle, splat(vector(32), 8)), builder.shl(high, splat(vector(32), 16))
        return builder.or_(low, builder.or_(middle, high))

    return kind(low, middle, high), codegen


@intrinsic
def find_places(typing_context, tile, bases, shifts):
    """bases[z] + (m >> shifts[z]), mod 2^32, for each of 64 numbers m of 32 bits; z: its leading zeros, mod 32.

    `bases` and `shifts`: uint32 (32,).
    """

    def codegen(context, builder, signature, args):
        part = ir.VectorType(ir.IntType(32), 16)
        tables = [
            [
                builder.load(address(context, builder, kind, table, ir.Constant(ir.IntType(64), i), part), align=4)
                for i in (0, 16)
            ]
            for kind, table in zip(signature.args[1:], args[1:], strict=True)
        ]
        found = []
        for first in range(0, SIZE, 16):
            m = shuffled(builder, args[0], args[0], range(first, first + 16))
            kind = ir.FunctionType(part, [part, ir.IntType(1)])
            zeros = cgutils.get_or_insert_function(builder.module, kind, "llvm.ctlz.v16i32")
            z = builder.call(zeros, [m, ir.Constant(ir.IntType(1), 0)])
            base, shift = (picked(context, builder, *table, z) for table in tables)
            found.append(builder.add(base, builder.lshr(m, shift)))
        halves = [shuffled(builder, *found[i : i + 2], range(32)) for i in (0, 2)]
        return shuffled(builder, *halves, range(SIZE))

    return tile(tile, bases, shifts), codegen


def picked(context, builder, low, high, at):
    """The entries at % 32 of a table of two vectors."""
    part = low.type
    if "+avx512f" in context.codegen().magic_tuple()[2]:  # one instruction looks 16 of them up
        kind = ir.FunctionType(part, [part] * 3)
        pick = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.vpermi2var.d.512")
        return builder.call(pick, [low, at, high])
    table = shuffled(builder, low, high, range(TABLE))
    at = builder.and_(at, splat(part, TABLE - 1))
    made = ir.Constant(part, ir.Undefined)
    for i in range(part.count):
        place = ir.Constant(ir.IntType(32), i)
        made = builder.insert_element(made, builder.extract_element(table, builder.extract_element(at, place)), place)
    return made


def splat(kind, number):
    """A constant vector of equal numbers."""
    return ir.Constant(kind, [ir.Constant(kind.element, number)] * kind.count)


def shuffled(builder, a, b, places):
    """The elements of two vectors, one after the other, at these places."""
    i32 = ir.IntType(32)
    mask = ir.Constant(ir.VectorType(i32, len(places)), [ir.Constant(i32, place) for place in places])
    return builder.shuffle_vector(a, b, mask)
