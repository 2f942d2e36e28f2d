"""Numba intrinsics of the banded elimination: operations on whole rows, as vectors of eight words.

A row is as many vectors as the tuple `lines` has entries, whose values do not matter: the length of a tuple is part of
its type, so that the loops over the words of a row are unrolled when they are compiled.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from xoropt.common.words.vectors import address

__all__ = [
    "add_rows",
    "clear_columns",
    "clear_row",
    "copy_row",
    "dot",
    "octets_at",
    "shift_twice",
    "turn_half",
    "xor_row",
]

WORD = ir.IntType(64)
EIGHT = ir.VectorType(WORD, 8)


def _lines(context: Any, builder: Any, array_type: Any, array: Any, index: Any, count: int) -> list[Any]:
    """Return the addresses of the `count` vectors of the row that begins at array[index]."""
    base = address(context, builder, array_type, array, index, EIGHT)
    return [builder.gep(base, [ir.Constant(WORD, line)]) for line in range(count)]


def _every(builder: Any, word: Any) -> Any:
    """Make a vector of eight equal words."""
    nothing, first = ir.Constant(EIGHT, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    every = ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8)
    return builder.shuffle_vector(builder.insert_element(nothing, word, first), nothing, every)


def _row_by_row(change: Callable[..., Any]) -> Callable[..., Any]:
    """Make the code of an intrinsic (target, i, source, k, lines) that stores change(builder, target, source)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target, _, source, _, lines = signature.args
        to = _lines(context, builder, target, args[0], args[1], lines.count)
        others = _lines(context, builder, source, args[2], args[3], lines.count)
        for at, other in zip(to, others, strict=True):
            builder.store(change(builder, at, other), at, align=8)
        return context.get_dummy_value()

    return codegen


@intrinsic
def xor_row(typing_context, target, i, source, k, lines):
    """XOR the row source[k:] into the row target[i:]."""
    codegen = _row_by_row(lambda b, at, other: b.xor(b.load(at, align=8), b.load(other, align=8)))
    return types.void(target, types.int64, source, types.int64, lines), codegen


@intrinsic
def copy_row(typing_context, target, i, source, k, lines):
    """Copy the row source[k:] to the row target[i:]."""
    codegen = _row_by_row(lambda b, at, other: b.load(other, align=8))
    return types.void(target, types.int64, source, types.int64, lines), codegen


@intrinsic
def add_rows(typing_context, target, i, first, k0, second, k1, lines):
    """Write the XOR of the rows first[k0:] and second[k1:] to the row target[i:]."""

    def codegen(context, builder, signature, args):
        count = signature.args[6].count
        to, one, two = (_lines(context, builder, signature.args[k], args[k], args[k + 1], count) for k in (0, 2, 4))
        for at, a, b in zip(to, one, two, strict=True):
            builder.store(builder.xor(builder.load(a, align=8), builder.load(b, align=8)), at, align=8)
        return context.get_dummy_value()

    index = types.int64
    return types.void(target, index, first, index, second, index, lines), codegen


@intrinsic
def clear_row(typing_context, target, i, lines):
    """Write zeros to the row target[i:]."""

    def codegen(context, builder, signature, args):
        for at in _lines(context, builder, signature.args[0], args[0], args[1], signature.args[2].count):
            builder.store(ir.Constant(EIGHT, None), at, align=8)
        return context.get_dummy_value()

    return types.void(target, types.int64, lines), codegen


@intrinsic
def clear_columns(typing_context, target, i, word, shift, use, tables, k, lines):
    """Clear up to sixteen columns of the row target[i:]: bits shift … shift + 15 of its word `word`.

    For each four of these bits that are set in `use`, the row of a table is added that has the same four bits and none
    of the other twelve. The four tables of sixteen rows each follow each other from tables[k] on.
    """

    def codegen(context, builder, signature, args):
        count = signature.args[7].count
        place = builder.add(args[1], args[2])
        bits = builder.load(address(context, builder, signature.args[0], args[0], place, WORD))
        bits = builder.and_(builder.lshr(bits, args[3]), args[4])
        base = address(context, builder, signature.args[5], args[5], args[6], EIGHT)
        to = _lines(context, builder, signature.args[0], args[0], args[1], count)
        totals = [builder.load(at, align=8) for at in to]
        for group in range(4):
            value = builder.and_(builder.lshr(bits, ir.Constant(WORD, 4 * group)), ir.Constant(WORD, 15))
            row = builder.mul(builder.or_(value, ir.Constant(WORD, 16 * group)), ir.Constant(WORD, count))
            for line in range(count):
                at = builder.gep(base, [builder.add(row, ir.Constant(WORD, line))])
                totals[line] = builder.xor(totals[line], builder.load(at, align=8))
        for at, total in zip(to, totals, strict=True):
            builder.store(total, at, align=8)
        return context.get_dummy_value()

    index, word = types.int64, types.uint64
    return types.void(target, index, index, word, word, tables, index, lines), codegen


