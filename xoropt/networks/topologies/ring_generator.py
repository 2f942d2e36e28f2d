"""A ring generator that takes seed bits in while it runs, and a phase shifter: embedded deterministic test.

Rajski, Tyszer, Kassab and Mukherjee, *Embedded deterministic test*, IEEE Transactions on CAD 23 (2004); Mrugalski,
Rajski and Tyszer, *Ring generators: new devices for embedded test applications*, same journal and year.
"""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.networks.draws import draw_subsets
from xoropt.networks.network import MAX_N_OUT, XorNetwork, check_entries, pack_rows
from xoropt.networks.topologies.primitive import PRIMITIVE

__all__ = ["ring_generator"]


def ring_generator(
    n_in: int = 20, n_out: int = 160, cells: int = 32, cycles: int = 16, idle: int = 8, taps: int = 3, seed: int = 0
) -> XorNetwork:
    """A block network: a ring generator, empty at first, expanded over the clock cycles of a block.

    The ring of cells shifts by one; for each term x^k of a primitive polynomial a feedback connection spans cells − k
    of them, all spans around the same middle, which keeps wires short and gives the ring that polynomial. Of the
    idle + cycles clock cycles of a block, cycle ⌊i·(idle + cycles)/n_in⌋ takes in seed bit i; the k-th bit of a cycle
    goes to cell ⌊k·cells/b⌋, b being the most that a cycle takes. After each of the last `cycles` cycles ⌈n_out/cycles⌉
    channels of the phase shifter are the XOR of `taps` cells each (subset k of `draw_subsets` for channel k). Feedback
    has no finite memory, so that each block begins with an empty ring; the idle cycles let bits spread in it before
    they are needed.

    Args:
        n_in: seed bits a block, 1 to 64.
        n_out: outputs a block.
        cells: of the ring, 3 to 64.
        cycles: clock cycles that make outputs, at most n_out and 2^16.
        idle: clock cycles before them.
        taps: cells that a channel reads, 1 to `cells`.
        seed: of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, taps exceed the cells.

    >>> ring_generator(n_in=2, n_out=3, cells=3, cycles=3, idle=0, taps=1).matrix().shape
    (3, 2)
    """
    n_in = check_int("n_in", n_in, 1, 64)
    n_out = check_int("n_out", n_out, 1, MAX_N_OUT)
    cells = check_int("cells", cells, 3, 64)
    cycles = check_int("cycles", cycles, 1, min(n_out, 1 << 16))
    idle = check_int("idle", idle, 0, 1 << 16)
    taps = check_int("taps", taps, 1, cells)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    check_entries(n_out, n_in)
    channels = draw_subsets(seed, -(-n_out // cycles), cells, taps)
    enters = np.arange(n_in) * (idle + cycles) // n_in
    most = int(np.bincount(enters).max())
    state = np.zeros((cells, n_in), dtype=bool)  # row i: the seed bits whose XOR cell i holds
    outputs = []
    for cycle in range(idle + cycles):
        state = advance(state)
        bits = np.flatnonzero(enters == cycle)
        state[np.arange(len(bits)) * cells // most, bits] ^= True
        if cycle >= idle:
            outputs.append(np.bitwise_xor.reduce(state[channels], axis=1))
    matrix = np.concatenate(outputs)[:n_out]
    recipe = (
        f"ring_generator:n_in={n_in},n_out={n_out},cells={cells},cycles={cycles},idle={idle},taps={taps},seed={seed}"
    )
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix), recipe)


def advance(state: np.ndarray) -> np.ndarray:
    """The cells of a ring generator after one more clock cycle: bool (cells, …)."""
    cells = len(state)
    after = np.roll(state, 1, axis=0)
    for k in PRIMITIVE[cells]:
        span = cells - k
        first = (cells - span) // 2
        after[first] ^= state[first + span - 1]
    return after
