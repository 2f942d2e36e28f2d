"""Range coding with a density for each kind of row and column: the smallest form, for archives.

Rows and columns are sorted into classes of like density; all weights of one row class and one column class have one
probability of being kept, and are coded as independent by constriction's range coder (Bamler, *Understanding Entropy
Coding With Asymmetric Numeral Systems*, arXiv 2201.01741). Bands of rows are coded independently of each other.

The part `mask` is, in this order: a byte, row class bits + 16·column class bits; the class of every row, then of every
column, as bit streams; a uint16 for every pair of classes, row class first: the probability in units of 1/65535, where
0 and 65535 mean that all are pruned or kept and nothing is coded; a uint32 for every band but the last, its number of
code words; the code words, uint32. A band has max(1, ⌊2^20/columns⌋) rows, the last one those that are left. All
numbers are little-endian. In a band the pairs of classes that are coded follow each other, row class first, and within
them the weights in row-major order.
"""

from dataclasses import dataclass

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks.density_classes import (
    FINEST,
    ByteReader,
    Classes,
    matrix_shape,
    pack_classes,
    sort_into_classes,
    unpack_classes,
)
from xoropt.masks.mask_codec import MaskCodec, MaskPlan

__all__ = ["CODEC", "decode", "encode", "rows_of_band"]

BAND = 1 << 20
"""Weights of a band, about."""


@dataclass(frozen=True, eq=False)
class Model:
    """A mask as a matrix, its classes, and the probability of each pair of classes in units of 1/65535."""

    matrix: np.ndarray
    classes: Classes
    unit: np.ndarray

    @property
    def head_bytes(self) -> int:
        """Bytes of what stands before the code words."""
        rows, columns = self.matrix.shape
        bands = -(-rows // rows_of_band(columns))
        classes = -(-rows * self.classes.row_bits // 8) - (-columns * self.classes.column_bits // 8)
        return 1 + classes + 2 * self.unit.size + 4 * max(0, bands - 1)

    @property
    def least_bytes(self) -> int:
        """Bytes that the stored part takes at least: no coder gets below the information, but for its last word."""
        counts, sizes = self.classes.counts, self.classes.sizes
        coded = (self.unit > 0) & (self.unit < 65535)
        p = np.where(coded, self.unit, 1) / 65535
        bits = -(counts * np.log2(p) + (sizes - counts) * np.log2(1 - p))[coded].sum()
        bands = -(-len(self.matrix) // rows_of_band(self.matrix.shape[1]))
        return self.head_bytes + max(0, int(0.999 * bits / 8) - 8 * bands)


def plan(mask: np.ndarray) -> MaskPlan:
    """Plan the stored part `mask`, uint8."""
    model = model_of(mask)
    return MaskPlan(model.least_bytes, lambda jobs: _encode(model))


def encode(mask: np.ndarray) -> dict[str, np.ndarray]:
    """Store a mask, bool of any shape, as the part `mask`, uint8."""
    return _encode(model_of(mask))


def model_of(mask: np.ndarray) -> Model:
    """The classes and probabilities with which a mask, bool of any shape, is coded."""
    rows, columns = matrix_shape(mask.shape, mask.size)
    matrix = np.ascontiguousarray(mask).reshape(rows, columns)
    classes = sort_into_classes(matrix)
    counts, sizes = classes.counts, classes.sizes
    unit = np.rint(counts / np.maximum(sizes, 1) * 65535).astype(np.int64)
    unit = np.where(counts == 0, 0, np.where(counts == sizes, 65535, np.clip(unit, 1, 65534)))
    return Model(matrix, classes, unit)


def _encode(model: Model) -> dict[str, np.ndarray]:
    matrix, classes, unit = model.matrix, model.classes, model.unit
    row_class, column_class = classes.row_class, classes.column_class
    band = rows_of_band(matrix.shape[1])
    words, lengths = [], []
    for first in range(0, len(matrix), band):
        codes = _encode_band(matrix[first : first + band], row_class[first : first + band], column_class, unit)
        words.append(codes)
        lengths.append(len(codes))
    head = np.array([classes.row_bits | classes.column_bits << 4], dtype=np.uint8)
    streams = [
        head,
        pack_classes(row_class, classes.row_bits),
        pack_classes(column_class, classes.column_bits),
        unit.astype("<u2"),
        np.array(lengths[:-1], dtype="<u4"),
        *(code.astype("<u4") for code in words),
    ]
    return {"mask": np.concatenate([stream.reshape(-1).view(np.uint8) for stream in streams])}


def rows_of_band(columns: int) -> int:
    """Rows that are coded together."""
    return max(1, BAND // max(1, columns))


def decode(parts: dict[str, np.ndarray], shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Weights first … stop − 1 of the mask of the given shape and size, bool; only the bands in which they lie
    are decoded.

    Raises:
        DecodeError: the part is shorter or longer than it says, or does not fit the shape.
    """
    rows, columns = matrix_shape(shape, size)
    reader = ByteReader(parts.get("mask", np.zeros(0, np.uint8)))
    bits = int(reader.take(1, np.uint8)[0])
    row_bits, column_bits = bits & 15, bits >> 4
    if max(row_bits, column_bits) > FINEST:
        raise DecodeError("the head of the entropy-coded mask is damaged")
    row_class = unpack_classes(reader.take(-(-rows * row_bits // 8), np.uint8), row_bits, rows)
    column_class = unpack_classes(reader.take(-(-columns * column_bits // 8), np.uint8), column_bits, columns)
    unit = reader.take(1 << row_bits + column_bits, "<u2").reshape(1 << row_bits, 1 << column_bits)
    band = rows_of_band(columns)
    bands = -(-rows // band)
    until = np.concatenate([[0], np.cumsum(reader.take(max(0, bands - 1), "<u4"), dtype=np.int64)])
    words = reader.rest("<u4")
    if until[-1] > len(words):
        raise DecodeError("the stored mask ends too early")
    begin, end = (first // columns // band, -(-stop // (columns * band))) if columns else (0, bands)
    mask = np.empty((min(rows, end * band) - begin * band, columns), dtype=bool)
    for number in range(begin, end):
        part = slice(number * band, (number + 1) * band)
        code = words[until[number] : until[number + 1] if number + 1 < bands else len(words)]
        _decode_band(code, row_class[part], column_class, unit, mask[part.start - begin * band :][:band])
    at = begin * band * columns
    return mask.reshape(-1)[first - at : stop - at]


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
    if not coder.maybe_exhausted():  # it read much fewer words than there are, or went on after them
        raise DecodeError("the entropy-coded mask is damaged or does not fit the shape")


CODEC = MaskCodec(plan, decode, random_access=False)
