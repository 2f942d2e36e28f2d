"""`StackedPlanes`: bit planes of several encodings, one on the other, for planes that care for different weights."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any, Self

import numpy as np

from xoropt.codec.compiled.reader import Reader
from xoropt.codec.encoding import Encoding, SizeReport, check_planes
from xoropt.codec.packed.encoding import PackedValues
from xoropt.codec.packed.octets import PackedOctets
from xoropt.codec.storing import Storable
from xoropt.codec.streams.encoding import StreamEncoded
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.common.description_checks import get, non_negative_int
from xoropt.common.errors import DecodeError, EncodeError, FormatError
from xoropt.networks import XorNetwork

__all__ = ["StackedPlanes", "stack"]

SCHEMES: tuple[type[Encoding], ...] = (PackedOctets, PackedValues, StreamEncoded)
"""The schemes that a stack may hold."""

TILE = 1 << 21
"""Fewest weights of a tile, unless there are fewer: a call for each plane takes as long as 10,000 weights of it."""
STREAM_PARTS = ("seeds", "segments", "patches")
"""The parts that members of a stack share."""


@dataclass(frozen=True, eq=False)
class StackedPlanes(Storable):
    """Bit planes stored by several encodings: those of the first one, then those of the second one, and so on.

    The methods are those of `xoropt.codec.encoding.Encoding`.

    Attributes:
        members: the encodings, two at least, of planes of the same shape.
    """

    members: tuple[Encoding, ...]

    @property
    def octets(self) -> np.ndarray | None:
        """The octets of the first encoding."""
        return self.members[0].octets

    @property
    def has_network(self) -> bool:
        """Whether a network makes some of the planes."""
        return any(member.has_network for member in self.members)

    @property
    def needs_mask(self) -> bool:
        """Whether one of the encodings does."""
        return any(member.needs_mask for member in self.members)

    @property
    def main(self) -> Encoding:
        """The first encoding with a network, which has the most care bits."""
        return next((member for member in self.members if member.has_network), self.members[0])

    @property
    def network(self) -> XorNetwork:
        """The network of the first encoding that has one."""
        return self.main.network

    @property
    def order(self) -> str:
        """The order that goes with `network`."""
        return self.main.order

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one plane."""
        return self.members[0].shape

    @property
    def planes(self) -> int:
        """Number of planes."""
        return len(self.seeds)

    @property
    def seeds(self) -> tuple[np.ndarray, ...]:
        """The stored bits of each plane."""
        return tuple(seeds for member in self.members for seeds in member.seeds)

    @property
    def care_bits(self) -> int:
        """Care bits over all planes."""
        return sum(member.care_bits for member in self.members)

    @property
    def kept(self) -> int:
        """Weights that the first plane cares for."""
        return self.members[0].kept

    @property
    def solver(self) -> str:
        """How patches were chosen where there is a network."""
        return self.main.solver

    @property
    def proved_blocks(self) -> int:
        """Segments with a number of patches that is proved minimal."""
        return sum(member.proved_blocks for member in self.members)

    @property
    def outputs(self) -> int:
        """Bits of one plane."""
        return self.members[0].outputs

    @property
    def blocks(self) -> int:
        """Segments of one plane, on average."""
        return sum(member.blocks * len(member.seeds) for member in self.members) // max(1, self.planes)

    @property
    def all_blocks(self) -> int:
        """Segments over all planes."""
        return sum(member.all_blocks for member in self.members)

    @property
    def size(self) -> SizeReport:
        """The stored bits; those of planes without a network count as raw."""
        sizes = [member.size for member in self.members if member.has_network]
        return SizeReport(
            sum(size.seed_bits for size in sizes),
            sum(size.patch_bits for size in sizes),
            sum(size.care_bits for size in sizes),
            sum(size.patches for size in sizes),
            sum(member.size.total_bits for member in self.members if not member.has_network),
        )

    @property
    def end_bits(self) -> int:
        """Seed bits lost at the ends of streams."""
        return sum(member.end_bits for member in self.members)

    @property
    def stream_order(self) -> StreamOrder:
        """The order that goes with `network`."""
        return self.main.stream_order

    def layout(self, plane: int) -> Layout:
        """Return the segments of one plane."""
        for member in self.members:
            if plane < len(member.seeds):
                return member.layout(plane)
            plane -= len(member.seeds)
        raise IndexError(plane)

    def check_parts(self) -> list[np.ndarray] | None:
        """Check that all parts fit together."""
        if not isinstance(self.members, tuple) or len(self.members) < 2:
            raise DecodeError("a stack of planes needs two encodings at least")
        for member in self.members:
            if not isinstance(member, SCHEMES):
                raise DecodeError(f"a stack of planes can't hold {type(member).__name__}")
        flips = [member.check_parts() for member in self.members]
        if any(member.shape != self.shape or member.planes is None for member in self.members):
            raise DecodeError("the encodings of a stack must have planes of one shape")
        check_planes(self)
        known = [some for some in flips if some is not None]
        return [at for some in known for at in some] if len(known) == len(flips) else None

    def flips(self, first: int, stop: int) -> list[np.ndarray]:
        """Read the patches of a range."""
        return [at for member in self.members for at in member.flips(first, stop)]

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a file holds: the encodings' entries as `stack`, and their parts one after the other.

        `bytes` of an entry says how many bytes of each part belong to it. So a tensor has few arrays.
        """
        entries: list[dict[str, Any]] = []
        parts: dict[str, list[np.ndarray]] = {}
        for member in self.members:
            entry, own = member.describe()
            sizes = {part: array.nbytes for part, array in own.items() if array.nbytes}
            entries.append(entry | {"bytes": sizes})
            for part in sizes:
                parts.setdefault(part, []).append(own[part].reshape(-1))
        joined = {part: np.concatenate(parts.pop(part)) for part in [*parts]}
        return {"stack": entries, "planes": self.planes}, {"seeds": np.zeros(0, dtype=np.uint8)} | joined

    @classmethod
    def describes(cls, entry: dict[str, Any]) -> bool:
        """Return whether an entry has a stack."""
        return "stack" in entry

    @classmethod
    def restore(cls, entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Self:
        """Restore the encodings that `describe` described."""
        members: list[Encoding] = []
        at = {part: 0 for part in STREAM_PARTS if part in parts}
        left = planes
        for inner in get(entry, "stack", list):
            schemes = [one for one in SCHEMES if isinstance(inner, dict) and one.describes(inner)]
            if not schemes or cls.describes(inner):
                raise FormatError("the description lacks a valid 'stack'")
            own = {part: np.zeros(0, dtype=np.uint8) for part in ("seeds", "patches")}
            for part, size in get(inner, "bytes", dict).items():
                end = at.get(part, 0) + non_negative_int(size, "bytes")
                if part not in at or parts[part].dtype != np.uint8 or end > parts[part].size:
                    raise FormatError(f"the part '{part}' does not fit its stack")
                own[part] = parts[part].reshape(-1)[at[part] : end]
                at[part] = end
            count = non_negative_int(inner.get("planes"), "planes")
            left -= count
            if left < 0 or not count:  # before an encoding makes anything; those without planes could be any number
                left = -1
                break
            members.append(schemes[0].restore(inner, own, shape, count))
        if left or len(members) < 2:
            raise FormatError(f"its stack must be two encodings at least, of {planes} planes together")
        if any(at[part] != parts[part].size for part in at):
            raise FormatError("the parts go on after the end of its stack")
        return cls(tuple(members))

    def reader(self) -> Reader:
        """Make the compiled decoder."""
        readers = [member.reader() for member in self.members]
        ends = list(accumulate(len(member.seeds) for member in self.members))
        owner = [i for i, member in enumerate(self.members) for _ in range(len(member.seeds))]
        main = readers[self.members.index(self.main)]

        def origin(first: int) -> int:
            return min(reader.origin(first) for reader in readers)

        def room(first: int, stop: int) -> int:
            begin = origin(first)
            return max((reader.origin(first) - begin) // 64 + reader.room(first, stop) for reader in readers) + 1

        def direct(first: int, stop: int) -> int:
            return first  # the members' rows have different ends

        def fill(plane: int, first: int, stop: int, words: np.ndarray, start: int, stream: bool) -> None:
            i = owner[plane]
            readers[i].fill(plane - (ends[i - 1] if i else 0), first, stop, words, start, stream)

        def cuts(first: int, stop: int) -> list[int]:
            made = [first]
            for cut in main.cuts(first, stop)[1:-1]:
                if cut - made[-1] >= TILE:
                    made.append(cut)
            return [*made, stop]

        return Reader(origin, room, cuts, direct, fill)

    def decode_numpy(
        self, first: int, stop: int, flips: list[np.ndarray], mask: np.ndarray | None = None
    ) -> np.ndarray:
        """Decode a range with NumPy."""
        parts = [
            member.decode_numpy(first, stop, flips[a:b], mask if member.needs_mask else None)
            for member, a, b in self._spans()
        ]
        return np.concatenate(parts)

    def decode_reference(self) -> np.ndarray:
        """Decode everything in plain Python."""
        return np.concatenate([member.decode_reference() for member in self.members])

    def tiled(self, times: int) -> Self:
        """Repeat the planes along one axis; every encoding must have whole rows.

        Raises:
            EncodeError: one has not.
        """
        members = tuple(member.tiled(times) for member in self.members)
        if any(member.outputs != self.outputs * times for member in members):
            raise EncodeError("These planes can't be repeated: their encodings end within a row of lanes.")
        return replace(self, members=members)

    def _spans(self) -> Iterator[tuple[Encoding, int, int]]:
        """Yield each encoding with its first plane and the plane after its last one."""
        ends = accumulate((len(member.seeds) for member in self.members), initial=0)
        for member, (a, b) in zip(self.members, pairwise(ends), strict=True):
            yield member, a, b


def stack(members: list[Encoding]) -> Encoding:
    """Put encodings of planes of the same shape one on the other; a single one stays as it is."""
    return members[0] if len(members) == 1 else StackedPlanes(tuple(members))
