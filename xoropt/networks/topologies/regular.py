"""A block with regular degrees on both sides: the configuration model of random graphs (Bollobás 1980).

LDPC codes of Gallager's kind are drawn so. The draw is SplitMix64's, not networkx's: a recipe must name the same
network in every version.
"""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import draw_subsets, reseed
from xoropt.networks.network import XorNetwork, pack_rows

__all__ = ["regular"]

_MOST = 1 << 18
"""Half-edges at most: those of an output that would read a bit twice are moved one by one."""


def regular(n_in: int = 20, n_out: int = 160, taps: int = 5, seed: int = 0) -> XorNetwork:
    """A block network whose outputs read `taps` seed bits each and whose seed bits are read by equally many outputs.

    Every seed bit has ⌊n_out·taps/n_in⌋ half-edges or one more; a random order of each round of n_in half-edges is
    dealt to the outputs, `taps` at a time. Where an output would read a bit twice, the second half-edge changes places
    with the next one, in cyclic order, that leaves both outputs without repetition.

    Args:
        n_in: seed bits a block, 1 to 64.
        n_out: outputs a block, at most 2^18/taps.
        taps: seed bits that an output is the XOR of, 1 to n_in.
        seed: of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, taps exceed n_in, or the graph has more than 2^18 edges.

    >>> regular(n_in=4, n_out=6, taps=2).matrix().sum(axis=0).tolist()
    [3, 3, 3, 3]
    """
    n_in = check_int("n_in", n_in, 1, 64)
    n_out = check_int("n_out", n_out, 1, _MOST)
    taps = check_int("taps", taps, 1, n_in)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    if n_out * taps > _MOST:
        raise ArgumentError(f"Argument 'n_out' must be at most {_MOST // taps} with {taps} taps, not {n_out}.")
    rounds = -(-n_out * taps // n_in)
    edges = draw_subsets(reseed(seed, 0), rounds, n_in, n_in).reshape(-1)[: n_out * taps]
    _part(edges.reshape(n_out, taps))
    matrix = np.zeros((n_out, n_in), dtype=bool)
    np.put_along_axis(matrix, edges.reshape(n_out, taps), True, axis=1)
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix), f"regular:n_in={n_in},n_out={n_out},taps={taps},seed={seed}")


def _part(rows: np.ndarray) -> None:
    """Swap entries between rows until none holds a number twice; keeps how often each number occurs."""
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
