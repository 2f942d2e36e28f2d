"""Stream order: which weight each output of a windowed network is.

A stream runs in L *lanes* side by side, so that a decoder makes L bits at once, for example the 512 bits of a machine
vector; L is a power of two. A flat plane is cut into *weight rows* of L weights: row y holds the weights y·L …
y·L + L − 1. A segment of T weight rows is made one *stream row* after another. Stream row p is weight row p·a mod T,
counted within the segment, rotated by p·c lanes:

    lane l of stream row p  ↦  weight (p·a mod T)·L + (l + p·c) mod L

Encoders see one lane after another: position l·T + p of the stream is lane l of stream row p.

Multiplication and rotation scatter the dense and the sparse stretches of a real layer over the whole stream, without a
table or a branch. a is the first number from ⌊0.7549·T⌋ on that has no common factor with T, and c is ⌊0.5698·L⌋ made
odd. These are the two ratios of the two-dimensional golden sequence, so that row and rotation do not move in step.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from xoropt.common.errors import ArgumentError

__all__ = ["MAX_LANES", "ORDERS", "StreamOrder", "order_from_recipe", "row_multiplier", "to_stream"]

MAX_LANES = 4096
"""Most lanes of a stream."""

_ROW_RATIO = 0xC13FA9A902A6328F  # 2^64 / ρ, ρ = 1.3247…, the real root of ρ³ = ρ + 1
_LANE_RATIO = 0x91E10DA5C79E7B1C  # 2^64 / ρ²


@dataclass(frozen=True)
class StreamOrder:
    """A stream order.

    Attributes:
        kind: "rows", "straight" or "lanes". "rows" is row-major with one lane and an open end, the order of the paper
            and of hardware with one lane. "straight" has lanes that close to a ring and rows in their own order.
            "lanes" is the same with rows permuted and rotated.
        lanes: L; 1 for "rows".
    """

    kind: str
    lanes: int

    @property
    def closed(self) -> bool:
        """Whether the window of the last lane continues in the first lane, as in a ring."""
        return self.kind != "rows"

    @property
    def recipe(self) -> str:
        """The string that names the order in a file."""
        return f"{self.kind}:lanes={self.lanes}" if self.closed else self.kind

    def multiplier(self, rows: int) -> int:
        """Return a for a segment of `rows` weight rows."""
        return row_multiplier(rows) if self.kind == "lanes" else 1

    @property
    def spread(self) -> int:
        """c: its multiples modulo L visit all lanes, and successive ones lie far apart."""
        return ((self.lanes * _LANE_RATIO >> 64) | 1) % self.lanes

    @property
    def rotation(self) -> int:
        """Lanes by which each row is rotated more than the row before: c, or 0 where rows are not rotated."""
        return self.spread if self.kind == "lanes" else 0


ORDERS = ("rows", "straight", "lanes")
"""The kinds of orders."""


def order_from_recipe(recipe: str) -> StreamOrder:
    """Parse a recipe such as `rows`, `lanes:lanes=512` or `straight:lanes=512`.

    Raises:
        ArgumentError: it names no order, or its lanes are not a power of two up to 4096.

    >>> order_from_recipe("lanes:lanes=64").rotation
    37
    """
    if not isinstance(recipe, str):
        raise ArgumentError(f"Argument 'order' must be a string such as 'rows' or 'lanes:lanes=512', not {recipe!r}.")
    kind, _, setting = recipe.partition(":")
    if recipe == "rows":
        return StreamOrder("rows", 1)
    key, _, value = setting.partition("=")
    if kind not in ORDERS[1:] or key != "lanes" or not value.isascii() or not value.isdecimal() or len(value) > 4:
        raise ArgumentError(
            f"Argument 'order' must be 'rows', 'lanes:lanes=L' or 'straight:lanes=L', not {recipe[:80]!r}."
        )
    lanes = int(value)
    if not 1 <= lanes <= MAX_LANES or lanes & (lanes - 1):
        raise ArgumentError(f"Argument 'order' must have a power of two up to {MAX_LANES} as its lanes, not {lanes}.")
    return StreamOrder(kind, lanes)


@lru_cache(maxsize=1024)
def row_multiplier(rows: int) -> int:
    """Compute a, the first number from ⌊0.7549·rows⌋ on that has no common factor with `rows`.

    >>> row_multiplier(12)
    11
    """
    a = max(1, rows * _ROW_RATIO >> 64)
    while math.gcd(a, rows) != 1:
        a += 1
    return a


def to_stream(order: StreamOrder, weights: np.ndarray) -> np.ndarray:
    """Bring the weights of a segment, (T·L,), into stream order: (T, L), stream rows by lanes."""
    rows = len(weights) // order.lanes
    p = np.arange(rows, dtype=np.int64)
    y = p * order.multiplier(rows) % rows
    k = (np.arange(order.lanes) + (p * order.rotation)[:, None]) % order.lanes
    return weights.reshape(rows, order.lanes)[y[:, None], k]
