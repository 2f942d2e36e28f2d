"""The contract of mask codecs: what each offers, and what all that store or decode masks rely on."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

__all__ = ["DESCRIBED", "DESCRIPTION", "MaskCodec", "MaskPlan", "Parts", "stored_bytes"]

Parts = dict[str, np.ndarray]
"""What is stored of a mask: uint8 arrays by name. All names begin with "mask"."""

DESCRIPTION = "mask_plane"
"""The part that is JSON text; a file keeps it in its own description."""

DESCRIBED = 24
"""Bytes that `DESCRIPTION` takes in a file, roughly: tensors have much of it in common."""

WeightsWriter = Callable[..., np.ndarray | None]


def stored_bytes(parts: Parts) -> int:
    """The bytes that a mask's parts take in a file; `DESCRIPTION` counts as `DESCRIBED`."""
    return sum(DESCRIBED if name == DESCRIPTION else part.nbytes for name, part in parts.items())


@dataclass(frozen=True)
class MaskPlan:
    """A mask that a codec can hold, before it is encoded.

    Attributes:
        least_bytes: `stored_bytes` of the parts that `encode` will make, or a bound from below.
        encode: from a number of threads to the parts.
        described: whether `DESCRIPTION` will be among the parts, which costs headers, too.
    """

    least_bytes: int
    encode: Callable[[int], Parts] = field(repr=False)
    described: bool = False

    @classmethod
    def of_parts(cls, parts: Parts) -> "MaskPlan":
        """The plan of a codec that encodes as fast as it can plan."""
        return cls(stored_bytes(parts), lambda jobs: parts)


@dataclass(frozen=True)
class MaskCodec:
    """One way to store a mask.

    Attributes:
        plan: from a mask, bool of any shape, to its plan, or to None where the codec cannot hold it.
        decode: from parts, a shape, its size and a range of weights in row-major order, first and end, to the mask of
            these, bool, flat; raises DecodeError where the parts do not fit.
        random_access: whether a part of the mask can be decoded without what stands before it.
        packed: as `decode`, and a number of threads, by compiled loops: see `decode_packed`. None: `decode` is used.
        writer: writes weights under the mask while that is decoded, see `write_weights`. None: the mask is decoded
            first.
    """

    plan: Callable[[np.ndarray], MaskPlan | None]
    decode: Callable[[Parts, tuple[int, ...], int, int, int], np.ndarray]
    random_access: bool = True
    packed: Callable[..., tuple[np.ndarray | None, int]] | None = None
    writer: WeightsWriter | None = None

    def encode(self, mask: np.ndarray, jobs: int = 1) -> Parts | None:
        """Encode a mask; None where this codec cannot hold it.

        Args:
            mask: bool, any shape, True where the weight is kept.
            jobs: threads, for codecs that can use several.
        """
        plan = self.plan(mask)
        return None if plan is None else plan.encode(jobs)

    def decode_packed(
        self, parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None = None
    ) -> tuple[np.ndarray | None, int]:
        """Decode weights first … stop − 1 to one bit a weight.

        Returns:
            uint8 and the weight that its bit 0 stands for, at most `first`; bits from the lowest of each byte on. None
            instead of an array where every weight is kept.

        Raises:
            DecodeError: the parts do not fit the shape.
        """
        if self.packed is not None:
            return self.packed(parts, shape, size, first, stop, jobs)
        return np.packbits(self.decode(parts, shape, size, first, stop), bitorder="little"), first

    def write_weights(
        self, parts: Parts, shape: tuple[int, ...], size: int, *range_and_weights: object
    ) -> np.ndarray | None:
        """Write weights under the mask while it is decoded; None where it has to be decoded first.

        The further arguments are those of `xoropt.masks.prefix.write_weights`.
        """
        return None if self.writer is None else self.writer(parts, shape, size, *range_and_weights)
