"""Numba intrinsics on tiles of 64 octets: looking them up in a table of 256, and joining them to numbers."""

from functools import cache

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from xoropt.codec.compiled.gfni.plan import has_gfni
from xoropt.codec.compiled.vectors import ROW
from xoropt.codec.compiled.weights.vectors import SIZE, TileType, vector
from xoropt.common.words.vectors import address

__all__ = [
    "add_bits",
    "gather_octets",
    "join_octets",
    "join_two",
    "keep_bits",
    "keep_signs",
    "look_up_octets",
    "move_sign",
    "shift_up",
]

OCTETS = ir.VectorType(ir.IntType(8), SIZE)
FEATURES = {"+avx512f", "+avx512bw", "+avx512vbmi"}
"""What the processor must have to permute 64 bytes in one instruction."""


@cache
def has_vbmi() -> bool:
    """Return whether code that is compiled here may use the instruction VPERMI2B."""
    return set(cpu_target.target_context.codegen().magic_tuple()[2].split(",")) >= FEATURES


@intrinsic
def look_up_octets(typing_context, table, i, codes):
    """Return table[256·i + code], uint8, for each code of a tile of bytes."""

    def codegen(context, builder, signature, args):
        word, i32 = ir.IntType(64), ir.IntType(32)
        base = builder.mul(args[1], ir.Constant(word, 256))
        codes = args[2]
        if has_vbmi():
            quarters = [
                builder.load(
                    address(
                        context, builder, signature.args[0], args[0], builder.add(base, ir.Constant(word, k)), OCTETS
                    ),
                    align=1,
                )
                for k in range(0, 256, SIZE)
            ]
            kind = ir.FunctionType(OCTETS, [OCTETS] * 3)
            permute = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.vpermi2var.qi.512")
            low, high = (builder.call(permute, [quarters[k], codes, quarters[k + 1]]) for k in (0, 2))
            upper = builder.icmp_signed("<", codes, ir.Constant(OCTETS, None))
            return builder.select(upper, high, low)
        made = ir.Constant(OCTETS, ir.Undefined)
        for k in range(SIZE):
            place = builder.zext(builder.extract_element(codes, ir.Constant(i32, k)), word)
            at = address(context, builder, signature.args[0], args[0], builder.add(base, place), ir.IntType(8))
            made = builder.insert_element(made, builder.load(at), ir.Constant(i32, k))
        return made

    return codes(table, types.int64, codes), codegen


