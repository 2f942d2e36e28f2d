"""`XorNetwork`: a fixed linear map over GF(2) from a window of seed bits to the outputs of one step."""

from dataclasses import dataclass, field

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError

__all__ = [
    "MAX_ENTRIES",
    "MAX_N_OUT",
    "XorNetwork",
    "check_entries",
    "from_matrix",
    "matrix_recipe",
    "pack_rows",
]

MAX_N_OUT = 1 << 24
"""Outputs a step at most: bounds what a damaged file can make a reader allocate."""
MAX_ENTRIES = 1 << 26
"""Entries of a drawn matrix, n_out·window, at most: a recipe of a hundred bytes must not take minutes or gigabytes."""


@dataclass(frozen=True, eq=False)
class XorNetwork:
    """An XOR-gate network: step t reads seed bits [t·n_in, t·n_in + window) and produces n_out outputs.

    Output j is the parity of the window's bits that row j selects. memory = 0 is the block network M⊕ of
    Kwon et al. (CVPR 2020, arXiv 1905.10138); memory > 0 is a windowed one. Two networks are equal when their
    recipes are.

    Attributes:
        n_in: new seed bits a step.
        n_out: outputs a step.
        memory: steps that the window reaches beyond its own; window = n_in·(memory + 1).
        rows: uint64 (n_out, ⌈window/64⌉), bit i of word i//64 (least significant first) selects window bit i.
        recipe: the short string that names the network completely.
        stages: for a staged network, what a decoder needs to share its nodes; None otherwise.
    """

    n_in: int
    n_out: int
    memory: int
    rows: np.ndarray = field(repr=False)
    recipe: str
    stages: tuple[np.ndarray, ...] | None = field(default=None, repr=False)

    @property
    def window(self) -> int:
        """Seed bits that one step reads."""
        return self.n_in * (self.memory + 1)

    def matrix(self) -> np.ndarray:
        """The network as a bool matrix of shape (n_out, window)."""
        bits = np.unpackbits(self.rows.astype("<u8").view(np.uint8), axis=1, bitorder="little")
        return bits[:, : self.window].astype(bool)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XorNetwork) and self.recipe == other.recipe

    def __hash__(self) -> int:
        return hash(self.recipe)


def check_entries(n_out: int, window: int) -> None:
    """ArgumentError naming `n_out` where the matrix would have too many entries to be drawn."""
    most = MAX_ENTRIES // window
    if n_out > most:
        raise ArgumentError(f"Argument 'n_out' must be at most {most} with a window of {window} bits, not {n_out}.")


def pack_rows(matrix: np.ndarray) -> np.ndarray:
    """A bool matrix (n_out, window) as packed rows: uint64 (n_out, ⌈window/64⌉), first column lowest bit."""
    n_out, window = matrix.shape
    padded = np.zeros((n_out, -(-window // 64) * 64), dtype=bool)
    padded[:, :window] = matrix
    packed = np.packbits(padded, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(np.uint64)


def matrix_recipe(rows: np.ndarray, n_in: int, window: int) -> str:
    """The recipe that spells a matrix out: each row as the hexadecimal digits of its little-endian bytes."""
    width = -(-window // 8)
    data = np.ascontiguousarray(rows.astype("<u8")).view(np.uint8)[:, :width].tobytes().hex()
    return f"matrix:n_in={n_in},window={window},rows={data}"


def from_matrix(matrix: np.ndarray, n_in: int | None = None) -> XorNetwork:
    """The network with the given matrix.

    Args:
        matrix: (n_out, window) of bool or of integers 0 and 1; row j selects the window bits of output j.
        n_in: new seed bits a step; must divide the window. By default the window itself: a block network.

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
    return XorNetwork(n_in, n_out, window // n_in - 1, rows, matrix_recipe(rows, n_in, window))
