"""A random Toeplitz block: n_in + n_out − 1 random bits describe all (Krawczyk, CRYPTO 1994, hashes so)."""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.networks.draws import draw_bits
from xoropt.networks.network import MAX_N_OUT, XorNetwork, check_entries, pack_rows

__all__ = ["toeplitz"]


def toeplitz(n_in: int = 20, n_out: int = 180, seed: int = 0) -> XorNetwork:
    """A dense block network with equal entries along each diagonal: entry (j, i) is bit j − i + n_in − 1 of one random
    sequence (`draw_bits`).

    Two outputs are still independent fair coins for a random seed, so that few care bits depend as rarely as with
    `random_block`.

    Args:
        n_in: seed bits a block, 1 to 64.
        n_out: outputs a block.
        seed: of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range.

    >>> toeplitz(n_in=3, n_out=2, seed=9).matrix().astype(int).tolist()
    [[1, 0, 0], [0, 1, 0]]
    """
    n_in = check_int("n_in", n_in, 1, 64)
    n_out = check_int("n_out", n_out, 1, MAX_N_OUT)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    check_entries(n_out, n_in)
    bits = draw_bits(seed, 1, n_in + n_out - 1)[0]
    matrix = np.lib.stride_tricks.sliding_window_view(bits, n_in)[:, ::-1]
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix), f"toeplitz:n_in={n_in},n_out={n_out},seed={seed}")
