"""`BlockEncoded`: bit planes stored block by block through a block network."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from xoropt.codec import reference
from xoropt.codec.bits import row_numbers, tiled_bits
from xoropt.codec.blocks.description import block_fields
from xoropt.codec.blocks.numpy_decoder import decode_blocks
from xoropt.codec.blocks.patches import BlockPatches, join_patches, pack_patches, unpack_patches
from xoropt.codec.checks import OCTETS, OCTETS_2D, Fields, check_form, check_planes
from xoropt.codec.compiled.reader import Reader
from xoropt.codec.encoding import EncodedPlanes, SizeReport
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.common.errors import DecodeError
from xoropt.networks import XorNetwork

__all__ = ["BlockEncoded"]


@dataclass(frozen=True, eq=False, kw_only=True)
class BlockEncoded(EncodedPlanes):
    """Bit planes stored as seeds of an XOR network and patches, block by block; the order is "rows".

    The scheme of Kwon et al. (CVPR 2020), section 3. Methods are those of `xoropt.codec.encoding.Encoding`.

    Attributes:
        network, order, shape, planes, care_bits, proved_blocks: as in `Encoding`.
        solver: the strategy of the seed search.
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
        seed_bits = len(self.seeds) * self.blocks * self.network.n_in
        return SizeReport(seed_bits, self.patches.bits, self.care_bits, self.patches.count)

    @property
    def end_bits(self) -> int:
        idle = self.blocks * self.network.n_out - self.outputs
        return len(self.seeds) * idle * self.network.n_in // self.network.n_out

    @property
    def stream_order(self) -> StreamOrder:
        """The open order: blocks follow each other in row-major order."""
        return StreamOrder("rows", 1)

    def layout(self, plane: int) -> Layout:
        """The plane as one segment."""
        return Layout(np.array([self.outputs]), np.array([self.blocks * self.network.n_in]))

    def check_parts(self) -> list[np.ndarray]:
        check_form(self, _FORM)
        check_planes(self)
        network, planes = self.network, len(self.seeds)
        if self.order != "rows":
            raise DecodeError(f"a block network has the order 'rows', not {self.order!r}")
        if network.memory:
            raise DecodeError("its network has a memory, which this order does not allow")
        octets = -(-self.blocks * network.n_in // 8)
        if self.seeds.shape[1] != octets:
            raise DecodeError(f"the seeds of a plane must be {octets} bytes")
        if len(self.patches.widths) != planes:
            raise DecodeError(f"there are seeds of {planes} planes and patches of {len(self.patches.widths)}")
        return unpack_patches(self.patches, self.blocks, network.n_out, self.outputs)

    def flips(self, first: int, stop: int) -> list[np.ndarray]:
        every = unpack_patches(self.patches, self.blocks, self.network.n_out, self.outputs)
        return [at[slice(*np.searchsorted(at, (first, stop)))] for at in every]

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        description, patches = join_patches(self.patches)
        entry = {
            "network": self.network.recipe,
            "order": self.order,
            "planes": len(self.seeds),
            "care": self.care_bits,
            "solver": self.solver,
            "proved": self.proved_blocks,
            "patches": description,
        }
        return entry, {"patches": patches, "seeds": self.seeds}

    @classmethod
    def describes(cls, entry: dict[str, Any]) -> bool:
        return "segments" not in entry and "slack" not in entry

    @classmethod
    def restore(cls, entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Self:
        return cls(**block_fields(entry, parts, shape, planes))

    def reader(self) -> Reader:
        from xoropt.codec.compiled.sequential_decoder import sequential_reader

        return sequential_reader(self.network, self.seeds, [self.layout(0)])

    def decode_numpy(
        self, first: int, stop: int, flips: list[np.ndarray], mask: np.ndarray | None = None
    ) -> np.ndarray:
        return decode_blocks(self.network, self.seeds, first, stop, flips)

    def decode_reference(self) -> np.ndarray:
        network, patches = self.network, self.patches
        flips = reference.read_patches(
            patches.counts.tobytes(),
            patches.places.tobytes(),
            patches.widths.tolist(),
            patches.group,
            self.blocks,
            network.n_out,
        )
        planes = [
            reference.decode_plane(seeds.tobytes(), row_numbers(network.rows), network.n_in, flip, self.outputs)
            for seeds, flip in zip(self.seeds, flips, strict=True)
        ]
        return np.array(planes, dtype=bool).reshape(len(planes), self.outputs)

    def tiled(self, times: int) -> Self:
        blocks, n_in, n_out = self.blocks, self.network.n_in, self.network.n_out
        size = blocks * n_out
        starts = np.arange(times)[:, None] * size
        flips = [(at + starts).reshape(-1) for at in self.flips(0, self.outputs)]
        return replace(
            self,
            shape=(size * times,),
            seeds=np.stack([tiled_bits(seeds, blocks * n_in, times) for seeds in self.seeds]),
            patches=pack_patches(flips, blocks * times, n_out),
            care_bits=self.care_bits * times,
        )


_FORM = Fields(
    BlockEncoded,
    {
        "network": XorNetwork,
        "order": str,
        "shape": (int,),
        "planes": int | None,
        "seeds": OCTETS_2D,
        "patches": Fields(
            BlockPatches, {"group": int, "widths": OCTETS_2D, "counts": OCTETS, "places": OCTETS, "count": int}
        ),
    },
)
"""What decoders read of an encoding."""
