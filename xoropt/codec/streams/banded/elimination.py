"""The banded system of one segment: its equations, their elimination, a solution.

A windowed network makes a *banded* linear system: equation e reads the columns heads[e] … heads[e] + window − 1 of n
unknown seed bits. Eliminating on line, in stream order, with the earliest column left as pivot, keeps every row within
the window; it is how retrieval structures are built (Dillinger, Hübschle-Schneider, Sanders, Walzer, arXiv 2109.01892).
In a ring the first window of columns is shared by the first and the last equations; these *border* columns are carried
along as if they were right-hand sides and solved last, in a dense system.
"""

from dataclasses import dataclass, field

import numpy as np

from xoropt.common.errors import ArgumentError
from xoropt.networks import XorNetwork

__all__ = [
    "MAX_PLANES",
    "MAX_WINDOW",
    "Elimination",
    "Equations",
    "eliminate",
    "evaluate",
    "solution",
    "words_of_window",
]

MAX_PLANES = 64
"""Planes that one elimination carries: the bits of a word of right-hand sides."""
MAX_WINDOW = 1984
"""Bits of the widest window: 31 words of a band of 32."""


@dataclass(frozen=True)
class Equations:
    """The care bits of one segment as linear equations, in stream order.

    Attributes:
        network: whose rows the equations use.
        n: columns.
        closed: the columns form a ring; otherwise no equation reaches beyond n.
        heads: int64 (E,), first column of each window, ascending from the ring's cut.
        pattern: int64 (E,), row of the network.
        live: bool (n,), columns that are unknown seed bits; the others hold the constant 0.
        cut: column of the segment that is column 0 here.
    """

    network: XorNetwork
    n: int
    closed: bool
    heads: np.ndarray = field(repr=False)
    pattern: np.ndarray = field(repr=False)
    live: np.ndarray = field(repr=False)
    cut: int = 0

    @property
    def live_words(self) -> np.ndarray:
        """`live` packed as the kernels take it."""
        packed = np.zeros((self.n + 63) // 64 * 8 + 8, dtype=np.uint8)
        bits = np.packbits(self.live, bitorder="little")
        packed[: len(bits)] = bits
        return packed.view("<u8").astype(np.uint64)


@dataclass(frozen=True)
class Elimination:
    """The eliminated system.

    Attributes:
        equations: what was eliminated.
        planes: right-hand sides.
        border, band: columns kept for the end, words of the band (B of the kernels).
        rows, owner, border_rows, border_owner: pivot rows and the equation that each came from; see the kernels.
        dependent: int64 (D,), equations that depend on earlier ones.
        residual: uint64 (D,), bit p set where the value of plane p disagrees with them.
    """

    equations: Equations
    planes: int
    border: int
    band: int
    rows: np.ndarray = field(repr=False)
    owner: np.ndarray = field(repr=False)
    border_rows: np.ndarray = field(repr=False)
    border_owner: np.ndarray = field(repr=False)
    dependent: np.ndarray = field(repr=False)
    residual: np.ndarray = field(repr=False)


def words_of_window(window: int) -> int:
    """B, the words of the band: the power of two from 8 on that holds the window and a word more.

    Raises:
        ArgumentError: the window is wider than `MAX_WINDOW`.
    """
    if window > MAX_WINDOW:
        raise ArgumentError(f"Argument 'network' must have a window of at most {MAX_WINDOW} bits, not {window}.")
    return max(8, 1 << (-(-window // 64)).bit_length())


def eliminate(equations: Equations, values: np.ndarray, planes: int) -> Elimination:
    """Eliminate; all planes share the work.

    Args:
        equations: of one segment.
        values: uint64 (E,), bit p is the value that plane p asks for.
        planes: 1 to 64.
    """
    from xoropt.codec.streams.banded.kernels import elimination as kernels

    network, n = equations.network, equations.n
    band = words_of_window(network.window)
    border = min(network.window, n) if equations.closed else 0
    count = len(equations.heads)
    rows, owner = _aligned(n * 2 * band), np.where(equations.live, np.int32(-1), np.int32(0))
    border_rows, border_owner = _aligned(border * band), owner[:border].copy()
    dependent, residual = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.uint64)
    found = kernels.eliminate(
        equations.heads,
        equations.pattern,
        values,
        network.rows.reshape(-1),
        network.rows.shape[1],
        equations.live_words,
        network.window,
        n,
        border,
        band,
        rows,
        owner,
        border_rows,
        border_owner,
        dependent,
        residual,
        _aligned(16 * 16 * band * 2 * band),
        _aligned(kernels.BATCH * 2 * band),
    )
    return Elimination(
        equations,
        planes,
        border,
        band,
        rows,
        owner,
        border_rows,
        border_owner,
        dependent[:found].copy(),
        residual[:found].copy(),
    )


def solution(eliminated: Elimination) -> np.ndarray:
    """A solution of the independent equations for every plane: uint8 (planes, n), by column of the segment."""
    from xoropt.codec.streams.banded.kernels import elimination as kernels

    n, planes = eliminated.equations.n, eliminated.planes
    x = np.zeros(planes * n, dtype=np.uint8)
    kernels.substitute(
        eliminated.rows,
        eliminated.owner,
        eliminated.border_rows,
        eliminated.border_owner,
        n,
        eliminated.border,
        eliminated.band,
        planes,
        x,
    )
    return np.roll(x.reshape(planes, n), eliminated.equations.cut, axis=1)


def evaluate(equations: Equations, x: np.ndarray) -> np.ndarray:
    """What the network gives at each equation for the solution x, uint8 (planes, n): uint64 (E,), bit p for plane p."""
    from xoropt.codec.streams.banded.kernels import elimination as kernels

    out = np.zeros(len(equations.heads), dtype=np.uint64)
    turned = np.roll(x, -equations.cut, axis=1)
    rows = equations.network.rows
    kernels.evaluate(
        equations.heads,
        equations.pattern,
        rows.reshape(-1),
        rows.shape[1],
        equations.n,
        len(x),
        turned.reshape(-1),
        out,
    )
    return out


def _aligned(words: int) -> np.ndarray:
    """Zeros, uint64 (words,), that begin on a cache line: a vector of 512 bits then never straddles two."""
    memory = np.zeros(words + 8, dtype=np.uint64)
    skip = (-memory.ctypes.data % 64) // 8
    return memory[skip : skip + words]
