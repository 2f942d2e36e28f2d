"""Reseeding: a linear-feedback shift register that is loaded with the seed, and a phase shifter.

Könemann, *LFSR-coded test patterns for scan designs*, European Test Conference 1991; phase shifters: Rajski,
Tamarapalli and Tyszer, *Automated synthesis of phase shifters for built-in self-test applications*, IEEE Transactions
on CAD 19 (2000).
"""

from typing import Annotated

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.networks.draws import draw_subsets
from xoropt.networks.network import XorNetwork, check_entries
from xoropt.networks.topologies.declaration import NOut, Range, Seed, topology
from xoropt.networks.topologies.primitive import PRIMITIVE

__all__ = ["MAX_CYCLES", "channel_words", "lfsr", "register_work", "rows_of_words"]

MAX_CYCLES = 1 << 16
"""The most clock cycles per block."""


def register_work(n_in: int, n_out: int, cycles: int, taps: int) -> int:
    """Estimate the work of a register's network: its matrix, its channels and its clock cycles."""
    return n_out * (n_in // 2 + taps) + 500 * min(cycles, 2 * MAX_CYCLES)


def channel_words(cells: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """Return what the channels of a phase shifter hold: the XOR of some cells each.

    Args:
        cells: uint64, for each cell the seed bits whose XOR it holds.
        channels: int64 (channels, taps), the cells that each channel reads.
    """
    words = cells[channels[:, 0]]
    for tap in channels.T[1:]:
        words ^= cells[tap]
    return words


def rows_of_words(outputs: list[np.ndarray], n_out: int) -> np.ndarray:
    """Return the rows of a network of at most 64 seed bits from the words of all cycles, as in `XorNetwork.rows`."""
    return np.concatenate(outputs)[:n_out].reshape(n_out, 1)


@topology("lfsr", work=lambda n_in, n_out, cycles, taps, **_: register_work(n_in, n_out, cycles, taps))
def lfsr(
    n_in: Annotated[int, Range(2, 64)] = 20,
    n_out: NOut = 160,
    cycles: int = 16,
    taps: int = 3,
    seed: Seed = 0,
) -> XorNetwork:
    """Return a block network: a shift register of n_in cells expands its seed over a number of clock cycles.

    In each cycle ⌈n_out/cycles⌉ channels of the phase shifter are the XOR of `taps` cells each (subset k of
    `draw_subsets` for channel k). Then cell 0 takes the feedback of a primitive polynomial and the others take their
    neighbour's bit. Output j is channel j mod c of cycle j div c, where c is the number of channels. A register with
    feedback has no finite memory, so this is a block network, not a windowed one. In hardware the gates are those of
    the phase shifter and the feedback, once for all cycles.

    Args:
        n_in: cells of the register, which are the seed bits per block, 2 to 64.
        n_out: outputs per block.
        cycles: clock cycles per block, at most n_out and 2^16.
        taps: cells that a channel reads, 1 to n_in.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the matrix is too large.

    >>> lfsr(n_in=3, n_out=4, cycles=4, taps=1, seed=4).matrix().astype(int).tolist()
    [[1, 0, 0], [0, 1, 1], [1, 1, 0], [1, 1, 1]]
    """
    cycles = check_int("cycles", cycles, 1, min(n_out, MAX_CYCLES))
    taps = check_int("taps", taps, 1, n_in)
    check_entries(n_out, n_in)
    channels = draw_subsets(seed, -(-n_out // cycles), n_in, taps)
    cells = np.uint64(1) << np.arange(n_in, dtype=np.uint64)  # word i: the seed bits whose XOR cell i holds
    outputs = []
    for _ in range(cycles):
        outputs.append(channel_words(cells, channels))
        feedback = cells[n_in - 1] ^ np.bitwise_xor.reduce(cells[[k - 1 for k in PRIMITIVE[n_in]]])
        cells = np.concatenate([feedback[None], cells[:-1]])
    return XorNetwork(n_in, n_out, 0, rows_of_words(outputs, n_out))
