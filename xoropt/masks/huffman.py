"""Length-limited canonical Huffman codes for groups of independent bits.

Only integers are computed with, so that every machine makes the same code.
"""

import functools
import math

import numpy as np

__all__ = ["code_lengths", "codewords", "mean_lengths"]


@functools.lru_cache(maxsize=64)
def code_lengths(density: int, size: int, limit: int) -> np.ndarray:
    """Return the length of every symbol's codeword.

    A symbol is a number of `size` bits, each of them 1 with the probability density/65536. Where symbols with the same
    number of ones have codewords of different lengths, which then differ by one at most, the symbols of lower number
    get the shorter ones.

    Args:
        density: 1 … 65535.
        size: bits of a symbol.
        limit: the most bits of a codeword.

    Returns:
        int64 (2^size,).
    """
    lengths = np.empty(1 << size, dtype=np.int64)
    runs = [run for depths in _limited_depths(density, size, limit) for run in sorted(depths.items())]
    lengths[_sorted_by_ones(size)] = np.repeat([depth for depth, _ in runs], [count for _, count in runs])
    lengths.setflags(write=False)
    return lengths


@functools.lru_cache(maxsize=16)
def _sorted_by_ones(size: int) -> np.ndarray:
    """Sort the symbols by their number of ones, those with equally many by their own numbers."""
    return np.argsort(np.bitwise_count(np.arange(1 << size)), kind="stable")


@functools.lru_cache(maxsize=4096)
def mean_lengths(density: int, size: int, limit: int) -> np.ndarray:
    """Estimate the mean length of the codewords of symbols with 0 … size ones: float64 (size + 1,).

    The estimate is from a single tree, with a floor of the weights at which the tree is hardly ever too deep.
    """
    depths = _tree_depths(density, size, 1 << 46 - limit, 1 << size)
    assert depths is not None
    return np.array([sum(d * n for d, n in kinds.items()) / sum(kinds.values()) for kinds in depths])


@functools.lru_cache(maxsize=4096)
def _limited_depths(density: int, size: int, limit: int) -> list[dict[int, int]]:
    """Count the codewords of each length, for symbols with 0 … size ones.

    The floor of the weights is raised until no codeword is longer than the limit.
    """
    floor = 1
    while (depths := _tree_depths(density, size, floor, limit)) is None:
        floor *= 4
    return depths


def _tree_depths(density: int, size: int, floor: int, limit: int) -> list[dict[int, int]] | None:
    """Build the Huffman tree with this floor of the weights; see `_depths`."""
    weights = [max(floor, (density**j * (65536 - density) ** (size - j) << 46) >> 16 * size) for j in range(size + 1)]
    return _depths(weights, [math.comb(size, j) for j in range(size + 1)], limit)


def _depths(weights: list[int], counts: list[int], limit: int) -> list[dict[int, int]] | None:
    """Count the leaves of each kind at each depth of a Huffman tree; None where the tree is deeper than the limit.

    Leaves of equal weight are one kind, so that all pairs of a kind are merged at once. Nodes are merged in the order
    of their weights, kinds of equal weight in the order of their numbers. New kinds then ascend in weight as well, and
    the next kind to merge is the first of the leaves or the first of the new kinds (J. van Leeuwen, *On the
    Construction of Huffman Trees*, ICALP 1976).

    Args:
        weights: of a leaf of each kind.
        counts: the number of leaves of each kind.
        limit: the greatest depth.
    """
    weights, left = weights[:], counts[:]  # `left`: the nodes of each kind that are not merged yet
    leaves = sorted(range(len(counts)), key=lambda kind: (weights[kind], kind), reverse=True)
    children, height = [(0, 0)] * len(counts), [0] * len(counts)
    made = len(counts)

    def first() -> int:
        """Return the kind to merge next; −1 where none is left."""
        nonlocal made
        if leaves and not left[leaves[-1]]:
            leaves.pop()
        if made < len(left) and not left[made]:
            made += 1
        if leaves and (made == len(left) or weights[leaves[-1]] <= weights[made]):
            return leaves[-1]
        return made if made < len(left) else -1

    while True:
        kind = other = first()
        count = left[kind] // 2
        left[kind] &= 1
        if not count:
            left[kind], count = 0, 1
            if (other := first()) < 0:
                break
            left[other] -= 1
        children.append((kind, other))
        left.append(count)
        weights.append(weights[kind] + weights[other])
        height.append(1 + max(height[kind], height[other]))
        if height[-1] > limit:
            return None
    at: list[dict[int, int]] = [{} for _ in left]
    at[-1][0] = 1
    for kind in range(len(left) - 1, len(counts) - 1, -1):  # parents are younger than their children
        for child in children[kind]:
            for depth, count in at[kind].items():
                at[child][depth + 1] = at[child].get(depth + 1, 0) + count
    return at[: len(counts)]


def codewords(lengths: np.ndarray) -> np.ndarray:
    """Make the canonical code of these lengths, int64: codewords ascend with length, then with the symbol's number."""
    order = np.argsort(lengths, kind="stable")
    sorted_lengths = lengths[order]
    deepest = int(sorted_lengths[-1])
    steps = np.left_shift(1, deepest - sorted_lengths)
    starts = np.concatenate([[0], np.cumsum(steps)[:-1]])
    words = np.empty(len(lengths), dtype=np.int64)
    words[order] = starts >> (deepest - sorted_lengths)
    return words
