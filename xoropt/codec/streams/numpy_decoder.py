"""Decoding of streams with NumPy, whole rows of lanes at a time."""

import numpy as np

from xoropt.codec.streams.numpy_rows import decode_few_rows
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout, assign_steps, count_seed_rows, last_row_lanes
from xoropt.networks import XorNetwork
from xoropt.networks.stages import flatten

__all__ = ["decode_stream", "read_seed_rows"]

FEW = 16
"""Rows of a segment for one that is asked for, from which on the rows are made by themselves."""

SHORT = 2048
"""Bytes of a network row's outputs up to which those of all rows that read a seed bit are made together."""


def decode_stream(
    network: XorNetwork,
    order: StreamOrder,
    seeds: np.ndarray,
    layout: Layout,
    first: int,
    stop: int,
    plane: np.ndarray,
) -> None:
    """Decode a range of a plane, without its patches, from the segments in which it lies.

    Args:
        network, order: those of the encoding.
        seeds: uint8, the seed bits of the plane.
        layout: the segments of the plane.
        first, stop: the range of weights.
        plane: bool (stop − first,), zeros; the outputs are written to it.
    """
    begin = bit = 0
    for rows, seed_bits in zip(layout.rows.tolist(), layout.seed_bits.tolist(), strict=True):
        end = begin + rows * order.lanes
        if seed_bits and begin < stop and end > first:
            lines = slice(max(first - begin, 0) // order.lanes, -(-(min(stop, end) - begin) // order.lanes))
            if FEW * (lines.stop - lines.start) <= rows:
                few = decode_few_rows(network, order, read_seed_rows(seeds, bit, seed_bits, order), rows, lines)
                part = few[max(first - begin, 0) - lines.start * order.lanes :][: min(stop, end) - max(first, begin)]
                plane[max(begin - first, 0) :][: len(part)] = part
                begin, bit = end, bit + seed_bits
                continue
            stream = _make_stream_rows(read_seed_rows(seeds, bit, seed_bits, order), network, order, rows)
            part = _place_weights(order, stream)[max(first - begin, 0) : stop - begin]
            plane[max(begin - first, 0) :][: len(part)] = part
        begin, bit = end, bit + seed_bits


def read_seed_rows(seeds: np.ndarray, first: int, seed_bits: int, order: StreamOrder) -> np.ndarray:
    """Read the seed rows of a segment from its stored bits, which begin at bit `first`: uint8 (m, L) of 0 and 1."""
    octets = seeds[first // 8 : -(-(first + seed_bits) // 8)]
    stored = np.unpackbits(octets, bitorder="little")[first % 8 :][:seed_bits]
    rows = np.zeros((count_seed_rows(order, seed_bits), order.lanes), dtype=np.uint8)
    whole = (len(rows) - 1) * order.lanes
    rows[:-1] = stored[:whole].reshape(-1, order.lanes)
    rows[-1, last_row_lanes(order, seed_bits)] = stored[whole:]
    return rows


def _make_stream_rows(bits: np.ndarray, network: XorNetwork, order: StreamOrder, rows: int) -> np.ndarray:
    """Make the stream rows of a segment, packed, uint8 (T, ⌈L/8⌉), from its seed rows, uint8 (m, L)."""
    seed_rows = len(bits)
    step, output = assign_steps(order, rows, seed_rows, network)
    steps, used = int(step[-1]) + 1, int(output.max()) + 1
    reach = (steps - 1) * network.n_in + network.window
    if order.closed:  # beyond the end of a lane come the first rows of the next lane
        turns = -(-reach // seed_rows)
        bits = np.concatenate([np.roll(bits, -turn, axis=1) for turn in range(turns)])
    seeds = np.packbits(bits, axis=1, bitorder="little")
    made = np.zeros((used, steps, seeds.shape[1]), dtype=np.uint8)
    if network.stages is None and made.size <= SHORT * used:
        for i, column in enumerate(network.matrix()[:used].T):
            made[column] ^= seeds[i :: network.n_in][:steps]
    elif network.stages is None:
        for j, row in enumerate(network.matrix()[:used]):
            for tap in np.flatnonzero(row):
                made[j] ^= seeds[tap :: network.n_in][:steps]
    else:
        flat = flatten(network.n_in, network.stages)
        signals, delays = flat.signals[:used], flat.delays[:used]
        columns = [seeds[i :: network.n_in] for i in range(network.n_in)]  # every step of each signal
        for reads in flat.nodes:
            length = min(len(columns[signal]) - delay for signal, delay in reads)
            node = np.zeros((length, seeds.shape[1]), dtype=np.uint8)
            for signal, delay in reads:
                node ^= columns[signal][delay:][:length]
            columns.append(node)
        for row, at, ahead in zip(made, signals.tolist(), delays.tolist(), strict=True):
            for signal, delay in zip(at, ahead, strict=True):
                if signal >= 0:
                    row ^= columns[signal][delay:][:steps]
    return made[output, step]


def _place_weights(order: StreamOrder, stream: np.ndarray) -> np.ndarray:
    """Bring packed stream rows into the order of the weights: bool (T·L,)."""
    rows, lanes = len(stream), order.lanes
    bits = np.unpackbits(stream, axis=1, count=lanes, bitorder="little").view(bool)
    y = np.arange(rows, dtype=np.int64) * order.multiplier(rows) % rows
    placed = np.empty_like(bits)
    rotation = order.rotation
    period = lanes if rotation else 1  # rows a period apart are rotated by equally many lanes
    for p in range(min(period, rows)):
        turn = p * rotation % lanes
        some, at = bits[p::period], y[p::period]
        placed[at, turn:] = some[:, : lanes - turn]
        placed[at, :turn] = some[:, lanes - turn :]
    return placed.reshape(-1)
