"""The contract of mask codecs: what each of them offers, and what callers rely on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from xoropt.codec.compiled.reader import Reader
from xoropt.common.kinds import checked

__all__ = [
    "CHUNK",
    "DESCRIPTION",
    "DESCRIPTION_BYTES",
    "KeptValues",
    "MaskBatches",
    "MaskCodec",
    "MaskPlan",
    "NearMask",
    "Parts",
    "by_chunks",
    "stored_bytes",
]

Parts = dict[str, np.ndarray]
"""What is stored of a mask: uint8 arrays by name. All names begin with "mask"."""

DESCRIPTION = "mask_plane"
"""The name of the part that is JSON text. A file keeps it in its own description instead of an array."""

DESCRIPTION_BYTES = 24
"""A rough count of the bytes that `DESCRIPTION` takes in a file, where tensors share most of it."""


class KeptValues(NamedTuple):
    """The values of the kept weights: planes of bits, and the weight that each code stands for.

    Attributes:
        reader: reads the planes.
        flips: for each plane the weights whose bit is flipped, int64, ascending.
        table: unsigned integers, (rows, 2^planes), the bytes of the weight for every code; one row, or one for each
            `row_length` weights.
        row_length: weights that share a row of the table.
    """

    reader: Reader
    flips: list[np.ndarray]
    table: np.ndarray
    row_length: int


CHUNK = 1 << 20
"""Weights that are decoded at once by codecs that can begin anywhere: bounds the memory beside the result."""

Planner = Callable[[Any], "MaskPlan | None"]
Decoder = Callable[[Parts, tuple[int, ...], int, int, int], np.ndarray]
PackedDecoder = Callable[[Parts, tuple[int, ...], int, int, int, int | None], tuple[np.ndarray | None, int]]
WeightsWriter = Callable[
    [Parts, tuple[int, ...], int, int, int, KeptValues, int | None, np.ndarray | None], np.ndarray | None
]


@checked
def stored_bytes(parts: Parts) -> int:
    """Count the bytes that a mask's parts take in a file; `DESCRIPTION` counts as `DESCRIPTION_BYTES`."""
    return sum(DESCRIPTION_BYTES if name == DESCRIPTION else part.nbytes for name, part in parts.items())


@dataclass(frozen=True)
class MaskPlan:
    """How a codec would store a mask, before anything is encoded.

    Attributes:
        least_bytes: a lower bound on `stored_bytes` of the parts that `encode` makes, exact for most codecs.
        encode: makes the parts, with the given number of threads and one of the efforts of `xoropt.encode`.
        described: whether `DESCRIPTION` will be among the parts, which costs headers as well.
    """

    least_bytes: int
    encode: Callable[[int, str], Parts] = field(repr=False)
    described: bool = False

    @classmethod
    def of_parts(cls, parts: Parts) -> "MaskPlan":
        """Make the plan of a codec that plans a mask by encoding it."""
        return cls(stored_bytes(parts), lambda jobs, effort: parts)


class NearMask(NamedTuple):
    """A mask that a codec can hold and that nearly is the one that is asked for.

    Attributes:
        plan: how the codec would store it.
        differs: the weights in which the two masks differ, int64, ascending.
    """

    plan: MaskPlan
    differs: np.ndarray


class MaskBatches(NamedTuple):
    """A mask in bands, for compiled loops that decode some of them at a time.

    Attributes:
        band: weights of a band, a multiple of 512.
        plane_words: words of the plane of a band.
        scratch: words of working memory for the rows of its plane.
        columns: of the mask as a matrix.
        arguments: what is stored: what `xoropt.masks.prefix.kernels.decode_bands` takes, or the mask's bits, uint8,
            lowest bit of each byte first.
        listed: weights whose bits are flipped afterwards, int64, ascending.
    """

    band: int
    plane_words: int
    scratch: int
    columns: int
    arguments: tuple[Any, ...] | np.ndarray
    listed: np.ndarray


