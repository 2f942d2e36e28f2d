"""Networks with memory: every output reads a window of seed bits, densely or through a few taps."""

from typing import Annotated

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import draw_bits, draw_subsets
from xoropt.networks.network import XorNetwork, check_entries, pack_rows
from xoropt.networks.stages import MAX_WINDOW
from xoropt.networks.topologies.declaration import NIn, NOut, Range, Seed, topology

__all__ = ["check_window", "windowed"]


def check_window(name: str, window: int, n_in: int) -> None:
    """Raise ArgumentError unless a window is a multiple of n_in, at least n_in."""
    if window < n_in:
        raise ArgumentError(f"Argument '{name}' must be at least n_in = {n_in}, not {window}.")
    if window % n_in:
        raise ArgumentError(f"Argument '{name}' must be a multiple of n_in = {n_in}, not {window}.")


@topology("windowed", work=lambda n_out, window, **_: n_out * window)
def windowed(
    n_in: NIn = 64,
    n_out: NOut = 640,
    window: Annotated[int, Range(1, MAX_WINDOW)] = 512,
    taps: int | None = 8,
    seed: Seed = 0,
) -> XorNetwork:
    """Return a time-invariant network whose outputs read a window of several seeds.

    Dense (taps = None): every entry of the (n_out, window) matrix is 1 with probability ½, drawn by `draw_bits`.
    Sparse: output j reads `taps` of the window − n_in + 1 bits from bit ⌊j·n_in/n_out⌋ of the window on, drawn by
    `draw_subsets`. This band moves on with the outputs as the window does with the steps.

    Args:
        n_in: new seed bits per step, 1 to 64.
        n_out: outputs per step.
        window: seed bits that a step reads, a multiple of n_in from n_in to 1984.
        taps: seed bits that an output is the XOR of, at most window − n_in + 1; None: dense.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the matrix is too large.

    >>> windowed(n_in=2, n_out=3, window=4, taps=2, seed=0).matrix().astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]]
    """
    check_window("window", window, n_in)
    check_entries(n_out, window)
    if taps is None:
        matrix = draw_bits(seed, n_out, window)
    else:
        band = window - n_in + 1
        taps = check_int("taps", taps, 1, band)
        offset = np.arange(n_out, dtype=np.int64) * n_in // n_out
        matrix = np.zeros((n_out, window), dtype=bool)
        np.put_along_axis(matrix, draw_subsets(seed, n_out, band, taps) + offset[:, None], True, axis=1)
    return XorNetwork(n_in, n_out, window // n_in - 1, pack_rows(matrix))
