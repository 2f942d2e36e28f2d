"""Reseeding: a linear-feedback shift register, loaded with the seed, and a phase shifter.

Könemann, *LFSR-coded test patterns for scan designs*, European Test Conference 1991; phase shifters: Rajski,
Tamarapalli and Tyszer, *Automated synthesis of phase shifters for built-in self-test applications*, IEEE Transactions
on CAD 19 (2000).
"""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.networks.draws import draw_subsets
from xoropt.networks.network import MAX_N_OUT, XorNetwork, check_entries, pack_rows
from xoropt.networks.topologies.primitive import PRIMITIVE

__all__ = ["lfsr"]


def lfsr(n_in: int = 20, n_out: int = 160, cycles: int = 16, taps: int = 3, seed: int = 0) -> XorNetwork:
    """A block network: what a shift register of n_in cells makes of its seed, expanded over a number of clock cycles.

    Each cycle ⌈n_out/cycles⌉ channels of the phase shifter are the XOR of `taps` cells each (subset k of
    `draw_subsets` for channel k); then cell 0 takes the feedback of a primitive polynomial and the others their
    neighbour's bit. Output j is channel j mod c of cycle j div c, c being the channels. A register with feedback has no
    finite memory, so that this is a block network, not a windowed one. In hardware the gates are those of the phase
    shifter and the feedback, once, for all cycles.

    Args:
        n_in: cells of the register, seed bits a block, 2 to 64.
        n_out: outputs a block.
        cycles: clock cycles of a block, at most n_out and 2^16.
        taps: cells that a channel reads, 1 to n_in.
        seed: of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, taps exceed n_in.

    >>> lfsr(n_in=3, n_out=4, cycles=4, taps=1, seed=4).matrix().astype(int).tolist()
    [[1, 0, 0], [0, 1, 1], [1, 1, 0], [1, 1, 1]]
    """
    n_in = check_int("n_in", n_in, 2, 64)
    n_out = check_int("n_out", n_out, 1, MAX_N_OUT)
    cycles = check_int("cycles", cycles, 1, min(n_out, 1 << 16))
    taps = check_int("taps", taps, 1, n_in)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    check_entries(n_out, n_in)
    channels = draw_subsets(seed, -(-n_out // cycles), n_in, taps)
    cells = np.eye(n_in, dtype=bool)  # row i: the seed bits whose XOR cell i holds
    outputs = []
    for _ in range(cycles):
        outputs.append(np.bitwise_xor.reduce(cells[channels], axis=1))
        feedback = cells[n_in - 1] ^ np.bitwise_xor.reduce(cells[[k - 1 for k in PRIMITIVE[n_in]]], axis=0)
        cells = np.concatenate([feedback[None], cells[:-1]])
    matrix = np.concatenate(outputs)[:n_out]
    recipe = f"lfsr:n_in={n_in},n_out={n_out},cycles={cycles},taps={taps},seed={seed}"
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix), recipe)
