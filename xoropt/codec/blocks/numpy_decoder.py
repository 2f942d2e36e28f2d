"""Decoding of blocks with NumPy: each byte of a seed selects a row of a table, and a block is the XOR of these rows."""

import numpy as np

from xoropt.codec.bits import unpack_fixed
from xoropt.networks import XorNetwork

__all__ = ["decode_blocks"]

CHUNK = 1 << 22
"""Most outputs that are made at once; bounds the memory beside the result."""
MOST_TABULATED = 1 << 15
"""Most outputs of a block for which byte-indexed tables are made."""


def decode_blocks(network: XorNetwork, seeds: np.ndarray, first: int, stop: int, flips: list[np.ndarray]) -> np.ndarray:
    """Decode a range of all planes.

    Args:
        network: a network of memory 0.
        seeds: uint8 (planes, bytes), as in `BlockEncoded`.
        first, stop: the range of weights.
        flips: the weights of the range to flip in each plane.

    Returns:
        bool (planes, stop − first).
    """
    n_in, n_out = network.n_in, network.n_out
    if n_out > MOST_TABULATED:
        return _wide_blocks(network, seeds, first, stop, flips)
    tables = _byte_tables(network.matrix())
    planes = np.empty((len(seeds), stop - first), dtype=bool)
    step = max(1, CHUNK // n_out)
    for plane, stored, at in zip(planes, seeds, flips, strict=True):
        for block in range(first // n_out, -(-stop // n_out), step):
            count = min(step, -(-stop // n_out) - block)
            octets = unpack_fixed(stored, n_in, block, count).astype("<u8").view(np.uint8).reshape(count, 8)
            y = tables[0][octets[:, 0]]
            for i in range(1, len(tables)):
                y ^= tables[i][octets[:, i]]
            begin = block * n_out
            part = y.reshape(-1)[max(first - begin, 0) : stop - begin]
            plane[max(begin - first, 0) :][: len(part)] = part
        plane[at - first] ^= True
    return planes


def _wide_blocks(network: XorNetwork, seeds: np.ndarray, first: int, stop: int, flips: list[np.ndarray]) -> np.ndarray:
    """Decode blocks that are too long for tables: output by output, the parity of a row of the network and the seed."""
    rows, n_in, n_out = network.rows[:, 0], network.n_in, network.n_out
    planes = np.empty((len(seeds), stop - first), dtype=bool)
    for plane, stored, at in zip(planes, seeds, flips, strict=True):
        for block in range(first // n_out, -(-stop // n_out)):
            low, high = max(first, block * n_out), min(stop, (block + 1) * n_out)
            seed = unpack_fixed(stored, n_in, block, 1)[0]
            part = rows[low - block * n_out : high - block * n_out]
            plane[low - first : high - first] = np.bitwise_count(part & seed) & 1
        plane[at - first] ^= True
    return planes


def _byte_tables(matrix: np.ndarray) -> np.ndarray:
    """Tabulate the outputs for every value of every byte of a seed: bool (⌈n_in/8⌉, 256, n_out)."""
    n_out, n_in = matrix.shape
    tables = np.zeros((-(-n_in // 8), 256, n_out), dtype=bool)
    for column in range(n_in):
        bit = 1 << column % 8
        tables[column // 8, bit : 2 * bit] = tables[column // 8, :bit] ^ matrix[:, column]
    return tables
