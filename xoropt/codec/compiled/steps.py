"""Compiled decoding of streams with one lane: block networks, and windowed ones in the open order."""

import numpy as np

from xoropt.codec.compiled.serial.kernels import fill_steps
from xoropt.codec.encoded import Encoded, StreamEncoded
from xoropt.codec.reader import Reader, aligned, readonly
from xoropt.networks import XorNetwork

__all__ = ["steps_reader"]

TABLE_BYTES = 1 << 17
"""Of tables of more than 8 bits at most, so that they stay in the first caches; of others at most 32 times this."""
TILE = 1 << 20
"""Weights of a tile, about."""


def table_bits(network: XorNetwork) -> int:
    """Seed bits that select an entry of a table, 1 to 10."""
    for groups in range(1, network.window):
        group = -(-network.window // groups)
        octets = (groups << group) * max(4, -(-network.n_out // 64)) * 8
        if group <= 10 and octets <= (TABLE_BYTES if group > 8 else 32 * TABLE_BYTES):
            return group
    return 1


def step_tables(network: XorNetwork, group: int) -> np.ndarray:
    """The outputs of a step for every value of every `group` bits of its window.

    Returns:
        uint64 (groups, 2^group, words), output j at bit j % 64 of word j // 64; at least four words.
    """
    words = max(4, -(-network.n_out // 64))
    columns = np.zeros((-(-network.window // group) * group, words * 8), dtype=np.uint8)
    packed = np.packbits(network.matrix(), axis=0, bitorder="little")  # (⌈n_out/8⌉, window)
    columns[: network.window, : len(packed)] = packed.T
    bits = columns.view("<u8").astype(np.uint64).reshape(-1, group, words)
    tables = np.zeros((len(bits), 1 << group, words), dtype=np.uint64)
    for i in range(group):
        tables[:, 1 << i : 2 << i] = tables[:, : 1 << i] ^ bits[:, i, None]
    return tables


def steps_reader(encoded: Encoded | StreamEncoded) -> Reader:
    """The reader of a checked encoding with one lane."""
    network, outputs = encoded.network, encoded.outputs
    n_in, n_out, window = network.n_in, network.n_out, network.window
    group = table_bits(network)
    tables = step_tables(network, group)
    width, tables = tables.shape[2], tables.reshape(-1)
    if isinstance(encoded, StreamEncoded):
        ends = [np.cumsum(layout.rows) for layout in encoded.layouts]
        bits = [np.cumsum(layout.seed_bits) for layout in encoded.layouts]
    else:
        ends, bits = [np.array([outputs])], [np.array([encoded.blocks * n_in])]
    single = all(len(table) == 1 for table in ends)
    stride = 64 * n_out  # steps that begin and end at whole words
    octets = [readonly(seeds) for seeds in encoded.seeds]  # `encoded` itself must not be held by its own reader

    def scratch() -> tuple[np.ndarray, ...]:
        return aligned(((1 << 16) + window) // 64 + n_in + 32), aligned(width)

    def span(first: int, stop: int, table: np.ndarray) -> tuple[int, int, int]:
        """The segment in which a range begins, that segment's first weight, and that of the step in which it begins."""
        segment = int(np.searchsorted(table, first, side="right"))
        begin = int(table[segment - 1]) if segment else 0
        return segment, begin, begin + (first - begin) // n_out * n_out

    def origin(first: int) -> int:
        return min(span(first, first, table)[2] for table in ends) // 64 * 64

    def room(first: int, stop: int) -> int:
        return -(-(stop + n_out - origin(first)) // 64) + 2

    def cuts(first: int, stop: int) -> list[int]:
        tile = max(1, TILE // stride) * stride
        return [first, *range(first // tile * tile + tile, stop, tile), stop]

    def direct(first: int, stop: int) -> int:
        return max(first, stop // stride * stride) if single and first % stride == 0 else first

    def fill(
        scratch: tuple[np.ndarray, ...], plane: int, first: int, stop: int, words: np.ndarray, start: int, stream: bool
    ) -> None:
        number = plane if len(ends) > 1 else 0
        segment, begin, at = span(first, stop, ends[number])
        words[(at - start) // 64] = 0
        raw, row = scratch
        while at < stop:
            end, bit_end = int(ends[number][segment]), int(bits[number][segment])
            skip = (at - begin) // n_out * n_in
            bit = (int(bits[number][segment - 1]) if segment else 0) + skip
            steps = -(-(min(stop, end) - at) // n_out)
            left = bit_end - bit
            fill_steps(
                octets[plane], bit, left, steps, n_in, window, n_out, tables, group, width, raw, row, words, at - start
            )
            begin = at = end
            segment += 1

    return Reader(scratch, origin, room, cuts, direct, fill)
