"""What numba lacks, as intrinsics: bit operations on 64-bit words, and a flag that another thread sets."""

from typing import Any

import numba
from numba import types
from numba.extending import intrinsic

__all__ = ["boolean", "count_ones", "inner", "int64", "stopped", "trailing_zeros", "uint64"]


def _count_ones(typing_context: Any, word: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), codegen


def _trailing_zeros(typing_context: Any, word: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], context.get_constant(types.boolean, False))

    return types.int64(types.uint64), codegen


def _stopped(typing_context: Any, flag: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        # An atomic load is read from memory each time; a plain one could be moved out of the loop that waits for it.
        value = builder.load_atomic(array.data, "acquire", 8)
        return builder.icmp_signed("!=", value, value.type(0))

    return types.boolean(flag), codegen


boolean: Any = numba.boolean  # untyped: numba's stubs know these as types, kernels use them as conversions
int64: Any = numba.int64
uint64: Any = numba.uint64
count_ones: Any = intrinsic(_count_ones)  # the number of ones in a uint64, as int64
trailing_zeros: Any = intrinsic(_trailing_zeros)  # the index of the lowest one of a uint64, as int64; 64 for zero

stopped: Any = intrinsic(_stopped)  # whether the first entry of an int64 array is set, also by another thread meanwhile

inner: Any = numba.njit(nogil=True)  # for kernels that only other kernels call, and that are cached with these
