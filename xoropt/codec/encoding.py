"""`BlockEncoded`: what an encoder hands to a decoder, and its size."""

import math
from dataclasses import dataclass, field

import numpy as np

from xoropt.codec.blocks.patches import BlockPatches
from xoropt.codec.streams.order import StreamOrder, order_from_recipe
from xoropt.codec.streams.patches import StreamPatches
from xoropt.codec.streams.segments import Layout
from xoropt.networks import XorNetwork

__all__ = ["BlockEncoded", "SizeReport", "StreamEncoded"]


@dataclass(frozen=True)
class SizeReport:
    """Stored bits of the values of a tensor; mask, scales and headers are not in it.

    Attributes:
        seed_bits: bits of the seed streams of all planes.
        patch_bits: bits of the patches of all planes, counts and places.
        care_bits: the values' own bits, the limit.
        patches: care bits that the network gets wrong.
    """

    seed_bits: int
    patch_bits: int
    care_bits: int
    patches: int

    @property
    def total_bits(self) -> int:
        """Seed bits and patch bits."""
        return self.seed_bits + self.patch_bits

    @property
    def efficiency(self) -> float:
        """Care bits / stored bits, E; 1 is the limit. A tensor that stores nothing and needs nothing has 1."""
        return self.care_bits / self.total_bits if self.total_bits else 1.0


@dataclass(frozen=True, eq=False, kw_only=True)
class _EncodedPlanes:
    """What both forms have."""

    network: XorNetwork
    order: str
    shape: tuple[int, ...]
    planes: int | None
    care_bits: int
    solver: str
    proved_blocks: int

    @property
    def outputs(self) -> int:
        """Bits of one plane."""
        return math.prod(self.shape)


@dataclass(frozen=True, eq=False, kw_only=True)
class BlockEncoded(_EncodedPlanes):
    """Bit planes stored as seeds of an XOR network and patches, block by block; the order is "rows".

    Attributes:
        network, order, shape, planes, care_bits, solver, proved_blocks: as in `StreamEncoded`.
        seeds: uint8 (planes, ⌈seed bits of a plane / 8⌉): seed t holds bits [t·n_in, (t+1)·n_in), lowest bit first.
        patches: where the network's outputs have to be flipped.
    """

    seeds: np.ndarray = field(repr=False)
    patches: BlockPatches = field(repr=False)

    @property
    def blocks(self) -> int:
        """Blocks of one plane, l = ⌈outputs / n_out⌉."""
        return -(-self.outputs // self.network.n_out)

    @property
    def size(self) -> SizeReport:
        """What is stored, in bits."""
        seed_bits = len(self.seeds) * self.blocks * self.network.n_in
        return SizeReport(seed_bits, self.patches.bits, self.care_bits, self.patches.count)


@dataclass(frozen=True, eq=False, kw_only=True)
class StreamEncoded(_EncodedPlanes):
    """Bit planes stored as the seeds of a windowed network, segment by segment, and patches.

    Attributes:
        network: the network whose outputs the planes are.
        order: the recipe of the stream order, see `xoropt.codec.streams.order`.
        shape: of one plane.
        planes: number of planes; None when the bits came without a plane axis (one plane).
        care_bits: bits that matter, over all planes.
        solver: "burst", "greedy" or "viterbi": how patches were chosen; of blocks the strategy of the seed search.
        proved_blocks: segments, or blocks, over all planes, whose patches are proved to be the fewest possible.
        layouts: the segments, see `xoropt.codec.streams.segments`: one for all planes, or one for each.
        seeds: for each plane uint8 (⌈seed bits / 8⌉,): the seed bits of its segments, lowest bit first.
        patches: the weights that have to be flipped.
    """

    layouts: tuple[Layout, ...] = field(repr=False)
    seeds: tuple[np.ndarray, ...] = field(repr=False)
    patches: StreamPatches = field(repr=False)

    @property
    def blocks(self) -> int:
        """Segments of one plane, on an average."""
        return sum(len(layout.rows) for layout in self.layouts) // max(1, len(self.layouts))

    @property
    def stream_order(self) -> StreamOrder:
        """The order that `order` names."""
        return order_from_recipe(self.order)

    def layout(self, plane: int) -> Layout:
        """The segments of one plane."""
        return self.layouts[plane if len(self.layouts) > 1 else 0]

    @property
    def size(self) -> SizeReport:
        """What is stored, in bits; the table of segments counts as seed bits."""
        seed_bits = sum(self.layout(p).total for p in range(len(self.seeds)))
        seed_bits += sum(layout.table_bits for layout in self.layouts)
        return SizeReport(seed_bits, self.patches.bits, self.care_bits, self.patches.count)
