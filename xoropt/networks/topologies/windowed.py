"""Networks with memory: every output reads a window of seed bits, densely or through a few taps."""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import draw_bits, draw_subsets
from xoropt.networks.network import MAX_N_OUT, XorNetwork, check_entries, pack_rows
from xoropt.networks.stages import MAX_WINDOW

__all__ = ["check_window", "windowed"]


def check_window(name: str, window: int, n_in: int) -> int:
    """`window` as a multiple of n_in from n_in to `MAX_WINDOW`; ArgumentError otherwise."""
    window = check_int(name, window, 1, MAX_WINDOW)
    if window < n_in:
        raise ArgumentError(f"Argument '{name}' must be at least n_in = {n_in}, not {window}.")
    if window % n_in:
        raise ArgumentError(f"Argument '{name}' must be a multiple of n_in = {n_in}, not {window}.")
    return window


def windowed(n_in: int = 64, n_out: int = 640, window: int = 512, taps: int | None = 8, seed: int = 0) -> XorNetwork:
    """A time-invariant network whose outputs read a window of several seeds.

    Dense (taps = None): every entry of the (n_out, window) matrix is 1 with probability ½, drawn as `draw_bits` says.
    Sparse: output j reads `taps` of the window − n_in + 1 bits from bit ⌊j·n_in/n_out⌋ of the window on, a band that
    moves on with the outputs as the window does with the steps; the taps are those of `draw_subsets`.

    Args:
        n_in: new seed bits a step, 1 to 64.
        n_out: outputs a step.
        window: seed bits that a step reads, a multiple of n_in from n_in to 1984.
        taps: seed bits that an output is the XOR of, at most window − n_in + 1; None: dense.
        seed: of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range; a window shorter than n_in or taps that do not fit into it.

    >>> windowed(n_in=2, n_out=3, window=4, taps=2, seed=0).matrix().astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]]
    """
    n_in = check_int("n_in", n_in, 1, 64)
    n_out = check_int("n_out", n_out, 1, MAX_N_OUT)
    window = check_window("window", window, n_in)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    check_entries(n_out, window)
    if taps is None:
        matrix = draw_bits(seed, n_out, window)
    else:
        band = window - n_in + 1
        taps = check_int("taps", taps, 1, band)
        offset = np.arange(n_out, dtype=np.int64) * n_in // n_out
        matrix = np.zeros((n_out, window), dtype=bool)
        np.put_along_axis(matrix, draw_subsets(seed, n_out, band, taps) + offset[:, None], True, axis=1)
    name = "none" if taps is None else taps
    recipe = f"windowed:n_in={n_in},n_out={n_out},window={window},taps={name},seed={seed}"
    return XorNetwork(n_in, n_out, window // n_in - 1, pack_rows(matrix), recipe)