def by_chunks(decode: Decoder) -> Decoder:
    """Make a decoder that works through a range `CHUNK` weights at a time, see `MaskCodec.decode`."""

    def decode_by_chunks(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
        if stop - first <= CHUNK:
            return decode(parts, shape, size, first, stop)
        mask = np.empty(stop - first, dtype=bool)
        for a in range(first, stop, CHUNK):
            b = min(stop, a + CHUNK)
            mask[a - first : b - first] = decode(parts, shape, size, a, b)
        return mask

    return decode_by_chunks


@dataclass(frozen=True)
class MaskCodec:
    """One way to store a mask.

    Attributes:
        plan: makes the plan of a mask, bool of any shape; returns None where the codec cannot hold the mask.
        decode: decodes a range of a mask. It gets the parts, the shape, the number of weights, and the first and the
            end of a range in row-major order; it returns bool, flat, and raises DecodeError where the parts do not fit
            the shape.
        random_access: whether a range can be decoded without decoding everything before it.
        packed_decoder: does the same by compiled loops, see `decode_packed`; None: `decode` is used.
        is_worth_planning: tells of a mask, and of the bytes that another codec takes, whether planning can win enough
            to be worth its time; None: it always is.
        weights_writer: writes weights under the mask while it decodes the mask, see `write_weights`; None: the mask is
            decoded first.
        near: finds a mask with the codec's structure that differs from a given one, bool of any shape, in few weights;
            returns None where there is none that is worth it. The parts of such a mask are `mask` alone. None: the
            codec holds no such structure.
        cheap_ranges: whether many small ranges are decoded as fast as a large one; large ones are then cut into
            `CHUNK` weights, which bounds the memory.
        check: checks the parts that a file holds, before anything is decoded: gets the parts, the shape and the number
            of weights, and raises DecodeError where they do not fit. None: `decode` finds out.
        batches: gets the parts, the shape and the number of weights, and returns what compiled loops need that decode
            some bands at a time, see `MaskBatches`; None where these parts, or this codec's in general, have none.
        plans_lazily: whether `plan` also takes a `LazyArray`, and reads it some rows at a time.
    """

    plan: Planner
    decode: Decoder
    random_access: bool = True
    packed_decoder: PackedDecoder | None = None
    is_worth_planning: Callable[[np.ndarray, int], bool] | None = None
    weights_writer: WeightsWriter | None = None
    near: Callable[[np.ndarray], NearMask | None] | None = None
    cheap_ranges: bool = False
    check: Callable[[Parts, tuple[int, ...], int], None] | None = None
    batches: Callable[[Parts, tuple[int, ...], int], "MaskBatches | None"] | None = None
    plans_lazily: bool = False

    def encode(self, mask: np.ndarray, jobs: int = 1, effort: str = "normal") -> Parts | None:
        """Encode a mask.

        Args:
            mask: bool, any shape, True where the weight is kept.
            jobs: threads, for codecs that can use several.
            effort: as for `xoropt.encode`, for codecs that use a network.

        Returns:
            The parts; None where this codec cannot hold the mask.
        """
        plan = self.plan(mask)
        return None if plan is None else plan.encode(jobs, effort)

    def decode_packed(
        self, parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None = None
    ) -> tuple[np.ndarray | None, int]:
        """Decode weights first … stop − 1 of a mask to one bit a weight.

        Args:
            parts: what `encode` returned.
            shape: of the mask.
            size: the number of its weights.
            first: the first weight of the range, in row-major order.
            stop: the weight after the last one.
            jobs: threads; None: chosen by the size of the range.

        Returns:
            The bits as uint8, lowest bit of each byte first, and the weight that bit 0 stands for, at most `first`;
            None in place of the bits where every weight is kept.

        Raises:
            DecodeError: the parts do not fit the shape.
        """
        if self.packed_decoder is not None:
            return self.packed_decoder(parts, shape, size, first, stop, jobs)
        if not self.cheap_ranges:
            return np.packbits(self.decode(parts, shape, size, first, stop), bitorder="little"), first
        packed = np.empty(-(-(stop - first) // 8), dtype=np.uint8)
        for a in range(first, stop, CHUNK):
            bits = np.packbits(self.decode(parts, shape, size, a, min(stop, a + CHUNK)), bitorder="little")
            packed[(a - first) // 8 :][: len(bits)] = bits
        return packed, first

    def write_weights(
        self,
        parts: Parts,
        shape: tuple[int, ...],
        size: int,
        first: int,
        stop: int,
        values: KeptValues,
        jobs: int | None,
        out: np.ndarray | None,
    ) -> np.ndarray | None:
        """Write weights first … stop − 1 while their mask is decoded.

        Args:
            parts, shape, size, first, stop, jobs: as for `decode_packed`.
            values: of the kept weights.
            out: where to write, flat, C-contiguous, of the dtype of the values' table; None: a new array.

        Returns:
            The weights; None where this codec cannot do so, and the mask has to be decoded first.

        Raises:
            DecodeError: the parts do not fit the shape.
        """
        if self.weights_writer is None:
            return None
        return self.weights_writer(parts, shape, size, first, stop, values, jobs, out)
