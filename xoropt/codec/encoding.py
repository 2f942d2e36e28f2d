"""What every encoding offers: the contract between the schemes that store bit planes and all that use them."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from xoropt.codec.compiled.reader import Reader
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.common.fields import get
from xoropt.networks import XorNetwork, from_recipe

__all__ = ["EncodedPlanes", "Encoding", "SizeReport", "network_of"]


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


class Encoding(Protocol):
    """Bit planes as one scheme stores them: a frozen dataclass, compared by identity.

    Outside its own package nobody asks which scheme it is. Weights are counted in row-major order; a range is given by
    its first weight and its end. Methods that decode rely on `check_parts`, which `xoropt.codec.checks.checked` calls
    once for each encoding.

    Attributes:
        needs_mask: whether a weight's bits are found only by counting the kept weights before it.
        network: whose outputs the planes are.
        order: the recipe of the stream order, see `xoropt.codec.streams.order`.
        shape: of one plane.
        planes: number of planes; None when the bits came without a plane axis (one plane).
        seeds: for each plane uint8, its stored bits, lowest bit first.
        care_bits: bits that matter, over all planes.
        solver: how seeds or patches were chosen.
        proved_blocks: blocks or segments, over all planes, whose patches are proved to be the fewest possible.
    """

    needs_mask: ClassVar[bool]

    @property
    def network(self) -> XorNetwork: ...
    @property
    def order(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def planes(self) -> int | None: ...
    @property
    def seeds(self) -> np.ndarray | tuple[np.ndarray, ...]: ...
    @property
    def care_bits(self) -> int: ...
    @property
    def solver(self) -> str: ...
    @property
    def proved_blocks(self) -> int: ...

    @property
    def outputs(self) -> int:
        """Bits of one plane."""
        ...

    @property
    def blocks(self) -> int:
        """Blocks or segments of one plane."""
        ...

    @property
    def size(self) -> SizeReport:
        """What is stored, in bits."""
        ...

    @property
    def end_bits(self) -> int:
        """Seed bits that the ends of streams or blocks take, over all planes: a larger tensor has no more of them."""
        ...

    @property
    def stream_order(self) -> StreamOrder:
        """How the stream runs over a plane."""
        ...

    def layout(self, plane: int) -> Layout:
        """The segments of one plane."""
        ...

    def check_parts(self) -> list[np.ndarray] | None:
        """Check that all parts fit together.

        Returns:
            The weights to flip of each plane, int64, ascending; None where they are too many to keep: `flips` then
            reads, and checks, a range of them.

        Raises:
            DecodeError: the parts do not fit.
        """
        ...

    def flips(self, first: int, stop: int) -> list[np.ndarray]:
        """Read the patches of a range: for each plane the weights to flip, int64, ascending.

        Raises:
            DecodeError: the stored patches are damaged there.
        """
        ...

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a file holds: the entry of its JSON description, and arrays by part."""
        ...

    @classmethod
    def describes(cls, entry: dict[str, Any]) -> bool:
        """Return whether an entry is one that `describe` made."""
        ...

    @classmethod
    def restore(cls, entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Self:
        """Make the encoding of an entry and its parts, the inverse of `describe`.

        Raises:
            FormatError, ArgumentError, DecodeError: the entry is not valid, or the parts do not fit it.
        """
        ...

    def reader(self) -> Reader:
        """Make the compiled decoder, which writes ranges of a plane into given words."""
        ...

    def decode_numpy(self, first: int, stop: int, flips: list[np.ndarray], mask: np.ndarray | None) -> np.ndarray:
        """Decode a range by NumPy: bool (planes, stop − first).

        Args:
            first, stop: the range.
            flips: for each plane the weights of the range to flip.
            mask: bool, of all weights, flat; None unless `needs_mask`.

        Raises:
            DecodeError: the mask does not fit.
        """
        ...

    def decode_reference(self) -> np.ndarray:
        """Decode everything in plain Python: bool (planes, outputs); patches are read independently of `flips`."""
        ...

    def tiled(self, times: int) -> Self:
        """Repeat the stream `times` times along one axis, blocks or segments filled up, as for measuring speed."""
        ...


@lru_cache(maxsize=16)
def _network(recipe: str) -> XorNetwork:
    return from_recipe(recipe)


def network_of(entry: dict[str, Any]) -> XorNetwork:
    """The network that an entry names; a few are kept, since tensors share them and they take milliseconds to draw.

    Raises:
        FormatError, ArgumentError: there is no valid recipe.
    """
    return _network(get(entry, "network", str))


@dataclass(frozen=True, eq=False, kw_only=True)
class EncodedPlanes:
    """The fields that the encodings through a network share; see `Encoding`."""

    needs_mask: ClassVar[bool] = False

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
