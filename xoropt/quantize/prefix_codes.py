"""Prefix codes of values: canonical Huffman codes whose codewords have at most 8 bits.

Bit k of a codeword is a care bit of plane k, and the tail behind it is don't-care, so that values take their mean code
length while every weight's bits stand at fixed places.
"""

import numpy as np

from xoropt.common.errors import DecodeError

__all__ = ["MAX_LENGTH", "check_lengths", "completions", "limited_lengths", "plane_words"]

MAX_LENGTH = 8
"""The most bits of a codeword: a table of 256 entries decodes every code."""


def limited_lengths(counts: np.ndarray, limit: int = MAX_LENGTH) -> np.ndarray:
    """Find the lengths of an optimal prefix code with codewords of at most `limit` bits.

    Source: package-merge, L. L. Larmore and D. S. Hirschberg, *A Fast Algorithm for Optimal Length-Limited Huffman
    Codes*, J. ACM 37(3), 1990. Of symbols with equal counts the first has no longer a codeword than the last.

    Args:
        counts: int64 (n,), how often each symbol occurs; 1 ≤ n ≤ 2^limit.
        limit: the most bits of a codeword.

    Returns:
        uint8 (n,); a single symbol has a codeword of 0 bits.
    """
    n = len(counts)
    lengths = np.zeros(n, dtype=np.uint8)
    if n == 1:
        return lengths
    order = np.lexsort((-np.arange(n), counts))  # the lightest first; of equal ones, the last
    leaves = counts[order].astype(np.int64)
    rounds, items = [], leaves
    for _ in range(limit - 1):  # each round packs the items of the round before in pairs
        packages = items[: len(items) // 2 * 2].reshape(-1, 2).sum(axis=1)
        merged = np.concatenate([leaves, packages])
        place = np.argsort(merged, kind="stable")
        rounds.append(place < n)
        items = merged[place]
    taken = 2 * n - 2
    of_leaf = np.zeros(n, dtype=np.uint8)
    for is_leaf in reversed(rounds):
        chosen = int(np.count_nonzero(is_leaf[:taken]))
        of_leaf[:chosen] += 1
        taken = 2 * (taken - chosen)
    of_leaf[:taken] += 1
    lengths[order] = of_leaf
    return lengths


def check_lengths(lengths: np.ndarray) -> None:
    """Check that codewords of these lengths exist.

    Raises:
        DecodeError: there is no codeword, one of 0 bits beside others or one of more than `MAX_LENGTH`, or too many.
    """
    if lengths.dtype != np.uint8 or lengths.ndim != 1 or not len(lengths):
        raise DecodeError("the lengths of its codewords must be bytes, one at least")
    if len(lengths) == 1 and lengths[0] == 0:
        return
    if lengths.min() < 1 or lengths.max() > MAX_LENGTH:
        raise DecodeError(f"a codeword must have 1 to {MAX_LENGTH} bits")
    if (1 << (MAX_LENGTH - lengths.astype(np.int64))).sum() > 1 << MAX_LENGTH:
        raise DecodeError("there are more codewords than their lengths allow")


def plane_words(lengths: np.ndarray) -> np.ndarray:
    """Return the canonical codewords as the planes hold them: uint8 (n,), bit k for plane k, the tails 0.

    Codewords ascend with their length, then with the symbol's number.

    Args:
        lengths: uint8 (n,), see `check_lengths`.
    """
    wide = lengths.astype(np.int64)
    order = np.argsort(wide, kind="stable")
    steps = 1 << (MAX_LENGTH - wide[order])
    starts = np.cumsum(steps) - steps  # as numbers of MAX_LENGTH bits, the first bit highest
    words = np.empty(len(lengths), dtype=np.uint8)
    words[order] = np.packbits(np.unpackbits(starts.astype(np.uint8)[:, None], axis=1), axis=1, bitorder="little")[:, 0]
    return words


def completions(lengths: np.ndarray, planes: int) -> np.ndarray:
    """Tabulate the symbol that every code stands for: uint16 (2^planes,); the number of symbols where there is none.

    Args:
        lengths: uint8 (n,), see `check_lengths`; none above `planes`.
        planes: bits of a code.
    """
    codes = np.full(1 << planes, len(lengths), dtype=np.uint16)
    for symbol, (word, length) in enumerate(zip(plane_words(lengths).tolist(), lengths.tolist(), strict=True)):
        codes[word :: 1 << length] = symbol
    return codes
