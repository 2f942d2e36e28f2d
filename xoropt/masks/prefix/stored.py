"""A prefix-coded mask as it is stored: read and checked."""

import json
from dataclasses import dataclass

import numpy as np

from xoropt.codec import Encoded, StreamEncoded
from xoropt.codec.packed import PackedValues
from xoropt.codec.stored import restore
from xoropt.errors import DecodeError, XoroptError
from xoropt.masks import positions
from xoropt.masks.classes import FINEST, Reader, matrix_shape, unpack_classes
from xoropt.masks.prefix.codes import CODES, EXTRA, GROUPS

__all__ = ["LISTED", "PARTS", "PLANE", "TILE", "Coded", "bands_of", "read"]

PLANE = "mask_plane"
"""The part that describes the plane: UTF-8 text."""

LISTED = "mask_listed"
"""The part that lists kept weights."""

PARTS = ("seeds", "patches", "segments")
"""The parts of a plane; those of the mask have the same names after `mask_`."""

TILE = 512
"""Groups whose outputs lie side by side."""

BAND = 64
"""Tiles of a band at most."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A prefix-coded mask, read from its part and checked.

    Attributes:
        rows, columns: of the mask as a matrix.
        size: G. length: L.
        moved: int64, where in a row of groups each column stands; None where it is.
        row_class, column_class: uint8, of every row and column of groups.
        code_of: uint8 (row classes, column classes), the number of the code.
        densities: of the codes.
        encoded: the plane, (bands·of_band, L, 512).
        listed: the list of kept weights as stored; None where there is none.
        bands, of_band: the bands and the tiles of each.
    """

    rows: int
    columns: int
    size: int
    length: int
    moved: np.ndarray | None
    row_class: np.ndarray
    column_class: np.ndarray
    code_of: np.ndarray
    densities: tuple[int, ...]
    encoded: Encoded | StreamEncoded
    listed: np.ndarray | None
    bands: int
    of_band: int

    @property
    def across(self) -> int:
        """Groups of a row."""
        return -(-self.columns // self.size)

    def listed_within(self, first: int, stop: int) -> np.ndarray:
        """The listed weights from `first` to `stop` − 1, int64."""
        if self.listed is None:
            return np.empty(0, dtype=np.int64)
        return positions.split(self.listed, self.rows * self.columns, first, stop)


def read(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> Coded:
    """A mask of the given shape and size from its parts.

    Raises:
        DecodeError: they do not fit the shape or each other.
    """
    reader = Reader(parts.get("mask", np.zeros(0, np.uint8)))
    rows, columns = matrix_shape(shape, size)
    group, bits, codes, sort_bits = reader.take(4, np.uint8).tolist()
    row_bits, column_bits = bits & 15, bits >> 4
    if group not in GROUPS or max(row_bits, column_bits, sort_bits) > FINEST or not 0 < codes <= CODES:
        raise DecodeError("the head of the prefix-coded mask is damaged")
    across, length = -(-columns // group), group + EXTRA
    moved = None
    if sort_bits:
        sorted_class = unpack_classes(reader.take(-(-columns * sort_bits // 8), np.uint8), sort_bits, columns)
        moved = np.argsort(np.argsort(sorted_class, kind="stable"))
    densities = reader.take(codes, "<u2")
    row_class = unpack_classes(reader.take(-(-rows * row_bits // 8), np.uint8), row_bits, rows)
    column_class = unpack_classes(reader.take(-(-across * column_bits // 8), np.uint8), column_bits, across)
    code_of = reader.take(1 << row_bits + column_bits, np.uint8).reshape(1 << row_bits, 1 << column_bits)
    reader.end()
    if (code_of >= codes).any() or not densities[1:].all() or bool(densities[0]) == (LISTED in parts):
        raise DecodeError("the codes of the prefix-coded mask are damaged")
    bands, of_band = bands_of(rows * across)
    try:
        entry = json.loads(parts.get(PLANE, np.zeros(0, np.uint8)).tobytes())
        if not isinstance(entry, dict):
            raise DecodeError("their description is no object")
        held = {part: parts[f"mask_{part}"] for part in PARTS if f"mask_{part}" in parts}
        encoded = restore(entry, held, (bands * of_band, length, TILE), 1)
        if isinstance(encoded, PackedValues):
            raise DecodeError("packed values can't be decoded without their mask")
    except (XoroptError, ValueError, RecursionError) as error:
        raise DecodeError(f"the planes of the prefix-coded mask: {str(error).rstrip('.')}") from None
    return Coded(
        rows,
        columns,
        group,
        length,
        moved,
        row_class.astype(np.uint8),
        column_class.astype(np.uint8),
        np.ascontiguousarray(code_of),
        tuple(densities.tolist()),
        encoded,
        parts.get(LISTED),
        bands,
        of_band,
    )


def bands_of(groups: int) -> tuple[int, int]:
    """The bands and the tiles of each."""
    tiles = -(-groups // TILE)
    bands = -(-tiles // BAND)
    return bands, -(-tiles // max(1, bands))
