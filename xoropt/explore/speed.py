"""The decoding speed of encodings, whose streams are repeated until the cost of a call no longer matters."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xoropt.codec import BlockEncoded, StreamEncoded, decode
from xoropt.codec.blocks.patches import pack_patches, unpack_patches
from xoropt.codec.streams.patches import pack_stream_patches, unpack_stream_patches
from xoropt.codec.streams.segments import Layout

__all__ = ["again", "decode_speed", "repeated"]

WEIGHTS = 1 << 22
"""The fewest weights that are decoded at once."""
REPEATS = 5
"""The number of decodings, of which the fastest counts."""


def decode_speed(encodings: Sequence[BlockEncoded | StreamEncoded]) -> float:
    """Return the weights per second, with all planes, that one core decodes to packed planes, compiled."""
    largest = max(encodings, key=lambda encoded: encoded.outputs)
    whole = repeated(largest, -(-WEIGHTS // largest.outputs))
    out = np.ascontiguousarray(decode(whole, "compiled", output="planes", jobs=1))
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        decode(whole, "compiled", output="planes", jobs=1, out=out)
        seconds.append(time.perf_counter() - begin)
    return whole.outputs / max(min(seconds), 1e-9)


def repeated(encoded: BlockEncoded | StreamEncoded, times: int) -> BlockEncoded | StreamEncoded:
    """An encoding whose whole rows, blocks or segments, filled up, come `times` times over, in one axis."""
    planes, size = len(encoded.seeds), encoded.outputs
    if isinstance(encoded, BlockEncoded):
        blocks, n_in, n_out = encoded.blocks, encoded.network.n_in, encoded.network.n_out
        size = blocks * n_out
        flips = unpack_patches(encoded.patches, blocks, n_out, encoded.outputs)
        return replace(
            encoded,
            shape=(size * times,),
            seeds=np.stack([_tiled(seeds, blocks * n_in, times) for seeds in encoded.seeds]),
            patches=pack_patches([again(at, size, times) for at in flips], blocks * times, n_out),
            care_bits=encoded.care_bits * times,
        )
    size = int(encoded.layouts[0].rows.sum()) * encoded.stream_order.lanes
    flips = [unpack_stream_patches(encoded.patches, p, encoded.outputs) for p in range(planes)]
    return replace(
        encoded,
        shape=(size * times,),
        layouts=tuple(
            Layout(np.tile(layout.rows, times), np.tile(layout.seed_bits, times)) for layout in encoded.layouts
        ),
        seeds=tuple(_tiled(seeds, encoded.layout(p).total, times) for p, seeds in enumerate(encoded.seeds)),
        patches=pack_stream_patches([again(at, size, times) for at in flips], size * times),
        care_bits=encoded.care_bits * times,
    )


def _tiled(seeds: np.ndarray, bits: int, times: int) -> np.ndarray:
    """Return a bit stream `times` times over, without the gaps at the ends of bytes."""
    return np.packbits(np.tile(np.unpackbits(seeds, bitorder="little", count=bits), times), bitorder="little")


def again(at: np.ndarray, size: int, times: int) -> np.ndarray:
    """Return positions repeated in each of `times` stretches of `size`."""
    return (at + np.arange(times)[:, None] * size).reshape(-1)
