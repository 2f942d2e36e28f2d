"""The sequential network of Park, Kwon et al. (ICLR 2022, arXiv 2105.01869): a small, dense window."""

from xoropt.common.arguments import check_int
from xoropt.networks.draws import draw_bits
from xoropt.networks.network import XorNetwork, check_entries, pack_rows
from xoropt.networks.stages import MAX_WINDOW
from xoropt.networks.topologies.declaration import NIn, NOut, Seed, topology

__all__ = ["sequential"]


@topology("sequential", work=lambda n_in, n_out, n_s, **_: n_out * n_in * (n_s + 1))
def sequential(n_in: NIn = 8, n_out: NOut = 80, n_s: int = 2, seed: Seed = 0) -> XorNetwork:
    """Return a dense random network over the current seed and n_s others, kept in shift registers.

    The paper writes y_t = M⊕ · [x_t, x_{t−1}, …, x_{t−n_s}]; here step t reads seeds t … t + n_s, which is the same
    network with the seeds numbered n_s later.

    Args:
        n_in: new seed bits per step, 1 to 64.
        n_out: outputs per step, usually near n_in / (1 − S).
        n_s: seeds kept in shift registers; the window has n_in·(n_s + 1) bits, at most 1984.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the matrix is too large.

    >>> sequential(n_in=2, n_out=3, n_s=1).window
    4
    """
    n_s = check_int("n_s", n_s, 0, MAX_WINDOW // n_in - 1)
    window = n_in * (n_s + 1)
    check_entries(n_out, window)
    return XorNetwork(n_in, n_out, n_s, pack_rows(draw_bits(seed, n_out, window)))
