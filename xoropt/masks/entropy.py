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
from xoropt.masks.classes import FINEST, Reader, matrix_shape, pack_classes, sort_into_classes, unpack_classes

__all__ = ["decode", "encode"]

BAND = 1 << 20
"""Weights of a band, about."""


def encode(mask: np.ndarray, jobs: int = 1) -> dict[str, np.ndarray]:
    """The mask, bool of any shape, as its stored part `mask`, uint8."""
    rows, columns = matrix_shape(mask.shape, mask.size)
    matrix = np.ascontiguousarray(mask).reshape(rows, columns)
    classes = sort_into_classes(matrix)
    row_class, column_class, counts, sizes = classes.row_class, classes.column_class, classes.counts, classes.sizes
    unit = np.rint(counts / np.maximum(sizes, 1) * 65535).astype(np.int64)
    unit = np.where(counts == 0, 0, np.where(counts == sizes, 65535, np.clip(unit, 1, 65534)))
    band = max(1, BAND // max(1, columns))
    words, lengths = [], []
    for first in range(0, rows, band):
        codes = _encode_band(matrix[first : first + band], row_class[first : first + band], column_class, unit)
        words.append(codes)
        lengths.append(len(codes))
    head = np.array([rows, columns, classes.row_bits, classes.column_bits, band], dtype="<u4")
    streams = [
        head,
        pack_classes(row_class, classes.row_bits),
        pack_classes(column_class, classes.column_bits),
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
    rows, columns = matrix_shape(shape, size)
    reader = Reader(data)
    *stored, row_bits, column_bits, band = reader.take(5, "<u4").tolist()
    if stored != [rows, columns] or max(row_bits, column_bits) > FINEST or band == 0:
        raise DecodeError("the head of the entropy-coded mask does not fit the shape")
    row_class = unpack_classes(reader.take(-(-rows * row_bits // 8), np.uint8), row_bits, rows)
    column_class = unpack_classes(reader.take(-(-columns * column_bits // 8), np.uint8), column_bits, columns)
    unit = reader.take(1 << row_bits + column_bits, "<u2").reshape(1 << row_bits, 1 << column_bits)
    lengths = reader.take(-(-rows // band), "<u4").tolist()
    mask = np.empty((rows, columns), dtype=bool)
    for number, length in enumerate(lengths):
        part = slice(number * band, (number + 1) * band)
        _decode_band(reader.take(length, "<u4"), row_class[part], column_class, unit, mask[part])
    reader.end()
    return mask.reshape(shape)


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
