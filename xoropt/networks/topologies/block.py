"""The paper's network: a dense random matrix, no memory (Kwon et al., CVPR 2020, section 3)."""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.networks.network import MAX_N_OUT, XorNetwork
from xoropt.networks.splitmix import splitmix64

__all__ = ["random_block"]


def random_block(n_in: int = 20, n_out: int = 180, seed: int = 0) -> XorNetwork:
    """A random block network: every entry of the (n_out, n_in) matrix is 1 with probability ½.

    Row j holds the n_in lowest bits of the j-th output of SplitMix64(seed).

    Args:
        n_in: seed bits a block, 1 to 64.
        n_out: outputs a block, at least 1.
        seed: of the random numbers, 0 to 2^64 - 1; the same network on every platform.

    Raises:
        ArgumentError: an argument is out of range.

    >>> random_block(n_in=4, n_out=3, seed=1).matrix().astype(int).tolist()
    [[1, 0, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1]]
    """
    n_in = check_int("n_in", n_in, 1, 64)
    n_out = check_int("n_out", n_out, 1, MAX_N_OUT)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    rows = (splitmix64(seed, n_out) & np.uint64((1 << n_in) - 1)).reshape(n_out, 1)
    return XorNetwork(n_in, n_out, 0, rows, f"block:n_in={n_in},n_out={n_out},seed={seed}")
