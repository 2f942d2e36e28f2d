"""Streams decoded by operations of torch, on any device: rows of lanes as int64 words, and XORs of shifted rows.

The same steps as in `xoropt.codec.streams.numpy_decoder`, for closed orders whose rows are whole words. A word of torch
is signed, so what is shifted down is masked.
"""

from dataclasses import dataclass, field

import numpy as np
import torch

from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import assign_steps, count_seed_rows, last_row_lanes
from xoropt.networks import XorNetwork
from xoropt.networks.stages import flatten

__all__ = ["StreamPlane", "decode_plane", "flip", "pack_words", "unpack_words"]


@dataclass(frozen=True)
class StreamPlane:
    """A plane as a device holds it.

    Attributes:
        network, order: of the encoding.
        segments: for each its rows, its stored bits, and the first of these.
        seeds: int64, the stored bits, and two more words.
        flips: int64, the weights to flip.
        size: weights.
    """

    network: XorNetwork
    order: StreamOrder
    segments: list[tuple[int, int, int]]
    seeds: torch.Tensor = field(repr=False)
    flips: torch.Tensor = field(repr=False)
    size: int


def shifted_down(words: torch.Tensor, by: int) -> torch.Tensor:
    """Return words shifted down by 0 to 63 bits, with zeros above."""
    return words if by == 0 else (words >> by) & ((1 << (64 - by)) - 1)


def pack_words(octets: np.ndarray, device: torch.device, spare: int = 0) -> torch.Tensor:
    """Return bytes as int64 words on a device, with some zeros after them."""
    words = np.zeros(-(-len(octets) // 8) + spare, dtype=np.int64)
    words.view(np.uint8)[: len(octets)] = octets
    return torch.from_numpy(words).to(device)


def unpack_words(words: torch.Tensor) -> torch.Tensor:
    """Return the bits of words, the lowest first: int64 of 0 and 1, flat."""
    places = torch.arange(64, device=words.device)
    return ((words.reshape(-1, 1) >> places) & 1).reshape(-1)


def joined_bits(bits: torch.Tensor) -> torch.Tensor:
    """Return bits, int64 of 0 and 1 of whole words, as words."""
    return (bits.reshape(-1, 64) << torch.arange(64, device=bits.device)).sum(dim=1)


def flip(words: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Return words with the bits at some places flipped; no place occurs twice."""
    ones = torch.ones_like(places) << (places & 63)
    return words ^ torch.zeros_like(words).index_add_(0, places >> 6, ones)  # in a word the bits differ, so + is |


def decode_plane(plane: StreamPlane) -> torch.Tensor:
    """Decode a plane, patches applied: int64 words, at least those of its weights, bit i % 64 of word i // 64."""
    parts = []
    for rows, seed_bits, first in plane.segments:
        width = plane.order.lanes // 64
        if not seed_bits:
            parts.append(torch.zeros(rows * width, dtype=torch.int64, device=plane.seeds.device))
            continue
        seeds = seed_rows(plane, first, seed_bits)
        parts.append(placed_rows(plane.order, stream_rows(seeds, plane.network, plane.order, rows)).reshape(-1))
    return flip(torch.cat(parts), plane.flips)


def seed_rows(plane: StreamPlane, first: int, seed_bits: int) -> torch.Tensor:
    """Read the seed rows of a segment from its stored bits, which begin at bit `first`: int64 (m, L/64)."""
    order, words = plane.order, plane.seeds
    count, width = count_seed_rows(order, seed_bits), order.lanes // 64
    begin, shift = first // 64, first % 64
    needed = -(-seed_bits // 64)
    low = shifted_down(words[begin : begin + needed], shift)
    stored = low | (words[begin + 1 : begin + 1 + needed] << (64 - shift)) if shift else low
    whole = (count - 1) * width
    last = unpack_words(stored[whole:])[: seed_bits - 64 * whole]
    lanes = torch.from_numpy(last_row_lanes(order, seed_bits)).to(words.device)
    bits = torch.zeros(order.lanes, dtype=torch.int64, device=words.device).index_copy_(0, lanes, last)
    return torch.cat([stored[:whole], joined_bits(bits)]).reshape(count, width)


def turned(rows: torch.Tensor, lanes: torch.Tensor) -> torch.Tensor:
    """Rotate rows of words: in row r, lane l moves to lane l + lanes[r]."""
    width = rows.shape[1]
    places = (torch.arange(width, device=rows.device) - (lanes >> 6)[:, None]) % width
    here = rows.gather(1, places)
    below = rows.gather(1, (places - 1) % width)
    shift = (lanes & 63)[:, None]
    top = (below >> 1) & ((1 << 63) - 1)  # in two steps, as a shift by 64 is not defined
    low = (top >> (63 - shift)) & ((torch.ones_like(shift) << shift) - 1)
    return (here << shift) | low


def stream_rows(seeds: torch.Tensor, network: XorNetwork, order: StreamOrder, rows: int) -> torch.Tensor:
    """Make the stream rows of a segment, int64 (T, L/64), from its seed rows, int64 (m, L/64)."""
    count = len(seeds)
    step, output = assign_steps(order, rows, count, network)
    steps, used = int(step[-1]) + 1, int(output.max()) + 1
    reach = (steps - 1) * network.n_in + network.window
    turns = -(-reach // count)  # beyond the end of a lane come the first rows of the next lane
    if turns > 1:
        back = [torch.full((count,), -turn % order.lanes, device=seeds.device) for turn in range(turns)]
        seeds = torch.cat([turned(seeds, lanes) for lanes in back])
    columns = [seeds[i :: network.n_in] for i in range(network.n_in)]
    made = torch.zeros((used, steps, seeds.shape[1]), dtype=torch.int64, device=seeds.device)
    if network.stages is None:
        for row, taps in zip(made, network.matrix()[:used], strict=True):
            for tap in np.flatnonzero(taps).tolist():
                row ^= seeds[tap :: network.n_in][:steps]
    else:
        flat = flatten(network.n_in, network.stages)
        for reads in flat.nodes:
            length = min(len(columns[signal]) - delay for signal, delay in reads)
            node = torch.zeros((length, seeds.shape[1]), dtype=torch.int64, device=seeds.device)
            for signal, delay in reads:
                node = node ^ columns[signal][delay:][:length]
            columns.append(node)
        for row, signals, delays in zip(made, flat.signals.tolist(), flat.delays.tolist(), strict=False):
            for signal, delay in zip(signals, delays, strict=True):
                if signal >= 0:
                    row ^= columns[signal][delay:][:steps]
    at = torch.from_numpy(output).to(seeds.device), torch.from_numpy(step).to(seeds.device)
    return made[at]


def placed_rows(order: StreamOrder, stream: torch.Tensor) -> torch.Tensor:
    """Bring stream rows into the order of the weights: int64 (T, L/64)."""
    p = torch.arange(len(stream), device=stream.device)
    if order.rotation:
        stream = turned(stream, p * order.rotation % order.lanes)
    placed = torch.empty_like(stream)
    placed[p * order.multiplier(len(stream)) % len(stream)] = stream
    return placed
