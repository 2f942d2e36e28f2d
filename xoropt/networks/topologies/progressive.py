"""Progressive edge growth: each tap is placed where it closes the longest cycle.

Hu, Eleftheriou and Arnold, *Regular and irregular progressive edge-growth Tanner graphs*, IEEE Transactions on
Information Theory 51 (2005), here for a graph that repeats with the steps: an edge is added to every step at once.
"""

import math
from typing import Annotated

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import draw_subsets
from xoropt.networks.network import XorNetwork, pack_rows
from xoropt.networks.stages import MAX_WINDOW
from xoropt.networks.topologies.declaration import NIn, Range, Seed, topology
from xoropt.networks.topologies.windowed import check_window

__all__ = ["progressive"]

_MOST = 1 << 15
"""The most outputs, for blocks with one tap each."""


@topology(
    "progressive", work=lambda n_in, n_out, window, taps, **_: (n_out * taps) ** 2 * (2 * (window // n_in) - 1) // 8
)
def progressive(
    n_in: NIn = 8,
    n_out: Annotated[int, Range(1, _MOST)] = 80,
    window: Annotated[int, Range(1, MAX_WINDOW)] = 512,
    taps: int = 6,
    seed: Seed = 0,
) -> XorNetwork:
    """Return a network whose graph of seed bits and outputs has few short cycles.

    A short cycle of two-tap outputs is a dependency of as many care bits, and one of longer rows is part of small
    dependencies. The edges grow output by output and tap by tap. A breadth-first search from the output goes through
    the graph so far, that of all steps, and finds the seed bits of its window that it does not reach, or reaches last.
    The tap is one of these whose class modulo n_in has the fewest taps, the first in a random order (`draw_subsets`)
    that each output has.

    Args:
        n_in: new seed bits per step, 1 to 64.
        n_out: outputs per step.
        window: seed bits that a step reads, a multiple of n_in; n_in itself makes a block.
        taps: seed bits that an output is the XOR of, at most the window.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the graph has more than 2^15 edges (fewer with a window).

    >>> progressive(n_in=4, n_out=6, window=4, taps=2).matrix().sum(axis=0).tolist()
    [3, 3, 3, 3]
    """
    check_window("window", window, n_in)
    taps = check_int("taps", taps, 1, window)
    steps = 2 * (window // n_in) - 1  # a ring of steps, wide enough for both sides of a window
    most = math.isqrt(_MOST**2 // steps) // taps  # every tap's search goes through all taps of all steps
    if n_out > most:
        raise ArgumentError(
            f"Argument 'n_out' must be at most {most} with {taps} taps in a window of {window} bits, not {n_out}."
        )
    order = draw_subsets(seed, n_out, window, window)
    chosen = np.full((n_out, taps), -1, dtype=np.int64)
    degree = np.zeros(n_in, dtype=np.int64)
    for j in range(n_out):
        for i in range(taps):
            depth = _depths(chosen[: j + 1], n_in, steps, j)[order[j]]
            depth[np.isin(order[j], chosen[j, :i])] = -1
            last = order[j][depth == depth.max()]
            tap = int(last[np.argmin(degree[last % n_in])])
            chosen[j, i] = tap
            degree[tap % n_in] += 1
    matrix = np.zeros((n_out, window), dtype=bool)
    np.put_along_axis(matrix, chosen, True, axis=1)
    return XorNetwork(n_in, n_out, window // n_in - 1, pack_rows(matrix))


def _depths(chosen: np.ndarray, n_in: int, steps: int, j: int) -> np.ndarray:
    """Return the levels at which a breadth-first search from output j of step 0 reaches the seed bits of a ring.

    Args:
        chosen: int64 (outputs, taps), the taps of the graph so far, −1 for those to come.
        n_in: new seed bits per step.
        steps: steps of the ring.
        j: the output where the search begins.

    Returns:
        int64 (steps·n_in,); bits that the search does not reach have the last level plus 1.
    """
    size = steps * n_in
    places = (chosen[:, :, None] + np.arange(steps, dtype=np.int64) * n_in) % size  # (outputs, taps, steps)
    used = chosen >= 0
    depth = np.full(size, -1, dtype=np.int64)
    reached = np.zeros((len(chosen), steps), dtype=bool)
    fresh = reached.copy()
    fresh[j, 0] = True
    level = 0
    while fresh.any():
        reached |= fresh
        at, step = np.nonzero(fresh)
        seeds = places[at, :, step][used[at]]
        seeds = seeds[depth[seeds] < 0]
        depth[seeds] = level
        level += 1
        if not len(seeds):
            break
        new = depth == level - 1
        fresh = (new[places] & used[:, :, None]).any(axis=1) & ~reached
    depth[depth < 0] = level
    return depth
