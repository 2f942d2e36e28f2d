"""A sparse block: every output reads equally many seed bits (the XOR-SAT ensemble; Luby's LT codes have such rows)."""

from typing import Annotated

import numpy as np

from xoropt.networks.draws import draw_subsets
from xoropt.networks.network import XorNetwork, check_entries, pack_rows
from xoropt.networks.topologies.declaration import NIn, NOut, Range, Seed, topology

__all__ = ["fixed_taps"]


@topology("fixed_taps")
def fixed_taps(
    n_in: NIn = 20, n_out: NOut = 160, taps: Annotated[int, Range(1, "n_in")] = 5, seed: Seed = 0
) -> XorNetwork:
    """Return a block network whose outputs are the XOR of `taps` seed bits each, drawn by `draw_subsets`.

    A random system of equations with k terms each is solvable up to 0.918 (k = 3), 0.977 (4), 0.992 (5) equations per
    unknown (Dubois and Mandler, FOCS 2002). That is the price of sparse rows, and blocks are so small that their size
    soon costs more.

    Args:
        n_in: seed bits per block, 1 to 64.
        n_out: outputs per block.
        taps: seed bits that an output is the XOR of, 1 to n_in; an output takes taps − 1 gates.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the matrix is too large.

    >>> fixed_taps(n_in=4, n_out=3, taps=2).matrix().sum(axis=1).tolist()
    [2, 2, 2]
    """
    check_entries(n_out, n_in)
    matrix = np.zeros((n_out, n_in), dtype=bool)
    np.put_along_axis(matrix, draw_subsets(seed, n_out, n_in, taps), True, axis=1)
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix))
