"""Quantized tensors: a mask, a code and a raw field for each kept weight, and what they mean."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from xoropt.common.arguments import check_kind
from xoropt.common.lazy_arrays import AT_ONCE as CHUNK
from xoropt.common.lazy_arrays import LazyArray
from xoropt.quantize.block_scales import BlockScales
from xoropt.quantize.lazy_masks import count_kept, kept_part
from xoropt.quantize.levels import CodedField, Levels, count_planes, level_table
from xoropt.quantize.number_form import NumberForm
from xoropt.quantize.prefix_codes import completions
from xoropt.quantize.tabled_codes import look_up

__all__ = [
    "CHUNK",
    "NOTHING_LISTED",
    "Listed",
    "QuantizedTensor",
    "dequantize",
    "listed_fields",
    "raw_fields",
    "restore_weights",
    "value_entropy",
]


class Listed(NamedTuple):
    """Kept weights whose field is listed, because it occurs rarely; planes of codewords do not care for them.

    Attributes:
        at: int64, the weights, ascending.
        symbols: int32, the number of each one's value among the `values` of the `CodedField`.
    """

    at: np.ndarray
    symbols: np.ndarray

    def within(self, first: int, stop: int) -> "Listed":
        """Return those of the weights from `first` to `stop` − 1."""
        some = slice(*np.searchsorted(self.at, (first, stop)))
        return Listed(self.at[some], self.symbols[some])


def raw_fields(patterns: np.ndarray | LazyArray, form: NumberForm) -> LazyArray:
    """Return the raw fields of a tensor's numbers, which are read when they are needed.

    Args:
        patterns: the bits of the numbers, unsigned integers, flat.
        form: of the numbers.
    """
    ones = form.pattern.type((1 << form.raw_bits) - 1)
    return LazyArray(lambda first, stop: form.images(patterns[first:stop]) & ones, (len(patterns),), form.pattern)


NOTHING_LISTED = Listed(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))


@dataclass(frozen=True, eq=False)
class QuantizedTensor:
    """A tensor as it is stored: a mask, and for each kept weight a code and a raw field.

    Attributes:
        kept: bool, of the tensor's shape; False where the weight is pruned.
        codes: uint8, of the tensor's shape or flat; bit i is that of code plane i. Pruned weights may have any code.
        levels: what the code of a kept weight means.
        raw: the raw field of each weight: unsigned integers of the tensor's shape or flat, in the lower bits; None
            without one.
        listed: kept weights whose field is listed.
        scaled: scales of blocks, of a tensor whose weights are products: all else describes its codes.
        pairs: whether the weights are complex: all else describes their real and imaginary parts, along a last axis.
    """

    kept: np.ndarray | LazyArray = field(repr=False)
    codes: np.ndarray | LazyArray = field(repr=False)
    levels: Levels
    raw: np.ndarray | LazyArray | None = field(default=None, repr=False)
    listed: Listed = NOTHING_LISTED
    scaled: BlockScales | None = None
    pairs: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor, or of its pairs."""
        return self.kept.shape

    @property
    def size(self) -> int:
        """The number of weights, or of the parts of its pairs."""
        return self.kept.size

    @property
    def mask(self) -> np.ndarray:
        """The mask: bool, of the tensor's shape."""
        return np.asarray(self.kept)

    @property
    def raw_planes(self) -> int:
        """The planes of the raw field, which come first."""
        return self.levels.form.raw_bits if isinstance(self.levels, CodedField) else 0

    @property
    def signed_fill(self) -> bool:
        """Whether plane 0 cares for every weight, since it holds the signs of pruned ones too."""
        return isinstance(self.levels, CodedField) and self.levels.signed_fill

    @property
    def shared_planes(self) -> int:
        """The planes that care for every kept weight, which come before the others."""
        return self.levels.shared_planes if isinstance(self.levels, CodedField) else count_planes(self.levels)

    @property
    def value_bits(self) -> int:
        """The care bits over all planes: the bits of all codewords and raw fields, and the signs of pruned weights."""
        kept = count_kept(self.kept)
        signs = self.size - kept if self.signed_fill else 0
        if not isinstance(self.levels, CodedField):
            return len(self) * kept
        lengths = self.levels.code_lengths()
        counts = np.zeros(len(lengths), dtype=np.int64)
        for first in range(0, self.size, CHUNK):
            part = first, first + CHUNK
            counts += np.bincount(self.codes_part(*part)[kept_part(self.kept, *part)], minlength=len(lengths))
        return (
            self.shared_planes * kept
            + signs
            + int(counts @ lengths.astype(np.int64))
            - int(counts.sum()) * int(self.levels.lengths.min())
        )

    def __len__(self) -> int:
        """Return the number of planes."""
        return count_planes(self.levels)

    def plane(self, number: int) -> np.ndarray:
        """Return a plane: bool, of the tensor's shape."""
        return self.bits(number, 0, self.size).reshape(self.shape)

    def bits(self, number: int, first: int, stop: int) -> np.ndarray:
        """Return weights first … stop − 1 of a plane: bool, flat."""
        if (bit := number - self.raw_planes) >= 0:
            return (self.codes_part(first, stop) & np.uint8(1 << bit)) != 0
        raw = self.raw_part(first, stop)
        assert raw is not None
        return (raw & raw.dtype.type(1 << number)) != 0

    def codes_part(self, first: int, stop: int) -> np.ndarray:
        """Return the codes of weights first … stop − 1: uint8, flat."""
        return self.codes.reshape(-1)[first:stop]

    def raw_part(self, first: int, stop: int) -> np.ndarray | None:
        """Return the raw fields of weights first … stop − 1, flat; None without a raw field."""
        return None if self.raw is None else self.raw.reshape(-1)[first:stop]

    def octets(self, number: int, out: np.ndarray | None = None) -> np.ndarray:
        """Return planes 8·number … 8·number + 7 as a byte of each weight: uint8, flat.

        Args:
            number: of the octet.
            out: where to write; None: a new array.
        """
        low, size = 8 * number, self.size
        made = np.empty(size, dtype=np.uint8) if out is None else out
        for first in range(0, size, CHUNK):
            some = slice(first, first + CHUNK)
            made[some] = 0
            if low < self.raw_planes and (raw := self.raw_part(first, some.stop)) is not None:
                made[some] |= (raw >> raw.dtype.type(low)).astype(np.uint8)
            if (shift := self.raw_planes - low) < 8:
                codes = self.codes_part(first, some.stop)
                made[some] |= codes << np.uint8(shift) if shift >= 0 else codes >> np.uint8(-shift)
        return made

    def packed_care(self, number: int) -> np.ndarray:
        """Return which weights a plane cares for: uint8 (⌈weights/8⌉,), packed, the first weight in the lowest bit."""
        if number == 0 and self.signed_fill:
            return np.packbits(np.broadcast_to(np.True_, self.size), bitorder="little")
        packed = np.empty(-(-self.size // 8), dtype=np.uint8)
        for first in range(0, self.size, CHUNK):
            care = kept_part(self.kept, first, first + CHUNK)
            if number >= self.shared_planes:
                assert isinstance(self.levels, CodedField)
                codes = self.codes_part(first, first + CHUNK)
                care = care & look_up(self.levels.code_lengths() > number - self.raw_planes, codes)
                care[self.listed.within(first, first + CHUNK).at - first] = False
            packed[first // 8 :][: -(-len(care) // 8)] = np.packbits(care, bitorder="little")
        return packed

    def care(self, number: int) -> np.ndarray:
        """Return which weights a plane cares for: bool, of the tensor's shape."""
        if number < self.shared_planes and not (number == 0 and self.signed_fill):
            return self.mask
        care = np.unpackbits(self.packed_care(number), count=self.size, bitorder="little")
        return care.view(bool).reshape(self.shape)

    @property
    def planes(self) -> np.ndarray:
        """All planes: bool (planes, *shape)."""
        return np.stack([self.plane(i) for i in range(len(self))]) if len(self) else np.zeros((0, *self.shape), bool)


def value_entropy(tensor: QuantizedTensor) -> float:
    """Measure the empirical entropy of the kept weights' values: the bits that an ideal entropy coder takes for each.

    The bits of a raw field count as they are.

    Raises:
        ArgumentError: it is no quantized tensor.
    """
    check_kind("tensor", tensor, QuantizedTensor, "a QuantizedTensor, as xoropt.quantize.recognize returns it")
    levels = tensor.levels
    counts = np.zeros(256, dtype=np.int64)
    for first in range(0, tensor.size, CHUNK):
        care = kept_part(tensor.kept, first, first + CHUNK).copy()
        care[tensor.listed.within(first, first + CHUNK).at - first] = False
        counts += np.bincount(tensor.codes_part(first, first + CHUNK)[care], minlength=256)
    if isinstance(levels, CodedField):
        symbols = completions(levels.lengths, levels.code_planes)
        number = levels.values.shape[-1]
        counts = np.bincount(symbols, counts[: len(symbols)], number).astype(np.int64)
        counts[:number] += np.bincount(tensor.listed.symbols, minlength=number)
    share = counts[counts > 0] / max(1, counts.sum())
    return float(-(share * np.log2(share)).sum()) + 0.0 + tensor.raw_planes


def dequantize(tensor: QuantizedTensor) -> np.ndarray:
    """Return the weights that a quantized tensor stands for, of its shape and dtype.

    Raises:
        ArgumentError: it is no quantized tensor.
    """
    check_kind("tensor", tensor, QuantizedTensor, "a QuantizedTensor, as xoropt.quantize.recognize returns it")
    weights = np.empty(tensor.size, dtype=tensor.levels.dtype)
    table = _table(tensor.levels, len(tensor))
    for first in range(0, tensor.size, CHUNK):
        some = slice(first, first + CHUNK)
        row = _rows_of_table(tensor.levels, some, tensor.size, table)
        codes, raw = tensor.codes_part(first, some.stop), tensor.raw_part(first, some.stop)
        kept = kept_part(tensor.kept, first, some.stop)
        weights[some] = _weights(kept, codes, raw, tensor.levels, table, row)
    put_listed(weights, tensor.levels, tensor.listed, 0)
    weights = weights if tensor.scaled is None else tensor.scaled.weights(weights)
    if tensor.pairs:
        return weights.view(np.complex64).reshape(tensor.shape[:-1])
    return weights.reshape(tensor.shape)


def restore_weights(
    mask: np.ndarray, planes: np.ndarray, levels: Levels, listed: Listed = NOTHING_LISTED, begin: int = 0
) -> np.ndarray:
    """Return the weights for a decoded mask and decoded planes.

    Args:
        mask: bool, of any shape: the kept ones of some neighbouring weights.
        planes: bool (planes, *mask.shape).
        levels: what the planes mean; those of these rows alone, where each row has its own.
        listed: the listed weights among them.
        begin: the first of these weights.

    Returns:
        The weights, of the mask's shape.
    """
    flat, bits = mask.reshape(-1), planes.reshape(len(planes), mask.size)
    coded = isinstance(levels, CodedField)
    raw_planes = levels.form.raw_bits if isinstance(levels, CodedField) else 0
    weights = np.empty(len(flat), dtype=levels.dtype)
    table = _table(levels, len(planes))
    for first in range(0, len(flat), CHUNK):
        some = slice(first, first + CHUNK)
        codes = _join(bits[raw_planes:, some], np.dtype(np.uint8))
        raw = _join(bits[:raw_planes, some], table.dtype) if coded else None
        weights[some] = _weights(flat[some], codes, raw, levels, table, _rows_of_table(levels, some, len(flat), table))
    put_listed(weights, levels, listed, begin)
    return weights.reshape(mask.shape)


def _join(bits: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Join planes, bool (planes, weights), to numbers; the first plane is the lowest bit."""
    numbers = np.zeros(bits.shape[1], dtype=dtype)
    for i, plane in enumerate(bits):
        numbers |= plane.astype(dtype) << dtype.type(i)
    return numbers


def _table(levels: Levels, planes: int) -> np.ndarray:
    """Return the image, where a field is coded, or else the weight for every code: (rows, codes)."""
    return np.atleast_2d(levels.code_table()) if isinstance(levels, CodedField) else level_table(levels, planes)


def _rows(some: slice, size: int, rows: int) -> np.ndarray | int:
    """Return the row of each of some weights of `size` in so many rows."""
    return np.arange(some.start, min(some.stop, size)) // (size // rows) if rows > 1 and size else 0


def _rows_of_table(levels: Levels, some: slice, size: int, table: np.ndarray) -> np.ndarray | int:
    """Return the row of the table for each of some weights of `size`."""
    if isinstance(levels, CodedField) and levels.classes is not None:
        return levels.classes[_rows(some, size, len(levels.classes))]
    return _rows(some, size, len(table))


def _weights(
    kept: np.ndarray,
    codes: np.ndarray,
    raw: np.ndarray | None,
    levels: Levels,
    table: np.ndarray,
    rows: np.ndarray | int,
) -> np.ndarray:
    """Return the weights that have these codes and raw fields, with the table's row for each; pruned where not kept."""
    found = table[rows, codes & np.uint8(table.shape[1] - 1)]  # a pruned weight may have any code
    if isinstance(levels, CodedField):
        patterns = levels.form.numbers(found if raw is None else found | raw)
        pruned = patterns.dtype.type(levels.fill)
        if levels.signed_fill:
            pruned = patterns & patterns.dtype.type(1 << levels.form.bits - 1)
        return np.where(kept, patterns, pruned).view(levels.dtype)
    return np.where(kept, found, np.zeros((), dtype=found.dtype))


def put_listed(weights: np.ndarray, levels: Levels, listed: Listed, begin: int) -> None:
    """Put the fields of listed weights into `weights`, flat, which begin with weight `begin`."""
    if not len(listed.at) or not isinstance(levels, CodedField):
        return
    at, bits, raw = listed_fields(levels, Listed(listed.at - begin, listed.symbols), len(weights))
    patterns = weights.view(levels.form.pattern)
    patterns[at] = patterns[at] & levels.form.pattern.type(raw) | bits


def listed_fields(levels: CodedField, listed: Listed, size: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the listed weights, the bits of each one's field in place, and the bits of raw fields in place.

    Args:
        levels: of the tensor, or of some of its rows.
        listed: weights of these rows, counted from the first one.
        size: the weights of these rows.
    """
    form, values = levels.form, levels.values
    raw = form.numbers(np.array([(1 << form.raw_bits) - 1], dtype=form.pattern))
    if levels.classes is None:
        images = values[listed.symbols]
    else:
        images = values[levels.classes[listed.at // max(1, size // len(levels.classes))], listed.symbols]
    return listed.at, form.numbers(images), int(raw[0])
