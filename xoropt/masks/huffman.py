"""Length-limited canonical Huffman codes for groups of independent bits, the same on every machine."""

import functools
import math

import numpy as np

__all__ = ["code_lengths", "codewords", "mean_lengths"]


@functools.lru_cache(maxsize=64)
def code_lengths(density: int, size: int, limit: int) -> np.ndarray:
    """The length of every symbol's codeword, int64 (2^size,), for `size` bits that are 1 with density/65536.

    Where symbols with equally many ones have codewords of different lengths, which then differ by one at most, the
    symbols of lower number get the shorter ones.
    """
    lengths = np.empty(1 << size, dtype=np.int64)
    runs = [run for depths in _limited(density, size, limit) for run in sorted(depths.items())]
    lengths[_by_ones(size)] = np.repeat([depth for depth, _ in runs], [count for _, count in runs])
    lengths.setflags(write=False)
    return lengths


@functools.lru_cache(maxsize=16)
def _by_ones(size: int) -> np.ndarray:
    """The symbols, those with fewer ones first, then in the order of their numbers."""
    return np.argsort(np.bitwise_count(np.arange(1 << size)), kind="stable")


@functools.lru_cache(maxsize=4096)
def mean_lengths(density: int, size: int, limit: int) -> np.ndarray:
    """About the mean length of the codewords of symbols with 0 … size ones, float64 (size + 1,): of one tree, with the
    floor at which it is hardly ever too deep.
    """
    depths = _tree(density, size, 1 << 46 - limit, 1 << size)
    assert depths is not None
    return np.array([sum(d * n for d, n in kinds.items()) / sum(kinds.values()) for kinds in depths])


@functools.lru_cache(maxsize=4096)
def _limited(density: int, size: int, limit: int) -> list[dict[int, int]]:
    """For symbols with 0 … size ones, how many codewords have which length.

    Symbols with equally many ones have equal weights, so the tree is built of runs of equal nodes: as many pairs of
    the lightest run are merged at once as there are.
    """
    floor = 1
    while (by_ones := _tree(density, size, floor, limit)) is None:
        floor *= 4
    return by_ones


def _tree(density: int, size: int, floor: int, limit: int) -> list[dict[int, int]] | None:
    weights = [max(floor, (density**j * (65536 - density) ** (size - j) << 46) >> 16 * size) for j in range(size + 1)]
    return _depths(weights, [math.comb(size, j) for j in range(size + 1)], limit)


def _depths(weights: list[int], counts: list[int], limit: int) -> list[dict[int, int]] | None:
    """For each kind of leaf, how many of its leaves stand at which depth of the Huffman tree; None: it is too deep.

    Nodes are merged in the order of their weights, kinds of equal weight in that of their numbers. Then the kinds that
    are made ascend in weight, too, and the next one to merge is the first of the leaves or the first of the others (J.
    van Leeuwen, *On the Construction of Huffman Trees*, ICALP 1976).
    """
    weights, left = weights[:], counts[:]  # of each kind, those that are not merged
    leaves = sorted(range(len(counts)), key=lambda kind: (weights[kind], kind), reverse=True)
    children, height = [(0, 0)] * len(counts), [0] * len(counts)
    made = len(counts)

    def first() -> int:
        """The kind that is next; −1: there is none."""
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
    """The canonical code of these lengths: codewords ascend with length, then with the symbol's number; int64."""
    order = np.argsort(lengths, kind="stable")
    sorted_lengths = lengths[order]
    deepest = int(sorted_lengths[-1])
    steps = np.left_shift(1, deepest - sorted_lengths)
    starts = np.concatenate([[0], np.cumsum(steps)[:-1]])
    words = np.empty(len(lengths), dtype=np.int64)
    words[order] = starts >> (deepest - sorted_lengths)
    return words
