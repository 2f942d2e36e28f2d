"""Writers: how weights are made of decoded planes and a decoded mask, tile by tile."""

from typing import NamedTuple, Protocol

import numpy as np

from xoropt.codec.compiled.fields.kernels import join_fields
from xoropt.codec.compiled.reader import readonly
from xoropt.codec.compiled.weights.kernels import FEW, expand

__all__ = ["NO_OCTETS", "FieldTables", "WeightTable", "Writer", "field_tables", "weights_writer"]

NO_OCTETS = np.zeros((0, 0), dtype=np.uint8)
"""The octets of planes that all have to be decoded."""
SPARE_WORDS = 704
"""Words of working memory that a writer needs."""


class Writer(Protocol):
    """Writes the weights of a range."""

    @property
    def dtype(self) -> np.dtype:
        """The unsigned integers that are written."""
        ...

    def write(
        self,
        planes: np.ndarray,
        at: int,
        mask: np.ndarray,
        mask_at: int,
        masked: bool,
        first: int,
        stop: int,
        spare: np.ndarray,
        out: np.ndarray,
        begin: int,
        stream: bool,
    ) -> None:
        """Write the weights first … stop − 1.

        Args:
            planes: uint64 (planes + 1, words); the last one is zeros.
            at: the bit of each plane that belongs to weight `first`.
            mask, mask_at: the mask, uint64, and its bit that belongs to weight `first`.
            masked: whether there is a mask; otherwise all weights are kept.
            first, stop: the range.
            spare: working memory, uint64 (SPARE_WORDS,).
            out: of `dtype`, with weight w at w − begin.
            begin: see `out`.
            stream: whether to use streaming stores; then weight w lies at a multiple of 64 bytes if w is one of 64.
        """
        ...


class WeightTable(NamedTuple):
    """A weight for every code; pruned weights are 0.

    Attributes:
        table: unsigned integers (rows, 2^planes), for each row of the tensor or for all.
        row_length: weights of a row.
    """

    table: np.ndarray
    row_length: int

    @property
    def dtype(self) -> np.dtype:
        """The unsigned integers that are written."""
        return self.table.dtype

    def write(self, planes, at, mask, mask_at, masked, first, stop, spare, out, begin, stream) -> None:  # type: ignore[no-untyped-def]
        """Write the weights first … stop − 1, see `Writer.write`."""
        codes = np.zeros(64, dtype=np.uint8)
        tile = np.zeros(64, dtype=self.table.dtype)
        table, row_length, planes = self.table, self.row_length, planes[:-1]
        expand(planes, at, mask, mask_at, masked, table, row_length, first, stop, codes, tile, out, begin, stream)


class FieldTables(NamedTuple):
    """An image for every code, to which a raw field is joined.

    Attributes:
        octets: uint8 (n, weights), the first 8·n planes of all weights; the planes that are decoded are the others.
        images: unsigned integers (k, 2^code planes), the images without their raw field, for each class of rows.
        tables: uint8 (k·itemsize·256,), the bytes of these images, see `join_fields`.
        classes: uint8 (rows,), the class of each row; empty where there is one class.
        row_length: weights of a row.
        form: raw bits, low bits that are 0, where signs are (`CodedField.sign`), and the bits of a number.
        fill: a pruned weight.
        listed: the weights whose field is listed, int64, ascending; the bits of each one's field, and those of raw
            fields, in place.
    """

    octets: np.ndarray
    images: np.ndarray
    tables: np.ndarray
    classes: np.ndarray
    row_length: int
    form: tuple[int, int, int, int]
    fill: int
    listed: tuple[np.ndarray, np.ndarray, np.unsignedinteger]

    @property
    def dtype(self) -> np.dtype:
        """The unsigned integers that are written."""
        return self.images.dtype

    def write(self, planes, at, mask, mask_at, masked, first, stop, spare, out, begin, stream) -> None:  # type: ignore[no-untyped-def]
        """Write the weights first … stop − 1, see `Writer.write`."""
        octets, images, tables, classes, row_length, form, fill, listed = self
        rest = form, np.uint64(fill), listed, first, stop
        kept, place, room = (mask, mask_at, masked), (out, begin, stream), spare.view(np.uint8)
        join_fields(octets, planes, at, *kept, images, tables, classes, row_length, *rest, room, *place)


def weights_writer(table: np.ndarray, row_length: int) -> Writer:
    """Make the writer of weights that a table gives, unsigned integers (rows, 2^planes), see `WeightTable`."""
    if len(table) > 1 or table.shape[1] <= 1 << FEW:
        return WeightTable(table, row_length)
    return field_tables(NO_OCTETS, table[0], 0, 0, 0, 0)


def field_tables(
    octets: np.ndarray,
    images: np.ndarray,
    raw_bits: int,
    zeros: int,
    sign: int,
    fill: int,
    listed: tuple[np.ndarray, np.ndarray, int] | None = None,
    classes: np.ndarray | None = None,
    size: int = 0,
) -> FieldTables:
    """Make the writer of numbers with a coded and a raw field, see `FieldTables`.

    Args:
        octets, raw_bits, zeros, sign, fill, listed: see there.
        images: (2^code planes,), or for each class of rows.
        classes: of the rows; None: there is one.
        size: the weights of all rows.
    """
    kind, images = images.dtype, np.ascontiguousarray(np.atleast_2d(images))
    at, bits, kept = listed or (np.empty(0, dtype=np.int64), np.empty(0, dtype=kind), 0)
    width = kind.itemsize
    tables = np.zeros((len(images), width, 256), dtype=np.uint8)
    turned = np.arange(images.shape[1])
    shift = raw_bits & 7  # the code bits 0 … 7 − shift stay in the byte where they begin, as the upper ones
    turned = (turned << shift & 255) | turned >> (8 - shift)
    tables[:, :, turned] = images.astype(f"<u{width}").view(np.uint8).reshape(*images.shape, width).swapaxes(1, 2)
    form = raw_bits, zeros, sign, 8 * width
    rows = np.empty(0, dtype=np.uint8) if classes is None else classes
    row_length = size // max(1, len(rows))
    return FieldTables(
        readonly(octets),
        images,
        tables.reshape(-1),
        readonly(rows),
        row_length,
        form,
        fill,
        (at, bits, kind.type(kept)),
    )
