"""How fast encodings decode: their streams repeated to a size at which what a call costs does not show."""

import time
from collections.abc import Sequence

import numpy as np

from xoropt.codec import Encoding, decode

__all__ = ["decode_speed"]

WEIGHTS = 1 << 22
"""Weights that are decoded at once at least."""
REPEATS = 5
"""Decodings of which the fastest counts."""


def decode_speed(encodings: Sequence[Encoding]) -> float:
    """Weights a second of one core, all planes together, decoded to packed planes by the compiled decoder."""
    largest = max(encodings, key=lambda encoded: encoded.outputs)
    whole = largest.tiled(-(-WEIGHTS // largest.outputs))
    out = np.ascontiguousarray(decode(whole, "compiled", output="planes", jobs=1))
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        decode(whole, "compiled", output="planes", jobs=1, out=out)
        seconds.append(time.perf_counter() - begin)
    return whole.outputs / max(min(seconds), 1e-9)
