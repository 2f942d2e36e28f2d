"""`PackedValues`: the bits of the kept weights alone, for values beside a bitmap mask and for tiny tensors.

No scheme stores fewer bits, but a decoder has to count the kept weights before a weight to find its bits.
"""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np

from xoropt.codec import reference
from xoropt.codec.attribute_checks import OCTETS_2D, Fields, check_form
from xoropt.codec.bits import tile_bits
from xoropt.codec.compiled.reader import Reader
from xoropt.codec.encoding import check_planes
from xoropt.codec.lazy_planes import LazyPlanes
from xoropt.codec.packed.raw_reader import raw_reader
from xoropt.codec.packed.without_network import PACKED, WithoutNetwork
from xoropt.common.description_checks import non_negative_int, take
from xoropt.common.errors import DecodeError, FormatError

__all__ = ["PACKED", "PackedValues", "pack_planes", "pack_values", "unpack_values"]

CHUNK = 1 << 21
"""Weights that are packed at once, a multiple of 8."""
NO_MASK = "packed values can't be decoded without their mask; give it as the argument 'mask'"


@dataclass(frozen=True, eq=False)
class PackedValues(WithoutNetwork):
    """Bit planes stored as the bits of their kept weights, in row-major order.

    The methods are those of `xoropt.codec.encoding.Encoding`.

    Attributes:
        shape: the shape of one plane.
        kept: number of kept weights.
        seeds: uint8 (planes, ⌈kept/8⌉), the bits of the kept weights, lowest bit first.
    """

    octets: ClassVar[np.ndarray | None] = None

    shape: tuple[int, ...]
    kept: int
    seeds: np.ndarray = field(repr=False)

    @property
    def needs_mask(self) -> bool:
        """Whether some weights are pruned, so that a weight's bits lie at its rank among the kept ones."""
        return self.kept != self.outputs

    @property
    def planes(self) -> int:
        """Number of planes."""
        return len(self.seeds)

    def check_parts(self) -> list[np.ndarray]:
        """Check that all parts fit together."""
        check_form(self, _FORM)
        check_planes(self)
        if not 0 <= self.kept <= self.outputs:
            raise DecodeError(f"a plane of {self.outputs} weights cannot keep {self.kept}")
        if self.seeds.shape[1] != -(-self.kept // 8):
            raise DecodeError(f"the values of a plane must be {-(-self.kept // 8)} bytes")
        return self.flips(0, self.outputs)

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a file holds."""
        entry = {"network": PACKED.recipe, "planes": len(self.seeds), "care": self.care_bits}
        return entry, {"seeds": self.seeds}

    @classmethod
    def describes(cls, entry: dict[str, Any]) -> bool:
        """Return whether an entry names the network `PACKED`."""
        return entry.get("network") == PACKED.recipe

    @classmethod
    def restore(cls, entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Self:
        """Restore the packed values that `describe` described."""
        kept = non_negative_int(entry.get("care"), "care") // max(1, planes)
        seeds, size = take(parts, "seeds", np.dtype(np.uint8), None), -(-kept // 8)
        if seeds.shape not in ((planes, size), (planes * size,)):
            raise FormatError(f"its part 'seeds' must be {planes} planes of {size} bytes")
        return cls(shape, kept, seeds.reshape(planes, size))

    def reader(self) -> Reader:
        """Make the compiled decoder where every weight is kept; the compiled decoders do not count kept weights."""
        if self.needs_mask:
            raise DecodeError(NO_MASK)
        return raw_reader(self.seeds)

    def decode_numpy(
        self, first: int, stop: int, flips: list[np.ndarray], mask: np.ndarray | None = None
    ) -> np.ndarray:
        """Decode a range with NumPy."""
        if not self.needs_mask:
            some = np.unpackbits(self.seeds[:, first // 8 : -(-stop // 8)], axis=1, bitorder="little")
            return some[:, first % 8 :][:, : stop - first].view(bool)
        if mask is None:
            raise DecodeError(NO_MASK)
        return unpack_values(self, mask)[:, first:stop]

    def decode_reference(self) -> np.ndarray:
        """Decode everything in plain Python where every weight is kept; the reference decoder gets no mask."""
        if self.needs_mask:
            raise DecodeError(NO_MASK)
        planes = [[reference.read_bits(bits, i, 1) for i in range(self.outputs)] for bits in map(bytes, self.seeds)]
        return np.array(planes, dtype=bool).reshape(len(planes), self.outputs)

    def tiled(self, times: int) -> Self:
        """Repeat the planes along one axis."""
        seeds = np.stack([tile_bits(seeds, self.kept, times) for seeds in self.seeds])
        return replace(self, shape=(self.outputs * times,), kept=self.kept * times, seeds=seeds)


_FORM = Fields(PackedValues, {"shape": (int,), "kept": int, "seeds": OCTETS_2D})
"""What decoders read of packed values."""


def pack_values(planes: np.ndarray, mask: np.ndarray) -> PackedValues:
    """Pack the kept bits of some planes.

    Args:
        planes: bool (planes, ...).
        mask: bool (...), True for kept weights.
    """
    return pack_planes(planes.reshape(len(planes), mask.size), mask)


def pack_planes(planes: np.ndarray | LazyPlanes, mask: np.ndarray) -> PackedValues:
    """Pack the kept bits of some planes, a part at a time.

    Args:
        planes: bool (planes, weights).
        mask: bool (...), True for kept weights.
    """
    kept, flat = int(np.count_nonzero(mask)), mask.reshape(-1)
    seeds = np.empty((len(planes), -(-kept // 8)), dtype=np.uint8)
    if kept < len(flat):
        for number, row in enumerate(seeds):
            row[:] = np.packbits(np.asarray(planes[number : number + 1, :])[0][flat], bitorder="little")
        return PackedValues(mask.shape, kept, seeds)
    for first in range(0, kept, CHUNK):
        some = np.packbits(np.asarray(planes[:, first : first + CHUNK]), axis=1, bitorder="little")
        seeds[:, first // 8 :][:, : some.shape[1]] = some
    return PackedValues(mask.shape, kept, seeds)


def unpack_values(packed: PackedValues, mask: np.ndarray) -> np.ndarray:
    """Unpack planes: bool (planes, *mask.shape), False where the mask is.

    Args:
        packed: what `pack_values` returned.
        mask: bool (...), the same mask.

    Raises:
        DecodeError: the mask keeps another number of weights.
    """
    kept = int(np.count_nonzero(mask))
    if kept != packed.kept:
        raise DecodeError(f"the mask keeps {kept} weights, but there are values of {packed.kept}")
    planes = np.zeros((len(packed.seeds), *mask.shape), dtype=bool)
    planes[:, mask] = np.unpackbits(packed.seeds, axis=1, count=packed.kept, bitorder="little")
    return planes
