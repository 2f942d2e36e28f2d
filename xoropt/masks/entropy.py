"""Range coding with a density for each kind of row and column: the smallest form, for archives.

Rows and columns are sorted into classes of like density. All weights of one row class and one column class have the
same probability of being kept and are coded as independent by the range coder of the library constriction (Bamler,
*Understanding Entropy Coding With Asymmetric Numeral Systems*, arXiv 2201.01741). Bands of rows are coded independently
of each other.

The part `mask` is, in this order: a byte, row class bits + 16·column class bits; the class of every row, then of every
column, as bit streams; a uint16 for every pair of classes, row class first: the probability in units of 1/65535, where
0 and 65535 mean that all weights of the pair are pruned or kept and nothing is coded; a uint32 for every band but the
last, the number of its code words; the code words, uint32. A band has max(1, ⌊2^20/columns⌋) rows, the last one those
that are left. All numbers are little-endian. In a band the pairs of classes that are coded follow each other, row class
first, and within a pair the weights in row-major order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks.density_classes import (
    MAX_CLASS_BITS,
    ByteReader,
    Classes,
    matrix_shape,
    pack_classes,
    sort_into_classes,
    unpack_classes,
)
from xoropt.masks.mask_codec import MaskCodec, MaskPlan, Parts

__all__ = ["CODEC", "decode", "encode", "rows_of_band"]

BAND = 1 << 20
"""The most weights of a band, unless one row has more."""

ALL_KEPT = 65535
"""The stored probability of weights that are all kept."""


@dataclass(frozen=True, eq=False)
class DensityModel:
    """A mask as a matrix, and the probabilities with which it is coded.

    Attributes:
        matrix: bool, the mask.
        classes: of its rows and columns.
        probabilities: int64 (row classes, column classes), in units of 1/65535, as they are stored.
    """

    matrix: np.ndarray
    classes: Classes
    probabilities: np.ndarray

    @property
    def bands(self) -> int:
        """The number of bands."""
        return -(-len(self.matrix) // rows_of_band(self.matrix.shape[1]))

    @property
    def head_bytes(self) -> int:
        """The bytes before the code words."""
        rows, columns = self.matrix.shape
        classes = -(-rows * self.classes.row_bits // 8) - (-columns * self.classes.column_bits // 8)
        return 1 + classes + 2 * self.probabilities.size + 4 * max(0, self.bands - 1)

    @property
    def least_bytes(self) -> int:
        """A lower bound on the bytes of the stored part.

        A coder needs the information of the mask, less its last word in each band.
        """
        counts, sizes = self.classes.counts, self.classes.sizes
        coded = (self.probabilities > 0) & (self.probabilities < ALL_KEPT)
        p = np.where(coded, self.probabilities, 1) / ALL_KEPT
        bits = -(counts * np.log2(p) + (sizes - counts) * np.log2(1 - p))[coded].sum()
        return self.head_bytes + max(0, int(0.999 * bits / 8) - 8 * self.bands)


def plan(mask: np.ndarray) -> MaskPlan:
    """Plan the stored part `mask`, uint8."""
    model = density_model(mask)
    return MaskPlan(model.least_bytes, lambda jobs, effort: _encode(model))


def encode(mask: np.ndarray) -> Parts:
    """Encode a mask, bool of any shape, to the part `mask`, uint8."""
    return _encode(density_model(mask))


def density_model(mask: np.ndarray) -> DensityModel:
    """Choose the classes and probabilities with which a mask, bool of any shape, is coded."""
    rows, columns = matrix_shape(mask.shape, mask.size)
    matrix = np.ascontiguousarray(mask).reshape(rows, columns)
    classes = sort_into_classes(matrix)
    counts, sizes = classes.counts, classes.sizes
    rounded = np.rint(counts / np.maximum(sizes, 1) * ALL_KEPT).astype(np.int64)
    inner = np.clip(rounded, 1, ALL_KEPT - 1)
    return DensityModel(matrix, classes, np.where(counts == 0, 0, np.where(counts == sizes, ALL_KEPT, inner)))


def _encode(model: DensityModel) -> Parts:
    matrix, classes, probabilities = model.matrix, model.classes, model.probabilities
    row_class, column_class = classes.row_class, classes.column_class
    band = rows_of_band(matrix.shape[1])
    words, lengths = [], []
    for first in range(0, len(matrix), band):
        rows = slice(first, first + band)
        codes = _encode_band(matrix[rows], row_class[rows], column_class, probabilities)
        words.append(codes)
        lengths.append(len(codes))
    head = np.array([classes.row_bits | classes.column_bits << 4], dtype=np.uint8)
    streams = [
        head,
        pack_classes(row_class, classes.row_bits),
        pack_classes(column_class, classes.column_bits),
        probabilities.astype("<u2"),
        np.array(lengths[:-1], dtype="<u4"),
        *(code.astype("<u4") for code in words),
    ]
    return {"mask": np.concatenate([stream.reshape(-1).view(np.uint8) for stream in streams])}


def rows_of_band(columns: int) -> int:
    """Return the number of rows that are coded together in a mask of so many columns."""
    return max(1, BAND // max(1, columns))


def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
    """Decode weights first … stop − 1, see `MaskCodec.decode`; only the bands in which they lie are decoded."""
    rows, columns = matrix_shape(shape, size)
    reader = ByteReader(parts.get("mask", np.zeros(0, np.uint8)))
    bits = int(reader.take(1, np.uint8)[0])
    row_bits, column_bits = bits & 15, bits >> 4
    if max(row_bits, column_bits) > MAX_CLASS_BITS:
        raise DecodeError("the head of the entropy-coded mask is damaged")
    row_class = unpack_classes(reader.take(-(-rows * row_bits // 8), np.uint8), row_bits, rows)
    column_class = unpack_classes(reader.take(-(-columns * column_bits // 8), np.uint8), column_bits, columns)
    probabilities = reader.take(1 << row_bits + column_bits, "<u2").reshape(1 << row_bits, 1 << column_bits)
    band = rows_of_band(columns)
    bands = -(-rows // band)
    ends = np.concatenate([[0], np.cumsum(reader.take(max(0, bands - 1), "<u4"), dtype=np.int64)])
    words = reader.rest("<u4")
    if ends[-1] > len(words):
        raise DecodeError("the stored mask ends too early")
    begin, end = (first // columns // band, -(-stop // (columns * band))) if columns else (0, bands)
    mask = np.empty((min(rows, end * band) - begin * band, columns), dtype=bool)
    for number in range(begin, end):
        part = slice(number * band, (number + 1) * band)
        code = words[ends[number] : ends[number + 1] if number + 1 < bands else len(words)]
        _decode_band(code, row_class[part], column_class, probabilities, mask[part.start - begin * band :][:band])
    at = begin * band * columns
    return mask.reshape(-1)[first - at : stop - at]


def _pairs_of_classes(
    row_class: np.ndarray, column_class: np.ndarray, probabilities: np.ndarray
) -> Iterator[tuple[tuple[np.ndarray, ...], int]]:
    """Yield an index of the rows and columns of each pair of classes, and its probability, in coding order."""
    columns = [np.flatnonzero(column_class == b) for b in range(probabilities.shape[1])]
    for a in range(probabilities.shape[0]):
        rows = np.flatnonzero(row_class == a)
        for b, places in enumerate(columns):
            if len(rows) and len(places):
                yield np.ix_(rows, places), int(probabilities[a, b])


def _bernoulli(probability: int) -> Any:
    import constriction

    return constriction.stream.model.Bernoulli(probability / ALL_KEPT, perfect=False)


def _encode_band(
    matrix: np.ndarray, row_class: np.ndarray, column_class: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    import constriction

    coder = constriction.stream.queue.RangeEncoder()
    for index, probability in _pairs_of_classes(row_class, column_class, probabilities):
        if 0 < probability < ALL_KEPT:
            coder.encode(matrix[index].reshape(-1).astype(np.int32), _bernoulli(probability))
    return coder.get_compressed()


def _decode_band(
    words: np.ndarray, row_class: np.ndarray, column_class: np.ndarray, probabilities: np.ndarray, out: np.ndarray
) -> None:
    import constriction

    coder = constriction.stream.queue.RangeDecoder(words.astype(np.uint32))
    for index, probability in _pairs_of_classes(row_class, column_class, probabilities):
        if 0 < probability < ALL_KEPT:
            shape = (index[0].size, index[1].size)
            try:
                out[index] = coder.decode(_bernoulli(probability), shape[0] * shape[1]).reshape(shape) != 0
            except (ValueError, AssertionError):
                raise DecodeError("the entropy-coded mask is damaged") from None
        else:
            out[index] = probability != 0
    if not coder.maybe_exhausted():  # it left many of the words unread, or went on after the last one
        raise DecodeError("the entropy-coded mask is damaged or does not fit the shape")


def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check the head of the part `mask`, see `MaskCodec.check`."""
    decode(parts, shape, size, 0, 0)


CODEC = MaskCodec(plan, decode, random_access=False, check=check)
