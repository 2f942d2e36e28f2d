"""`PackedValues`: the values of the kept weights, packed: what a bitmap needs beside it, and what tiny tensors take.

Nothing is smaller than the values' own bits, but only a decoder that ranks the mask finds a weight's bits in them.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np

from xoropt.codec.bits import tiled_bits
from xoropt.codec.checks import OCTETS_2D, Fields, check_form, check_planes
from xoropt.codec.compiled.reader import Reader
from xoropt.codec.encoding import SizeReport
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.common.errors import DecodeError
from xoropt.common.fields import non_negative_int, take
from xoropt.networks import XorNetwork

__all__ = ["PACKED", "PackedValues", "pack_values", "unpack_values"]

PACKED = XorNetwork(1, 1, 0, np.ones((1, 1), dtype=np.uint64), "packed")
"""What stands for a network: each kept weight's bit is a seed bit."""


@dataclass(frozen=True, eq=False)
class PackedValues:
    """Bit planes stored as the bits of their kept weights, in row-major order.

    Methods are those of `xoropt.codec.encoding.Encoding`.

    Attributes:
        shape: of one plane.
        kept: kept weights.
        seeds: uint8 (planes, ⌈kept/8⌉), lowest bit first.
    """

    needs_mask: ClassVar[bool] = True

    shape: tuple[int, ...]
    kept: int
    seeds: np.ndarray = field(repr=False)

    network, order, solver, blocks = PACKED, "rows", "none", 1

    @property
    def planes(self) -> int:
        """Number of planes."""
        return len(self.seeds)

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
        """Every plane: none needs patches."""
        return len(self.seeds)

    @property
    def size(self) -> SizeReport:
        return SizeReport(self.care_bits, 0, self.care_bits, 0)

    @property
    def end_bits(self) -> int:
        return 0

    @property
    def stream_order(self) -> StreamOrder:
        return StreamOrder("rows", 1)

    def layout(self, plane: int) -> Layout:
        """The kept weights as one segment, a seed bit each."""
        return Layout(np.array([self.kept]), np.array([self.kept]))

    def check_parts(self) -> list[np.ndarray]:
        check_form(self, _FORM)
        check_planes(self)
        if not 0 <= self.kept <= self.outputs:
            raise DecodeError(f"a plane of {self.outputs} weights cannot keep {self.kept}")
        if self.seeds.shape[1] != -(-self.kept // 8):
            raise DecodeError(f"the values of a plane must be {-(-self.kept // 8)} bytes")
        return [np.empty(0, dtype=np.int64)] * len(self.seeds)

    def flips(self, first: int, stop: int) -> list[np.ndarray]:
        return [np.empty(0, dtype=np.int64)] * len(self.seeds)

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        entry = {"network": PACKED.recipe, "planes": len(self.seeds), "care": self.care_bits}
        return entry, {"seeds": self.seeds}

    @classmethod
    def describes(cls, entry: dict[str, Any]) -> bool:
        return entry.get("network") == PACKED.recipe

    @classmethod
    def restore(cls, entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Self:
        kept = non_negative_int(entry.get("care"), "care") // max(1, planes)
        return cls(shape, kept, take(parts, "seeds", np.dtype(np.uint8), (planes, -(-kept // 8))))

    def reader(self) -> Reader:
        raise DecodeError("packed values can't be decoded without their mask")

    def decode_numpy(
        self, first: int, stop: int, flips: list[np.ndarray], mask: np.ndarray | None = None
    ) -> np.ndarray:
        if mask is None:
            raise DecodeError("packed values can't be decoded without their mask")
        return unpack_values(self, mask)[:, first:stop]

    def decode_reference(self) -> np.ndarray:
        raise DecodeError("packed values can't be decoded without their mask")

    def tiled(self, times: int) -> Self:
        seeds = np.stack([tiled_bits(seeds, self.kept, times) for seeds in self.seeds])
        return replace(self, shape=(self.outputs * times,), kept=self.kept * times, seeds=seeds)


_FORM = Fields(PackedValues, {"shape": (int,), "kept": int, "seeds": OCTETS_2D})
"""What decoders read of an encoding."""


def pack_values(planes: np.ndarray, mask: np.ndarray) -> PackedValues:
    """Pack the kept bits of some planes.

    Args:
        planes: bool (planes, ...).
        mask: bool (...), True for kept weights.
    """
    return PackedValues(
        mask.shape, int(np.count_nonzero(mask)), np.packbits(planes[:, mask], axis=1, bitorder="little")
    )


def unpack_values(packed: PackedValues, mask: np.ndarray) -> np.ndarray:
    """The planes, bool (planes, *mask.shape), False where the mask is.

    Raises:
        DecodeError: the mask keeps another number of weights.
    """
    if int(np.count_nonzero(mask)) != packed.kept:
        raise DecodeError(f"the mask keeps {int(np.count_nonzero(mask))} weights, the values are of {packed.kept}")
    planes = np.zeros((len(packed.seeds), *mask.shape), dtype=bool)
    planes[:, mask] = np.unpackbits(packed.seeds, axis=1, count=packed.kept, bitorder="little")
    return planes
