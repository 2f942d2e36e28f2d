"""Numba intrinsics on tiles of 64 weights as machine vectors: LLVM's <64 x iN>, N the bits of a weight.

LLVM splits a tile into as many registers as it takes. A word of 64 bits chooses, bit by bit, which weights change; on
processors with mask registers, the word is such a mask without conversion. No intrinsic checks an index.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

from xoropt.common.words.vectors import address

__all__ = ["choose", "load_tile", "mark", "store_tile", "stream_tile", "zero_tile"]

SIZE = 64


class TileType(types.Type):
    """The type of 64 weights of `bits` bits each in compiled code."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        super().__init__(name=f"Tile{bits}")


@register_model(TileType)
class _TileModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: TileType) -> None:
        super().__init__(manager, kind, vector(kind.bits))


def vector(bits: int) -> Any:
    """Return LLVM's type of a tile."""
    return ir.VectorType(ir.IntType(bits), SIZE)


@intrinsic
def zero_tile(typing_context, array):
    """Return 64 zeros of the array's dtype, an unsigned integer."""
    kind = TileType(array.dtype.bitwidth)

    def codegen(context, builder, signature, args):
        return ir.Constant(vector(kind.bits), None)

    return kind(array), codegen


@intrinsic
def load_tile(typing_context, array, i):
    """Return array[i : i + 64]."""
    kind = TileType(array.dtype.bitwidth)

    def codegen(context, builder, signature, args):
        at = address(context, builder, signature.args[0], args[0], args[1], vector(kind.bits))
        return builder.load(at, align=kind.bits // 8)

    return kind(array, types.int64), codegen


@intrinsic
def store_tile(typing_context, array, i, tile):
    """Write array[i : i + 64] = tile."""

    def codegen(context, builder, signature, args):
        at = address(context, builder, signature.args[0], args[0], args[1], vector(tile.bits))
        builder.store(args[2], at, align=tile.bits // 8)
        return context.get_dummy_value()

    return types.void(array, types.int64, tile), codegen


@intrinsic
def stream_tile(typing_context, array, i, tile):
    """Write array[i : i + 64] = tile past the caches, at a multiple of 64 bytes; a `fence` must follow the last."""

    def codegen(context, builder, signature, args):
        at = address(context, builder, signature.args[0], args[0], args[1], vector(tile.bits))
        store = builder.store(args[2], at, align=64)
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(array, types.int64, tile), codegen


def chosen(builder, tile, word, value):
    """Return the bits of a word as 64 conditions, and a value 64 times, as wide as the elements of the tile."""
    i32, element = ir.IntType(32), tile.type.element
    if value.type.width < element.width:
        value = builder.zext(value, element)
    elif value.type.width > element.width:
        value = builder.trunc(value, element)
    one = builder.insert_element(ir.Constant(tile.type, ir.Undefined), value, ir.Constant(i32, 0))
    places = ir.Constant(ir.VectorType(i32, SIZE), [ir.Constant(i32, 0)] * SIZE)
    return builder.bitcast(word, ir.VectorType(ir.IntType(1), SIZE)), builder.shuffle_vector(one, one, places)


@intrinsic
def choose(typing_context, tile, word, value):
    """Return the tile with `value` in every place i where bit i of `word` is set."""

    def codegen(context, builder, signature, args):
        where, values = chosen(builder, *args)
        return builder.select(where, values, args[0])

    return tile(tile, types.uint64, value), codegen


@intrinsic
def mark(typing_context, tile, word, value):
    """Return the tile with `value` added, mod 2^bits, in every place i where bit i of `word` is set."""

    def codegen(context, builder, signature, args):
        where, values = chosen(builder, *args)
        return builder.select(where, builder.add(args[0], values), args[0])

    return tile(tile, types.uint64, value), codegen
