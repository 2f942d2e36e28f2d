"""The sequential network of Park, Kwon et al. (ICLR 2022, arXiv 2105.01869): the small dense case of a window."""

from xoropt.common.arguments import check_int
from xoropt.networks.draws import draw_bits
from xoropt.networks.network import MAX_N_OUT, XorNetwork, check_entries, pack_rows
from xoropt.networks.stages import MAX_WINDOW

__all__ = ["sequential"]


def sequential(n_in: int = 8, n_out: int = 80, n_s: int = 2, seed: int = 0) -> XorNetwork:
    """A dense random network over this seed and n_s others, kept in shift registers.

    The paper writes y_t = M⊕ · [x_t, x_{t−1}, …, x_{t−n_s}]; here step t reads seeds t … t + n_s, which is the same
    network with the seeds numbered n_s later.

    Args:
        n_in: new seed bits a step, 1 to 64.
        n_out: outputs a step, about n_in / (1 − S).
        n_s: seeds kept in shift registers; the window has n_in·(n_s + 1) bits, at most 1984.
        seed: of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range.

    >>> sequential(n_in=2, n_out=3, n_s=1).window
    4
    """
    n_in = check_int("n_in", n_in, 1, 64)
    n_out = check_int("n_out", n_out, 1, MAX_N_OUT)
    n_s = check_int("n_s", n_s, 0, MAX_WINDOW // n_in - 1)
    seed = check_int("seed", seed, 0, 2**64 - 1)
    window = n_in * (n_s + 1)
    check_entries(n_out, window)
    rows = pack_rows(draw_bits(seed, n_out, window))
    return XorNetwork(n_in, n_out, n_s, rows, f"sequential:n_in={n_in},n_out={n_out},n_s={n_s},seed={seed}")
