"""Numba intrinsics on 64 weights as machine vectors: codes from words of planes, levels from a register, and sums.

The numbers of 64 columns lie in the *order of quarters*: place 16·k + i holds that of column 4·i + k. So four codes,
which are bytes of one 32-bit word, are the indexes of four look-ups without being moved: a shift brings each to the
bottom, and the instruction VPERMPS reads no more than the lowest four bits of an index, VPERMI2PS five. No intrinsic
checks an index.
"""

from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic, models, register_model

from xoropt.common.words.vectors import address

__all__ = [
    "add_products",
    "add_scaled",
    "add_sums",
    "has_permutation",
    "load_numbers",
    "numbers_at",
    "scaled_weights",
    "store_numbers",
    "weights_at",
    "zero_sums",
]

SIZE, LANES = 64, 16
FLOAT, I8, I32, WORD = ir.FloatType(), ir.IntType(8), ir.IntType(32), ir.IntType(64)
NUMBERS, QUARTER = ir.VectorType(FLOAT, SIZE), ir.VectorType(FLOAT, LANES)
CODES, INDEXES, CONDITIONS = ir.VectorType(I8, SIZE), ir.VectorType(I32, LANES), ir.VectorType(ir.IntType(1), SIZE)
FEATURES = {"+avx512f", "+avx512bw"}
"""What the processor must have: 16 levels of float32 in a register, and bits that choose bytes."""


@cache
def has_permutation() -> bool:
    """Return whether code that is compiled here may look levels up in a register."""
    return set(cpu_target.target_context.codegen().magic_tuple()[2].split(",")) >= FEATURES


class VectorType(types.Type):
    """The type of some numbers of float32 in compiled code."""

    def __init__(self, vector: Any) -> None:
        self.vector = vector
        super().__init__(name=f"Float{vector.count}")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: VectorType) -> None:
        super().__init__(manager, kind, kind.vector)


numbers_type, sums_type = VectorType(NUMBERS), VectorType(QUARTER)


def constant(kind, number):
    """Return a vector of equal integers."""
    return ir.Constant(kind, [ir.Constant(kind.element, number)] * kind.count)


def part(builder, vector, first, count):
    """Return some elements of a vector that follow each other."""
    places = ir.Constant(ir.VectorType(I32, count), [ir.Constant(I32, first + i) for i in range(count)])
    return builder.shuffle_vector(vector, vector, places)


def joined(builder, a, b):
    """Return the elements of one vector and then of another."""
    count = 2 * a.type.count
    places = ir.Constant(ir.VectorType(I32, count), [ir.Constant(I32, i) for i in range(count)])
    return builder.shuffle_vector(a, b, places)


def call(builder, name, args, kind):
    """Call a function of LLVM that returns a vector of this type."""
    signature = ir.FunctionType(kind, [arg.type for arg in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, signature, name), args)


def load(context, builder, array_type, array, index, kind):
    """Load a vector of float32 from an array."""
    return builder.load(address(context, builder, array_type, array, index, kind), align=4)


def moved(builder, index, by):
    """Return an index plus a number."""
    return builder.add(index, ir.Constant(WORD, by))


def looked_up(context, builder, words_type, words, i, table):
    """Look the weights of word i up: four vectors of 16, in the order of quarters.

    The bit above those of the planes says that a weight is kept. Up to three planes, the lower half of the table is
    zeros; with four, a register of zeros is, and the table the upper one of two; with more, two or four registers are
    looked up, and pruned weights are set to zero afterwards.
    """
    planes, zeros = len(words_type) - 1, ir.Constant(QUARTER, None)
    kept = 1 << max(3, planes)
    codes = ir.Constant(CODES, None)
    for k in range(planes + 1):
        array = builder.extract_value(words, k)
        word = builder.load(address(context, builder, words_type[k], array, i, WORD))
        marked = builder.add(codes, constant(CODES, kept if k == 0 else 1 << k - 1))  # one instruction, unlike OR
        codes = builder.select(builder.bitcast(word, CONDITIONS), marked, codes)
    four = builder.bitcast(codes, INDEXES)
    quarters = []
    for k in range(4):
        index = builder.lshr(four, constant(INDEXES, 8 * k)) if k else four
        if planes < 4:
            weights = call(builder, "llvm.x86.avx512.permvar.sf.512", [table[0], index], QUARTER)
        else:
            pairs = [zeros, *table] if planes == 4 else table
            found = [
                call(builder, "llvm.x86.avx512.vpermi2var.ps.512", [low, index, high], QUARTER)
                for low, high in zip(pairs[::2], pairs[1::2], strict=True)
            ]
            weights = chosen(builder, four, 32 << 8 * k, found[1], found[0]) if planes == 6 else found[0]
            weights = chosen(builder, four, kept << 8 * k, weights, zeros) if planes > 4 else weights
        quarters.append(weights)
    return quarters


def chosen(builder, codes, bit, those, others):
    """Take the numbers of `those` whose codes have a bit, and of `others` for the rest."""
    has = builder.icmp_unsigned("!=", builder.and_(codes, constant(INDEXES, bit)), ir.Constant(INDEXES, None))
    return builder.select(has, those, others)


