"""Range coding with a density for each kind of row and column: the smallest form, for archives.

Rows and columns are sorted into classes of like density; all weights of one row class and one column class have one
probability of being kept, and are coded as independent by constriction's range coder (Bamler, *Understanding Entropy
Coding With Asymmetric Numeral Systems*, arXiv 2201.01741). Bands of rows are coded independently of each other.

The part `mask` is, in this order: five little-endian uint32 (rows, columns, row class bits, column class bits, rows of
a band); the class of every row, then of every column, as bit streams; a uint16 for every pair of classes, row class
first: the probability in units of 1/65535, where 0 and 65535 mean that all are pruned or kept and nothing is coded; a
uint32 for every band, its number of code words; the code words, uint32.
"""

import numpy as np

from xoropt.errors import DecodeError

__all__ = ["decode", "encode", "ideal_bits"]

BAND = 1 << 20
"""Weights of a band, about."""

FINEST = 5
"""Class bits at most: 32 classes."""


def encode(mask: np.ndarray) -> dict[str, np.ndarray]:
    """The mask, bool of any shape, as its stored part `mask`, uint8."""
    matrix = _matrix(mask)
    rows, columns = matrix.shape
    row_bits, column_bits, row_class, column_class, counts, sizes = _classes(matrix)
    unit = np.rint(counts / np.maximum(sizes, 1) * 65535).astype(np.int64)
    unit = np.where(counts == 0, 0, np.where(counts == sizes, 65535, np.clip(unit, 1, 65534)))
    band = max(1, BAND // max(1, columns))
    words, lengths = [], []
    for first in range(0, rows, band):
        codes = _encode_band(matrix[first : first + band], row_class[first : first + band], column_class, unit)
        words.append(codes)
        lengths.append(len(codes))
    head = np.array([rows, columns, row_bits, column_bits, band], dtype="<u4")
    streams = [
        head,
        _pack(row_class, row_bits),
        _pack(column_class, column_bits),
        unit.astype("<u2"),
        np.array(lengths, dtype="<u4"),
        *(code.astype("<u4") for code in words),
    ]
    return {"mask": np.concatenate([stream.reshape(-1).view(np.uint8) for stream in streams])}


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int) -> np.ndarray:
    """The mask of the given shape and size.

    Raises:
        DecodeError: the part is shorter or longer than it says, or does not fit the shape.
    """
    data = parts.get("mask", np.zeros(0, np.uint8))
    rows, columns = _rows_and_columns(shape, size)
    reader = _Reader(data)
    *stored, row_bits, column_bits, band = reader.take(5, "<u4").tolist()
    if stored != [rows, columns] or max(row_bits, column_bits) > FINEST or band == 0:
        raise DecodeError("the head of the entropy-coded mask does not fit the shape")
    row_class = _unpack(reader.take(-(-rows * row_bits // 8), np.uint8), row_bits, rows)
    column_class = _unpack(reader.take(-(-columns * column_bits // 8), np.uint8), column_bits, columns)
    unit = reader.take(1 << row_bits + column_bits, "<u2").reshape(1 << row_bits, 1 << column_bits)
    lengths = reader.take(-(-rows // band), "<u4").tolist()
    mask = np.empty((rows, columns), dtype=bool)
    for number, length in enumerate(lengths):
        part = slice(number * band, (number + 1) * band)
        _decode_band(reader.take(length, "<u4"), row_class[part], column_class, unit, mask[part])
    reader.end()
    return mask.reshape(shape)


def ideal_bits(mask: np.ndarray) -> float:
    """What an ideal coder takes for a mask whose weights are alike and independent."""
    return float(_bits(np.array(np.count_nonzero(mask)), np.array(mask.size)))


class _Reader:
    """Takes arrays off the front of a byte stream."""

    def __init__(self, data: np.ndarray) -> None:
        self.data, self.at = data, 0

    def take(self, count: int, dtype: object) -> np.ndarray:
        kind = np.dtype(dtype)  # type: ignore[call-overload]
        end = self.at + count * kind.itemsize
        if end > len(self.data):
            raise DecodeError("the entropy-coded mask ends too early")
        array = np.frombuffer(self.data[self.at : end].tobytes(), kind)
        self.at = end
        return array

    def end(self) -> None:
        if self.at != len(self.data):
            raise DecodeError("the entropy-coded mask goes on after its end")


def _rows_and_columns(shape: tuple[int, ...], size: int) -> tuple[int, int]:
    """A tensor as a matrix: its first axis, and all others together; a vector is one row."""
    rows = shape[0] if len(shape) > 1 else 1
    return rows, size // rows if rows else 0


def _matrix(mask: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(mask).reshape(_rows_and_columns(mask.shape, mask.size))


def _classes(matrix: np.ndarray) -> tuple[int, int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The numbers of classes that store least, the classes, and the kept and all weights of every pair of them."""
    rows, columns = matrix.shape
    row_class = _quantiles(matrix.sum(axis=1), rows)
    column_class = _quantiles(matrix.sum(axis=0), columns)
    kinds = 1 << FINEST
    by_row = np.zeros((kinds, columns), dtype=np.int64)
    for kind in range(kinds):
        by_row[kind] = matrix[row_class == kind].sum(axis=0)
    counts = np.zeros((kinds, kinds), dtype=np.int64)
    np.add.at(counts.T, column_class, by_row.T)
    sizes = np.outer(np.bincount(row_class, minlength=kinds), np.bincount(column_class, minlength=kinds))

    def merged(table: np.ndarray, a: int, b: int) -> np.ndarray:
        return table.reshape(1 << a, kinds >> a, 1 << b, kinds >> b).sum(axis=(1, 3))

    def stored(bits: tuple[int, int]) -> float:
        a, b = bits
        return float(_bits(merged(counts, a, b), merged(sizes, a, b))) + a * rows + b * columns + 16 * (1 << a + b)

    a, b = min(((a, b) for a in range(FINEST + 1) for b in range(FINEST + 1)), key=stored)
    return a, b, row_class >> FINEST - a, column_class >> FINEST - b, merged(counts, a, b), merged(sizes, a, b)


def _quantiles(sums: np.ndarray, count: int) -> np.ndarray:
    """The class of each row or column: 2^FINEST classes of equal population, by density."""
    classes = np.empty(count, dtype=np.int64)
    classes[np.argsort(sums, kind="stable")] = np.arange(count) * (1 << FINEST) // max(1, count)
    return classes


def _bits(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """What an ideal coder takes for so many kept of so many weights."""
    p = np.clip(counts / np.maximum(sizes, 1), 1e-12, 1 - 1e-12)
    return -(counts * np.log2(p) + (sizes - counts) * np.log2(1 - p)).sum()


def _blocks(row_class: np.ndarray, column_class: np.ndarray, unit: np.ndarray):  # type: ignore[no-untyped-def]
    """The rows and columns of every pair of classes that is coded, and its probability, in coding order."""
    columns = [np.flatnonzero(column_class == b) for b in range(unit.shape[1])]
    for a in range(unit.shape[0]):
        rows = np.flatnonzero(row_class == a)
        for b, places in enumerate(columns):
            if len(rows) and len(places):
                yield np.ix_(rows, places), int(unit[a, b])


def _bernoulli(unit: int):  # type: ignore[no-untyped-def]
    import constriction

    return constriction.stream.model.Bernoulli(unit / 65535, perfect=False)


def _encode_band(matrix: np.ndarray, row_class: np.ndarray, column_class: np.ndarray, unit: np.ndarray) -> np.ndarray:
    import constriction

    coder = constriction.stream.queue.RangeEncoder()
    for block, probability in _blocks(row_class, column_class, unit):
        if 0 < probability < 65535:
            coder.encode(matrix[block].reshape(-1).astype(np.int32), _bernoulli(probability))
    return coder.get_compressed()


def _decode_band(
    words: np.ndarray, row_class: np.ndarray, column_class: np.ndarray, unit: np.ndarray, out: np.ndarray
) -> None:
    import constriction

    coder = constriction.stream.queue.RangeDecoder(words.astype(np.uint32))
    for block, probability in _blocks(row_class, column_class, unit):
        if 0 < probability < 65535:
            shape = (block[0].size, block[1].size)
            try:
                out[block] = coder.decode(_bernoulli(probability), shape[0] * shape[1]).reshape(shape) != 0
            except (ValueError, AssertionError):
                raise DecodeError("the entropy-coded mask is damaged") from None
        else:
            out[block] = probability != 0


def _pack(values: np.ndarray, bits: int) -> np.ndarray:
    return np.packbits((values[:, None] >> np.arange(bits) & 1).astype(bool), bitorder="little")


def _unpack(data: np.ndarray, bits: int, count: int) -> np.ndarray:
    digits = np.unpackbits(data, count=count * bits, bitorder="little").reshape(count, bits).astype(np.int64)
    return (digits << np.arange(bits)).sum(axis=1)
