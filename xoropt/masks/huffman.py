"""Length-limited canonical Huffman codes for groups of independent bits, the same on every machine."""

import functools
import heapq
import math

import numpy as np

__all__ = ["code_lengths", "codewords", "mean_lengths"]


@functools.lru_cache(maxsize=64)
def code_lengths(density: int, size: int, limit: int) -> np.ndarray:
    """The length of every symbol's codeword, int64 (2^size,), for `size` bits that are 1 with density/65536.

    Where symbols with equally many ones have codewords of different lengths, which then differ by one at most, the
    symbols of lower number get the shorter ones.
    """
    lengths = np.zeros(1 << size, dtype=np.int64)
    ones = np.bitwise_count(np.arange(1 << size))
    for j, depths in enumerate(_limited(density, size, limit)):
        places = np.flatnonzero(ones == j)
        at = 0
        for depth, count in sorted(depths.items()):
            lengths[places[at : at + count]] = depth
            at += count
    lengths.setflags(write=False)
    return lengths


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
    """For each kind of leaf, how many of its leaves stand at which depth of the Huffman tree; None: it is too deep."""
    # A node kind is (weight, age); its children are kinds too. `total` nodes of a kind exist in all.
    heap: list[tuple[int, int]] = []
    total: dict[int, int] = {}
    children: dict[int, tuple[int, int] | None] = {}
    left: dict[int, int] = {}
    height: dict[int, int] = {}
    for kind, (weight, count) in enumerate(zip(weights, counts, strict=True)):
        heapq.heappush(heap, (weight, kind))
        total[kind] = left[kind] = count
        children[kind], height[kind] = None, 0
    new = len(weights)
    while True:
        weight, kind = heapq.heappop(heap)
        if left[kind] == 1:
            if not heap:
                break
            other_weight, other = heapq.heappop(heap)
            pair, merged, count = (kind, other), weight + other_weight, 1
            left[kind] -= 1
            left[other] -= 1
            if left[other]:
                heapq.heappush(heap, (other_weight, other))
        else:
            count = left[kind] // 2
            pair, merged = (kind, kind), 2 * weight
            left[kind] -= 2 * count
            if left[kind]:
                heapq.heappush(heap, (weight, kind))
        children[new], total[new], left[new] = pair, count, count
        height[new] = 1 + max(height[pair[0]], height[pair[1]])
        if height[new] > limit:
            return None
        heapq.heappush(heap, (merged, new))
        new += 1
    at: dict[int, dict[int, int]] = {new - 1: {0: 1}}
    for kind in range(new - 1, -1, -1):  # parents are younger than their children
        pair_of = children[kind]
        if pair_of is None:
            continue
        for child in pair_of:
            places = at.setdefault(child, {})
            for depth, count in at[kind].items():
                places[depth + 1] = places.get(depth + 1, 0) + count
    return [at[kind] for kind in range(len(weights))]


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
