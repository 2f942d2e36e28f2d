"""A random Toeplitz block, described by n_in + n_out − 1 random bits (Krawczyk, CRYPTO 1994, hashes with such)."""

import numpy as np

from xoropt.networks.draws import draw_bits
from xoropt.networks.network import XorNetwork, check_entries, pack_rows
from xoropt.networks.topologies.declaration import NIn, NOut, Seed, topology

__all__ = ["toeplitz"]


@topology("toeplitz")
def toeplitz(n_in: NIn = 20, n_out: NOut = 180, seed: Seed = 0) -> XorNetwork:
    """Return a dense block network with equal entries along each diagonal.

    Entry (j, i) is bit j − i + n_in − 1 of one random sequence (`draw_bits`). Two outputs are still independent fair
    coins for a random seed, so a few care bits are dependent as rarely as with `random_block`.

    Args:
        n_in: seed bits per block, 1 to 64.
        n_out: outputs per block.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the matrix is too large.

    >>> toeplitz(n_in=3, n_out=2, seed=9).matrix().astype(int).tolist()
    [[1, 0, 0], [0, 1, 0]]
    """
    check_entries(n_out, n_in)
    bits = draw_bits(seed, 1, n_in + n_out - 1)[0]
    matrix = np.lib.stride_tricks.sliding_window_view(bits, n_in)[:, ::-1]
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix))
