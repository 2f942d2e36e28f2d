"""A prefix-coded mask as it is stored: read and checked."""

import json
from dataclasses import dataclass
from functools import cached_property
from weakref import ref

import numpy as np

from xoropt.codec import Encoding
from xoropt.codec.description import restore
from xoropt.common.errors import DecodeError, XoroptError
from xoropt.masks import gap_coded
from xoropt.masks.density_classes import FINEST, ByteReader, matrix_shape, unpack_classes
from xoropt.masks.mask_codec import DESCRIPTION
from xoropt.masks.prefix.codes import CODES, EXTRA, GROUPS

__all__ = ["LISTED", "PARTS", "TILE", "Coded", "bands_of", "read"]

LISTED = "mask_listed"
"""The part that lists kept weights."""

PARTS = ("seeds", "patches", "segments")
"""The parts of a plane; those of the mask have the same names after `mask_`."""

TILE = 512
"""Groups whose outputs lie side by side."""

BAND = 64
"""Tiles of a band at most."""

SHORT = 1 << 12
"""Bytes up to which a list is read as a whole and kept for the next call, or an eighth of the seeds'."""


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
    encoded: Encoding
    listed: np.ndarray | None
    bands: int
    of_band: int

    @property
    def across(self) -> int:
        """Groups of a row."""
        return -(-self.columns // self.size)

    @property
    def whole(self) -> bool:
        """Whether groups are whole uint16 of the mask as coded, one after another."""
        return self.size == 16 and self.columns % 16 == 0

    def listed_within(self, first: int, stop: int) -> np.ndarray:
        """The listed weights from `first` to `stop` − 1, int64."""
        if self.listed is None:
            return np.empty(0, dtype=np.int64)
        if len(self.listed) > max(SHORT, sum(len(seeds) for seeds in self.encoded.seeds) // 8):
            return gap_coded.split(self.listed, self.rows * self.columns, first, stop)
        return self._every_listed[slice(*np.searchsorted(self._every_listed, (first, stop)))]

    @cached_property
    def _every_listed(self) -> np.ndarray:
        assert self.listed is not None
        return gap_coded.split(self.listed, self.rows * self.columns, 0, self.rows * self.columns)


_READ: dict[int, tuple[ref, dict[str, np.ndarray], tuple[int, ...], int, Coded]] = {}


def read(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> Coded:
    """A mask of the given shape and size from its parts; what was read is kept as long as its part `mask` is.

    Raises:
        DecodeError: they do not fit the shape or each other.
    """
    head = parts.get("mask", np.zeros(0, np.uint8))
    others = {name: part for name, part in parts.items() if name != "mask"}
    if (kept := _READ.get(id(head))) is not None:
        known, before, *form, coded = kept
        same = known() is head and before.keys() == others.keys() and form == [shape, size]
        if same and all(before[name] is part for name, part in others.items()):
            return coded
    coded = _read(head, others, shape, size)
    number = id(head)
    _READ[number] = (ref(head, lambda _: _READ.pop(number, None)), others, shape, size, coded)
    return coded


def _read(head: np.ndarray, parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> Coded:
    reader = ByteReader(head)
    rows, columns = matrix_shape(shape, size)
    group, bits, codes, sort_bits = reader.take(4, np.uint8).tolist()
    row_bits, column_bits = bits & 15, bits >> 4
    if group not in GROUPS or max(row_bits, column_bits, sort_bits) > FINEST or not 0 < codes <= CODES:
        raise DecodeError("the head of the prefix-coded mask is damaged")
    across, length = -(-columns // group), group + EXTRA
    moved = None
    if sort_bits:
        sorted_class = unpack_classes(reader.take(-(-columns * sort_bits // 8), np.uint8), sort_bits, columns)
        moved = np.empty(columns, dtype=np.int64)
        moved[np.argsort(sorted_class.astype(np.uint8), kind="stable")] = np.arange(columns)
    densities = reader.take(codes, "<u2")
    row_class = unpack_classes(reader.take(-(-rows * row_bits // 8), np.uint8), row_bits, rows)
    column_class = unpack_classes(reader.take(-(-across * column_bits // 8), np.uint8), column_bits, across)
    code_of = reader.take(1 << row_bits + column_bits, np.uint8).reshape(1 << row_bits, 1 << column_bits)
    reader.end()
    if (code_of >= codes).any() or not densities[1:].all() or bool(densities[0]) == (LISTED in parts):
        raise DecodeError("the codes of the prefix-coded mask are damaged")
    bands, of_band = bands_of(rows * across)
    try:
        entry = json.loads(parts.get(DESCRIPTION, np.zeros(0, np.uint8)).tobytes())
        if not isinstance(entry, dict):
            raise DecodeError("their description is no object")
        held = {part: parts[f"mask_{part}"] for part in PARTS if f"mask_{part}" in parts}
        encoded = restore(entry, held, (bands * of_band, length, TILE), 1)
        if encoded.needs_mask:
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
