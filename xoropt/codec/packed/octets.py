"""`PackedOctets`: planes that care for every weight, stored eight by eight as a byte of each weight.

A decoder that makes weights reads the bytes as they are; of bit planes it would have to gather the bits.
"""

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from xoropt.codec.attribute_checks import OCTETS_2D, Fields, check_form
from xoropt.codec.compiled.reader import Reader
from xoropt.codec.encoding import check_planes
from xoropt.codec.packed.without_network import WithoutNetwork
from xoropt.common.description_checks import non_negative_int, take
from xoropt.common.errors import DecodeError, FormatError

__all__ = ["PackedOctets"]


@dataclass(frozen=True, eq=False)
class PackedOctets(WithoutNetwork):
    """Bit planes of which every eight are a byte of each weight.

    The methods are those of `xoropt.codec.encoding.Encoding`.

    Attributes:
        shape: the shape of one plane.
        octets: uint8 (planes/8, weights); bit i of octets[k] is plane 8·k + i.
    """

    needs_mask: ClassVar[bool] = False

    shape: tuple[int, ...]
    octets: np.ndarray = field(repr=False)

    @property
    def planes(self) -> int:
        """Number of planes."""
        return 8 * len(self.octets)

    @property
    def seeds(self) -> tuple[np.ndarray, ...]:
        """The bytes in which each plane lies."""
        return tuple(self.octets[p // 8] for p in range(self.planes))

    @property
    def kept(self) -> int:  # type: ignore[override]
        """All weights."""
        return self.outputs

    def check_parts(self) -> list[np.ndarray]:
        """Check that all parts fit together."""
        check_form(self, _FORM)
        check_planes(self)
        if self.octets.shape[1] != self.outputs:
            raise DecodeError(f"the bytes of eight planes must be {self.outputs}")
        return self.flips(0, self.outputs)

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a file holds."""
        return {"octets": len(self.octets), "planes": self.planes}, {"seeds": self.octets}

    @classmethod
    def describes(cls, entry: dict[str, Any]) -> bool:
        """Return whether an entry has octets."""
        return "octets" in entry

    @classmethod
    def restore(cls, entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Self:
        """Restore the planes that `describe` described."""
        seeds, size = take(parts, "seeds", np.dtype(np.uint8), None), math.prod(shape)
        octets = non_negative_int(entry.get("octets"), "octets")
        if planes != 8 * octets or seeds.size != octets * size:
            raise FormatError(f"its part 'seeds' must be {planes} planes as bytes of {size} weights")
        return cls(shape, seeds.reshape(octets, size))

    def reader(self) -> Reader:
        """Make the compiled decoder of single planes."""

        def origin(first: int) -> int:
            return first // 64 * 64

        def room(first: int, stop: int) -> int:
            return -(-(stop - origin(first)) // 64) + 1

        def cuts(first: int, stop: int) -> list[int]:
            return [first, stop]

        def direct(first: int, stop: int) -> int:
            return first

        def fill(plane: int, first: int, stop: int, words: np.ndarray, start: int, stream: bool) -> None:
            begin = origin(first)
            some = np.packbits(self._plane(plane, begin, stop), bitorder="little")
            words.view(np.uint8)[(begin - start) // 8 :][: len(some)] = some

        return Reader(origin, room, cuts, direct, fill)

    def _plane(self, plane: int, first: int, stop: int) -> np.ndarray:
        return (self.octets[plane // 8, first:stop] & np.uint8(1 << plane % 8)).astype(bool)

    def decode_numpy(
        self, first: int, stop: int, flips: list[np.ndarray], mask: np.ndarray | None = None
    ) -> np.ndarray:
        """Decode a range with NumPy."""
        planes = [self._plane(p, first, stop) for p in range(self.planes)]
        return np.stack(planes) if planes else np.zeros((0, stop - first), dtype=bool)

    def decode_reference(self) -> np.ndarray:
        """Decode everything in plain Python."""
        planes = [[octet >> i & 1 for octet in octets] for octets in map(bytes, self.octets) for i in range(8)]
        return np.array(planes, dtype=bool).reshape(self.planes, self.outputs)

    def tiled(self, times: int) -> Self:
        """Repeat the planes along one axis."""
        return type(self)((self.outputs * times,), np.tile(self.octets, times))


_FORM = Fields(PackedOctets, {"shape": (int,), "octets": OCTETS_2D})
"""What decoders read of packed octets."""
