"""Random subsets and bits from SplitMix64, the same on every platform."""

import numpy as np

from xoropt.networks.splitmix import splitmix64

__all__ = ["draw_bits", "draw_subsets", "reseed"]

_CHUNK = 1 << 22
"""Random numbers that are drawn at once: bounds the memory of large draws."""


def reseed(seed: int, part: int) -> int:
    """Return the seed of one of a network's independent draws: output `part`, from 0, of SplitMix64(seed)."""
    return int(splitmix64(seed, part + 1)[part])


def draw_bits(seed: int, rows: int, width: int) -> np.ndarray:
    """Draw random bits, bool (rows, width).

    Row j holds the lowest `width` bits of outputs j·⌈width/64⌉ … (j + 1)·⌈width/64⌉ − 1 of SplitMix64(seed).
    """
    words = -(-width // 64)
    data = splitmix64(seed, rows * words).astype("<u8").view(np.uint8).reshape(rows, 8 * words)
    return np.unpackbits(data, axis=1, bitorder="little")[:, :width].astype(bool)


def draw_subsets(seed: int, rows: int, size: int, taps: int) -> np.ndarray:
    """Draw `taps` of the numbers 0 … size − 1 for each row, in random order: int64 (rows, taps).

    Row j takes outputs j·size … (j + 1)·size − 1 of SplitMix64(seed) as keys and returns the places of the smallest
    keys, the smallest first.
    """
    chosen = np.empty((rows, taps), dtype=np.int64)
    step = max(1, _CHUNK // size)
    for first in range(0, rows, step):
        count = min(step, rows - first)
        start = (seed + first * size * 0x9E3779B97F4A7C15) % 2**64  # SplitMix64's state after first·size outputs
        keys = splitmix64(start, count * size).reshape(count, size)
        chosen[first : first + count] = _smallest(keys, taps)
    return chosen


def _smallest(keys: np.ndarray, taps: int) -> np.ndarray:
    """Return the places of the `taps` smallest keys of each row, the smallest first; no key occurs twice."""
    if 8 * taps > keys.shape[1]:
        return np.argsort(keys, axis=1, kind="stable")[:, :taps]
    few = np.argpartition(keys, taps - 1, axis=1)[:, :taps]  # several times faster than sorting all of them
    return np.take_along_axis(few, np.argsort(np.take_along_axis(keys, few, axis=1), axis=1), axis=1)