def load_table(context, builder, words_type, array_type, array, at):
    """Load the levels of a row of a table: 16 of up to four planes, 32 of five, 64 of six."""
    count = max(1, 1 << len(words_type) - 1 >> 4)
    places = [moved(builder, at, LANES * k) for k in range(count)]
    return [load(context, builder, array_type, array, place, QUARTER) for place in places]


def weights_from(context, builder, words_type, words, i, table):
    """Look the weights of word i up, as one vector."""
    a, b, c, d = looked_up(context, builder, words_type, words, i, table)
    return joined(builder, joined(builder, a, b), joined(builder, c, d))


@intrinsic
def weights_at(typing_context, words, i, table, at):
    """Return 64 weights.

    Args:
        words: a tuple of arrays of uint64: the mask, and then up to six planes; bits i·64 … i·64 + 63 of each.
        i: see `words`.
        table: float32, the weights by code from `at` on, see `xoropt.linear.levels`.
        at: see `table`.
    """

    def codegen(context, builder, signature, args):
        table = load_table(context, builder, signature.args[0], signature.args[2], args[2], args[3])
        return weights_from(context, builder, signature.args[0], args[0], args[1], table)

    return numbers_type(words, types.int64, table, types.int64), codegen


@intrinsic
def scaled_weights(typing_context, words, i, table, at, factor):
    """Return 64 weights as `weights_at` does, times a number of float32: it is the levels that are multiplied."""

    def codegen(context, builder, signature, args):
        table = load_table(context, builder, signature.args[0], signature.args[2], args[2], args[3])
        one = builder.insert_element(ir.Constant(QUARTER, ir.Undefined), args[4], ir.Constant(I32, 0))
        factors = builder.shuffle_vector(one, one, ir.Constant(INDEXES, None))
        table = [builder.fmul(some, factors) for some in table]
        return weights_from(context, builder, signature.args[0], args[0], args[1], table)

    return numbers_type(words, types.int64, table, types.int64, types.float32), codegen


@intrinsic
def load_numbers(typing_context, array, i):
    """Return array[i : i + 64], float32."""

    def codegen(context, builder, signature, args):
        return load(context, builder, signature.args[0], args[0], args[1], NUMBERS)

    return numbers_type(array, types.int64), codegen


@intrinsic
def numbers_at(typing_context, array, i):
    """Return array[i : i + 64], float32, or bfloat16 as uint16: the upper half of a float32."""
    kind = array.dtype

    def codegen(context, builder, signature, args):
        if kind == types.float32:
            return load(context, builder, signature.args[0], args[0], args[1], NUMBERS)
        halves = ir.VectorType(ir.IntType(16), SIZE)
        bits = builder.load(address(context, builder, signature.args[0], args[0], args[1], halves), align=2)
        whole = ir.VectorType(I32, SIZE)
        return builder.bitcast(builder.shl(builder.zext(bits, whole), constant(whole, 16)), NUMBERS)

    return numbers_type(array, types.int64), codegen


@intrinsic
def store_numbers(typing_context, array, i, numbers):
    """Write array[i : i + 64] = numbers, float32."""

    def codegen(context, builder, signature, args):
        builder.store(args[2], address(context, builder, signature.args[0], args[0], args[1], NUMBERS), align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, numbers_type), codegen


@intrinsic
def add_scaled(typing_context, a, b):
    """Return a + b."""

    def codegen(context, builder, signature, args):
        return builder.fadd(*args)

    return numbers_type(numbers_type, numbers_type), codegen


@intrinsic
def zero_sums(typing_context, columns):
    """Return a tuple of 16 sums for each item of the tuple `columns`; 64 for one item."""
    kind = numbers_type if len(columns) == 1 else sums_type
    made = types.UniTuple(kind, len(columns))

    def codegen(context, builder, signature, args):
        return context.make_tuple(builder, made, [ir.Constant(kind.vector, None)] * len(columns))

    return made(columns), codegen


@intrinsic
def add_products(typing_context, sums, numbers, x, at):
    """Add to the sums c of a tuple the products of 64 numbers and x[at + 64·c : …], float32."""

    def codegen(context, builder, signature, args):
        width = sums.dtype.vector.count
        made = [builder.extract_value(args[0], c) for c in range(len(sums))]
        for first in range(0, SIZE, width):
            some = part(builder, args[1], first, width)
            for c in range(len(sums)):
                place = moved(builder, args[3], SIZE * c + first)
                factors = load(context, builder, signature.args[2], args[2], place, some.type)
                made[c] = call(builder, f"llvm.fma.v{width}f32", [some, factors, made[c]], some.type)
        return context.make_tuple(builder, signature.return_type, made)

    return sums(sums, numbers, x, types.int64), codegen


@intrinsic
def add_sums(typing_context, sums, y, at):
    """Add the sum of all sums c of a tuple to y[at + c], float32; halves are added to halves."""

    def codegen(context, builder, signature, args):
        for c in range(len(sums)):
            rest = builder.extract_value(args[0], c)
            while (half := rest.type.count // 2) > 1:
                rest = builder.fadd(part(builder, rest, 0, half), part(builder, rest, half, half))
            one = builder.fadd(*(builder.extract_element(rest, ir.Constant(I32, i)) for i in range(2)))
            to = address(context, builder, signature.args[1], args[1], moved(builder, args[2], c), FLOAT)
            builder.store(builder.fadd(builder.load(to), one), to)
        return context.get_dummy_value()

    return types.void(sums, y, types.int64), codegen
