"""Stream order: which weight each output of a windowed network is.

A flat plane is cut into *weight rows* of L weights, L the number of *lanes*, a power of two; row y holds weights y·L …
y·L + L − 1. A segment of T weight rows is produced row by row: stream row p is weight row p·a mod T (counted within the
segment), rotated by p·c lanes:

    lane l of stream row p  ↦  weight (p·a mod T)·L + (l + p·c) mod L

The stream itself runs lane after lane: its position l·T + p is lane l of row p. Multiplication and rotation scatter the
dense and sparse stretches of a real layer over every part of the stream, without a table or a branch; a = the first
number from ⌊0.7549·T⌋ on without a common factor with T, c = ⌊0.5698·L⌋ made odd (the two ratios of the
two-dimensional golden sequence, so that row and rotation do not move in step).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from xoropt.common.errors import ArgumentError

__all__ = ["MAX_LANES", "ORDERS", "StreamOrder", "from_stream", "order_from_recipe", "row_multiplier", "to_stream"]

MAX_LANES = 4096

_ROW_RATIO = 0xC13FA9A902A6328F  # 2^64 / ρ, ρ = 1.3247…, the real root of ρ³ = ρ + 1
_LANE_RATIO = 0x91E10DA5C79E7B1C  # 2^64 / ρ²


@dataclass(frozen=True)
class StreamOrder:
    """A stream order.

    Attributes:
        kind: "rows": row-major with an open end, the paper's order and that of one-lane hardware; "straight": lanes
            that close to a ring, rows in their own order; "lanes": the same, rows permuted and rotated.
        lanes: L; 1 for "rows".
    """

    kind: str
    lanes: int

    @property
    def closed(self) -> bool:
        """The last lane's window runs into the first lane."""
        return self.kind != "rows"

    @property
    def recipe(self) -> str:
        """The short string that names the order in a file."""
        return f"{self.kind}:lanes={self.lanes}" if self.closed else self.kind

    def multiplier(self, rows: int) -> int:
        """a for a segment of `rows` weight rows."""
        return row_multiplier(rows) if self.kind == "lanes" else 1

    @property
    def spread(self) -> int:
        """c: multiples of it modulo L visit all lanes, neighbouring ones far apart."""
        return ((self.lanes * _LANE_RATIO >> 64) | 1) % self.lanes

    @property
    def rotation(self) -> int:
        """Lanes that each row is rotated further than the one before: c, or 0 when rows are not rotated."""
        return self.spread if self.kind == "lanes" else 0


ORDERS = ("rows", "straight", "lanes")


def order_from_recipe(recipe: str) -> StreamOrder:
    """The order that a recipe names: `rows`, `lanes:lanes=512` or `straight:lanes=512`.

    Raises:
        ArgumentError: another string, or lanes that are not a power of two up to 4096.

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
    """a: the first number from ⌊0.7549·rows⌋ on that has no common factor with `rows`.

    >>> row_multiplier(12)
    11
    """
    a = max(1, rows * _ROW_RATIO >> 64)
    while math.gcd(a, rows) != 1:
        a += 1
    return a


def to_stream(order: StreamOrder, weights: np.ndarray) -> np.ndarray:
    """A segment's weights in stream order: (T·L,) as (T, L), stream rows by lanes."""
    rows = len(weights) // order.lanes
    p = np.arange(rows, dtype=np.int64)
    y = p * order.multiplier(rows) % rows
    k = (np.arange(order.lanes) + (p * order.rotation)[:, None]) % order.lanes
    return weights.reshape(rows, order.lanes)[y[:, None], k]


def from_stream(order: StreamOrder, stream: np.ndarray) -> np.ndarray:
    """The inverse of `to_stream`: stream rows (T, L) as weights (T·L,)."""
    rows, lanes = stream.shape
    p = np.arange(rows, dtype=np.int64)
    y = p * order.multiplier(rows) % rows
    k = (np.arange(lanes) + (p * order.rotation)[:, None]) % lanes
    weights = np.empty_like(stream)
    weights[y[:, None], k] = stream
    return weights.reshape(-1)
