"""Tables in which the symbol of a canonical prefix code is found in one step, from as many bits as it needs.

Codewords ascend with their lengths, so what a value lacks of the greatest one tells how long its codeword is at most:
of all values that lack 2^k … 2^(k+1) − 1, k = 0 … L − 1, the last has the longest. For each k a stretch of the table
holds the symbols of these values, cut off behind the longest codeword. What is looked up often, the short codewords,
lies close together and stays in the cache.
"""

from functools import lru_cache

import numpy as np

from xoropt.masks.prefix.codes import group_lengths

__all__ = ["Lookup", "lookup", "tables"]

Lookup = tuple[np.ndarray, np.ndarray]


def lookup(lengths: np.ndarray, length: int) -> Lookup:
    """The tables of a code.

    Args:
        lengths: int64 (symbols,), of the codewords; all 0: whatever is read is the symbol 0.
        length: L, bits of a value, of which a codeword is the beginning, 24 at most.

    Returns:
        `entries`, int64 (32,), and `symbols`, uint16: with m = 2^L − 1 − value, z the leading zeros of m as a number of
        32 bits, mod 32, and e = entries[z], the value's symbol is symbols[(e >> 6) + (m >> (e mod 64))].
    """
    entries = np.full(32, length, dtype=np.int64)
    if not lengths.any():
        return entries, np.zeros(1, dtype=np.uint16)
    order = np.argsort(lengths.astype(np.uint8), kind="stable").astype(np.uint16)  # bytes are sorted fast
    ascending = lengths[order]
    ends = np.cumsum(1 << (length - ascending))
    begins = np.append(0, ends[:-1])
    parts, at = [], 0
    for k in range(-1, length):  # k = −1: the greatest value, which lacks nothing
        least = 1 << k if k >= 0 else 0
        low, high = (1 << length) - (2 << k if k >= 0 else 1), (1 << length) - least
        a, b = np.searchsorted(begins, (low, high - 1), side="right") - 1
        shift = min(length - int(ascending[b]), max(k, 0))
        counts = np.minimum(ends[a : b + 1], high) - np.maximum(begins[a : b + 1], low) >> shift
        parts.append(np.repeat(order[a : b + 1], counts)[::-1])
        z = (31 - k) % 32
        entries[z] = (at - (least >> shift)) * 64 + shift
        at += len(parts[-1])
    return entries, np.concatenate(parts)


@lru_cache(maxsize=64)
def _table(density: int, size: int, length: int) -> Lookup:
    return lookup(group_lengths(density, size), length)


@lru_cache(maxsize=8)
def tables(densities: tuple[int, ...], size: int, length: int) -> Lookup:
    """The tables of all codes, one after the other."""
    made = [_table(density, size, length) for density in densities]
    offsets = np.cumsum([0, *(len(symbols) for _, symbols in made)])[:-1]
    entries = np.concatenate([table[0] + 64 * offset for table, offset in zip(made, offsets, strict=True)])
    return entries, np.concatenate([table[1] for table in made])
