"""Numba intrinsics on rows of 512 lanes as machine vectors: LLVM's <8 x i64>.

LLVM compiles them for any processor and splits a row into as many registers as it takes. On processors with 512-bit
registers, a row is one of them, the XOR of three rows is one instruction, and a streaming store writes a whole cache
line without reading it first.

No intrinsic checks an index. The tests run the same loops in plain Python on twins of them that do.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from xoropt.common.words.vectors import address

__all__ = [
    "add_rows",
    "equal_words",
    "lift_row",
    "load_row",
    "only_word",
    "shift_row",
    "store_row",
    "stream_row",
    "turn_row",
    "xor_rows",
]

WORD = ir.IntType(64)
ROW = ir.VectorType(WORD, 8)


class RowType(types.Type):
    """The type of a row of 512 lanes, lane l at bit l % 64 of word l // 64, in compiled code."""

    def __init__(self) -> None:
        super().__init__(name="Row512")


row_type = RowType()


@register_model(RowType)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ROW)


def constant(values: list[int]) -> Any:
    """Return a constant vector of eight words."""
    return ir.Constant(ROW, [ir.Constant(WORD, value) for value in values])


def splat(builder, word):
    """Return a vector of eight times the same word."""
    i32 = ir.IntType(32)
    one = builder.insert_element(ir.Constant(ROW, ir.Undefined), word, ir.Constant(i32, 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(i32, 8), [ir.Constant(i32, 0)] * 8))


def rotated(builder, row, words):
    """Return a vector with word i moved to place i + words (mod 8)."""
    i32 = ir.IntType(32)
    places = ir.Constant(ir.VectorType(i32, 8), [ir.Constant(i32, (i - words) % 8) for i in range(8)])
    return builder.shuffle_vector(row, row, places)


def call(builder, name: str, args: list[Any]) -> Any:
    """Call a function of LLVM from vectors to a vector."""
    kind = ir.FunctionType(ROW, [ROW] * len(args))
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


@intrinsic
def load_row(typing_context, words, i):
    """Return words[i : i + 8], uint64, or words[i : i + 64], uint8, as a row."""

    def codegen(context, builder, signature, args):
        align = signature.args[0].dtype.bitwidth // 8
        return builder.load(address(context, builder, signature.args[0], args[0], args[1], ROW), align=align)

    return row_type(words, types.int64), codegen


@intrinsic
def store_row(typing_context, words, i, row):
    """Write words[i : i + 8] = row."""

    def codegen(context, builder, signature, args):
        builder.store(args[2], address(context, builder, signature.args[0], args[0], args[1], ROW), align=8)
        return context.get_dummy_value()

    return types.void(words, types.int64, row_type), codegen


@intrinsic
def stream_row(typing_context, words, i, row):
    """Write words[i : i + 8] = row past the caches, at a multiple of 64 bytes; a `fence` must follow the last."""

    def codegen(context, builder, signature, args):
        store = builder.store(args[2], address(context, builder, signature.args[0], args[0], args[1], ROW), align=64)
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(words, types.int64, row_type), codegen


@intrinsic
def xor_rows(typing_context, a, b):
    """Return a ⊕ b."""

    def codegen(context, builder, signature, args):
        return builder.xor(args[0], args[1])

    return row_type(row_type, row_type), codegen


@intrinsic
def equal_words(typing_context, word):
    """Return a row of eight times the same word."""

    def codegen(context, builder, signature, args):
        return splat(builder, args[0])

    return row_type(types.int64), codegen


@intrinsic
def add_rows(typing_context, a, b):
    """Return a + b, word by word, mod 2^64."""

    def codegen(context, builder, signature, args):
        return builder.add(args[0], args[1])

    return row_type(row_type, row_type), codegen


@intrinsic
def turn_row(typing_context, row, lanes):
    """Rotate a row: lane l moves to lane l + lanes (mod 512).

    `lanes` is a row of equal words, which loops can count up without moving it to another register.
    """

    def codegen(context, builder, signature, args):
        row, lanes = args
        words = builder.lshr(lanes, constant([6] * 8))
        if "+avx512f" in context.codegen().magic_tuple()[2]:  # one instruction moves words by a variable number
            places = builder.sub(constant([*range(8)]), words)
            row = call(builder, "llvm.x86.avx512.permvar.di.512", [row, places])
        else:
            for step in (1, 2, 4):
                chosen = builder.icmp_unsigned("!=", builder.and_(words, constant([step] * 8)), constant([0] * 8))
                row = builder.select(chosen, rotated(builder, row, step), row)
        return call(builder, "llvm.fshl.v8i64", [row, rotated(builder, row, 1), lanes])

    return row_type(row_type, row_type), codegen


@intrinsic
def lift_row(typing_context, row, before, bits):
    """Return the upper half of row:before, a number of 1024 bits, shifted left by 0 to 63 bits."""

    def codegen(context, builder, signature, args):
        i32 = ir.IntType(32)
        places = ir.Constant(ir.VectorType(i32, 8), [ir.Constant(i32, i) for i in range(7, 15)])
        below = builder.shuffle_vector(args[1], args[0], places)
        return call(builder, "llvm.fshl.v8i64", [args[0], below, splat(builder, args[2])])

    return row_type(row_type, row_type, types.int64), codegen


@intrinsic
def only_word(typing_context, row, i):
    """Return a row with word i, i from 0 to 7, as its first word and zeros after it."""

    def codegen(context, builder, signature, args):
        first = ir.Constant(ir.IntType(32), 0)
        if "+avx512f" in context.codegen().magic_tuple()[2]:
            moved = call(builder, "llvm.x86.avx512.permvar.di.512", [args[0], splat(builder, args[1])])
            return builder.and_(moved, constant([2**64 - 1, 0, 0, 0, 0, 0, 0, 0]))
        return builder.insert_element(constant([0] * 8), builder.extract_element(args[0], args[1]), first)

    return row_type(row_type, types.int64), codegen


@intrinsic
def shift_row(typing_context, low, high, bits):
    """Return, word by word, the lower half of high:low shifted right by `bits` (mod 64)."""

    def codegen(context, builder, signature, args):
        return call(builder, "llvm.fshr.v8i64", [args[1], args[0], splat(builder, args[2])])

    return row_type(row_type, row_type, types.int64), codegen
