"""A sparse block: every output reads equally many seed bits (the XOR-SAT ensemble; Luby's LT codes have such rows)."""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.networks.draws import draw_subsets
from xoropt.networks.network import MAX_N_OUT, XorNetwork, check_entries, pack_rows

__all__ = ["fixed_taps"]


def fixed_taps(n_in: int = 20, n_out: int = 160, taps: int = 5, seed: int = 0) -> XorNetwork:
    """A block network whose outputs are the XOR of `taps` seed bits each, drawn as `draw_subsets` says.

    A random system of equations with k terms each is solvable up to 0.918 (k = 3), 0.977 (4), 0.992 (5) equations an
    unknown (Dubois and Mandler, FOCS 2002): the price of sparse rows, which the small size of a block soon exceeds.

    Args:
        n_in: seed bits a block, 1 to 64.
        n_out: outputs a block.
        taps: seed bits that an output is the XOR of, 1 to n_in; taps − 1 gates an output.
        seed: of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, taps exceed n_in.

    >>> fixed_taps(n_in=4, n_out=3, taps=2).matrix().sum(axis=1).tolist()
    [2, 2, 2]
    """
    n_in = check_int("n_in", n_in, 1, 64)
    n_out = check_int("n_out", n_out, 1, MAX_N_OUT)
    taps = check_int("taps", taps, 1, n_in)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    check_entries(n_out, n_in)
    matrix = np.zeros((n_out, n_in), dtype=bool)
    np.put_along_axis(matrix, draw_subsets(seed, n_out, n_in, taps), True, axis=1)
    return XorNetwork(
        n_in, n_out, 0, pack_rows(matrix), f"fixed_taps:n_in={n_in},n_out={n_out},taps={taps},seed={seed}"
    )
