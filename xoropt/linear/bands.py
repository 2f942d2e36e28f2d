"""Bands of rows that the compiled decoder makes at little cost, and their masks."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from xoropt.codec.decoder import reader_of
from xoropt.masks.coding import codec_of_file
from xoropt.model.tensors import CompressedTensor

__all__ = ["Band", "band_masks", "band_rows"]

MASK_WEIGHTS = 1 << 22
"""The most weights whose masks are decoded at once, unless a band has more: half a megabyte."""

Band = tuple[int, int]
"""The first row of a band and the row after its last."""


def band_rows(tensor: CompressedTensor, rows: int, columns: int) -> list[Band]:
    """Cut the rows of a tensor into bands."""
    cuts = reader_of(tensor.encoded).cuts(0, rows * columns)
    return list(pairwise(sorted({0, rows, *(cut // columns for cut in cuts)})))


def band_masks(
    tensor: CompressedTensor, columns: int, bands: list[Band]
) -> Callable[[int, int], tuple[np.ndarray | None, int]]:
    """Make a function that gets a band and returns its mask as `MaskCodec.decode_packed` does.

    It must get the bands in their order. The masks of several are decoded at once, since a codec's own bands have ends
    of their own; those of a codec without random access all at once.
    """
    codec, size = codec_of_file(tensor.mask_codec), tensor.encoded.outputs
    octets: np.ndarray | None = None
    begin = end = 0

    def read(a: int, b: int) -> tuple[np.ndarray | None, int]:
        nonlocal octets, begin, end
        first, stop = a * columns, b * columns
        if stop > end:
            most = first + MASK_WEIGHTS if codec.random_access else size
            end = max([stop, *(last * columns for _, last in bands if last * columns <= most)])
            start = first if codec.random_access else 0
            octets, begin = codec.decode_packed(tensor.mask_parts, tensor.shape, size, start, end, 1)
        return octets, begin

    return read
