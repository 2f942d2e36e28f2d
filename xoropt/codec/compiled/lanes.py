"""Compiled decoding of closed orders: whole segments, row of lanes by row of lanes."""

import numpy as np

from xoropt.codec.compiled.kernels import fill_narrow, fill_wide
from xoropt.codec.encoded import StreamEncoded
from xoropt.codec.program import program, scratch_rows
from xoropt.codec.reader import Reader, aligned

__all__ = ["lanes_reader"]

WIDE = 512
"""Lanes of the rows that are machine vectors."""
TILE = 1 << 20
"""Weights of a tile at least, unless the plane has fewer."""


def lanes_reader(encoded: StreamEncoded) -> Reader:
    """The reader of a checked encoding in a closed order."""
    order, plan = encoded.stream_order, program(encoded.network)
    lanes = order.lanes
    width, grain = max(1, lanes // 64), max(64, lanes)
    tables = [(np.cumsum(layout.rows), np.cumsum(layout.seed_bits)) for layout in encoded.layouts]
    layouts = [
        (layout.rows, layout.seed_bits, ends - layout.rows, ends, bits - layout.seed_bits)
        for layout, (ends, bits) in zip(encoded.layouts, tables, strict=True)
    ]
    most = max((int(-(-layout.seed_bits.max(initial=0) // lanes)) for layout in encoded.layouts), default=0)
    seed_rows, source_rows = scratch_rows(plan, most)
    reads, settings = plan.reads * width, (plan.n_in, plan.kind, plan.group, plan.reach, plan.memory)
    turns, octets = (order.spread, order.rotation), encoded.seeds  # `encoded` itself must not be held by its own reader

    def scratch() -> tuple[np.ndarray, ...]:
        return aligned(most * width + width + 32), aligned(seed_rows * width + 8), aligned(source_rows * width)

    def origin(first: int) -> int:
        return first // grain * grain

    def room(first: int, stop: int) -> int:
        return (-(-stop // grain) * grain - origin(first)) // 64

    def cuts(first: int, stop: int) -> np.ndarray:
        ends = layouts[0][3] * lanes
        inner = ends[(ends > first) & (ends < stop)]
        if lanes < 64:
            inner = inner[inner % 64 == 0]
        inner = inner[np.diff(inner // TILE, prepend=first // TILE) > 0]  # at least a tile apart, about
        return np.concatenate([[first], inner, [stop]])

    def direct(first: int, stop: int) -> int:
        return max(first, stop // grain * grain)

    def fill(
        scratch: tuple[np.ndarray, ...], plane: int, first: int, stop: int, words: np.ndarray, start: int, stream: bool
    ) -> None:
        rows, bits, begins, ends, bit = layouts[plane if len(layouts) > 1 else 0]
        low, high = first // lanes, -(-stop // lanes)
        some = slice(int(np.searchsorted(ends, low, side="right")), int(np.searchsorted(begins, high)))
        pieces = np.empty((some.stop - some.start, 7), dtype=np.int64)
        pieces[:, 0], pieces[:, 1], pieces[:, 2] = rows[some], bits[some], bit[some]
        pieces[:, 3] = [order.multiplier(T) for T in rows[some].tolist()]
        pieces[:, 4] = np.maximum(low - begins[some], 0)
        pieces[:, 5] = np.minimum(high - begins[some], rows[some])
        pieces[:, 6] = begins[some] * lanes - start
        raw, seeds, made = scratch
        taps, hop, starts = plan.taps, plan.hop, plan.starts
        if lanes == WIDE:
            fill_wide(octets[plane], pieces, turns, settings, taps, hop, reads, starts, raw, seeds, made, words, stream)
        else:
            if lanes < 64:
                words[(low * lanes - start) // 64 : -(-(high * lanes - start) // 64)] = 0
            fill_narrow(octets[plane], pieces, lanes, turns, settings, taps, hop, reads, starts, raw, seeds, made, words)

    return Reader(scratch, origin, room, cuts, direct, fill)
