"""The contract of encodings: what each offers to the decoders, the file format and the rest of the library."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from xoropt.codec.compiled.reader import Reader
from xoropt.codec.storing import Storable
from xoropt.codec.streams.order import StreamOrder
from xoropt.codec.streams.segments import Layout
from xoropt.common.description_checks import get
from xoropt.common.errors import DecodeError
from xoropt.networks import XorNetwork, from_recipe

__all__ = ["EncodedPlanes", "Encoding", "SizeReport", "check_planes", "network_of"]

LARGEST = 1 << 62
"""Most weights of a plane: decoders count them in 64 bits."""


@dataclass(frozen=True)
class SizeReport:
    """The stored bits of a tensor's values, without its mask, scales and headers.

    Attributes:
        seed_bits: bits of the seeds of all planes.
        patch_bits: bits of the patches of all planes, both their counts and their places.
        care_bits: the values' own bits that seeds and patches store, the limit.
        patches: care bits that the network gets wrong.
        raw_bits: bits of planes that need no network, beside those of others.
    """

    seed_bits: int
    patch_bits: int
    care_bits: int
    patches: int
    raw_bits: int = 0

    @property
    def total_bits(self) -> int:
        """Seed bits, patch bits and raw bits."""
        return self.seed_bits + self.patch_bits + self.raw_bits

    @property
    def efficiency(self) -> float:
        """E, care bits over seed and patch bits: 1 is the limit for random values. 1 where nothing is stored."""
        stored = self.seed_bits + self.patch_bits
        return self.care_bits / stored if stored else 1.0


class Encoding(Protocol):
    """Bit planes as one scheme stores them: a frozen dataclass, compared by identity.

    Code outside a scheme's own package never asks which scheme it has. Weights are numbered in row-major order; a range
    is given by its first weight and its end. The methods that decode rely on `check_parts`, which
    `xoropt.codec.checks.check_once` calls once for each encoding.

    Attributes:
        main: of planes that several encodings store, the one of them that `network` and `order` are of; else itself.
        has_network: whether `network` makes the planes; otherwise it stands for none.
        octets: uint8 (n, outputs), the first 8·n planes as bytes of each weight, lowest bit first, where they are
            stored so; None otherwise.
        needs_mask: whether a weight's bits are found only by counting the kept weights before it.
        network: the network; planes are its outputs, with patches applied.
        order: the recipe of the stream order, see `xoropt.codec.streams.order`.
        shape: the shape of one plane.
        planes: number of planes; None when the bits came without a plane axis (one plane).
        seeds: uint8 for each plane, its stored bits, lowest bit first.
        care_bits: care bits over all planes.
        kept: weights that the first plane cares for; 0 where there are no planes.
        solver: how seeds or patches were chosen.
        proved_blocks: blocks or segments, over all planes, with a number of patches that is proved minimal.
    """

    @property
    def octets(self) -> np.ndarray | None: ...
    @property
    def main(self) -> "Encoding": ...
    @property
    def has_network(self) -> bool: ...
    @property
    def needs_mask(self) -> bool: ...

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
    def kept(self) -> int: ...
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
    def all_blocks(self) -> int:
        """Blocks or segments over all planes."""
        ...

    @property
    def size(self) -> SizeReport:
        """The stored bits."""
        ...

    @property
    def end_bits(self) -> int:
        """Seed bits lost at the ends of streams or blocks, over all planes; a larger tensor loses no more."""
        ...

    @property
    def stream_order(self) -> StreamOrder:
        """The way in which the stream runs over a plane."""
        ...

    def layout(self, plane: int) -> Layout:
        """Return the segments of one plane."""
        ...

    def check_parts(self) -> list[np.ndarray] | None:
        """Check that all parts fit together.

        Returns:
            The weights to flip in each plane, int64, ascending. None where there are too many to keep in memory; then
            `flips` reads and checks a range of them.

        Raises:
            DecodeError: the parts do not fit together.
        """
        ...

    def flips(self, first: int, stop: int) -> list[np.ndarray]:
        """Read the patches of a range.

        Returns:
            The weights to flip in each plane, int64, ascending.

        Raises:
            DecodeError: the stored patches are damaged there.
        """
        ...

    def describe(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a file holds: the entry of its JSON description, and arrays by part."""
        ...

    @classmethod
    def describes(cls, entry: dict[str, Any]) -> bool:
        """Return whether `describe` of this scheme made an entry."""
        ...

    @classmethod
    def restore(cls, entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int) -> Self:
        """Restore an encoding from its entry and its parts, the inverse of `describe`.

        Raises:
            FormatError, ArgumentError, DecodeError: the entry is not valid, or the parts do not fit it.
        """
        ...

    def reader(self) -> Reader:
        """Make the compiled decoder, which writes ranges of a plane into given words."""
        ...

    def decode_numpy(self, first: int, stop: int, flips: list[np.ndarray], mask: np.ndarray | None) -> np.ndarray:
        """Decode a range with NumPy.

        Args:
            first, stop: the range.
            flips: the weights of the range to flip in each plane.
            mask: bool (outputs,), True for kept weights; None unless `needs_mask`.

        Returns:
            bool (planes, stop − first).

        Raises:
            DecodeError: the mask is missing or does not fit.
        """
        ...

    def decode_reference(self) -> np.ndarray:
        """Decode everything in plain Python, patches too, without `flips`: bool (planes, outputs)."""
        ...

    def to_bytes(self) -> bytes:
        """Return the encoding as bytes, see `xoropt.codec.storing`."""
        ...

    def tiled(self, times: int) -> Self:
        """Repeat the planes `times` times along one axis, each padded to whole blocks or segments.

        Makes planes of any size without encoding them, to measure decoders.
        """
        ...


def check_planes(encoded: Encoding) -> None:
    """Check that the number of planes and the shape are possible.

    Raises:
        DecodeError: they are not.
    """
    planes = len(encoded.seeds)
    if planes != (1 if encoded.planes is None else encoded.planes):
        raise DecodeError(f"there are seeds of {planes} planes, but 'planes' is {encoded.planes}")
    if min(encoded.shape, default=0) < 0 or encoded.outputs > LARGEST:
        raise DecodeError("the shape has a negative side or is too large")


@lru_cache(maxsize=16)
def _network(recipe: str) -> XorNetwork:
    return from_recipe(recipe)


def network_of(entry: dict[str, Any]) -> XorNetwork:
    """Return the network that an entry names.

    The last few are kept: tensors of a file often share one, and building it takes milliseconds.

    Raises:
        FormatError, ArgumentError: the entry has no valid recipe.
    """
    return _network(get(entry, "network", str))


@dataclass(frozen=True, eq=False, kw_only=True)
class EncodedPlanes(Storable):
    """The fields that the schemes with a network share; see `Encoding`."""

    has_network: ClassVar[bool] = True
    needs_mask: ClassVar[bool] = False
    octets: ClassVar[np.ndarray | None] = None

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

    @property
    def main(self) -> Self:
        """The encoding itself."""
        return self

    @property
    def kept(self) -> int:
        """Weights that the first plane cares for, where all planes care for the same ones."""
        return self.care_bits // (1 if self.planes is None else max(1, self.planes))
