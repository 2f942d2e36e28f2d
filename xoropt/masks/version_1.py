"""Masks of files of version 1 of the format, in the form that they have now."""

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks import entropy
from xoropt.masks.density_classes import FINEST, ByteReader
from xoropt.masks.mask_codec import DESCRIPTION
from xoropt.masks.prefix.codes import CODES, EXTRA, GROUPS
from xoropt.masks.prefix.stored import PARTS

__all__ = ["modernized"]

Parts = dict[str, np.ndarray]


def modernized(codec: str, parts: Parts) -> Parts:
    """The parts of a mask, of which `mask` is as version 1 had it, as they are now.

    Raises:
        DecodeError: it is too short or too long for what it says.
    """
    change = {"prefix": _prefix, "entropy": _entropy, "low_rank": _low_rank}.get(codec)
    return change(parts["mask"]) if change and "mask" in parts else {}


def _prefix(part: np.ndarray) -> Parts:
    """One part held everything: seven little-endian uint32 (rows, columns, G, L, row class bits, column class bits,
    codes); densities and classes as now; the lengths of the plane's description and of its parts `seeds`, `patches` and
    `segments`, four uint32; the description, in JSON; and the parts.
    """
    reader = ByteReader(part)
    rows, columns, group, length, row_bits, column_bits, codes = reader.take(7, "<u4").tolist()
    if group not in GROUPS or length != group + EXTRA or max(row_bits, column_bits) > FINEST or codes > CODES:
        raise DecodeError("the head of the prefix-coded mask is damaged")
    classes = -(-rows * row_bits // 8) - (-(-(-columns // group) * column_bits) // 8)
    model = reader.take(2 * codes + classes + (1 << row_bits + column_bits), np.uint8)
    lengths = reader.take(1 + len(PARTS), "<u4").tolist()
    head = np.array([group, row_bits | column_bits << 4, codes, 0], dtype=np.uint8)
    parts = {"mask": np.concatenate([head, model]), DESCRIPTION: reader.take(lengths[0], np.uint8)}
    held = {f"mask_{name}": reader.take(n, np.uint8) for name, n in zip(PARTS, lengths[1:], strict=True) if n}
    reader.end()
    return parts | held


def _entropy(part: np.ndarray) -> Parts:
    """The head had five little-endian uint32 (rows, columns, row and column class bits, rows of a band), and the
    lengths of all bands stood there, that of the last one too.
    """
    reader = ByteReader(part)
    rows, columns, row_bits, column_bits, band = reader.take(5, "<u4").tolist()
    if max(row_bits, column_bits) > FINEST or band != entropy.rows_of_band(columns):
        raise DecodeError("the head of the entropy-coded mask is damaged")
    classes = -(-rows * row_bits // 8) - (-columns * column_bits // 8)
    model = reader.take(classes + (2 << row_bits + column_bits), np.uint8)
    lengths = reader.take(-(-rows // band), "<u4")
    words = reader.take(int(lengths.sum()), "<u4")
    reader.end()
    head = np.array([row_bits | column_bits << 4], dtype=np.uint8)
    return {"mask": np.concatenate([head, model, lengths[:-1].view(np.uint8), words.view(np.uint8)])}


def _low_rank(part: np.ndarray) -> Parts:
    """The factors were entropy-coded as masks were."""
    reader = ByteReader(part)
    head = reader.take(4, "<u4").copy()
    left = _entropy(reader.take(int(head[3]), np.uint8))["mask"]
    right = _entropy(part[reader.at :])["mask"]
    head[3] = len(left)
    return {"mask": np.concatenate([head.view(np.uint8), left, right])}
