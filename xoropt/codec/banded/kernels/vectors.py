"""Intrinsics of the banded elimination: vectors of eight words, and the bits of one."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["ONE", "copy8", "ones", "trailing_zeros", "xor8", "xor_four8"]

ONE = np.uint64(1)


def _vector(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), ir.VectorType(ir.IntType(64), 8).as_pointer())


@intrinsic
def xor8(typing_context, target, i, source, k):
    """target[i : i+8] ^= source[k : k+8], as one vector of 512 bits (the compiler splits it where it must)."""

    def codegen(context, builder, signature, args):
        at = _vector(context, builder, signature.args[0], args[0], args[1])
        other = builder.load(_vector(context, builder, signature.args[2], args[2], args[3]), align=8)
        builder.store(builder.xor(builder.load(at, align=8), other), at, align=8)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64), codegen


@intrinsic
def xor_four8(typing_context, target, i, source, k0, k1, k2, k3):
    """target[i : i+8] ^= the sum of the four source[k : k+8]."""

    def codegen(context, builder, signature, args):
        at = _vector(context, builder, signature.args[0], args[0], args[1])
        total = builder.load(at, align=8)
        for k in args[3:]:
            row = _vector(context, builder, signature.args[2], args[2], k)
            total = builder.xor(total, builder.load(row, align=8))
        builder.store(total, at, align=8)
        return context.get_dummy_value()

    index = types.int64
    return types.void(target, index, source, index, index, index, index), codegen


@intrinsic
def copy8(typing_context, target, i, source, k):
    """target[i : i+8] = source[k : k+8]."""

    def codegen(context, builder, signature, args):
        value = builder.load(_vector(context, builder, signature.args[2], args[2], args[3]), align=8)
        builder.store(value, _vector(context, builder, signature.args[0], args[0], args[1]), align=8)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64), codegen


@intrinsic
def trailing_zeros(typing_context, x):
    """Number of zero bits below the lowest one of a word that is not zero."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@intrinsic
def ones(typing_context, x):
    """Number of one bits of a word."""

    def codegen(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.uint64), codegen
