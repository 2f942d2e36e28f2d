"""The strongest rival of the decoder: a bitmap and packed values, expanded by a compiled bit deposit."""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from xoropt.common.words.vectors import address, ones

__all__ = ["expand"]


@intrinsic
def deposit(typing_context, bits, mask):
    """Move the lowest bits of a word to the positions of a mask's ones: x86's pdep."""

    def codegen(context, builder, signature, args):
        word = ir.IntType(64)
        kind = ir.FunctionType(word, [word, word])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.bmi.pdep.64"), args)

    return types.uint64(types.uint64, types.uint64), codegen


@intrinsic
def write_past(typing_context, words, i, word):
    """Store `word` as words[i], past the caches."""

    def codegen(context, builder, signature, args):
        at = address(context, builder, signature.args[0], args[0], args[1], ir.IntType(64))
        store = builder.store(args[2], at, align=8)
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(words, types.int64, types.uint64), codegen


@njit(nogil=True, inline="always")
def packed_word(packed, at):
    shift = np.uint64(at & 63)
    return (packed[at >> 6] >> shift) | ((packed[(at >> 6) + 1] << np.uint64(1)) << (np.uint64(63) - shift))


@njit(nogil=True)
def expand(mask, packed, out, stream):
    """Expand a bitmap and packed bits to a plane.

    Eight words at a time: their positions in `packed` are all known before any of them is used.

    Args:
        mask: the words of the bitmap.
        packed: the bits of the kept weights, with one word more than they need.
        out: the words of the plane.
        stream: write past the caches, which is a tenth faster where the output is not read at once.
    """
    at = np.int64(0)
    for i in range(0, len(mask) - 7, 8):
        m0, m1, m2, m3 = mask[i], mask[i + 1], mask[i + 2], mask[i + 3]
        m4, m5, m6, m7 = mask[i + 4], mask[i + 5], mask[i + 6], mask[i + 7]
        a1 = at + ones(m0)
        a2 = a1 + ones(m1)
        a3 = a2 + ones(m2)
        a4 = a3 + ones(m3)
        a5 = a4 + ones(m4)
        a6 = a5 + ones(m5)
        a7 = a6 + ones(m6)
        w0, w1 = deposit(packed_word(packed, at), m0), deposit(packed_word(packed, a1), m1)
        w2, w3 = deposit(packed_word(packed, a2), m2), deposit(packed_word(packed, a3), m3)
        w4, w5 = deposit(packed_word(packed, a4), m4), deposit(packed_word(packed, a5), m5)
        w6, w7 = deposit(packed_word(packed, a6), m6), deposit(packed_word(packed, a7), m7)
        at = a7 + ones(m7)
        if stream:
            write_past(out, i, w0)
            write_past(out, i + 1, w1)
            write_past(out, i + 2, w2)
            write_past(out, i + 3, w3)
            write_past(out, i + 4, w4)
            write_past(out, i + 5, w5)
            write_past(out, i + 6, w6)
            write_past(out, i + 7, w7)
        else:
            out[i], out[i + 1], out[i + 2], out[i + 3] = w0, w1, w2, w3
            out[i + 4], out[i + 5], out[i + 6], out[i + 7] = w4, w5, w6, w7
    for i in range(len(mask) // 8 * 8, len(mask)):
        out[i] = deposit(packed_word(packed, at), mask[i])
        at += ones(mask[i])
