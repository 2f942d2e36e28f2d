"""Rows of a tensor that are decompressed by themselves, so that not all of it lies in memory."""

import math
from collections.abc import Iterator

from xoropt.masks.coding import codec_of_file
from xoropt.model.tensors import CompressedTensor, UncompressedTensor, shape_and_dtype

__all__ = ["has_quick_rows", "parts_of"]

AT_ONCE = 1 << 22
"""Most weights of a part."""
FEW = 8
"""Parts of a tensor each of which is decoded from the tensor's beginning."""


def has_quick_rows(tensor: CompressedTensor | UncompressedTensor) -> bool:
    """Return whether some rows of a tensor are decompressed without all before them."""
    if isinstance(tensor, UncompressedTensor):
        return True
    return not tensor.encoded.needs_mask and codec_of_file(tensor.mask_codec).random_access


def parts_of(tensor: CompressedTensor | UncompressedTensor) -> Iterator[slice]:
    """Cut the rows of a tensor, which has some, into parts that are quickly decompressed one by one.

    They hold `AT_ONCE` weights or so; but where a part is decoded from the tensor's beginning, they are few.
    """
    (rows, *row), _ = shape_and_dtype(tensor)
    step = max(1, AT_ONCE // max(1, math.prod(row)), 0 if has_quick_rows(tensor) else -(-rows // FEW))
    return (slice(first, min(rows, first + step)) for first in range(0, rows, step))
