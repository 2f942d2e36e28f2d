"""A ring generator that takes in seed bits while it runs, and a phase shifter: embedded deterministic test.

Rajski, Tyszer, Kassab and Mukherjee, *Embedded deterministic test*, IEEE Transactions on CAD 23 (2004); Mrugalski,
Rajski and Tyszer, *Ring generators: new devices for embedded test applications*, same journal and year.
"""

from typing import Annotated

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.networks.draws import draw_subsets
from xoropt.networks.network import XorNetwork, check_entries
from xoropt.networks.topologies.declaration import NIn, NOut, Range, Seed, topology
from xoropt.networks.topologies.lfsr import MAX_CYCLES, channel_words, register_work, rows_of_words
from xoropt.networks.topologies.primitive import PRIMITIVE

__all__ = ["advance", "ring_generator"]


@topology(
    "ring_generator",
    work=lambda n_in, n_out, cycles, idle, taps, **_: register_work(n_in, n_out, cycles + idle, taps),
)
def ring_generator(
    n_in: NIn = 20,
    n_out: NOut = 160,
    cells: Annotated[int, Range(3, 64)] = 32,
    cycles: int = 16,
    idle: Annotated[int, Range(0, MAX_CYCLES)] = 8,
    taps: Annotated[int, Range(1, "cells")] = 3,
    seed: Seed = 0,
) -> XorNetwork:
    """Return a block network: a ring generator, empty at first, expands the seed over the clock cycles of a block.

    The ring of cells shifts by one. For each term x^k of a primitive polynomial a feedback connection spans cells − k
    cells, all spans around the same middle, which keeps wires short and gives the ring that polynomial. Of the
    idle + cycles clock cycles of a block, cycle ⌊i·(idle + cycles)/n_in⌋ takes in seed bit i. The k-th bit of a cycle
    goes to cell ⌊k·cells/b⌋, where b is the largest number of bits that a cycle takes. After each of the last `cycles`
    cycles ⌈n_out/cycles⌉ channels of the phase shifter are the XOR of `taps` cells each (subset k of `draw_subsets` for
    channel k). Feedback has no finite memory, so each block begins with an empty ring; the idle cycles let bits spread
    in it before they are needed.

    Args:
        n_in: seed bits per block, 1 to 64.
        n_out: outputs per block.
        cells: cells of the ring, 3 to 64.
        cycles: clock cycles that make outputs, at most n_out and 2^16.
        idle: clock cycles before them.
        taps: cells that a channel reads, 1 to `cells`.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the matrix is too large.

    >>> ring_generator(n_in=2, n_out=3, cells=3, cycles=3, idle=0, taps=1).matrix().shape
    (3, 2)
    """
    cycles = check_int("cycles", cycles, 1, min(n_out, MAX_CYCLES))
    check_entries(n_out, n_in)
    channels = draw_subsets(seed, -(-n_out // cycles), cells, taps)
    enters = np.arange(n_in) * (idle + cycles) // n_in
    most = int(np.bincount(enters).max())
    state = np.zeros(cells, dtype=np.uint64)  # word i: the seed bits whose XOR cell i holds
    outputs = []
    for cycle in range(idle + cycles):
        state = advance(state)
        bits = np.flatnonzero(enters == cycle)
        np.bitwise_xor.at(state, np.arange(len(bits)) * cells // most, np.uint64(1) << bits.astype(np.uint64))
        if cycle >= idle:
            outputs.append(channel_words(state, channels))
    return XorNetwork(n_in, n_out, 0, rows_of_words(outputs, n_out))


def advance(state: np.ndarray) -> np.ndarray:
    """Return the cells of a ring generator, bool (cells, …), after one more clock cycle."""
    cells = len(state)
    after = np.roll(state, 1, axis=0)
    for k in PRIMITIVE[cells]:
        span = cells - k
        first = (cells - span) // 2
        after[first] ^= state[first + span - 1]
    return after
