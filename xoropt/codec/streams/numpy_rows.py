"""A few rows of a segment, decoded with NumPy without the others."""

import numpy as np

from xoropt.codec.streams.order import StreamOrder
from xoropt.networks import XorNetwork

__all__ = ["decode_few_rows"]

CHUNK = 1 << 22
"""Entries of network rows, and bits of lanes, that are handled at once: bounds the memory."""


def decode_few_rows(network: XorNetwork, order: StreamOrder, bits: np.ndarray, rows: int, wanted: slice) -> np.ndarray:
    """Decode some weight rows of a segment.

    Args:
        network, order: those of the encoding.
        bits: uint8 (m, L), the seed rows of the segment.
        rows: T, the weight rows of the segment.
        wanted: the range of weight rows.

    Returns:
        The weights of these rows, bool, flat.
    """
    lanes, seed_rows = order.lanes, len(bits)
    places = np.arange(wanted.start, wanted.stop, dtype=np.int64) * pow(order.multiplier(rows), -1, rows) % rows
    if order.closed:
        step = ((places + 1) * seed_rows - 1) // (network.n_in * rows)
        output = places - step * network.n_in * rows // seed_rows
    else:
        step, output = places // network.n_out, places % network.n_out
    lane, made = np.arange(lanes), np.zeros((len(places), lanes), dtype=np.uint8)
    each = max(1, CHUNK // max(network.window, lanes))
    for first in range(0, len(places), each):
        some = slice(first, first + each)
        words = np.ascontiguousarray(network.rows[output[some]].astype("<u8")).view(np.uint8)
        matrix = np.unpackbits(words, axis=1, count=network.window, bitorder="little").view(bool)
        for tap in np.flatnonzero(matrix.any(axis=0)).tolist():
            reading = np.flatnonzero(matrix[:, tap])
            turn, row = np.divmod(step[some][reading] * network.n_in + tap, seed_rows)
            if turn.any():  # beyond the end of a lane come the first rows of the next lane
                made[first + reading] ^= bits[row[:, None], (lane + turn[:, None]) % lanes]
            else:
                made[first + reading] ^= bits[row]
        # Lane l of stream row p is the weight in lane l + p·c.
        turned = (lane - places[some, None] * order.rotation) % lanes
        made[some] = np.take_along_axis(made[some], turned, axis=1)
    return made.reshape(-1).view(bool)
