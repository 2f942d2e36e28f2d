"""A matrix spelt out: the recipe of any network that no other topology names."""

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.network import MAX_N_OUT, XorNetwork, from_matrix

__all__ = ["spelt_matrix"]


def spelt_matrix(n_in: int, window: int, rows: str) -> XorNetwork:
    """The network whose rows are spelt out in hexadecimal, as the recipes of `from_matrix` write them.

    Args:
        n_in: new seed bits a step, 1 to 64.
        window: seed bits that a step reads, a multiple of n_in.
        rows: each row as the hexadecimal digits of its ⌈window/8⌉ little-endian bytes.

    Raises:
        ArgumentError: the digits are none, make no whole rows or set bits beyond the window.

    >>> spelt_matrix(n_in=2, window=2, rows="0103").matrix().astype(int).tolist()
    [[1, 0], [1, 1]]
    """
    check_int("window", window, 1, 64 * MAX_N_OUT)
    width = -(-window // 8)
    try:
        data = np.frombuffer(bytes.fromhex(rows), dtype=np.uint8)
    except ValueError:
        raise ArgumentError("Argument 'rows' of a matrix recipe must be hexadecimal digits.") from None
    if not len(data) or len(data) % width:
        raise ArgumentError(f"Argument 'rows' of a matrix recipe must hold {2 * width} digits for each output.")
    bits = np.unpackbits(data.reshape(-1, width), axis=1, bitorder="little").astype(bool)
    if bits[:, window:].any():
        raise ArgumentError(f"Argument 'rows' of a matrix recipe sets bits beyond the window of {window}.")
    return from_matrix(bits[:, :window], n_in)
