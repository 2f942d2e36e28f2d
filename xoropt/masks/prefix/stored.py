"""A prefix-coded mask as it is stored: its parts, parsed and checked."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from weakref import ref

import numpy as np

from xoropt.codec import Encoding
from xoropt.codec.registry import restore
from xoropt.common.errors import DecodeError, XoroptError
from xoropt.masks import gap_coded
from xoropt.masks.density_classes import MAX_CLASS_BITS, ByteReader, matrix_shape, unpack_classes
from xoropt.masks.mask_codec import CHUNK, DESCRIPTION, Parts
from xoropt.masks.prefix.codes import EXTRA_OUTPUTS, GROUP_SIZES, MAX_CODES

__all__ = ["LISTED", "PLANE_PARTS", "TILE", "PrefixMask", "band_layout", "check", "parse_mask"]

LISTED = "mask_listed"
"""The part that lists kept weights."""

PLANE_PARTS = ("seeds", "patches", "segments")
"""The parts of a plane. Those of the mask's plane have the same names after `mask_`."""

TILE = 512
"""The groups whose outputs stand side by side."""

BAND = 64
"""The most tiles of a band."""

SHORT_LIST = 1 << 12
"""The bytes up to which a list is decoded as a whole and kept for the next call; longer ones are if they take less than
an eighth of the seeds' bytes.
"""


