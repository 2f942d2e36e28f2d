"""`XorNetwork`: a fixed linear map over GF(2) from a window of seed bits to the outputs of one step."""

from dataclasses import dataclass, field

import numpy as np

from xoropt.common.errors import ArgumentError

__all__ = ["MAX_ENTRIES", "MAX_N_OUT", "XorNetwork", "check_entries", "pack_rows"]

MAX_N_OUT = 1 << 24
"""The most outputs per step: bounds what a damaged file can make a reader allocate."""
MAX_ENTRIES = 1 << 26
"""The most entries of a drawn matrix, n_out·window: a recipe of a hundred bytes must not take minutes or gigabytes."""


@dataclass(frozen=True, eq=False)
class XorNetwork:
    """An XOR-gate network: step t reads seed bits [t·n_in, t·n_in + window) and produces n_out outputs.

    Output j is the parity of the window's bits that row j selects. memory = 0 is the block network M⊕ of
    Kwon et al. (CVPR 2020, arXiv 1905.10138); memory > 0 is a windowed one. Two networks are equal when their
    recipes are.

    Attributes:
        n_in: new seed bits per step.
        n_out: outputs per step.
        memory: steps that the window reaches beyond its own; window = n_in·(memory + 1).
        rows: uint64 (n_out, ⌈window/64⌉), bit i of word i//64 (least significant first) selects window bit i.
        recipe: the string from which `from_recipe` makes the same network; empty only within a topology's function,
            whose decorator adds it.
        stages: the stages of a network with shared nodes, so that decoders can share them; None otherwise.
    """

    n_in: int
    n_out: int
    memory: int
    rows: np.ndarray = field(repr=False)
    recipe: str = ""
    stages: tuple[np.ndarray, ...] | None = field(default=None, repr=False)

    @property
    def window(self) -> int:
        """The number of seed bits that one step reads."""
        return self.n_in * (self.memory + 1)

    def matrix(self) -> np.ndarray:
        """Return the network as a bool matrix of shape (n_out, window)."""
        bits = np.unpackbits(self.rows.astype("<u8").view(np.uint8), axis=1, bitorder="little")
        return bits[:, : self.window].astype(bool)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, XorNetwork):
            return NotImplemented
        return self is other or self.recipe == other.recipe != ""

    def __hash__(self) -> int:
        return hash(self.recipe)


def check_entries(n_out: int, window: int) -> None:
    """Raise ArgumentError naming `n_out` where a drawn matrix would have more than `MAX_ENTRIES` entries."""
    most = MAX_ENTRIES // window
    if n_out > most:
        raise ArgumentError(f"Argument 'n_out' must be at most {most} with a window of {window} bits, not {n_out}.")


def pack_rows(matrix: np.ndarray) -> np.ndarray:
    """Pack the rows of a bool matrix (n_out, window) into uint64 (n_out, ⌈window/64⌉), the first column lowest."""
    n_out, window = matrix.shape
    padded = np.zeros((n_out, -(-window // 64) * 64), dtype=bool)
    padded[:, :window] = matrix
    packed = np.packbits(padded, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(np.uint64)
