"""Masks of files of format version 1, brought into the form that they have now."""

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks import entropy
from xoropt.masks.density_classes import MAX_CLASS_BITS, ByteReader
from xoropt.masks.mask_codec import DESCRIPTION, Parts
from xoropt.masks.prefix.codes import EXTRA_OUTPUTS, GROUP_SIZES, MAX_CODES
from xoropt.masks.prefix.stored import PLANE_PARTS

__all__ = ["modernize_parts"]


def modernize_parts(codec: str, parts: Parts) -> Parts:
    """Turn the part `mask` of version 1 into the parts that a codec stores now.

    Args:
        codec: the codec's name.
        parts: all parts of the tensor.

    Returns:
        The parts that replace `mask`; none where the codec's form has not changed.

    Raises:
        DecodeError: the part is too short or too long for what it says.
    """
    change = {"prefix": _prefix, "entropy": _entropy, "low_rank": _low_rank}.get(codec)
    return change(parts["mask"]) if change and "mask" in parts else {}


def _prefix(part: np.ndarray) -> Parts:
    """Split the one part of version 1.

    It held seven little-endian uint32 (rows, columns, G, L, row class bits, column class bits, codes); densities and
    classes as now; the lengths of the plane's description and of its parts `seeds`, `patches` and `segments`, four
    uint32; the description, in JSON; and these parts.
    """
    reader = ByteReader(part)
    rows, columns, group, length, row_bits, column_bits, codes = reader.take(7, "<u4").tolist()
    damaged = group not in GROUP_SIZES or length != group + EXTRA_OUTPUTS
    if damaged or max(row_bits, column_bits) > MAX_CLASS_BITS or codes > MAX_CODES:
        raise DecodeError("the head of the prefix-coded mask is damaged")
    classes = -(-rows * row_bits // 8) - (-(-(-columns // group) * column_bits) // 8)
    model = reader.take(2 * codes + classes + (1 << row_bits + column_bits), np.uint8)
    lengths = reader.take(1 + len(PLANE_PARTS), "<u4").tolist()
    head = np.array([group, row_bits | column_bits << 4, codes, 0], dtype=np.uint8)
    parts = {"mask": np.concatenate([head, model]), DESCRIPTION: reader.take(lengths[0], np.uint8)}
    held = {f"mask_{name}": reader.take(n, np.uint8) for name, n in zip(PLANE_PARTS, lengths[1:], strict=True) if n}
    reader.end()
    return parts | held


def _entropy(part: np.ndarray) -> Parts:
    """Shorten the head of version 1.

    It had five little-endian uint32 (rows, columns, row class bits, column class bits, rows of a band) in place of the
    one byte, and the length of the last band as well.
    """
    reader = ByteReader(part)
    rows, columns, row_bits, column_bits, band = reader.take(5, "<u4").tolist()
    if max(row_bits, column_bits) > MAX_CLASS_BITS or band != entropy.rows_of_band(columns):
        raise DecodeError("the head of the entropy-coded mask is damaged")
    classes = -(-rows * row_bits // 8) - (-columns * column_bits // 8)
    model = reader.take(classes + (2 << row_bits + column_bits), np.uint8)
    lengths = reader.take(-(-rows // band), "<u4")
    words = reader.take(int(lengths.sum()), "<u4")
    reader.end()
    head = np.array([row_bits | column_bits << 4], dtype=np.uint8)
    return {"mask": np.concatenate([head, model, lengths[:-1].view(np.uint8), words.view(np.uint8)])}


def _low_rank(part: np.ndarray) -> Parts:
    """Shorten the heads of the two factors, which were entropy-coded as masks were."""
    reader = ByteReader(part)
    head = reader.take(4, "<u4").copy()
    left = _entropy(reader.take(int(head[3]), np.uint8))["mask"]
    right = _entropy(part[reader.at :])["mask"]
    head[3] = len(left)
    return {"mask": np.concatenate([head.view(np.uint8), left, right])}
