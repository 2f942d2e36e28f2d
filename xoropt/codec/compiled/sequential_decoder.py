"""Compiled decoding of streams with one lane: block networks, and windowed ones in the open order."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from xoropt.codec.compiled.one_lane.kernels import fill_long_steps, fill_steps
from xoropt.codec.compiled.reader import Reader, borrow, give_back, readonly
from xoropt.common.memory import aligned
from xoropt.networks import XorNetwork

__all__ = ["Segmented", "sequential_reader"]

TABLE_BYTES = 1 << 17
"""Most bytes of tables, so that they stay in the first caches; with groups of up to four bits, 32 times as many."""
AT_ONCE = 448
"""Most outputs of steps that are made at once: with 64 more, they fill a machine vector."""
TILE = 1 << 20
"""Approximate weights of a tile."""


class Segmented(Protocol):
    """The segments of a plane: weight rows and seed bits of each, int64."""

    @property
    def rows(self) -> np.ndarray: ...
    @property
    def seed_bits(self) -> np.ndarray: ...


def choose_steps(network: XorNetwork) -> tuple[int, int, int]:
    """Choose how many steps are made at once: as many as fill a machine vector and have small tables.

    Returns:
        The number of steps, the bits of the window that they read, and how many of these select an entry of a table.
    """
    for count in range(max(1, AT_ONCE // network.n_out), 0, -1):
        window = network.window + (count - 1) * network.n_in
        group = choose_group(window, count * network.n_out)
        if group > 4 or count == 1:
            break
    return count, window, group


def entry_words(n_out: int) -> int:
    """Return the words of a table's entry: whole machine vectors, with room for a shift by up to 63 bits."""
    return (n_out + 575) // 512 * 8


def choose_group(window: int, n_out: int) -> int:
    """Choose how many bits of the window, 1 to 8, select an entry of a table."""
    for group in range(8, 1, -1):
        octets = (-(-window // group) << group) * entry_words(n_out) * 8
        if octets <= (TABLE_BYTES if group > 4 else 32 * TABLE_BYTES):
            return group
    return 1


def make_step_tables(matrix: np.ndarray, group: int) -> np.ndarray:
    """Tabulate the outputs of a step for every value of every `group` bits of its window.

    Args:
        matrix: bool (n_out, window), the network.
        group: bits that select an entry of a table.

    Returns:
        uint64, flat, of the shape (groups, 2^group, words), output j at bit j % 64 of word j // 64.
    """
    n_out, window = matrix.shape
    words = entry_words(n_out)
    columns = np.zeros((-(-window // group) * group, words * 8), dtype=np.uint8)
    packed = np.packbits(matrix, axis=0, bitorder="little")  # (⌈n_out/8⌉, window)
    columns[:window, : len(packed)] = packed.T
    bits = columns.view("<u8").astype(np.uint64).reshape(-1, group, words)
    tables = aligned(len(bits) * words << group).reshape(len(bits), 1 << group, words)
    tables[:, 0] = 0
    for i in range(group):
        tables[:, 1 << i : 2 << i] = tables[:, : 1 << i] ^ bits[:, i, None]
    return tables.reshape(-1)


def join_steps(network: XorNetwork, count: int) -> np.ndarray:
    """Join `count` steps to one: return its matrix, bool (count·n_out, window + (count − 1)·n_in)."""
    matrix, n_in, n_out = network.matrix(), network.n_in, network.n_out
    large = np.zeros((count * n_out, network.window + (count - 1) * n_in), dtype=bool)
    for i in range(count):
        large[i * n_out : (i + 1) * n_out, i * n_in :][:, : network.window] = matrix
    return large


def sequential_reader(network: XorNetwork, seeds: Iterable[np.ndarray], layouts: Sequence[Segmented]) -> Reader:
    """Make the reader of planes with one lane.

    Args:
        network: the network of the encoding.
        seeds: uint8 for each plane, its seed bits.
        layouts: the segments, one layout for all planes or one for each.
    """
    n_in, n_out = network.n_in, network.n_out
    count, window, group = choose_steps(network)
    large = join_steps(network, count)
    tables = make_step_tables(large, group)
    run = fill_steps if len(large) <= AT_ONCE else fill_long_steps
    ends = [np.cumsum(layout.rows) for layout in layouts]
    bits = [np.cumsum(layout.seed_bits) for layout in layouts]
    single = all(len(table) == 1 for table in ends)
    stride = 64 * n_out  # weights of 64 steps, which begin and end at whole words
    octets = [readonly(plane) for plane in seeds]
    spare_words = 8 + ((1 << 16) + window) // 64 + count * n_in + 32

    def locate(first: int, table: np.ndarray) -> tuple[int, int, int]:
        """Return the segment and the step of a weight: the segment's number, and the first weights of both."""
        segment = int(np.searchsorted(table, first, side="right"))
        begin = int(table[segment - 1]) if segment else 0
        return segment, begin, begin + (first - begin) // n_out * n_out

    def origin(first: int) -> int:
        return min(locate(first, table)[2] for table in ends) // 64 * 64

    def room(first: int, stop: int) -> int:
        return -(-(stop + n_out - origin(first)) // 64) + 2

    def cuts(first: int, stop: int) -> list[int]:
        tile = max(1, TILE // stride) * stride
        return [first, *range(first // tile * tile + tile, stop, tile), stop]

    def direct(first: int, stop: int) -> int:
        return max(first, stop // stride * stride) if single and first % stride == 0 else first

    def fill(plane: int, first: int, stop: int, words: np.ndarray, start: int, stream: bool) -> None:
        number = plane if len(ends) > 1 else 0
        segment, begin, at = locate(first, ends[number])
        words[(at - start) // 64] = 0
        spare = borrow(spare_words)
        row, raw = spare[:8], spare[8:spare_words]
        while at < stop:
            finish, bit_end = int(ends[number][segment]), int(bits[number][segment])
            bit = (int(bits[number][segment - 1]) if segment else 0) + (at - begin) // n_out * n_in
            steps = -(-(min(stop, finish) - at) // n_out)
            end = (at - start + steps * n_out + 63) // 64
            run(
                octets[plane],
                bit,
                bit_end - bit,
                -(-steps // count),
                count * n_in,
                window,
                count * n_out,
                tables,
                group,
                raw,
                row,
                words,
                at - start,
                end,
            )
            begin = at = finish
            segment += 1
        give_back(spare)

    return Reader(origin, room, cuts, direct, fill)
