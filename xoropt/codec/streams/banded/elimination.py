"""The banded system of one segment: its equations, their elimination, a solution.

A windowed network makes a *banded* linear system: equation e reads the columns heads[e] … heads[e] + window − 1 of n
unknown seed bits. Eliminating on line, in stream order, with the earliest column left as pivot, keeps every row within
the window; it is how retrieval structures are built (Dillinger, Hübschle-Schneider, Sanders, Walzer, arXiv 2109.01892).
In a ring the first window of columns is shared by the first and the last equations; these *border* columns are carried
along as if they were right-hand sides and solved last, in a dense system.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from xoropt.common.errors import ArgumentError
from xoropt.common.memory import aligned_zeros
from xoropt.networks import XorNetwork

__all__ = [
    "MAX_PLANES",
    "MAX_WINDOW",
    "Elimination",
    "Equations",
    "Pivots",
    "System",
    "eliminate",
    "evaluate",
    "solution",
    "words_of_window",
]

MAX_PLANES = 64
"""Planes that one elimination carries: the bits of a word of right-hand sides."""
MAX_WINDOW = 1984
"""Bits of the widest window: 31 words of a band of 32."""


class System(NamedTuple):
    """The equations of one segment.

    Equation e reads columns heads[e] + i (mod n) for every bit i of patterns[pattern[e]]; heads ascend.

    Attributes:
        heads, pattern: int64 (E,).
        patterns: uint64, flat (n_out·words,).
        words: of a pattern.
        live: uint64 (⌈n/64⌉ + 1,), bit set for every column that is an unknown; the others are constant 0.
        window: bits, at most 64·(B − 1).
        n: columns.
        border: columns kept for the end, `window` in a ring and 0 in an open stream.
        B: words of the band.
    """

    heads: np.ndarray
    pattern: np.ndarray
    patterns: np.ndarray
    words: int
    live: np.ndarray
    window: int
    n: int
    border: int
    B: int


class Pivots(NamedTuple):
    """The pivot rows by column, and the equation that each came from.

    Attributes:
        rows: uint64 (n·2B,), zero where there is none.
        owner: int32 (n,), −1 where there is none, 0 where the column is not live.
        border_rows: uint64 (border·B,).
        border_owner: int32 (border,), as `owner`.
    """

    rows: np.ndarray
    owner: np.ndarray
    border_rows: np.ndarray
    border_owner: np.ndarray


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

    @cached_property
    def system(self) -> System:
        """The equations as the kernels take them."""
        network, border = self.network, min(self.network.window, self.n) if self.closed else 0
        band, rows = words_of_window(network.window), network.rows
        own = self.heads, self.pattern, rows.reshape(-1), rows.shape[1], self._live_words()
        return System(*own, network.window, self.n, border, band)

    def _live_words(self) -> np.ndarray:
        """Pack `live`: uint64 (⌈n/64⌉ + 1,)."""
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
        pivots: pivot rows and the equation that each came from.
        dependent: int64 (D,), equations that depend on earlier ones.
        residual: uint64 (D,), bit p set where the value of plane p disagrees with them.
    """

    equations: Equations
    planes: int
    pivots: Pivots = field(repr=False)
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

    n = equations.n
    system = equations.system
    band, border, count = system.B, system.border, len(equations.heads)
    owner = np.where(equations.live, np.int32(-1), np.int32(0))
    pivots = Pivots(aligned_zeros(n * 2 * band), owner, aligned_zeros(border * band), owner[:border].copy())
    dependent, residual = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.uint64)
    table, work = aligned_zeros(16 * 16 * band * 2 * band), aligned_zeros(kernels.BATCH * 2 * band)
    found = kernels.eliminate(tuple(system), values, tuple(pivots), dependent, residual, table, work)
    return Elimination(equations, planes, pivots, dependent[:found].copy(), residual[:found].copy())


def solution(eliminated: Elimination) -> np.ndarray:
    """A solution of the independent equations for every plane: uint8 (planes, n), by column of the segment."""
    from xoropt.codec.streams.banded.kernels import elimination as kernels

    equations, planes = eliminated.equations, eliminated.planes
    x = np.zeros(planes * equations.n, dtype=np.uint8)
    kernels.substitute(tuple(equations.system), tuple(eliminated.pivots), planes, x)
    return np.roll(x.reshape(planes, equations.n), equations.cut, axis=1)


def evaluate(equations: Equations, x: np.ndarray) -> np.ndarray:
    """What the network gives at each equation for the solution x, uint8 (planes, n): uint64 (E,), bit p for plane p."""
    from xoropt.codec.streams.banded.kernels import elimination as kernels

    out = np.zeros(len(equations.heads), dtype=np.uint64)
    turned = np.roll(x, -equations.cut, axis=1)
    kernels.evaluate(tuple(equations.system), len(x), turned.reshape(-1), out)
    return out