@intrinsic
def join_octets(typing_context, octets, out):
    """Join tiles of bytes to 64 numbers of the dtype of `out`: octets[64·b + k], uint8, is byte b of number k."""
    kind = TileType(out.dtype.bitwidth)

    def codegen(context, builder, signature, args):
        numbers = ir.Constant(vector(kind.bits), None)
        for b in range(kind.bits // 8):
            at = address(context, builder, signature.args[0], args[0], ir.Constant(ir.IntType(64), SIZE * b), OCTETS)
            part = builder.load(at, align=1)
            wide = part if kind.bits == 8 else builder.zext(part, vector(kind.bits))
            numbers = builder.or_(numbers, builder.shl(wide, splat(builder, wide, 8 * b)))
        return numbers

    return kind(octets, out), codegen


@intrinsic
def join_two(typing_context, low, high, out):
    """Join two tiles of bytes to 64 numbers of the dtype of `out`, low + 2^8·high; to single bytes, low alone."""
    kind = TileType(out.dtype.bitwidth)

    def codegen(context, builder, signature, args):
        if kind.bits == 8:
            return args[0]
        both = shuffle(builder, *args[:2], [i + part for i in range(SIZE) for part in (0, SIZE)])
        pairs = builder.bitcast(both, vector(16))
        return pairs if kind.bits == 16 else builder.zext(pairs, vector(kind.bits))

    return kind(low, high, out), codegen


@intrinsic
def gather_octets(typing_context, words, places, k, at, out, to):
    """Write 512 bytes to out[to :], uint8: bit j of byte i is bit i of the words from words[places[k + j] + at] on.

    With GF2P8AFFINEQB, eight words of eight planes are transposed by shuffles, and then every eight bytes as a matrix
    of 8 × 8 bits: the product of a matrix and the unit vectors is its transpose.
    """

    def codegen(context, builder, signature, args):
        words, places, k, at, out, to = args
        word = ir.IntType(64)
        firsts = []
        for j in range(8):
            place = builder.add(k, ir.Constant(word, j))
            place = builder.load(address(context, builder, signature.args[1], places, place, word))
            firsts.append(builder.add(place, at))

        def put(t, tile):
            place = builder.add(to, ir.Constant(word, SIZE * t))
            builder.store(tile, address(context, builder, signature.args[4], out, place, OCTETS), align=1)

        if not has_gfni():
            for t in range(8):
                tile = ir.Constant(OCTETS, None)
                for j, first in enumerate(firsts):
                    place = builder.add(first, ir.Constant(word, t))
                    bits = builder.load(address(context, builder, signature.args[0], words, place, word))
                    added = builder.add(tile, splat(builder, tile, 1 << j))
                    tile = builder.select(builder.bitcast(bits, ir.VectorType(ir.IntType(1), SIZE)), added, tile)
                put(t, tile)
            return context.get_dummy_value()
        rows = [builder.load(address(context, builder, signature.args[0], words, i, ROW), align=8) for i in firsts]
        for apart in (1, 2, 4):  # word t of row j comes to place j of row t
            for low in range(8):
                if not low & apart:
                    pair = rows[low], rows[low + apart]
                    lower = [8 + i - apart if i & apart else i for i in range(8)]
                    rows[low] = shuffle(builder, *pair, lower)
                    rows[low + apart] = shuffle(builder, *pair, [8 + i if i & apart else i + apart for i in range(8)])
        units = ir.Constant(OCTETS, [ir.Constant(ir.IntType(8), 1 << i % 8) for i in range(SIZE)])
        kind = ir.FunctionType(OCTETS, [OCTETS, OCTETS, ir.IntType(8)])
        multiply = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.vgf2p8affineqb.512")
        matrices = [8 * (7 - j) + group for group in range(8) for j in range(8)]  # byte 7 − j of a word: plane j
        for t, row in enumerate(rows):
            octets = builder.bitcast(row, OCTETS)
            octets = shuffle(builder, octets, octets, matrices)
            put(t, builder.call(multiply, [units, octets, ir.Constant(ir.IntType(8), 0)]))
        return context.get_dummy_value()

    return types.void(words, places, types.int64, types.int64, out, types.int64), codegen


def shuffle(builder, a, b, places):
    """Take the elements at these places of two vectors, one after the other."""
    i32 = ir.IntType(32)
    mask = ir.Constant(ir.VectorType(i32, len(places)), [ir.Constant(i32, place) for place in places])
    return builder.shuffle_vector(a, b, mask)


@intrinsic
def keep_bits(typing_context, tile, bits):
    """Return a tile of bytes with those bits alone that the number `bits` has."""

    def codegen(context, builder, signature, args):
        return builder.and_(args[0], splat(builder, args[0], args[1]))

    return tile(tile, types.int64), codegen


@intrinsic
def add_bits(typing_context, tile, other):
    """Return the bits of two tiles together."""

    def codegen(context, builder, signature, args):
        return builder.or_(args[0], args[1])

    return tile(tile, tile), codegen


@intrinsic
def shift_up(typing_context, tile, by):
    """Return the numbers of a tile shifted up by some bits, fewer than they have."""

    def codegen(context, builder, signature, args):
        return builder.shl(args[0], splat(builder, args[0], args[1]))

    return tile(tile, types.int64), codegen


@intrinsic
def keep_signs(typing_context, tile, word):
    """Return the tile with nothing but the highest bit in every place i where bit i of `word` is set."""

    def codegen(context, builder, signature, args):
        tile, word = args
        where = builder.bitcast(word, ir.VectorType(ir.IntType(1), SIZE))
        signs = builder.and_(tile, splat(builder, tile, 1 << tile.type.element.width - 1))
        return builder.select(where, signs, tile)

    return tile(tile, types.uint64), codegen


@intrinsic
def turn_sign(typing_context, tile):
    """Return the numbers of a tile with the lowest bit moved to the top, the others shifted down by one."""

    def codegen(context, builder, signature, args):
        tile = args[0]
        kind = ir.FunctionType(tile.type, [tile.type] * 3)
        name = f"llvm.fshr.v{SIZE}i{tile.type.element.width}"
        turn = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(turn, [tile, tile, splat(builder, tile, 1)])

    return tile(tile), codegen


@intrinsic
def move_sign(typing_context, tile, by):
    """Return the numbers of a tile with the lowest bit moved to the top, the others shifted down by one, up by `by`."""

    def codegen(context, builder, signature, args):
        tile = args[0]
        magnitude = builder.shl(builder.lshr(tile, splat(builder, tile, 1)), splat(builder, tile, args[1]))
        return builder.or_(magnitude, builder.shl(tile, splat(builder, tile, tile.type.element.width - 1)))

    return tile(tile, types.int64), codegen


def splat(builder, tile, number):
    """Return a number, an int or LLVM's i64, as often as a tile has elements."""
    element, i32 = tile.type.element, ir.IntType(32)
    if isinstance(number, int):
        return ir.Constant(tile.type, [ir.Constant(element, number)] * SIZE)
    value = number if element.width == 64 else builder.trunc(number, element)
    one = builder.insert_element(ir.Constant(tile.type, ir.Undefined), value, ir.Constant(i32, 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(i32, SIZE), [ir.Constant(i32, 0)] * SIZE))
