"""`WithoutNetwork`: what encodings that store planes as they are have in common."""

import math
from typing import ClassVar, Self

import numpy as np

from xoropt.codec.encoding import SizeReport
from xoropt.codec.storing import Storable
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.networks import XorNetwork

__all__ = ["PACKED", "WithoutNetwork"]

PACKED = XorNetwork(1, 1, 0, np.ones((1, 1), dtype=np.uint64), "packed")
"""The network that stands for none: the bit of each kept weight is a seed bit."""


class WithoutNetwork(Storable):
    """Planes whose care bits are stored as they are; see `xoropt.codec.encoding.Encoding`.

    Attributes:
        shape: the shape of one plane.
        kept: weights that each plane cares for.
    """

    has_network: ClassVar[bool] = False

    shape: tuple[int, ...]
    kept: int

    network, order, solver, blocks = PACKED, "rows", "none", 1

    @property
    def planes(self) -> int:
        """Number of planes."""
        raise NotImplementedError

    @property
    def main(self) -> Self:
        """The encoding itself."""
        return self

    @property
    def outputs(self) -> int:
        """Bits of one plane."""
        return math.prod(self.shape)

    @property
    def care_bits(self) -> int:
        """Care bits over all planes."""
        return self.kept * self.planes

    @property
    def proved_blocks(self) -> int:
        """All planes, since none needs patches."""
        return self.planes

    @property
    def all_blocks(self) -> int:
        """All planes, which are one segment each."""
        return self.planes

    @property
    def size(self) -> SizeReport:
        """The stored bits: the care bits."""
        return SizeReport(self.care_bits, 0, self.care_bits, 0)

    @property
    def end_bits(self) -> int:
        """Zero: no bits are lost at the end."""
        return 0

    @property
    def stream_order(self) -> StreamOrder:
        """The row-major order."""
        return StreamOrder("rows", 1)

    def layout(self, plane: int) -> Layout:
        """Return the kept weights as one segment with a seed bit each."""
        return Layout(np.array([self.kept]), np.array([self.kept]))

    def flips(self, first: int, stop: int) -> list[np.ndarray]:
        """Return no weights to flip."""
        return [np.empty(0, dtype=np.int64)] * self.planes
