"""Intrinsics for numba that read and write words, bits and numbers at places of arrays.

None of them checks an index or allows for negative ones, which saves what numba spends on that. The tests run the same
loops on plain twins that do check.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = [
    "address",
    "bits_at",
    "copy_octets",
    "expect",
    "fence",
    "number_at",
    "ones",
    "put_number",
    "trailing_zeros",
    "word_at",
]

WORD = ir.IntType(64)


def address(context, builder, array_type, array, index, element):
    """Return the address of array[index] as a pointer to `element`."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), element.as_pointer())


@intrinsic
def number_at(typing_context, numbers, i):
    """Return numbers[i] of an array of integers, as int64."""

    def codegen(context, builder, signature, args):
        dtype = signature.args[0].dtype
        kind = ir.IntType(dtype.bitwidth)
        number = builder.load(address(context, builder, signature.args[0], args[0], args[1], kind))
        return number if kind.width == 64 else (builder.sext if dtype.signed else builder.zext)(number, WORD)

    return types.int64(numbers, types.int64), codegen


@intrinsic
def put_number(typing_context, numbers, i, number):
    """Store `number`, int64, as numbers[i], cut off to the bits that an element holds."""

    def codegen(context, builder, signature, args):
        kind = ir.IntType(signature.args[0].dtype.bitwidth)
        number = args[2] if kind.width == 64 else builder.trunc(args[2], kind)
        builder.store(number, address(context, builder, signature.args[0], args[0], args[1], kind))
        return context.get_dummy_value()

    return types.void(numbers, types.int64, types.int64), codegen


@intrinsic
def trailing_zeros(typing_context, word):
    """Count the zero bits below the lowest one bit of a word that is not zero."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@intrinsic
def ones(typing_context, word):
    """Count the one bits of a word."""

    def codegen(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.uint64), codegen


@intrinsic
def bits_at(typing_context, words, i):
    """Return at least 57 bits of an array of words, from bit i on; 8 bytes are read, the first holds bit i."""

    def codegen(context, builder, signature, args):
        octet = builder.lshr(args[1], ir.Constant(WORD, 3))
        base = address(context, builder, signature.args[0], args[0], ir.Constant(WORD, 0), ir.IntType(8))
        word = builder.load(builder.bitcast(builder.gep(base, [octet]), WORD.as_pointer()), align=1)
        return builder.lshr(word, builder.and_(args[1], ir.Constant(WORD, 7)))

    return types.int64(words, types.int64), codegen


@intrinsic
def word_at(typing_context, words, i):
    """Return 64 bits of an array of words from bit i on, row after row; two words are read, wherever i is."""

    def codegen(context, builder, signature, args):
        at, one = builder.lshr(args[1], ir.Constant(WORD, 6)), ir.Constant(WORD, 1)
        low, high = (
            builder.load(address(context, builder, signature.args[0], args[0], place, WORD))
            for place in (at, builder.add(at, one))
        )
        shift = builder.and_(args[1], ir.Constant(WORD, 63))
        high = builder.shl(builder.shl(high, one), builder.xor(shift, ir.Constant(WORD, 63)))
        return builder.or_(builder.lshr(low, shift), high)

    return types.uint64(words, types.int64), codegen


@intrinsic
def copy_octets(typing_context, words, octets, i, count):
    """Copy octets[i : i + count], uint8, to the beginning of `words`, uint64."""

    def codegen(context, builder, signature, args):
        octet = ir.IntType(8)
        to = address(context, builder, signature.args[0], args[0], ir.Constant(WORD, 0), octet)
        at = address(context, builder, signature.args[1], args[1], args[2], octet)
        cgutils.raw_memcpy(builder, to, at, args[3], 1)
        return context.get_dummy_value()

    return types.void(words, octets, types.int64, types.int64), codegen


@intrinsic
def expect(typing_context, words, i):
    """Prefetch words[i] into the cache; any i is safe, since nothing is read."""

    def codegen(context, builder, signature, args):
        octets, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        at = address(context, builder, signature.args[0], args[0], args[1], octets.pointee)
        kind = ir.FunctionType(ir.VoidType(), [octets, i32, i32, i32])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        # For reading, into the second-level cache, as data.
        builder.call(prefetch, [at, ir.Constant(i32, 0), ir.Constant(i32, 2), ir.Constant(i32, 1)])
        return context.get_dummy_value()

    return types.void(words, types.int64), codegen


@intrinsic
def fence(typing_context):
    """Make streamed rows visible in memory before anything that is written later."""

    def codegen(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), codegen