@dataclass(frozen=True, eq=False)
class PrefixMask:
    """A prefix-coded mask, parsed and checked.

    Attributes:
        rows: of the mask as a matrix.
        columns: of the mask as a matrix.
        group_size: G.
        group_outputs: L.
        column_places: int64, where in a row of groups each column stands; None where columns are not moved.
        row_class: uint8, the class of every row.
        column_class: uint8, the class of every column of groups.
        code_of_pair: uint8 (row classes, column classes), the number of every pair's code.
        densities: of the codes.
        plane: the encoded plane, (bands·band_tiles, L, 512).
        stored_list: the list of kept weights as it is stored; None where there is none.
        bands: the number of bands.
        band_tiles: the tiles of each band.
    """

    rows: int
    columns: int
    group_size: int
    group_outputs: int
    column_places: np.ndarray | None
    row_class: np.ndarray
    column_class: np.ndarray
    code_of_pair: np.ndarray
    densities: tuple[int, ...]
    plane: Encoding
    stored_list: np.ndarray | None
    bands: int
    band_tiles: int

    @property
    def row_groups(self) -> int:
        """The number of groups in a row."""
        return -(-self.columns // self.group_size)

    @property
    def band_groups(self) -> int:
        """The number of groups in a band."""
        return TILE * self.band_tiles

    @property
    def fills_words(self) -> bool:
        """Whether groups are uint16 words of the mask as it is coded, one after the other."""
        return self.group_size == 16 and self.columns % 16 == 0

    def listed_within(self, first: int, stop: int) -> np.ndarray:
        """Return the listed weights from `first` to `stop` − 1, int64.

        Raises:
            DecodeError: the list is damaged there, or a weight is in a group that has a codeword.
        """
        if self.stored_list is None:
            return np.empty(0, dtype=np.int64)
        if len(self.stored_list) > max(SHORT_LIST, sum(len(seeds) for seeds in self.plane.seeds) // 8):
            return self._unpack_list(first, stop)
        return self._whole_list[slice(*np.searchsorted(self._whole_list, (first, stop)))]

    @cached_property
    def _whole_list(self) -> np.ndarray:
        return self._unpack_list(0, self.rows * self.columns)

    def _unpack_list(self, first: int, stop: int) -> np.ndarray:
        assert self.stored_list is not None
        listed = gap_coded.unpack_positions(self.stored_list, self.rows * self.columns, first, stop)
        for k in range(0, len(listed), CHUNK):
            row, column = np.divmod(listed[k : k + CHUNK], self.columns)
            if self.column_places is not None:
                column = self.column_places[column]
            if self.code_of_pair[self.row_class[row], self.column_class[column // self.group_size]].any():
                raise DecodeError("the prefix-coded mask lists a weight of a group that has a codeword")
        return listed


class _Parsed(NamedTuple):
    """A mask that was parsed, and what it was parsed from."""

    head: ref
    others: Parts
    shape: tuple[int, ...]
    size: int
    mask: PrefixMask

    def is_from(self, head: np.ndarray, others: Parts, shape: tuple[int, ...], size: int) -> bool:
        """Check whether the mask was parsed from these very arrays."""
        same = self.head() is head and self.others.keys() == others.keys() and (self.shape, self.size) == (shape, size)
        return same and all(self.others[name] is part for name, part in others.items())


_PARSED: dict[int, _Parsed] = {}
"""Masks that were parsed, by the identity of their part `mask`."""


def parse_mask(parts: Parts, shape: tuple[int, ...], size: int) -> PrefixMask:
    """Parse the parts of a mask; the result is kept for the next call as long as the part `mask` is in use.

    Args:
        parts: of the mask.
        shape: of the mask.
        size: the number of its weights.

    Raises:
        DecodeError: the parts do not fit the shape or each other.
    """
    head = parts.get("mask", np.zeros(0, np.uint8))
    others = {name: part for name, part in parts.items() if name != "mask"}
    number = id(head)
    if (known := _PARSED.get(number)) is not None and known.is_from(head, others, shape, size):
        return known.mask
    mask = _parse(head, others, shape, size)
    _PARSED[number] = _Parsed(ref(head, lambda _: _PARSED.pop(number, None)), others, shape, size, mask)
    return mask


def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check all parts of a mask, the whole list among them, see `MaskCodec.check`."""
    mask = parse_mask(parts, shape, size)
    mask.listed_within(0, size)


def _parse(head: np.ndarray, parts: Parts, shape: tuple[int, ...], size: int) -> PrefixMask:
    reader = ByteReader(head)
    rows, columns = matrix_shape(shape, size)
    group_size, bits, codes, sort_bits = reader.take(4, np.uint8).tolist()
    row_bits, column_bits = bits & 15, bits >> 4
    damaged = group_size not in GROUP_SIZES or not 0 < codes <= MAX_CODES
    if damaged or max(row_bits, column_bits, sort_bits) > MAX_CLASS_BITS:
        raise DecodeError("the head of the prefix-coded mask is damaged")
    row_groups, outputs = -(-columns // group_size), group_size + EXTRA_OUTPUTS
    places = None
    if sort_bits:
        sorted_class = unpack_classes(reader.take(-(-columns * sort_bits // 8), np.uint8), sort_bits, columns)
        places = np.empty(columns, dtype=np.int64)
        places[np.argsort(sorted_class, kind="stable")] = np.arange(columns)
    densities = reader.take(codes, "<u2")
    row_class = unpack_classes(reader.take(-(-rows * row_bits // 8), np.uint8), row_bits, rows)
    column_class = unpack_classes(reader.take(-(-row_groups * column_bits // 8), np.uint8), column_bits, row_groups)
    code_of_pair = reader.take(1 << row_bits + column_bits, np.uint8).reshape(1 << row_bits, 1 << column_bits)
    reader.end()
    if (code_of_pair >= codes).any() or not densities[1:].all() or bool(densities[0]) == (LISTED in parts):
        raise DecodeError("the codes of the prefix-coded mask are damaged")
    bands, band_tiles = band_layout(rows * row_groups)
    return PrefixMask(
        rows=rows,
        columns=columns,
        group_size=group_size,
        group_outputs=outputs,
        column_places=places,
        row_class=row_class,
        column_class=column_class,
        code_of_pair=np.ascontiguousarray(code_of_pair),
        densities=tuple(densities.tolist()),
        plane=_parse_plane(parts, (bands * band_tiles, outputs, TILE)),
        stored_list=parts.get(LISTED),
        bands=bands,
        band_tiles=band_tiles,
    )


def _parse_plane(parts: Parts, shape: tuple[int, ...]) -> Encoding:
    try:
        entry = json.loads(parts.get(DESCRIPTION, np.zeros(0, np.uint8)).tobytes())
        if not isinstance(entry, dict):
            raise DecodeError("their description is no object")
        own = {part: parts[f"mask_{part}"] for part in PLANE_PARTS if f"mask_{part}" in parts}
        plane = restore(entry, own, shape, 1)
        if not plane.has_network:
            raise DecodeError("packed values can't be decoded without their mask")
    except (XoroptError, ValueError, RecursionError) as error:
        raise DecodeError(f"the planes of the prefix-coded mask: {str(error).rstrip('.')}") from None
    return plane


def band_layout(groups: int) -> tuple[int, int]:
    """Return how many bands so many groups form, and how many tiles each band has."""
    tiles = -(-groups // TILE)
    bands = -(-tiles // BAND)
    return bands, -(-tiles // max(1, bands))
