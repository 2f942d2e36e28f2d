"""Tables that give the symbol of a canonical prefix code in one step, from as many bits as its codeword has.

Codewords ascend with their lengths, so the difference between a value and the greatest value bounds the length of its
codeword: of all values with a difference of 2^k … 2^(k+1) − 1, k = 0 … L − 1, the last one has the longest codeword.
For each k a stretch of the table holds the symbols of these values, cut off after the longest codeword. What is looked
up often, the short codewords, stands close together and stays in the cache.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from xoropt.masks.prefix.codes import group_lengths

__all__ = ["LookupTable", "lookup_table", "lookup_tables"]


class LookupTable(NamedTuple):
    """The table of a code, or the tables of several codes, one after the other.

    With m = 2^L − 1 − value, z the leading zeros of m as a number of 32 bits, mod 32, and e = entries[z], the value's
    symbol is symbols[(e >> 6) + (m >> (e mod 64))]. The entries of code c begin at 32·c.

    Attributes:
        entries: int64 (32·codes,).
        symbols: uint16.
    """

    entries: np.ndarray
    symbols: np.ndarray


def lookup_table(lengths: np.ndarray, length: int) -> LookupTable:
    """Make the table of a code.

    Args:
        lengths: int64 (symbols,), of the codewords; all 0: every value is the symbol 0.
        length: L, the bits of a value, which begins with a codeword; at most 24.
    """
    entries = np.full(32, length, dtype=np.int64)
    if not lengths.any():
        return LookupTable(entries, np.zeros(1, dtype=np.uint16))
    order = np.argsort(lengths.astype(np.uint8), kind="stable").astype(np.uint16)  # bytes are sorted fast
    ascending = lengths[order]
    ends = np.cumsum(1 << (length - ascending))
    begins = np.append(0, ends[:-1])
    parts, at = [], 0
    for k in range(-1, length):  # k = −1: the greatest value itself, with the difference 0
        least = 1 << k if k >= 0 else 0
        low, high = (1 << length) - (2 << k if k >= 0 else 1), (1 << length) - least
        a, b = np.searchsorted(begins, (low, high - 1), side="right") - 1
        shift = min(length - int(ascending[b]), max(k, 0))
        counts = np.minimum(ends[a : b + 1], high) - np.maximum(begins[a : b + 1], low) >> shift
        parts.append(np.repeat(order[a : b + 1], counts)[::-1])
        z = (31 - k) % 32
        entries[z] = (at - (least >> shift)) * 64 + shift
        at += len(parts[-1])
    return LookupTable(entries, np.concatenate(parts))


@lru_cache(maxsize=64)
def _table_of_density(density: int, group_size: int, length: int) -> LookupTable:
    return lookup_table(group_lengths(density, group_size), length)


@lru_cache(maxsize=8)
def lookup_tables(densities: tuple[int, ...], group_size: int, length: int) -> LookupTable:
    """Make the tables of a mask's codes, one after the other.

    Args:
        densities: of the codes.
        group_size: G.
        length: L.
    """
    made = [_table_of_density(density, group_size, length) for density in densities]
    offsets = np.cumsum([0, *(len(table.symbols) for table in made)])[:-1]
    entries = np.concatenate([table.entries + 64 * offset for table, offset in zip(made, offsets, strict=True)])
    return LookupTable(entries, np.concatenate([table.symbols for table in made]))
