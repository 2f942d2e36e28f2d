"""Rows and columns of a mask in classes of like density, which the `entropy` and `prefix` codecs share."""

from dataclasses import dataclass, field

import numpy as np

from xoropt.common.errors import DecodeError

__all__ = [
    "FINEST",
    "ByteReader",
    "Classes",
    "ideal_bits",
    "matrix_shape",
    "pack_classes",
    "sort_into_classes",
    "unpack_classes",
]

FINEST = 5
"""Class bits at most: 32 classes of rows and 32 of columns."""


@dataclass(frozen=True, eq=False)
class Classes:
    """Classes of rows and columns.

    Attributes:
        row_bits, column_bits: there are 2^row_bits classes of rows, 2^column_bits of columns.
        row_class, column_class: int64, of each row and column.
        counts, sizes: int64 (row classes, column classes), kept weights and all weights of every pair.
    """

    row_bits: int
    column_bits: int
    row_class: np.ndarray = field(repr=False)
    column_class: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    sizes: np.ndarray = field(repr=False)


def matrix_shape(shape: tuple[int, ...], size: int) -> tuple[int, int]:
    """A tensor as a matrix: its first axis, and all others together; a vector is one row."""
    rows = shape[0] if len(shape) > 1 else 1
    return rows, size // rows if rows else 0


def sort_into_classes(ones: np.ndarray, unit: int = 1) -> Classes:
    """The classes with which an ideal coder would store least, their own description included.

    Args:
        ones: (rows, columns), the number of kept weights, 0 … unit, in each cell.
        unit: weights of a cell.
    """
    rows, columns = ones.shape
    row_class = _quantiles(ones.sum(axis=1, dtype=np.int64), rows)
    column_class = _quantiles(ones.sum(axis=0, dtype=np.int64), columns)
    kinds = 1 << FINEST
    by_row = np.zeros((kinds, columns), dtype=np.int64)
    for kind in range(kinds):
        by_row[kind] = ones[row_class == kind].sum(axis=0, dtype=np.int64)
    counts = np.zeros((kinds, kinds), dtype=np.int64)
    np.add.at(counts.T, column_class, by_row.T)
    sizes = unit * np.outer(np.bincount(row_class, minlength=kinds), np.bincount(column_class, minlength=kinds))

    def merged(table: np.ndarray, a: int, b: int) -> np.ndarray:
        return table.reshape(1 << a, kinds >> a, 1 << b, kinds >> b).sum(axis=(1, 3))

    def stored(bits: tuple[int, int]) -> float:
        a, b = bits
        return ideal_bits(merged(counts, a, b), merged(sizes, a, b)) + a * rows + b * columns + 16 * (1 << a + b)

    a, b = min(((a, b) for a in range(FINEST + 1) for b in range(FINEST + 1)), key=stored)
    return Classes(a, b, row_class >> FINEST - a, column_class >> FINEST - b, merged(counts, a, b), merged(sizes, a, b))


def _quantiles(sums: np.ndarray, count: int) -> np.ndarray:
    """The class of each row or column: 2^FINEST classes of equal population, by density."""
    classes = np.empty(count, dtype=np.int64)
    classes[np.argsort(sums, kind="stable")] = np.arange(count) * (1 << FINEST) // max(1, count)
    return classes


def ideal_bits(counts: np.ndarray, sizes: np.ndarray) -> float:
    """What an ideal coder takes for so many kept of so many weights, alike and independent within each entry."""
    p = np.clip(counts / np.maximum(sizes, 1), 1e-12, 1 - 1e-12)
    return float(-(counts * np.log2(p) + (sizes - counts) * np.log2(1 - p)).sum())


def pack_classes(classes: np.ndarray, bits: int) -> np.ndarray:
    """Classes as a bit stream, `bits` bits each, lowest first: uint8."""
    return np.packbits((classes[:, None] >> np.arange(bits) & 1).astype(bool), bitorder="little")


def unpack_classes(data: np.ndarray, bits: int, count: int) -> np.ndarray:
    """The inverse of `pack_classes`: int64 (count,)."""
    digits = np.unpackbits(data, count=count * bits, bitorder="little").reshape(count, bits).astype(np.int64)
    return (digits << np.arange(bits)).sum(axis=1)


class ByteReader:
    """A cursor on a byte stream that takes arrays off its front."""

    def __init__(self, data: np.ndarray) -> None:
        self.data, self.at = data, 0

    def take(self, count: int, dtype: object) -> np.ndarray:
        """The next `count` values; DecodeError when the stream ends before."""
        kind = np.dtype(dtype)  # type: ignore[call-overload]
        end = self.at + count * kind.itemsize
        if end > len(self.data):
            raise DecodeError("the stored mask ends too early")
        array = np.frombuffer(self.data[self.at : end].tobytes(), kind)
        self.at = end
        return array

    def rest(self, dtype: object) -> np.ndarray:
        """All values that are left; DecodeError when they do not fill the stream."""
        count, odd = divmod(len(self.data) - self.at, np.dtype(dtype).itemsize)  # type: ignore[call-overload]
        if odd:
            raise DecodeError("the stored mask goes on after its end")
        return self.take(count, dtype)

    def end(self) -> None:
        """DecodeError unless everything was taken."""
        if self.at != len(self.data):
            raise DecodeError("the stored mask goes on after its end")
