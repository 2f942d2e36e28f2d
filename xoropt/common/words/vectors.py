"""Words, bits and numbers at places of arrays: numba intrinsics that spare its care for negative indices.

None of them checks an index. The tests run the same loops on plain twins that do.
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
    """The address of array[index] as a pointer to `element`."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), element.as_pointer())


@intrinsic
def number_at(typing_context, numbers, i):
    """numbers[i] of an array of integers; spares numba's care for negative indices."""

    def codegen(context, builder, signature, args):
        dtype = signature.args[0].dtype
        kind = ir.IntType(dtype.bitwidth)
        number = builder.load(address(context, builder, signature.args[0], args[0], args[1], kind))
        return number if kind.width == 64 else (builder.sext if dtype.signed else builder.zext)(number, WORD)

    return types.int64(numbers, types.int64), codegen


@intrinsic
def put_number(typing_context, numbers, i, number):
    """numbers[i] = number, int64, cut off to what an element holds; as `number_at`."""

    def codegen(context, builder, signature, args):
        kind = ir.IntType(signature.args[0].dtype.bitwidth)
        number = args[2] if kind.width == 64 else builder.trunc(args[2], kind)
        builder.store(number, address(context, builder, signature.args[0], args[0], args[1], kind))
        return context.get_dummy_value()

    return types.void(numbers, types.int64, types.int64), codegen


@intrinsic
def trailing_zeros(typing_context, word):
    """Number of zero bits below the lowest one of a word that is not zero."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@intrinsic
def ones(typing_context, word):
    """Number of one bits of a word."""

    def codegen(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.uint64), codegen


@intrinsic
def bits_at(typing_context, words, i):
    """57 bits and more of an array of words from bit i on; the bytes that they lie in are read, and those up to 8."""

    def codegen(context, builder, signature, args):
        octet = builder.lshr(args[1], ir.Constant(WORD, 3))
        base = address(context, builder, signature.args[0], args[0], ir.Constant(WORD, 0), ir.IntType(8))
        word = builder.load(builder.bitcast(builder.gep(base, [octet]), WORD.as_pointer()), align=1)
        return builder.lshr(word, builder.and_(args[1], ir.Constant(WORD, 7)))

    return types.int64(words, types.int64), codegen


@intrinsic
def word_at(typing_context, words, i):
    """The 64 bits of words from bit i on, row after row; the word after the one in which they begin is read too."""

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
    """The bytes of `words`, uint64, from its beginning on = octets[i : i + count], uint8."""

    def codegen(context, builder, signature, args):
        octet = ir.IntType(8)
        to = address(context, builder, signature.args[0], args[0], ir.Constant(WORD, 0), octet)
        at = address(context, builder, signature.args[1], args[1], args[2], octet)
        cgutils.raw_memcpy(builder, to, at, args[3], 1)
        return context.get_dummy_value()

    return types.void(words, octets, types.int64, types.int64), codegen


@intrinsic
def expect(typing_context, words, i):
    """Have the processor bring words[i] close; any i will do, for nothing is read."""

    def codegen(context, builder, signature, args):
        octets, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        at = address(context, builder, signature.args[0], args[0], args[1], octets.pointee)
        kind = ir.FunctionType(ir.VoidType(), [octets, i32, i32, i32])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        # To read, into the second cache, of data.
        builder.call(prefetch, [at, ir.Constant(i32, 0), ir.Constant(i32, 2), ir.Constant(i32, 1)])
        return context.get_dummy_value()

    return types.void(words, types.int64), codegen


@intrinsic
def fence(typing_context):
    """Streamed rows are in memory before anything that is written after this."""

    def codegen(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), codegen
