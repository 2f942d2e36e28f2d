"""Circulant blocks: a row and its rotations, as in quasi-cyclic codes (Townsend and Weldon 1967)."""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.networks.draws import draw_subsets
from xoropt.networks.network import MAX_N_OUT, XorNetwork, check_entries, pack_rows

__all__ = ["circulant"]


def circulant(n_in: int = 20, n_out: int = 160, taps: int = 5, seed: int = 0) -> XorNetwork:
    """A block network of square circulants: output c·n_in + r reads the taps of row c, rotated by r bits.

    The taps of row c are subset c of `draw_subsets`. Degrees are regular on both sides; hardware needs one rotating
    register and the taps of ⌈n_out/n_in⌉ rows.

    Args:
        n_in: seed bits a block, 1 to 64.
        n_out: outputs a block.
        taps: seed bits that an output is the XOR of, 1 to n_in.
        seed: of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, taps exceed n_in.

    >>> circulant(n_in=3, n_out=3, taps=1).matrix().sum(axis=0).tolist()
    [1, 1, 1]
    """
    n_in = check_int("n_in", n_in, 1, 64)
    n_out = check_int("n_out", n_out, 1, MAX_N_OUT)
    taps = check_int("taps", taps, 1, n_in)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    check_entries(n_out, n_in)
    rows = draw_subsets(seed, -(-n_out // n_in), n_in, taps)
    j = np.arange(n_out)
    matrix = np.zeros((n_out, n_in), dtype=bool)
    np.put_along_axis(matrix, (rows[j // n_in] + (j % n_in)[:, None]) % n_in, True, axis=1)
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix), f"circulant:n_in={n_in},n_out={n_out},taps={taps},seed={seed}")
