"""Decoding: `Encoded` back to bit planes, by one of several decoders that give the same bits."""

from collections.abc import Callable

import numpy as np

from xoropt.codec import reference
from xoropt.codec.bits import unpack_fixed
from xoropt.codec.block_patches import unpack_patches
from xoropt.codec.encoded import Encoded, StreamEncoded
from xoropt.codec.stream_decode import check_stream, decode_stream_numpy, decode_stream_reference
from xoropt.errors import ArgumentError, DecodeError

__all__ = ["DECODERS", "decode"]

CHUNK = 1 << 22
"""Outputs that the vectorized decoder makes at once: bounds the memory beside the result."""


def decode(encoded: Encoded | StreamEncoded, decoder: str = "auto") -> np.ndarray:
    """The planes of an encoding: bool, of the shape that was encoded, equal to it wherever a bit was a care bit.

    Args:
        encoded: what `encode` returned.
        decoder: "reference" (plain Python), "numpy", or "auto", the fastest.

    Raises:
        ArgumentError: no such decoder.
        DecodeError: seeds or patches do not fit the network and the shape; checked before anything is decoded.
    """
    if decoder not in DECODERS:
        raise ArgumentError(f"Argument 'decoder' must be one of {', '.join(DECODERS)}, not {decoder!r}.")
    shape = encoded.shape if encoded.planes is None else (encoded.planes, *encoded.shape)
    if isinstance(encoded, StreamEncoded):
        check_stream(encoded)
        return STREAM_DECODERS[decoder](encoded).reshape(shape)
    octets = -(-encoded.blocks * encoded.network.n_in // 8)
    if encoded.seeds.ndim != 2 or encoded.seeds.shape[1] != octets:
        raise DecodeError(f"the seeds of a plane must be {octets} bytes")
    if not encoded.seeds.size:  # no planes or no weights
        return np.zeros(shape, dtype=bool)
    return DECODERS[decoder](encoded).reshape(shape)


def _decode_reference(encoded: Encoded) -> np.ndarray:
    network, patches = encoded.network, encoded.patches
    unpack_patches(patches, encoded.blocks, network.n_out, encoded.outputs)  # checks the streams
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
    return np.array(planes, dtype=bool).reshape(len(planes), encoded.outputs)


def _decode_numpy(encoded: Encoded) -> np.ndarray:
    """Each byte of a seed selects, from a table, the XOR of up to eight columns; a block is the XOR over its bytes."""
    network, blocks, outputs = encoded.network, encoded.blocks, encoded.outputs
    n_in, n_out = network.n_in, network.n_out
    flips = unpack_patches(encoded.patches, blocks, n_out, outputs)
    tables = _byte_tables(network.matrix())
    planes = np.empty((len(encoded.seeds), outputs), dtype=bool)
    step = max(1, CHUNK // n_out)
    for plane, seeds, at in zip(planes, encoded.seeds, flips, strict=True):
        for first in range(0, blocks, step):
            count = min(step, blocks - first)
            octets = unpack_fixed(seeds, n_in, first, count).astype("<u8").view(np.uint8).reshape(count, 8)
            y = tables[0][octets[:, 0]]
            for i in range(1, len(tables)):
                y ^= tables[i][octets[:, i]]
            begin = first * n_out
            plane[begin : begin + y.size] = y.reshape(-1)[: outputs - begin]
        plane[at] ^= True
    return planes


def _byte_tables(matrix: np.ndarray) -> np.ndarray:
    """bool (⌈n_in/8⌉, 256, n_out): the outputs for every value of every byte of a seed."""
    n_out, n_in = matrix.shape
    tables = np.zeros((-(-n_in // 8), 256, n_out), dtype=bool)
    for column in range(n_in):
        bit = 1 << column % 8
        tables[column // 8, bit : 2 * bit] = tables[column // 8, :bit] ^ matrix[:, column]
    return tables


DECODERS: dict[str, Callable[[Encoded], np.ndarray]] = {
    "auto": _decode_numpy,
    "reference": _decode_reference,
    "numpy": _decode_numpy,
}

STREAM_DECODERS: dict[str, Callable[[StreamEncoded], np.ndarray]] = {
    "auto": decode_stream_numpy,
    "reference": decode_stream_reference,
    "numpy": decode_stream_numpy,
}
