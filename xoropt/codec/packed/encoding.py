"""The values of the kept weights, packed: what a bitmap needs beside it, and what tiny tensors are stored as.

Nothing is smaller than the values' own bits, but only a decoder that ranks the mask finds a weight's bits in them.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from xoropt.codec.encoding import SizeReport
from xoropt.codec.streams.patches import StreamPatches
from xoropt.common.errors import DecodeError
from xoropt.networks import XorNetwork

__all__ = ["PACKED", "PackedValues", "pack_values", "unpack_values"]

PACKED = XorNetwork(1, 1, 0, np.ones((1, 1), dtype=np.uint64), "packed")
"""What stands for a network: each kept weight's bit is a seed bit."""


@dataclass(frozen=True, eq=False)
class PackedValues:
    """Bit planes stored as the bits of their kept weights, in row-major order.

    Attributes:
        shape: of one plane.
        kept: kept weights.
        seeds: uint8 (planes, ⌈kept/8⌉), lowest bit first.
    """

    shape: tuple[int, ...]
    kept: int
    seeds: np.ndarray = field(repr=False)

    network, order, solver, blocks = PACKED, "rows", "none", 1

    @property
    def outputs(self) -> int:
        """Bits of one plane."""
        return math.prod(self.shape)

    @property
    def care_bits(self) -> int:
        """Bits that matter, over all planes."""
        return self.kept * len(self.seeds)

    @property
    def proved_blocks(self) -> int:
        """No plane needs patches."""
        return len(self.seeds)

    @property
    def patches(self) -> StreamPatches:
        """None."""
        return StreamPatches((), ())

    @property
    def size(self) -> SizeReport:
        """What is stored, in bits."""
        return SizeReport(self.care_bits, 0, self.care_bits, 0)


def pack_values(planes: np.ndarray, mask: np.ndarray) -> PackedValues:
    """The kept bits of some planes, bool (planes, ...), with the mask, bool (...), True for kept weights."""
    return PackedValues(
        mask.shape, int(np.count_nonzero(mask)), np.packbits(planes[:, mask], axis=1, bitorder="little")
    )


def unpack_values(packed: PackedValues, mask: np.ndarray) -> np.ndarray:
    """The planes, bool (planes, ...), False where the mask is.

    Raises:
        DecodeError: the mask keeps another number of weights.
    """
    if int(np.count_nonzero(mask)) != packed.kept:
        raise DecodeError(f"the mask keeps {int(np.count_nonzero(mask))} weights, the values are of {packed.kept}")
    planes = np.zeros((len(packed.seeds), *mask.shape), dtype=bool)
    planes[:, mask] = np.unpackbits(packed.seeds, axis=1, count=packed.kept, bitorder="little")
    return planes
