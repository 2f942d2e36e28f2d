"""Numba intrinsics on rows of 512 lanes as 64 bytes: x86's instruction GF2P8AFFINEQB, and shuffles of bytes."""

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from xoropt.codec.compiled.vectors import ROW, row_type

__all__ = ["high_octets", "low_octets", "multiply_octets"]

OCTETS = ir.VectorType(ir.IntType(8), 64)


@intrinsic
def multiply_octets(typing_context, vectors, matrices):
    """Multiply, in every word, eight vectors by a matrix over GF(2) (GF2P8AFFINEQB).

    Bit b of byte j of the product is the parity of byte 7 − b of the matrix AND byte j of the vectors.
    """

    def codegen(context, builder, signature, args):
        vectors, matrices = (builder.bitcast(row, OCTETS) for row in args)
        kind = ir.FunctionType(OCTETS, [OCTETS, OCTETS, ir.IntType(8)])
        multiply = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.vgf2p8affineqb.512")
        return builder.bitcast(builder.call(multiply, [vectors, matrices, ir.Constant(ir.IntType(8), 0)]), ROW)

    return row_type(row_type, row_type), codegen


def interleaved(first):
    """Make an intrinsic that takes, of every 16 bytes of two rows, bytes first … first + 7 of both in turn."""

    @intrinsic
    def octets(typing_context, a, b):
        def codegen(context, builder, signature, args):
            places = [i + first + j + row for i in range(0, 64, 16) for j in range(8) for row in (0, 64)]
            mask = ir.Constant(ir.VectorType(ir.IntType(32), 64), places)
            a, b = (builder.bitcast(row, OCTETS) for row in args)
            return builder.bitcast(builder.shuffle_vector(a, b, mask), ROW)

        return row_type(row_type, row_type), codegen

    return octets


low_octets, high_octets = interleaved(0), interleaved(8)
