"""The paper's network: a dense random matrix without memory (Kwon et al., CVPR 2020, section 3)."""

import numpy as np

from xoropt.networks.network import XorNetwork
from xoropt.networks.splitmix import splitmix64
from xoropt.networks.topologies.declaration import NIn, NOut, Seed, topology

__all__ = ["random_block"]


@topology("block", work=lambda n_in, n_out, **_: n_in * n_out // 4)
def random_block(n_in: NIn = 20, n_out: NOut = 180, seed: Seed = 0) -> XorNetwork:
    """Return a random block network: every entry of the (n_out, n_in) matrix is 1 with probability ½.

    Row j holds the n_in lowest bits of the j-th output of SplitMix64(seed).

    Args:
        n_in: seed bits per block, 1 to 64.
        n_out: outputs per block, at least 1.
        seed: the seed of the random numbers, 0 to 2^64 − 1. It gives the same network on every platform.

    Raises:
        ArgumentError: an argument is out of range.

    >>> random_block(n_in=4, n_out=3, seed=1).matrix().astype(int).tolist()
    [[1, 0, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1]]
    """
    rows = (splitmix64(seed, n_out) & np.uint64((1 << n_in) - 1)).reshape(n_out, 1)
    return XorNetwork(n_in, n_out, 0, rows)
