"""Numba intrinsics of the banded elimination: operations on eight words at once."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from xoropt.common.words.vectors import address

__all__ = ["copy8", "xor8", "xor_four8"]

EIGHT = ir.VectorType(ir.IntType(64), 8)


@intrinsic
def xor8(typing_context, target, i, source, k):
    """XOR source[k : k+8] into target[i : i+8], as one vector of 512 bits, which the compiler splits where it must."""

    def codegen(context, builder, signature, args):
        at = address(context, builder, signature.args[0], args[0], args[1], EIGHT)
        other = builder.load(address(context, builder, signature.args[2], args[2], args[3], EIGHT), align=8)
        builder.store(builder.xor(builder.load(at, align=8), other), at, align=8)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64), codegen


@intrinsic
def xor_four8(typing_context, target, i, source, k0, k1, k2, k3):
    """XOR the four source[k : k+8] into target[i : i+8]."""

    def codegen(context, builder, signature, args):
        at = address(context, builder, signature.args[0], args[0], args[1], EIGHT)
        total = builder.load(at, align=8)
        for k in args[3:]:
            row = address(context, builder, signature.args[2], args[2], k, EIGHT)
            total = builder.xor(total, builder.load(row, align=8))
        builder.store(total, at, align=8)
        return context.get_dummy_value()

    index = types.int64
    return types.void(target, index, source, index, index, index, index), codegen


@intrinsic
def copy8(typing_context, target, i, source, k):
    """Copy source[k : k+8] to target[i : i+8]."""

    def codegen(context, builder, signature, args):
        value = builder.load(address(context, builder, signature.args[2], args[2], args[3], EIGHT), align=8)
        builder.store(value, address(context, builder, signature.args[0], args[0], args[1], EIGHT), align=8)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64), codegen
