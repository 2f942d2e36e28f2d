"""Classes of rows and columns of like density, which the `entropy` and `prefix` codecs share."""

import itertools
import math
from dataclasses import dataclass, field

import numpy as np

from xoropt.common.errors import DecodeError

__all__ = [
    "MAX_CLASS_BITS",
    "ByteReader",
    "Classes",
    "ideal_bits",
    "matrix_shape",
    "pack_classes",
    "sort_into_classes",
    "unpack_classes",
]

MAX_CLASS_BITS = 5
"""The most bits of a class: 32 classes of rows and 32 of columns."""


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of the rows and columns of a matrix.

    Attributes:
        row_bits: the number of row classes is 2^row_bits.
        column_bits: the number of column classes is 2^column_bits.
        row_class: int64, the class of each row.
        column_class: int64, the class of each column.
        counts: int64 (row classes, column classes), the kept weights of each pair of classes.
        sizes: int64 (row classes, column classes), all weights of each pair of classes.
    """

    row_bits: int
    column_bits: int
    row_class: np.ndarray = field(repr=False)
    column_class: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    sizes: np.ndarray = field(repr=False)


def matrix_shape(shape: tuple[int, ...], size: int) -> tuple[int, int]:
    """Return the shape of a tensor as a matrix, its first axis by all others; a vector is one row."""
    rows = shape[0] if len(shape) > 1 else 1
    return rows, size // rows if rows else 0


def sort_into_classes(ones: np.ndarray, unit: int = 1) -> Classes:
    """Choose the classes with which an ideal coder would store least, the classes themselves included.

    Args:
        ones: (rows, columns), the number of kept weights, 0 … unit, in each cell.
        unit: weights of a cell.
    """
    rows, columns = ones.shape
    row_class = _quantiles(ones.sum(axis=1, dtype=np.int64), rows)
    column_class = _quantiles(ones.sum(axis=0, dtype=np.int64), columns)
    finest = 1 << MAX_CLASS_BITS
    by_row = np.zeros((finest, columns), dtype=np.int64)
    for number in range(finest):
        by_row[number] = ones[row_class == number].sum(axis=0, dtype=np.int64)
    counts = np.zeros((finest, finest), dtype=np.int64)
    np.add.at(counts.T, column_class, by_row.T)
    sizes = unit * np.outer(np.bincount(row_class, minlength=finest), np.bincount(column_class, minlength=finest))

    def merged(table: np.ndarray, a: int, b: int) -> np.ndarray:
        return table.reshape(1 << a, finest >> a, 1 << b, finest >> b).sum(axis=(1, 3))

    least, a, b = math.inf, 0, 0
    for row_bits, column_bits in itertools.product(range(MAX_CLASS_BITS + 1), repeat=2):
        own = row_bits * rows + column_bits * columns + 16 * (1 << row_bits + column_bits)
        if own < least:  # otherwise the classes alone take more
            merged_tables = merged(counts, row_bits, column_bits), merged(sizes, row_bits, column_bits)
            stored = ideal_bits(*merged_tables) + own
            if stored < least:
                least, a, b = stored, row_bits, column_bits
    row_class, column_class = row_class >> MAX_CLASS_BITS - a, column_class >> MAX_CLASS_BITS - b
    return Classes(a, b, row_class, column_class, merged(counts, a, b), merged(sizes, a, b))


def _quantiles(sums: np.ndarray, count: int) -> np.ndarray:
    """Sort `count` rows or columns by density into 2^MAX_CLASS_BITS classes of equal population."""
    classes = np.empty(count, dtype=np.int64)
    classes[np.argsort(sums, kind="stable")] = np.arange(count) * (1 << MAX_CLASS_BITS) // max(1, count)
    return classes


def ideal_bits(counts: np.ndarray, sizes: np.ndarray) -> float:
    """Return the bits that an ideal coder takes, which knows the density of each entry's weights.

    Args:
        counts: the kept weights of each entry.
        sizes: all weights of each entry.
    """
    p = np.clip(counts / np.maximum(sizes, 1), 1e-12, 1 - 1e-12)
    return float(-(counts * np.log2(p) + (sizes - counts) * np.log2(1 - p)).sum())


def pack_classes(classes: np.ndarray, bits: int) -> np.ndarray:
    """Pack classes into a bit stream, `bits` bits each, lowest first: uint8."""
    return np.packbits((classes[:, None] >> np.arange(bits) & 1).astype(bool), bitorder="little")


def unpack_classes(data: np.ndarray, bits: int, count: int) -> np.ndarray:
    """Unpack `count` classes that `pack_classes` packed: uint8.

    Without bits they are zeros of which nothing is written: a file may claim any number of them.
    """
    classes = np.zeros(count, dtype=np.uint8)
    digits = np.unpackbits(data, count=count * bits, bitorder="little").reshape(count, bits)
    for i in range(bits):
        classes |= digits[:, i] << np.uint8(i)
    return classes


class ByteReader:
    """A cursor on a byte stream that takes arrays off its front."""

    def __init__(self, data: np.ndarray) -> None:
        self.data, self.at = data, 0

    def take(self, count: int, dtype: object) -> np.ndarray:
        """Take the next `count` values; DecodeError where the stream ends too early."""
        kind = np.dtype(dtype)  # type: ignore[call-overload]
        end = self.at + count * kind.itemsize
        if end > len(self.data):
            raise DecodeError("the stored mask ends too early")
        array = np.frombuffer(self.data[self.at : end].tobytes(), kind)
        self.at = end
        return array

    def rest(self, dtype: object) -> np.ndarray:
        """Take all values that are left; DecodeError where the last one is cut short."""
        count, odd = divmod(len(self.data) - self.at, np.dtype(dtype).itemsize)  # type: ignore[call-overload]
        if odd:
            raise DecodeError("the stored mask goes on after its end")
        return self.take(count, dtype)

    def end(self) -> None:
        """Check that everything was taken; DecodeError otherwise."""
        if self.at != len(self.data):
            raise DecodeError("the stored mask goes on after its end")
