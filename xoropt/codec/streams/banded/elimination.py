"""The elimination of a banded system: pivots, dependent equations, and a solution.

Equations are eliminated one by one in stream order. Each takes the earliest column that is left in it as its pivot;
then every row stays within the window. Retrieval structures are built in the same way (Dillinger, Hübschle-Schneider,
Sanders, Walzer, arXiv 2109.01892). The border columns of a ring are carried along as if they were right-hand sides, and
solved last, as a dense system.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from xoropt.codec.streams.banded.equations import Equations
from xoropt.common.memory import aligned, aligned_zeros

__all__ = ["PLANES_AT_ONCE", "Elimination", "Memory", "Pivots", "eliminate", "lent_memory", "substitute_back"]

PLANES_AT_ONCE = 64
"""Most planes of one elimination: the bits of a word of right-hand sides."""
SPARES = 4
"""Memories that are kept for the next encoding, of at most some 30 MB each."""


class Pivots(NamedTuple):
    """The pivot row of each column, and the equation that it came from.

    Attributes:
        rows: uint64 (n·2B,), zero where there is none.
        owner: int32 (n,), the equation; −1 where there is none, −2 where the column is not live.
        border_rows: uint64 (border·B,), the pivot rows of border columns.
        border_owner: int32 (border,), as `owner`.
    """

    rows: np.ndarray
    owner: np.ndarray
    border_rows: np.ndarray
    border_owner: np.ndarray


@dataclass(frozen=True)
class Elimination:
    """An eliminated system.

    Attributes:
        equations: the equations.
        planes: number of right-hand sides.
        pivots: the pivot rows.
        dependent: int64 (D,), equations that depend on earlier ones.
        residual: uint64 (D,), bit p set where the value that plane p asks for contradicts the earlier equations.
    """

    equations: Equations
    planes: int
    pivots: Pivots = field(repr=False)
    dependent: np.ndarray = field(repr=False)
    residual: np.ndarray = field(repr=False)

    @property
    def places(self) -> np.ndarray:
        """The column of each equation's pivot, int32 (E,), −1 where the equation is dependent."""
        places = np.full(len(self.equations.heads), -1, dtype=np.int32)
        for owner, least in ((self.pivots.owner, self.equations.system.border), (self.pivots.border_owner, 0)):
            columns = np.flatnonzero(owner >= 0)
            columns = columns[columns >= least]
            places[owner[columns]] = columns
        return places


class Memory:
    """Memory for the pivot rows of one elimination after another, used by one thread at a time.

    Fresh pages cost the system more than they do.
    """

    def __init__(self) -> None:
        self._words = aligned(0)

    def words(self, count: int) -> np.ndarray:
        """Return uint64 (count,), not initialized; what was returned before is overwritten."""
        if len(self._words) < count:
            self._words = aligned(count)
        return self._words[:count]


_spare: deque[Memory] = deque(maxlen=SPARES)


@contextmanager
def lent_memory() -> Iterator[Memory]:
    """Lend memory, if there is some that an earlier thread has used."""
    try:
        memory = _spare.pop()  # which is atomic
    except IndexError:
        memory = Memory()
    try:
        yield memory
    finally:
        _spare.append(memory)  # the oldest is dropped where there are too many


def eliminate(equations: Equations, values: np.ndarray, planes: int, memory: Memory | None = None) -> Elimination:
    """Eliminate the equations of a segment for all planes at once.

    Args:
        equations: the equations.
        values: uint64 (E,), bit p is the value that plane p asks for.
        planes: number of planes, 1 to 64.
        memory: where the pivot rows go; they last until it is used again. None: memory of their own.
    """
    from xoropt.codec.streams.banded.kernels import elimination as kernels

    n = equations.n
    system = equations.system
    band, border, count = system.B, system.border, len(equations.heads)
    owner = np.where(equations.live, np.int32(-1), np.int32(-2))
    rows = (memory or Memory()).words(n * 2 * band)
    pivots = Pivots(rows, owner, aligned_zeros(border * band), owner[:border].copy())
    dependent, residual = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.uint64)
    table, work = aligned(16 * 16 * band * 2 * band), aligned(kernels.BATCH * 2 * band)
    found = kernels.eliminate(tuple(system), equations.lines, values, tuple(pivots), dependent, residual, table, work)
    return Elimination(equations, planes, pivots, dependent[:found].copy(), residual[:found].copy())


def substitute_back(eliminated: Elimination) -> np.ndarray:
    """Solve the independent equations for every plane: uint8 (planes, n), by column of the segment."""
    from xoropt.codec.streams.banded.kernels.solution import substitute

    equations, planes = eliminated.equations, eliminated.planes
    system = equations.system
    words = np.zeros((planes, -(-equations.n // 64)), dtype=np.uint64)
    state = aligned_zeros(planes * 2 * system.B)
    substitute(tuple(system), equations.lines, tuple(eliminated.pivots), planes, state, words.reshape(-1))
    x = np.unpackbits(words.view(np.uint8), axis=1, count=equations.n, bitorder="little")
    return np.roll(x, equations.cut, axis=1)
