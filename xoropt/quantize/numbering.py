"""The number of each weight's value among those of a coded field, and the codewords and listed weights that follow."""

import math
from collections.abc import Callable

import numpy as np

from xoropt.common.lazy_arrays import LazyArray
from xoropt.quantize.lazy_masks import kept_part
from xoropt.quantize.levels import CodedField
from xoropt.quantize.number_form import NumberForm
from xoropt.quantize.prefix_codes import plane_words
from xoropt.quantize.quantized_tensor import CHUNK, NOTHING_LISTED, Listed
from xoropt.quantize.tabled_codes import all_patterns, tabled_codes

__all__ = ["WINDOW", "codes_of", "numbering"]

WINDOW = 16
"""The most upper bits of an image that are counted; the field lies within them."""
FEWEST_COLUMNS = 1 << 10
"""Weights of a row from which on codes of classes are looked up row by row when they are needed."""


def codes_of(
    levels: CodedField, patterns: np.ndarray | LazyArray, mask: np.ndarray | LazyArray
) -> tuple[np.ndarray | LazyArray, Listed]:
    """Return the codes of weights, uint8, of the mask's shape or flat, and the listed weights.

    Args:
        levels: of the tensor.
        patterns: the bits of the weights, unsigned integers, flat.
        mask: bool, of the tensor's shape, its kept weights.
    """
    words = np.zeros(levels.values.shape[-1] + 1, dtype=np.uint8)
    words[: len(levels.lengths)] = plane_words(levels.lengths)
    if patterns.itemsize <= 2 and (levels.classes is None or math.prod(mask.shape[1:]) >= FEWEST_COLUMNS):
        return _look_up(levels, words, patterns, mask)
    return _number(levels, words, patterns, mask)


def _look_up(
    levels: CodedField, words: np.ndarray, patterns: np.ndarray | LazyArray, mask: np.ndarray | LazyArray
) -> tuple[LazyArray, Listed]:
    """Return the codes of weights of one or two bytes, and the listed ones, for the codeword of each value, uint8."""
    numbers = _numbers(levels, levels.form.images(all_patterns(patterns.dtype)) >> levels.form.raw_bits)
    codes = tabled_codes(patterns, words[numbers], levels.classes)
    if not levels.rare_values:
        return codes, NOTHING_LISTED
    rare = tabled_codes(patterns, (numbers >= len(levels.lengths)).view(np.uint8), levels.classes)

    columns = len(patterns) // max(1, 0 if levels.classes is None else len(levels.classes))
    at, symbols = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    for first in range(0, len(patterns), CHUNK):
        stop = first + CHUNK
        found = np.flatnonzero(rare[first:stop].view(bool) & kept_part(mask, first, stop))
        if len(found):
            at.append(found + first)
            rows = () if levels.classes is None else (levels.classes[at[-1] // columns],)
            symbols.append(numbers[(*rows, patterns[first:stop][found])].astype(np.int32))
    return codes, Listed(np.concatenate(at), np.concatenate(symbols))


def _number(
    levels: CodedField, words: np.ndarray, patterns: np.ndarray | LazyArray, mask: np.ndarray | LazyArray
) -> tuple[np.ndarray, Listed]:
    """Return the codes of any weights and the listed ones; see `_look_up`."""
    number_of, raw_bits, coded = numbering(levels, mask.shape), levels.form.raw_bits, len(levels.lengths)
    codes = np.empty(len(patterns), dtype=np.uint8)
    at, symbols = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    for first in range(0, len(patterns), CHUNK):
        some = slice(first, first + CHUNK)
        numbers = number_of(levels.form.images(patterns[some]) >> patterns.dtype.type(raw_bits), first)
        codes[some] = words[numbers]
        if levels.rare_values:
            rare = np.flatnonzero((numbers >= coded) & kept_part(mask, first, some.stop))
            at.append(rare + first)
            symbols.append(numbers[rare].astype(np.int32))
    return codes.reshape(mask.shape), Listed(np.concatenate(at), np.concatenate(symbols))


def numbering(levels: CodedField, shape: tuple[int, ...]) -> Callable[[np.ndarray, int], np.ndarray]:
    """Make the function from fields, and the weight where they begin, to the numbers of their values.

    Fields without a value have any number, at most that of all values.
    """
    number_of = _numbering(levels.form, _fields(levels))
    if levels.classes is None:
        return lambda fields, first: number_of(fields)
    classes, row_length, moved = levels.classes, max(1, math.prod(shape[1:])), _moved(levels)

    def of_classes(fields: np.ndarray, first: int) -> np.ndarray:
        rows = np.arange(first, first + len(fields)) // row_length
        return moved[classes[rows], number_of(fields)]

    return of_classes


def _numbers(levels: CodedField, fields: np.ndarray) -> np.ndarray:
    """Return the numbers of fields, (fields,), or for each class of rows, (k, fields)."""
    numbers = _numbering(levels.form, _fields(levels))(fields)
    return numbers if levels.classes is None else _moved(levels)[:, numbers]


def _fields(levels: CodedField) -> np.ndarray:
    """Return the fields that have values, in the first class's order."""
    return np.atleast_2d(levels.values)[0] >> levels.form.pattern.type(levels.form.raw_bits)


def _moved(levels: CodedField) -> np.ndarray:
    """Return for each class of rows the number of a value there for that in the first class: int64 (k, n + 1)."""
    table, n = levels.values, levels.values.shape[-1]
    order = np.argsort(table[0], kind="stable")
    moved = np.full((len(table), n + 1), n, dtype=np.int64)
    np.put_along_axis(moved, order[None].repeat(len(table), axis=0), np.argsort(table, axis=1, kind="stable"), axis=1)
    return moved


def _numbering(form: NumberForm, values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    if _is_by_value(form):
        order = np.argsort(values, kind="stable")
        ascending = values[order]
        return lambda fields: order[np.minimum(np.searchsorted(ascending, fields), len(order) - 1)]
    places = values.astype(np.uint16)  # the bits above a window repeat its sign or are 0
    numbers = np.full(1 << WINDOW, len(values), dtype=np.int64)
    numbers[places] = np.arange(len(values))
    return lambda fields: numbers[fields.astype(np.uint16)]


def _is_by_value(form: NumberForm) -> bool:
    """Return whether the values of large numbers are coded as a whole, beyond any window."""
    return not form.raw_bits and form.bits > WINDOW
