"""The equations of a segment: one for each care bit, over its seed bits.

An output is an XOR of seed bits in its window. So each care bit is an equation over GF(2) that reads only columns from
its *head*, the first column of its window, to head + window − 1, out of all n seed bits. Sorted by heads, as the stream
is, the equations form a *banded* system: all entries lie near a diagonal.

In a ring the windows of the last equations continue in the first columns. Those columns, one window of them, are the
*border*: the first and the last equations share them, so that they don't fit into the band and are solved last. Where
the ring is *cut*, that is, which column counts as the first, is free.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import assign_steps, count_seed_rows, last_row_lanes
from xoropt.common.errors import ArgumentError
from xoropt.networks import XorNetwork
from xoropt.networks.stages import MAX_WINDOW

__all__ = [
    "BandedSystem",
    "CareBits",
    "Equations",
    "band_words",
    "build_equations",
    "collect_care_bits",
    "count_shortfall",
    "gather_values",
]


class CareBits(NamedTuple):
    """The care bits of a segment in stream order, lane after lane.

    Attributes:
        starts: int64 (L + 1,), the number of care bits before each lane.
        stream_rows: int64 (E,), the stream row of each care bit.
        weights: int64 (E,), the weight of each care bit, counted within the segment.
    """

    starts: np.ndarray
    stream_rows: np.ndarray
    weights: np.ndarray


class BandedSystem(NamedTuple):
    """The equations of a segment, as the compiled loops take them.

    Equation e reads the columns heads[e] + i (mod n) for every bit i of patterns[pattern[e]]; heads ascend.

    Attributes:
        heads, pattern: int64 (E,).
        patterns: uint64, flat (n_out·(B + 1),): a word of zeros, the words of a pattern, and zeros.
        words: words of a pattern.
        live: uint64 (⌈n/64⌉ + B,), a bit for every column: set for unknowns, clear for the constant 0.
        window: bits of the window, at most 64·(B − 1).
        n: number of columns.
        border: number of border columns, `window` in a ring and 0 in an open stream.
        B: words of the band.
    """

    heads: np.ndarray
    pattern: np.ndarray
    patterns: np.ndarray
    words: int
    live: np.ndarray
    window: int
    n: int
    border: int
    B: int


@dataclass(frozen=True)
class Equations:
    """The care bits of one segment as linear equations, in stream order.

    Attributes:
        network: the network; an equation reads one of its rows.
        n: number of columns.
        closed: whether the columns form a ring; otherwise no equation reaches beyond n.
        heads: int64 (E,), first column of each window, ascending from the cut.
        pattern: int64 (E,), row of the network.
        live: bool (n,), columns that are unknown seed bits; the others hold the constant 0.
        cut: the column of the segment that is column 0 here.
    """

    network: XorNetwork
    n: int
    closed: bool
    heads: np.ndarray = field(repr=False)
    pattern: np.ndarray = field(repr=False)
    live: np.ndarray = field(repr=False)
    cut: int = 0

    @cached_property
    def system(self) -> BandedSystem:
        """The equations as the compiled loops take them."""
        network, border = self.network, min(self.network.window, self.n) if self.closed else 0
        band, rows = band_words(network.window), network.rows
        patterns = np.zeros((len(rows), band + 1), dtype=np.uint64)
        patterns[:, 1 : 1 + rows.shape[1]] = rows
        own = self.heads, self.pattern, patterns.reshape(-1), rows.shape[1], self._live_words()
        return BandedSystem(*own, network.window, self.n, border, band)

    @property
    def lines(self) -> tuple[int, ...]:
        """A tuple as long as a row of the elimination has vectors of eight words: 2·B/8; its length is its type."""
        return (0,) * (self.system.B // 4)

    def _live_words(self) -> np.ndarray:
        """Pack `live`: uint64 (⌈n/64⌉ + B,)."""
        packed = np.zeros(((self.n + 63) // 64 + band_words(self.network.window)) * 8, dtype=np.uint8)
        bits = np.packbits(self.live, bitorder="little")
        packed[: len(bits)] = bits
        return packed.view("<u8").astype(np.uint64)


def band_words(window: int) -> int:
    """Return B, the words of the band: the power of two from 8 on that holds a window and one word more, at most 32.

    Raises:
        ArgumentError: the window is wider than `MAX_WINDOW`.
    """
    if window > MAX_WINDOW:
        raise ArgumentError(f"Argument 'network' must have a window of at most {MAX_WINDOW} bits, not {window}.")
    return max(8, 1 << (-(-window // 64)).bit_length())


def collect_care_bits(care: np.ndarray, order: StreamOrder, rows: int) -> CareBits:
    """Collect the care bits of a segment in stream order.

    Args:
        care: bool (weights,), the mask of the segment; the last weight row may be incomplete.
        order: the stream order.
        rows: T, the weight rows of the segment.
    """
    from xoropt.codec.streams.banded.kernels import equations

    count = int(np.count_nonzero(care))
    starts = np.zeros(order.lanes + 1, dtype=np.int64)
    stream_rows, weights = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    equations.care_stream(
        np.ascontiguousarray(care).view(np.uint8),
        order.lanes,
        rows,
        order.multiplier(rows),
        order.rotation,
        starts,
        stream_rows,
        weights,
    )
    return CareBits(starts, stream_rows, weights)


def build_equations(
    network: XorNetwork, order: StreamOrder, rows: int, seed_bits: int, care_bits: CareBits
) -> tuple[Equations, np.ndarray]:
    """Build the equations of a segment.

    Column l·m + r is seed bit (r, l). A ring is cut where the care bits are furthest behind the seed bits, so that no
    equation is short of unknowns before the cut.

    Args:
        network, order: those of the encoding.
        rows, seed_bits: T and n of the segment.
        care_bits: the care bits of the segment.

    Returns:
        The equations, and the number in stream order of the care bit of each, int64 (E,).
    """
    from xoropt.codec.streams.banded.kernels import equations as kernels

    starts, stream_rows, _ = care_bits
    seed_rows = count_seed_rows(order, seed_bits)
    n = order.lanes * seed_rows
    step, output = assign_steps(order, rows, seed_rows, network)
    live = np.ones(n, dtype=bool)
    if not order.closed:
        heads, numbers = step[stream_rows] * network.n_in, np.arange(len(stream_rows), dtype=np.int64)
        return Equations(network, n, False, heads, output[stream_rows], live), numbers
    live[seed_rows - 1 :: seed_rows] = False
    live[last_row_lanes(order, seed_bits) * seed_rows + seed_rows - 1] = True
    first = kernels.furthest_behind(starts, stream_rows, rows, order.lanes, seed_bits)
    heads, pattern, numbers = np.empty((3, len(stream_rows)), dtype=np.int64)
    form = seed_rows, n
    cut = kernels.order_equations(
        starts, stream_rows, step * network.n_in, output, form, first, heads, pattern, numbers
    )
    return Equations(network, n, True, heads, pattern, np.roll(live, -cut), cut), numbers


def gather_values(bits: np.ndarray, numbers: np.ndarray, care_bits: CareBits) -> tuple[np.ndarray, np.ndarray]:
    """Gather what planes ask of equations.

    Args:
        bits: bool (planes, weights), at most 64 planes of the segment.
        numbers: int64 (E,), the care bit of each equation, as of `build_equations`.
        care_bits: the care bits of the segment.

    Returns:
        The weight of each equation, int64 (E,); and uint64 (E,), bit p is the value that plane p asks for.
    """
    from xoropt.codec.streams.banded.kernels import equations as kernels

    place, values = np.empty(len(numbers), dtype=np.int64), np.empty(len(numbers), dtype=np.uint64)
    kernels.gather(np.ascontiguousarray(bits).view(np.uint8), numbers, care_bits.weights, place, values)
    return place, values


def count_shortfall(order: StreamOrder, rows: int, seed_bits: int, care_bits: CareBits, capacity: int) -> int:
    """Count the care bits of a ring that a window of `capacity` seed bits cannot serve.

    This is an estimate of the dependent equations: where care bits are dense, the window runs out of unknowns.
    """
    from xoropt.codec.streams.banded.kernels import equations as kernels

    starts, stream_rows, _ = care_bits
    return int(kernels.shortfall(starts, stream_rows, rows, order.lanes, seed_bits, capacity))
