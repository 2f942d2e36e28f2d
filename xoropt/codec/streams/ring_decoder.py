"""Compiled decoding of closed orders: whole segments, one row of lanes after another.

Which loops run depends on the lanes: `lanes512`, or `gfni` for dense networks where the processor can, for rows of 512
lanes, and `any_lanes` for all others.
"""

from bisect import bisect_left, bisect_right

import numpy as np

from xoropt.codec.compiled.any_lanes.kernels import fill_any_lanes
from xoropt.codec.compiled.evaluation_plan import evaluation_plan, placed_plan, scratch_rows
from xoropt.codec.compiled.gfni.plan import gfni_plan
from xoropt.codec.compiled.lanes512.kernels import fill_lanes512
from xoropt.codec.compiled.reader import Reader, borrow, give_back, readonly
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.networks import XorNetwork

__all__ = ["ring_reader"]

WIDE = 512
"""Lanes of a machine vector."""
TILE = 1 << 20
"""Fewest weights of a tile, unless the plane has fewer."""
LONGEST_TILE = 1 << 23
"""Most weights of a tile, where segments are longer: 1 MB for each plane."""


def ring_reader(
    network: XorNetwork, order: StreamOrder, seeds: tuple[np.ndarray, ...], layouts: tuple[Layout, ...]
) -> Reader:
    """Make the reader of planes in a closed order.

    Args:
        network, order: those of the encoding.
        seeds: uint8 for each plane, its seed bits.
        layouts: the segments, one layout for all planes or one for each.
    """
    plan = evaluation_plan(network)
    octets = [readonly(plane) for plane in seeds]
    lanes = order.lanes
    width, grain = max(1, lanes // 64), max(64, lanes)
    tables = [segment_table(layout, order) for layout in layouts]
    ends = [np.cumsum(layout.rows).tolist() for layout in layouts]
    tiles = tile_ends(layouts[0].rows, lanes)
    most = max((int(-(-layout.seed_bits.max(initial=0) // lanes)) for layout in layouts), default=0)
    span, table_rows = scratch_rows(plan, most)
    row_words = plan.regions * span * width + 8
    if dense := gfni_plan(network) if lanes == WIDE else None:
        from xoropt.codec.compiled.gfni.kernels import fill_gfni

        row_words, table_rows = dense.rows(most) * width, 0
    spaces = [-(-size // 8) * 8 for size in ((most + 2) * width + 64, row_words, table_rows * width)]
    raw_end, rows_end, room_end = np.cumsum(spaces).tolist()
    turns = order.spread, order.rotation
    placed = tuple(placed_plan(plan, span, width))  # numba takes a plain tuple three times as fast as a named one

    def origin(first: int) -> int:
        return first // grain * grain

    def room(first: int, stop: int) -> int:
        return (-(-stop // grain) * grain - origin(first)) // 64

    def cuts(first: int, stop: int) -> list[int]:
        inner = tiles[bisect_left(tiles, (first // TILE + 1) * TILE) : bisect_left(tiles, stop)]
        return [first, *inner, stop]

    def direct(first: int, stop: int) -> int:
        return first if first % grain else stop

    def fill(plane: int, first: int, stop: int, words: np.ndarray, start: int, stream: bool) -> None:
        number = plane if len(tables) > 1 else 0
        until = ends[number]
        low, high = first // lanes, -(-stop // lanes)
        begin = bisect_right(until, low)
        end = bisect_right(until, high - 1, begin)
        moved = np.zeros(7, dtype=np.int64)
        moved[6] = start
        pieces = tables[number][begin : end + 1] - moved
        pieces[0, 4] = low - until[begin - 1] if begin else low
        pieces[-1, 5] = high - until[end - 1] if end else high
        spare = borrow(room_end)
        raw, held, made = spare[:raw_end], spare[raw_end:rows_end], spare[rows_end:room_end]
        if dense:
            sizes = dense.n_in, dense.groups, *dense.hop
            fill_gfni(octets[plane], pieces, turns, sizes, dense.taps, raw, held, words, stream)
        elif lanes == WIDE:
            fill_lanes512(octets[plane], pieces, turns, placed, (raw, held, made), words, stream)
        else:
            if lanes < 64:
                words[(first - start) // 64 : -(-(stop - start) // 64)] = 0
            fill_any_lanes(octets[plane], pieces, lanes, turns, placed, (raw, held, made), words)
        give_back(spare)

    return Reader(origin, room, cuts, direct, fill)


def tile_ends(rows: np.ndarray, lanes: int) -> list[int]:
    """Return where tiles end, in weights.

    In every `TILE` weights, a tile ends at the first end of a segment that is the end of a word, too. Segments longer
    than `LONGEST_TILE` are cut into tiles of that length, although their sources must then be made again for each.
    """
    ends = np.cumsum(rows) * lanes
    inner = np.arange(LONGEST_TILE, int(ends.max(initial=0)), LONGEST_TILE)
    inner = inner[rows[np.searchsorted(ends, inner)] * lanes > LONGEST_TILE]
    ends = ends[ends % 64 == 0]
    ends = ends[np.diff(ends // TILE, prepend=0) > 0]
    return np.unique(np.concatenate([ends, inner])).tolist()


def segment_table(layout: Layout, order: StreamOrder) -> np.ndarray:
    """Tabulate for each segment T, n, its first stored bit, a, 0, T, and its first weight: int64 (segments, 7)."""
    rows, bits = layout.rows, layout.seed_bits
    table = np.zeros((len(rows), 7), dtype=np.int64)
    table[:, 0], table[:, 1], table[:, 2], table[:, 5] = rows, bits, np.cumsum(bits) - bits, rows
    table[:, 3] = [order.multiplier(T) for T in rows.tolist()]
    table[:, 6] = (np.cumsum(rows) - rows) * order.lanes
    return table
