"""`StreamEncoded`: bit planes stored as the seed bits of a windowed network, segment by segment, and patches."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from xoropt.codec import reference
from xoropt.codec.attribute_checks import NUMBERS, OCTETS, Fields, check_form
from xoropt.codec.bits import rows_as_integers, tile_bits
from xoropt.codec.compiled.reader import Reader
from xoropt.codec.encoding import EncodedPlanes, SizeReport, check_planes
from xoropt.codec.streams.description import count_segments, parse_stream_entry, ring_slack
from xoropt.codec.streams.numpy_decoder import decode_stream
from xoropt.codec.streams.order import StreamOrder, order_from_recipe
from xoropt.codec.streams.patches import (
    StreamPatches,
    join_stream_patches,
    pack_stream_patches,
    unpack_stream_patches,
)
from xoropt.codec.streams.segments import Layout, check_layout, join_layouts
from xoropt.common.errors import ArgumentError, DecodeError
from xoropt.networks import XorNetwork

__all__ = ["StreamEncoded"]

FEW_PATCHES = 1 << 12
"""Number of patches that are always kept in memory; more are kept where they take less of it than the seeds."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StreamEncoded(EncodedPlanes):
    """Bit planes stored as the seed bits of a windowed network, segment by segment, and patches.

    The methods are those of `xoropt.codec.encoding.Encoding`.

    Attributes:
        network, order, shape, planes, care_bits, proved_blocks: as in `Encoding`.
        solver: how patches were chosen: "burst", "greedy" or "viterbi".
        layouts: the segments (see `xoropt.codec.streams.segments`), one layout for all planes or one for each.
        seeds: uint8 (⌈seed bits / 8⌉,) for each plane, the seed bits of its segments, lowest bit first.
        patches: the weights to flip.
    """

    layouts: tuple[Layout, ...] = field(repr=False)
    seeds: tuple[np.ndarray, ...] = field(repr=False)
    patches: StreamPatches = field(repr=False)

    @property
    def blocks(self) -> int:
        """Segments of one plane, on average."""
        return sum(len(layout.rows) for layout in self.layouts) // max(1, len(self.layouts))

    @property
    def all_blocks(self) -> int:
        """Segments over all planes."""
        return sum(len(self.layout(plane).rows) for plane in range(len(self.seeds)))

    @property
    def end_bits(self) -> int:
        """Seed bits at the open ends of segments; rings have none."""
        network = self.network
        return 0 if self.stream_order.closed else len(self.seeds) * self.blocks * network.memory * network.n_in

    @property
    def stream_order(self) -> StreamOrder:
        """The stream order that `order` names."""
        return order_from_recipe(self.order)

    def layout(self, plane: int) -> Layout:
        """Return the segments of one plane."""
        return self.layouts[plane if len(self.layouts) > 1 else 0]

    @property
    def size(self) -> SizeReport:
        """The stored bits; the table of segments counts as seed bits."""
        seed_bits = sum(self.layout(p).total for p in range(len(self.seeds)))
        seed_bits += sum(layout.table_bits for layout in self.layouts)
        return SizeReport(seed_bits, self.patches.bits, self.care_bits, self.patches.count)

    def check_parts(self) -> list[np.ndarray] | None:
        """Check that all parts fit together."""
        check_form(self, _FORM)
        check_planes(self)
        try:
            order, planes = self.stream_order, len(self.seeds)
        except ArgumentError:
            raise DecodeError(f"there is no stream order {self.order!r}") from None
        patches = self.patches
        if len(self.layouts) not in (1, planes) or len(patches.counts) != planes or len(patches.data) != planes:
            raise DecodeError(f"the segments or patches do not fit {planes} planes")
        for layout in self.layouts:
            check_layout(layout, order, self.outputs, self.network)
        for p, seeds in enumerate(self.seeds):
            octets = -(-self.layout(p).total // 8)
            if len(seeds) != octets:
                raise DecodeError(f"the seeds of plane {p} must be {octets} bytes")
        kept = max(FEW_PATCHES, sum(seeds.nbytes for seeds in self.seeds) // 8)
        return self.flips(0, self.outputs) if patches.count <= kept else None

    def flips(self, first: int, stop: int) -> list[np.ndarray]:
        """Read the patches of a range."""
        return [unpack_stream_patches(self.patches, p, self.outputs, first, stop) for p in range(len(self.seeds))]

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a file holds."""
        planes = len(self.seeds)
        entry = {"network": self.network.recipe, "order": self.order, "planes": planes, "care": self.care_bits}
        parts: dict[str, np.ndarray] = {}
        if self.solver != "burst" or self.proved_blocks != count_segments(self.layouts, planes):
            entry |= {"solver": self.solver, "proved": self.proved_blocks}
        if (slack := ring_slack(self.layouts, self.stream_order, self.care_bits, planes)) is None:
            entry["segments"], parts["segments"] = join_layouts(self.layouts)
        else:
            entry["slack"] = slack
        if self.patches.count:
            entry["patches"], parts["patches"] = join_stream_patches(self.patches)
        parts["seeds"] = self.seeds[0] if planes == 1 else np.concatenate([np.zeros(0, np.uint8), *self.seeds])
        return entry, parts

    @classmethod
    def describes(cls, entry: dict[str, Any]) -> bool:
        """Return whether an entry has segments or a slack, as only entries of streams do."""
        return "segments" in entry or "slack" in entry

    @classmethod
    def restore(cls, entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Self:
        """Restore the encoding that `describe` described."""
        return cls(**parse_stream_entry(entry, parts, shape, planes))

    def reader(self) -> Reader:
        """Make the compiled decoder."""
        if self.stream_order.closed:
            from xoropt.codec.streams.ring_decoder import ring_reader

            return ring_reader(self.network, self.stream_order, self.seeds, self.layouts)
        from xoropt.codec.compiled.sequential_decoder import sequential_reader

        return sequential_reader(self.network, self.seeds, self.layouts)

    def decode_numpy(
        self, first: int, stop: int, flips: list[np.ndarray], mask: np.ndarray | None = None
    ) -> np.ndarray:
        """Decode a range with NumPy."""
        planes = np.zeros((len(self.seeds), stop - first), dtype=bool)
        for p, plane in enumerate(planes):
            decode_stream(self.network, self.stream_order, self.seeds[p], self.layout(p), first, stop, plane)
            plane[flips[p] - first] ^= True
        return planes

    def decode_reference(self) -> np.ndarray:
        """Decode everything in plain Python."""
        order, network, outputs = self.stream_order, self.network, self.outputs
        rows, planes = rows_as_integers(network.rows), []
        for p, seeds in enumerate(self.seeds):
            layout = self.layout(p)
            plane = reference.decode_stream(
                seeds=seeds.tobytes(),
                rows=rows,
                n_in=network.n_in,
                memory=network.memory,
                n_out=network.n_out,
                kind=order.kind,
                lanes=order.lanes,
                segment_rows=layout.rows.tolist(),
                segment_seed_bits=layout.seed_bits.tolist(),
                flips=reference.read_stream_patches(self.patches.data[p].tobytes(), self.patches.counts[p], outputs),
                outputs=outputs,
            )
            planes.append(plane)
        return np.array(planes, dtype=bool).reshape(len(planes), outputs)

    def tiled(self, times: int) -> Self:
        """Repeat the planes along one axis, each padded to whole weight rows."""
        size = int(self.layouts[0].rows.sum()) * self.stream_order.lanes
        starts = np.arange(times)[:, None] * size
        flips = [(at + starts).reshape(-1) for at in self.flips(0, self.outputs)]
        return replace(
            self,
            shape=(size * times,),
            layouts=tuple(Layout(np.tile(t.rows, times), np.tile(t.seed_bits, times)) for t in self.layouts),
            seeds=tuple(tile_bits(seeds, self.layout(p).total, times) for p, seeds in enumerate(self.seeds)),
            patches=pack_stream_patches(flips, size * times),
            care_bits=self.care_bits * times,
        )


_FORM = Fields(
    StreamEncoded,
    {
        "network": XorNetwork,
        "order": str,
        "shape": (int,),
        "planes": int | None,
        "layouts": (Fields(Layout, {"rows": NUMBERS, "seed_bits": NUMBERS}),),
        "seeds": (OCTETS,),
        "patches": Fields(StreamPatches, {"counts": (int,), "data": (OCTETS,)}),
    },
)
"""What decoders read of a stream encoding."""
