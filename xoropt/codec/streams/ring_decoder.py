"""Compiled decoding of closed orders: whole segments, one row of lanes after another.

Which loops run depends on the lanes: `lanes512`, or `gfni` for dense networks where the processor can, for rows of 512
lanes, and `any_lanes` for all others.
"""

from bisect import bisect_left

import numpy as np

from xoropt.codec.compiled.any_lanes.kernels import fill_any_lanes
from xoropt.codec.compiled.evaluation_plan import evaluation_plan, placed_plan, scratch_rows
from xoropt.codec.compiled.gfni.plan import gfni_plan
from xoropt.codec.compiled.lanes512.kernels import fill_lanes512
from xoropt.codec.compiled.reader import Reader, WideRows, borrow, give_back, readonly
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.networks import XorNetwork

__all__ = ["ring_reader"]

WIDE = 512
"""Lanes of a machine vector."""
TILE = 1 << 20
"""Fewest weights of a tile, unless the plane has fewer."""
LONGEST_TILE = 1 << 21
"""Most weights of a tile, where segments are longer."""


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
    tables = [readonly(segment_table(layout, order)) for layout in layouts]
    longest = max((int(layout.rows.max(initial=0)) for layout in layouts), default=0)
    tiles = tile_ends(layouts[0].rows, lanes)
    most = max((int(-(-layout.seed_bits.max(initial=0) // lanes)) for layout in layouts), default=0)
    span, table_rows = scratch_rows(plan, most)
    row_words = plan.regions * span * width + 8
    if dense := gfni_plan(network) if lanes == WIDE and longest < 1 << 31 else None:
        from xoropt.codec.compiled.gfni.kernels import fill_gfni

        row_words, table_rows = dense.rows(most) * width, 0
    spaces = [-(-size // 8) * 8 for size in ((most + 2) * width + 64, row_words, table_rows * width)]
    raw_end, rows_end, room_end = np.cumsum(spaces).tolist()
    wide = lanes == WIDE and longest < 1 << 31  # `piece_of` multiplies two numbers below T
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
        table = tables[plane if len(tables) > 1 else 0]
        wanted = first // lanes, -(-stop // lanes), start
        spare = borrow(room_end)
        if dense:
            sizes = dense.n_in, dense.groups, *dense.hop
            raw, held = spare[:raw_end], spare[raw_end:rows_end]
            fill_gfni(octets[plane], table, wanted, turns, sizes, dense.taps, raw, held, words, stream)
        elif wide:
            fill_lanes512(octets[plane], table, wanted, turns, placed, (spare, raw_end, rows_end), words, stream)
        else:
            if lanes < 64:
                words[(first - start) // 64 : -(-(stop - start) // 64)] = 0
            fill_any_lanes(octets[plane], table, wanted, lanes, turns, placed, (spare, raw_end, rows_end), words)
        give_back(spare)

    wide_rows = None
    if wide and not dense:
        each = tuple(tables) if len(tables) > 1 else tuple(tables) * len(octets)
        wide_rows = WideRows(tuple(octets), each, turns, placed, (raw_end, rows_end, room_end))
    return Reader(origin, room, cuts, direct, fill, wide_rows)


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
    """Tabulate for each segment T, n, its first stored bit, a, its inverse modulo T, and its first row.

    Returns:
        int64 (segments, 6).
    """
    rows, bits = layout.rows, layout.seed_bits
    table = np.zeros((len(rows), 6), dtype=np.int64)
    table[:, 0], table[:, 1], table[:, 2], table[:, 5] = rows, bits, np.cumsum(bits) - bits, np.cumsum(rows) - rows
    table[:, 3] = [order.multiplier(T) for T in rows.tolist()]
    table[:, 4] = [pow(order.multiplier(T), -1, T) if T > 1 else 0 for T in rows.tolist()]
    return table
