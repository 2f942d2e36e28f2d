"""The decoding speed of encodings, whose streams are repeated until the cost of a call no longer matters."""

import time
from collections.abc import Sequence

import numpy as np

from xoropt.codec import Encoding, decode

__all__ = ["decode_speed"]

WEIGHTS = 1 << 22
"""The fewest weights that are decoded at once."""
REPEATS = 5
"""The number of decodings, of which the fastest counts."""


def decode_speed(encodings: Sequence[Encoding]) -> float:
    """Return the weights per second, with all planes, that one core decodes to packed planes, compiled."""
    largest = max(encodings, key=lambda encoded: encoded.outputs)
    whole = largest.tiled(-(-WEIGHTS // largest.outputs))
    out = np.ascontiguousarray(decode(whole, "compiled", output="planes", jobs=1))
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        decode(whole, "compiled", output="planes", jobs=1, out=out)
        seconds.append(time.perf_counter() - begin)
    return whole.outputs / max(min(seconds), 1e-9)