@intrinsic
def shift_twice(typing_context, target, i, patterns, k, shift, live, first, lines):
    """Write a pattern, moved up by `shift` bits, to the first and once more to the second half of the row target[i:].

    Args:
        target, i: the row, of 2·B words.
        patterns, k: the pattern: B words from patterns[k] on, with a word of zeros before them.
        shift: uint64, 0 to 63.
        live, first: B words from live[first] on; bits that are not set there are cleared.
        lines: as for all rows.
    """

    def codegen(context, builder, signature, args):
        half = signature.args[7].count // 2
        before = builder.sub(args[3], ir.Constant(WORD, 1))
        high = _lines(context, builder, signature.args[2], args[2], args[3], half)
        low = _lines(context, builder, signature.args[2], args[2], before, half)
        alive = _lines(context, builder, signature.args[5], args[5], args[6], half)
        to = _lines(context, builder, signature.args[0], args[0], args[1], 2 * half)
        up = _every(builder, args[4])
        down = _every(builder, builder.sub(ir.Constant(WORD, 63), args[4]))
        one = ir.Constant(EIGHT, [1] * 8)
        for line in range(half):
            moved = builder.shl(builder.load(high[line], align=8), up)
            carried = builder.lshr(builder.lshr(builder.load(low[line], align=8), one), down)
            word = builder.and_(builder.or_(moved, carried), builder.load(alive[line], align=8))
            builder.store(word, to[line], align=8)
            builder.store(word, to[half + line], align=8)
        return context.get_dummy_value()

    index = types.int64
    return types.void(target, index, patterns, index, types.uint64, live, index, lines), codegen


@intrinsic
def turn_half(typing_context, target, i, words, lines):
    """Copy B words of the row target[i:] from word `words` on to its first half, and clear the second."""

    def codegen(context, builder, signature, args):
        half = signature.args[3].count // 2
        to = _lines(context, builder, signature.args[0], args[0], args[1], 2 * half)
        place = builder.add(args[1], args[2])
        turned = _lines(context, builder, signature.args[0], args[0], place, half)
        values = [builder.load(at, align=8) for at in turned]
        for at, value in zip(to, [*values, *[ir.Constant(EIGHT, None)] * half], strict=True):
            builder.store(value, at, align=8)
        return context.get_dummy_value()

    return types.void(target, types.int64, types.int64, lines), codegen


@intrinsic
def dot(typing_context, first, i, second, k, lines):
    """Return a word with as many ones, modulo 2, as the rows first[i:] and second[k:] have in common."""

    def codegen(context, builder, signature, args):
        one = _lines(context, builder, signature.args[0], args[0], args[1], signature.args[4].count)
        two = _lines(context, builder, signature.args[2], args[2], args[3], signature.args[4].count)
        total = ir.Constant(EIGHT, None)
        for a, b in zip(one, two, strict=True):
            total = builder.xor(total, builder.and_(builder.load(a, align=8), builder.load(b, align=8)))
        for half in (4, 2, 1):
            low, high = (
                ir.Constant(ir.VectorType(ir.IntType(32), half), list(range(start, start + half)))
                for start in (0, half)
            )
            nothing = ir.Constant(total.type, ir.Undefined)
            parts = [builder.shuffle_vector(total, nothing, which) for which in (low, high)]
            total = builder.xor(*parts)
        return builder.extract_element(total, ir.Constant(ir.IntType(32), 0))

    return types.uint64(first, types.int64, second, types.int64, lines), codegen


@intrinsic
def octets_at(typing_context, octets, i):
    """Return the eight bytes octets[i : i+8] as a word, the first one lowest."""

    def codegen(context, builder, signature, args):
        at = address(context, builder, signature.args[0], args[0], args[1], ir.IntType(8))
        return builder.load(builder.bitcast(at, WORD.as_pointer()), align=1)

    return types.uint64(octets, types.int64), codegen
