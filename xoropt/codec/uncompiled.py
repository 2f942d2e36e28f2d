"""Decoding without compiled loops: in plain Python, and by NumPy."""

import numpy as np

from xoropt.codec import reference
from xoropt.codec.bits import unpack_fixed
from xoropt.codec.encoding import BlockEncoded, StreamEncoded
from xoropt.codec.streams.numpy_decoder import decode_stream_numpy, decode_stream_reference

__all__ = ["by_numpy", "by_reference", "packed"]

CHUNK = 1 << 22
"""Outputs that the vectorized decoder makes at once: bounds the memory beside the result."""
MOST_TABULATED = 1 << 15
"""Outputs of a block for which byte-indexed tables are made at most."""


def packed(bits: np.ndarray) -> np.ndarray:
    """Bits as words: bool (planes, weights) to uint64 (planes, ⌈weights/64⌉)."""
    planes, size = bits.shape
    octets = np.zeros((planes, -(-size // 64) * 8), dtype=np.uint8)
    octets[:, : -(-size // 8)] = np.packbits(bits, axis=1, bitorder="little")
    return octets.view("<u8").astype(np.uint64)


def by_reference(encoded: BlockEncoded | StreamEncoded, first: int, stop: int, checked: list[np.ndarray]) -> np.ndarray:
    """All planes, then the part that was asked for; patches are read in its own way."""
    if isinstance(encoded, StreamEncoded):
        return decode_stream_reference(encoded)[:, first:stop]
    network, patches = encoded.network, encoded.patches
    rows = [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in network.rows]
    flips = reference.read_patches(
        patches.counts.tobytes(),
        patches.places.tobytes(),
        patches.widths.tolist(),
        patches.group,
        encoded.blocks,
        network.n_out,
    )
    planes = [
        reference.decode_plane(seeds.tobytes(), rows, network.n_in, flip, encoded.outputs)
        for seeds, flip in zip(encoded.seeds, flips, strict=True)
    ]
    return np.array(planes, dtype=bool).reshape(len(planes), encoded.outputs)[:, first:stop]


def by_numpy(encoded: BlockEncoded | StreamEncoded, first: int, stop: int, flips: list[np.ndarray]) -> np.ndarray:
    """Each byte of a seed selects, from a table, the XOR of up to eight columns; a block is the XOR over its bytes."""
    if isinstance(encoded, StreamEncoded):
        return decode_stream_numpy(encoded, first, stop, flips)
    network = encoded.network
    n_in, n_out = network.n_in, network.n_out
    if n_out > MOST_TABULATED:
        return _wide_blocks(encoded, first, stop, flips)
    tables = _byte_tables(network.matrix())
    planes = np.empty((len(encoded.seeds), stop - first), dtype=bool)
    step = max(1, CHUNK // n_out)
    for plane, seeds, at in zip(planes, encoded.seeds, flips, strict=True):
        for block in range(first // n_out, -(-stop // n_out), step):
            count = min(step, -(-stop // n_out) - block)
            octets = unpack_fixed(seeds, n_in, block, count).astype("<u8").view(np.uint8).reshape(count, 8)
            y = tables[0][octets[:, 0]]
            for i in range(1, len(tables)):
                y ^= tables[i][octets[:, i]]
            begin = block * n_out
            part = y.reshape(-1)[max(first - begin, 0) : stop - begin]
            plane[max(begin - first, 0) :][: len(part)] = part
        plane[at - first] ^= True
    return planes


def _wide_blocks(encoded: BlockEncoded, first: int, stop: int, flips: list[np.ndarray]) -> np.ndarray:
    """Blocks too long for tables: the parity of each row and the seed, a block at a time."""
    rows, n_in, n_out = encoded.network.rows[:, 0], encoded.network.n_in, encoded.network.n_out
    planes = np.empty((len(encoded.seeds), stop - first), dtype=bool)
    for plane, seeds, at in zip(planes, encoded.seeds, flips, strict=True):
        for block in range(first // n_out, -(-stop // n_out)):
            low, high = max(first, block * n_out), min(stop, (block + 1) * n_out)
            seed = unpack_fixed(seeds, n_in, block, 1)[0]
            part = rows[low - block * n_out : high - block * n_out]
            plane[low - first : high - first] = np.bitwise_count(part & seed) & 1
        plane[at - first] ^= True
    return planes


def _byte_tables(matrix: np.ndarray) -> np.ndarray:
    """bool (⌈n_in/8⌉, 256, n_out): the outputs for every value of every byte of a seed."""
    n_out, n_in = matrix.shape
    tables = np.zeros((-(-n_in // 8), 256, n_out), dtype=bool)
    for column in range(n_in):
        bit = 1 << column % 8
        tables[column // 8, bit : 2 * bit] = tables[column // 8, :bit] ^ matrix[:, column]
    return tables
