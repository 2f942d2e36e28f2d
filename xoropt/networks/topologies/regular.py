"""A block with regular degrees on both sides: the configuration model of random graphs (Bollobás 1980).

Gallager's LDPC codes are drawn in this way. SplitMix64 draws the graph, not networkx: a recipe must describe the same
network in every version.
"""

from typing import Annotated

import numpy as np

from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import draw_subsets, reseed
from xoropt.networks.network import XorNetwork, pack_rows
from xoropt.networks.topologies.declaration import NIn, Range, Seed, topology

__all__ = ["regular"]

_MOST = 1 << 18
"""The most half-edges: those of an output that would read a bit twice are moved one by one."""


@topology("regular", work=lambda n_out, taps, **_: n_out * taps)
def regular(
    n_in: NIn = 20,
    n_out: Annotated[int, Range(1, _MOST)] = 160,
    taps: Annotated[int, Range(1, "n_in")] = 5,
    seed: Seed = 0,
) -> XorNetwork:
    """Return a block network whose outputs read `taps` seed bits each and whose seed bits are read equally often.

    Every seed bit has ⌊n_out·taps/n_in⌋ half-edges or one more. A random order of each round of n_in half-edges is
    dealt to the outputs, `taps` at a time. Where an output would read a bit twice, the second half-edge changes places
    with the next one, in cyclic order, that leaves both outputs without repetition.

    Args:
        n_in: seed bits per block, 1 to 64.
        n_out: outputs per block, at most 2^18/taps.
        taps: seed bits that an output is the XOR of, 1 to n_in.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the graph has more than 2^18 edges.

    >>> regular(n_in=4, n_out=6, taps=2).matrix().sum(axis=0).tolist()
    [3, 3, 3, 3]
    """
    if n_out * taps > _MOST:
        raise ArgumentError(f"Argument 'n_out' must be at most {_MOST // taps} with {taps} taps, not {n_out}.")
    rounds = -(-n_out * taps // n_in)
    edges = draw_subsets(reseed(seed, 0), rounds, n_in, n_in).reshape(-1)[: n_out * taps]
    _separate(edges.reshape(n_out, taps))
    matrix = np.zeros((n_out, n_in), dtype=bool)
    np.put_along_axis(matrix, edges.reshape(n_out, taps), True, axis=1)
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix))


def _separate(rows: np.ndarray) -> None:
    """Swap entries between rows, in place, until no row holds a number twice; every number stays as frequent."""
    n_out, taps = rows.shape
    ordered = np.sort(rows, axis=1)
    for j in np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1)).tolist():
        for i in range(1, taps):
            if rows[j, i] not in rows[j, :i]:
                continue
            for k in range(1, n_out):
                other = rows[(j + k) % n_out]
                fits = ~np.isin(other, rows[j]) & (rows[j, i] not in other)
                if fits.any():
                    at = int(np.argmax(fits))
                    rows[j, i], other[at] = other[at], rows[j, i]
                    break
