"""`Encoded`: what an encoder hands to a decoder, and its size."""

import math
from dataclasses import dataclass, field

import numpy as np

from xoropt.codec.block_patches import BlockPatches
from xoropt.networks import XorNetwork

__all__ = ["Encoded", "SizeReport"]


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


@dataclass(frozen=True, eq=False)
class Encoded:
    """Bit planes stored as seeds of an XOR network and patches.

    Attributes:
        network: the network whose outputs the planes are.
        order: how stream positions map to weights; "rows": row-major, block after block (the paper's).
        shape: of one plane.
        planes: number of planes; None when the bits came without a plane axis (one plane).
        seeds: uint8 (planes, ⌈seed bits of a plane / 8⌉): seed t holds bits [t·n_in, (t+1)·n_in), lowest bit first.
        patches: where the network's outputs have to be flipped.
        care_bits: bits that matter, over all planes.
        solver: the strategy that searched the seeds.
        proved_blocks: blocks whose number of patches the solver proved to be the least possible.
    """

    network: XorNetwork
    order: str
    shape: tuple[int, ...]
    planes: int | None
    seeds: np.ndarray = field(repr=False)
    patches: BlockPatches = field(repr=False)
    care_bits: int
    solver: str
    proved_blocks: int

    @property
    def outputs(self) -> int:
        """Bits of one plane."""
        return math.prod(self.shape)

    @property
    def blocks(self) -> int:
        """Blocks of one plane, l = ⌈outputs / n_out⌉."""
        return -(-self.outputs // self.network.n_out)

    @property
    def size(self) -> SizeReport:
        """What is stored, in bits."""
        seed_bits = len(self.seeds) * self.blocks * self.network.n_in
        return SizeReport(seed_bits, self.patches.bits, self.care_bits, self.patches.count)
