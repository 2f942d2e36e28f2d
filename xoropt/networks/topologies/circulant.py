"""Circulant blocks: rows and their rotations, as in quasi-cyclic codes (Townsend and Weldon 1967)."""

from typing import Annotated

import numpy as np

from xoropt.networks.draws import draw_subsets
from xoropt.networks.network import XorNetwork, check_entries, pack_rows
from xoropt.networks.topologies.declaration import NIn, NOut, Range, Seed, topology

__all__ = ["circulant"]


@topology("circulant")
def circulant(
    n_in: NIn = 20, n_out: NOut = 160, taps: Annotated[int, Range(1, "n_in")] = 5, seed: Seed = 0
) -> XorNetwork:
    """Return a block network of square circulants: output c·n_in + r reads the taps of row c, rotated by r bits.

    The taps of row c are subset c of `draw_subsets`. The degrees are regular on both sides. Hardware needs one rotating
    register and the taps of ⌈n_out/n_in⌉ rows.

    Args:
        n_in: seed bits per block, 1 to 64.
        n_out: outputs per block.
        taps: seed bits that an output is the XOR of, 1 to n_in.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the matrix is too large.

    >>> circulant(n_in=3, n_out=3, taps=1).matrix().sum(axis=0).tolist()
    [1, 1, 1]
    """
    check_entries(n_out, n_in)
    rows = draw_subsets(seed, -(-n_out // n_in), n_in, taps)
    j = np.arange(n_out)
    matrix = np.zeros((n_out, n_in), dtype=bool)
    np.put_along_axis(matrix, (rows[j // n_in] + (j % n_in)[:, None]) % n_in, True, axis=1)
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix))
