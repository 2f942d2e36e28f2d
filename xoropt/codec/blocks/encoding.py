"""`BlockEncoded`: bit planes stored as one seed for each block of outputs, and patches."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from xoropt.codec import reference
from xoropt.codec.attribute_checks import OCTETS, OCTETS_2D, Fields, check_form
from xoropt.codec.bits import rows_as_integers, tile_bits
from xoropt.codec.blocks.description import parse_block_entry
from xoropt.codec.blocks.numpy_decoder import decode_blocks
from xoropt.codec.blocks.patches import BlockPatches, join_patches, pack_patches, unpack_patches
from xoropt.codec.compiled.reader import Reader
from xoropt.codec.encoding import EncodedPlanes, SizeReport, check_planes
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.common.errors import DecodeError
from xoropt.networks import XorNetwork

__all__ = ["BlockEncoded"]


@dataclass(frozen=True, eq=False, kw_only=True)
class BlockEncoded(EncodedPlanes):
    """Bit planes stored as seeds of a block network, one for each block, and patches; the order is "rows".

    The scheme of Kwon et al. (CVPR 2020), section 3. The methods are those of `xoropt.codec.encoding.Encoding`.

    Attributes:
        network, order, shape, planes, care_bits, proved_blocks: as in `Encoding`.
        solver: the strategy that searched the seeds.
        seeds: uint8 (planes, ⌈seed bits of a plane / 8⌉): seed t is bits [t·n_in, (t+1)·n_in), lowest bit first.
        patches: the outputs to flip.
    """

    seeds: np.ndarray = field(repr=False)
    patches: BlockPatches = field(repr=False)

    @property
    def blocks(self) -> int:
        """Blocks of one plane, l = ⌈outputs / n_out⌉."""
        return -(-self.outputs // self.network.n_out)

    @property
    def all_blocks(self) -> int:
        """Blocks over all planes."""
        return self.blocks * len(self.seeds)

    @property
    def size(self) -> SizeReport:
        """The stored bits."""
        seed_bits = len(self.seeds) * self.blocks * self.network.n_in
        return SizeReport(seed_bits, self.patches.bits, self.care_bits, self.patches.count)

    @property
    def end_bits(self) -> int:
        """Seed bits of the outputs that pad the last blocks."""
        idle = self.blocks * self.network.n_out - self.outputs
        return len(self.seeds) * idle * self.network.n_in // self.network.n_out

    @property
    def stream_order(self) -> StreamOrder:
        """The row-major order, in which blocks follow one another."""
        return StreamOrder("rows", 1)

    def layout(self, plane: int) -> Layout:
        """Return the plane as one segment."""
        return Layout(np.array([self.outputs]), np.array([self.blocks * self.network.n_in]))

    def check_parts(self) -> list[np.ndarray]:
        """Check that all parts fit together."""
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
        """Read the patches of a range."""
        every = unpack_patches(self.patches, self.blocks, self.network.n_out, self.outputs)
        return [at[slice(*np.searchsorted(at, (first, stop)))] for at in every]

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a file holds."""
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
        """Return whether an entry lacks what entries of streams have."""
        return "segments" not in entry and "slack" not in entry

    @classmethod
    def restore(cls, entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Self:
        """Restore the encoding that `describe` described."""
        return cls(**parse_block_entry(entry, parts, shape, planes))

    def reader(self) -> Reader:
        """Make the compiled decoder."""
        from xoropt.codec.compiled.sequential_decoder import sequential_reader

        return sequential_reader(self.network, self.seeds, [self.layout(0)])

    def decode_numpy(
        self, first: int, stop: int, flips: list[np.ndarray], mask: np.ndarray | None = None
    ) -> np.ndarray:
        """Decode a range with NumPy."""
        return decode_blocks(self.network, self.seeds, first, stop, flips)

    def decode_reference(self) -> np.ndarray:
        """Decode everything in plain Python."""
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
            reference.decode_plane(seeds.tobytes(), rows_as_integers(network.rows), network.n_in, flip, self.outputs)
            for seeds, flip in zip(self.seeds, flips, strict=True)
        ]
        return np.array(planes, dtype=bool).reshape(len(planes), self.outputs)

    def tiled(self, times: int) -> Self:
        """Repeat the planes along one axis, each padded to whole blocks."""
        blocks, n_in, n_out = self.blocks, self.network.n_in, self.network.n_out
        size = blocks * n_out
        starts = np.arange(times)[:, None] * size
        flips = [(at + starts).reshape(-1) for at in self.flips(0, self.outputs)]
        return replace(
            self,
            shape=(size * times,),
            seeds=np.stack([tile_bits(seeds, blocks * n_in, times) for seeds in self.seeds]),
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
"""What decoders read of a block encoding."""
