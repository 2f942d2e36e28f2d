"""Batches of rows that compiled loops decode and multiply by themselves: nothing of Python runs between them.

This is for masks that compiled loops can decode some bands at a time (`MaskCodec.batches`), where calls from Python
take a quarter of the time. All others go band by band, see `xoropt.linear.band_words`, with the same sums.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from math import gcd
from typing import Any

import numpy as np

from xoropt.codec.compiled.reader import borrow, give_back, readonly
from xoropt.codec.decoder import flips_of, reader_of
from xoropt.masks.coding import codec_of_file
from xoropt.masks.mask_codec import MaskBatches
from xoropt.model.tensors import CompressedTensor

__all__ = ["RowBatches", "open_batches"]

WEIGHTS = 1 << 21
"""Weights of a batch, or as many as fill whole bands and rows: about a megabyte is decoded for them."""

MOST = 1 << 22
"""The most weights of a batch that fills whole bands and rows."""

SPARE = 24
"""Words behind those that are needed, which loops may read or write."""


@dataclass(frozen=True)
class RowBatches:
    """The rows of a tensor in batches.

    Attributes:
        batches: for each its first row, the row after its last, and the same of the bands of the mask.
        run: gets some neighbouring batches and a function, and calls it with the first six arguments of
            `xoropt.linear.kernels.multiply_batches`.
    """

    batches: list[tuple[int, int, int, int]]
    run: Callable[[list[tuple[int, int, int, int]], Callable[..., None]], None] = field(repr=False)


def open_batches(tensor: CompressedTensor, rows: int, columns: int) -> RowBatches | None:
    """Prepare the decoding of a tensor's rows.

    Args:
        tensor: one whose planes the compiled decoder makes.
        rows, columns: of the tensor as a matrix, neither of them 0.

    Returns:
        None where compiled loops can't decode the mask or the planes by themselves, or rows do not fill words.

    Raises:
        DecodeError: the tensor's parts do not fit together.
    """
    codec, wide = codec_of_file(tensor.mask_codec), reader_of(tensor.encoded).wide
    if codec.batches is None or wide is None or columns % 64:
        return None
    mask = codec.batches(tensor.mask_parts, tensor.shape, tensor.encoded.outputs)
    if mask is None or mask.columns != columns:
        return None
    stored = wide.octets, wide.tables, wide.order, wide.placed, wide.ends[:2]
    planes = (*stored, tuple(readonly(at) for at in flips_of(tensor.encoded, 0, rows * columns)))
    batches = _cut(rows, columns, mask.band)
    listed = readonly(mask.listed)

    def run(some: list[tuple[int, int, int, int]], use: Callable[..., None]) -> None:
        spare, room = _room(some, columns, mask, max(mask.scratch, wide.ends[2]), len(wide.octets))
        use(np.array(some), columns, (mask.arguments, mask.band), listed, planes, room)
        give_back(spare)

    return RowBatches(batches, run)


def _cut(rows: int, columns: int, band: int) -> list[tuple[int, int, int, int]]:
    """Cut rows into batches of about `WEIGHTS` weights, at the ends of bands where rows end there, too."""
    unit = 8 * band // gcd(8 * columns, band)  # rows, a multiple of 8, that end with a band
    unit = max(8, unit) if unit * columns <= MOST else 8
    step = max(1, WEIGHTS // (unit * columns)) * unit
    ends = [(a, min(rows, a + step)) for a in range(0, rows, step)]
    return [(a, b, a * columns // band, -(-b * columns // band)) for a, b in ends]


def _room(
    batches: list[tuple[int, int, int, int]], columns: int, mask: MaskBatches, scratch: int, planes: int
) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Borrow the working memory of `decode_batch` for some batches."""
    bands = max(end - begin for _, _, begin, end in batches)
    each = max(b - a for a, b, _, _ in batches) * columns // 64 + SPARE
    groups = bands * mask.band // 16
    sizes = [scratch, bands * mask.plane_words + SPARE, groups // 8 + SPARE, 512, 256, bands * mask.band // 64 + SPARE]
    sizes = [-(-size // 8) * 8 for size in [*sizes, *planes * [each]]]
    ends = np.cumsum([0, *sizes]).tolist()
    spare = borrow(ends[-1])
    held, plane, codes, block, numbers, words, *parts = (spare[a:b] for a, b in pairwise(ends))
    codes[:] = 0
    words[-SPARE:] = 0
    kinds = np.uint8, np.uint32, np.uint32
    views = [part.view(kind) for part, kind in zip((codes, block, numbers), kinds, strict=True)]
    return spare, (held, plane, *views, words, words.view(np.uint16), tuple(parts))
