"""A matrix written out in the recipe: any network that no other topology describes."""

from typing import Annotated

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.network import MAX_N_OUT, XorNetwork, pack_rows
from xoropt.networks.topologies.declaration import Range, recipe_of, topology

__all__ = ["explicit_matrix", "from_matrix"]


def from_matrix(matrix: np.ndarray, n_in: int | None = None) -> XorNetwork:
    """Return the network with the given matrix; its recipe writes the matrix out.

    Args:
        matrix: (n_out, window) of bool or of integers 0 and 1; row j selects the window bits of output j.
        n_in: new seed bits per step; must divide the window. By default the window itself: a block network.

    Raises:
        ArgumentError: the matrix is not two-dimensional or not binary, or n_in does not fit it.

    >>> from_matrix(np.array([[1, 0], [1, 1]])).recipe
    'matrix:n_in=2,window=2,rows=0103'
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2:
        raise ArgumentError(f"Argument 'matrix' must have two dimensions, not {matrix.ndim}.")
    if matrix.dtype != bool and not (np.issubdtype(matrix.dtype, np.integer) and np.isin(matrix, (0, 1)).all()):
        raise ArgumentError("Argument 'matrix' must hold only 0 and 1.")
    n_out, window = matrix.shape
    check_int("n_out", n_out, 1, MAX_N_OUT)
    check_int("window", window, 1)
    n_in = window if n_in is None else check_int("n_in", n_in, 1)
    if n_in > 64:
        raise ArgumentError(f"Argument 'n_in' must be from 1 to 64, not {n_in}.")
    if window % n_in:
        raise ArgumentError(f"Argument 'n_in' must divide the window of {window}, which {n_in} does not.")
    rows = pack_rows(matrix.astype(bool))
    digits = rows.astype("<u8").view(np.uint8)[:, : -(-window // 8)].tobytes().hex()
    recipe = recipe_of("matrix", {"n_in": n_in, "window": window, "rows": digits})
    return XorNetwork(n_in, n_out, window // n_in - 1, rows, recipe)


@topology("matrix", work=lambda rows, **_: 2 * len(rows))
def explicit_matrix(n_in: int, window: Annotated[int, Range(1, 64 * MAX_N_OUT)], rows: str) -> XorNetwork:
    """Return the network whose rows are written in hexadecimal, as in the recipes of `from_matrix`.

    Args:
        n_in: new seed bits per step, 1 to 64.
        window: seed bits that a step reads, a multiple of n_in.
        rows: each row as the hexadecimal digits of its ⌈window/8⌉ little-endian bytes.

    Raises:
        ArgumentError: the digits are not hexadecimal, make no whole rows or set bits beyond the window; or n_in does
            not fit the window.

    >>> explicit_matrix(n_in=2, window=2, rows="0103").matrix().astype(int).tolist()
    [[1, 0], [1, 1]]
    """
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
