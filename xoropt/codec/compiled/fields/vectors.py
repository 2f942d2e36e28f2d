"""Numba intrinsics on tiles of 64 octets: looking them up in a table of 256, and joining them to numbers."""

from functools import cache

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from xoropt.codec.compiled.weights.vectors import SIZE, TileType, vector
from xoropt.common.words.vectors import address

__all__ = ["join_octets", "look_up_octets", "move_sign", "shift_up"]

OCTETS = ir.VectorType(ir.IntType(8), SIZE)
FEATURES = {"+avx512f", "+avx512bw", "+avx512vbmi"}
"""What the processor must have to permute 64 bytes in one instruction."""


@cache
def has_vbmi() -> bool:
    """Return whether code that is compiled here may use the instruction VPERMI2B."""
    return set(cpu_target.target_context.codegen().magic_tuple()[2].split(",")) >= FEATURES


@intrinsic
def look_up_octets(typing_context, table, i, codes):
    """Return table[256·i + code], uint8, for each code of a tile of bytes."""

    def codegen(context, builder, signature, args):
        word, i32 = ir.IntType(64), ir.IntType(32)
        base = builder.mul(args[1], ir.Constant(word, 256))
        codes = args[2]
        if has_vbmi():
            quarters = [
                builder.load(
                    address(
                        context, builder, signature.args[0], args[0], builder.add(base, ir.Constant(word, k)), OCTETS
                    ),
                    align=1,
                )
                for k in range(0, 256, SIZE)
            ]
            kind = ir.FunctionType(OCTETS, [OCTETS] * 3)
            permute = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.vpermi2var.qi.512")
            low, high = (builder.call(permute, [quarters[k], codes, quarters[k + 1]]) for k in (0, 2))
            upper = builder.icmp_signed("<", codes, ir.Constant(OCTETS, None))
            return builder.select(upper, high, low)
        made = ir.Constant(OCTETS, ir.Undefined)
        for k in range(SIZE):
            place = builder.zext(builder.extract_element(codes, ir.Constant(i32, k)), word)
            at = address(context, builder, signature.args[0], args[0], builder.add(base, place), ir.IntType(8))
            made = builder.insert_element(made, builder.load(at), ir.Constant(i32, k))
        return made

    return codes(table, types.int64, codes), codegen


@intrinsic
def join_octets(typing_context, octets, out):
    """Join tiles of bytes to 64 numbers of the dtype of `out`: octets[64·b + k], uint8, is byte b of number k."""
    kind = TileType(out.dtype.bitwidth)

    def codegen(context, builder, signature, args):
        numbers = ir.Constant(vector(kind.bits), None)
        for b in range(kind.bits // 8):
            at = address(context, builder, signature.args[0], args[0], ir.Constant(ir.IntType(64), SIZE * b), OCTETS)
            part = builder.load(at, align=1)
            wide = part if kind.bits == 8 else builder.zext(part, vector(kind.bits))
            numbers = builder.or_(numbers, builder.shl(wide, splat(builder, wide, 8 * b)))
        return numbers

    return kind(octets, out), codegen


@intrinsic
def shift_up(typing_context, tile, by):
    """Return the numbers of a tile shifted up by some bits, fewer than they have."""

    def codegen(context, builder, signature, args):
        return builder.shl(args[0], splat(builder, args[0], args[1]))

    return tile(tile, types.int64), codegen


@intrinsic
def move_sign(typing_context, tile, by):
    """Return the numbers of a tile with the lowest bit moved to the top, the others shifted down by one, up by `by`."""

    def codegen(context, builder, signature, args):
        tile = args[0]
        magnitude = builder.shl(builder.lshr(tile, splat(builder, tile, 1)), splat(builder, tile, args[1]))
        return builder.or_(magnitude, builder.shl(tile, splat(builder, tile, tile.type.element.width - 1)))

    return tile(tile, types.int64), codegen


def splat(builder, tile, number):
    """Return a number, an int or LLVM's i64, as often as a tile has elements."""
    element, i32 = tile.type.element, ir.IntType(32)
    if isinstance(number, int):
        return ir.Constant(tile.type, [ir.Constant(element, number)] * SIZE)
    value = number if element.width == 64 else builder.trunc(number, element)
    one = builder.insert_element(ir.Constant(tile.type, ir.Undefined), value, ir.Constant(i32, 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(i32, SIZE), [ir.Constant(i32, 0)] * SIZE))
