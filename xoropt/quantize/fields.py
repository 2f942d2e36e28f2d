"""Fields: how a tensor's numbers are split into a prefix-coded field and a raw one, chosen from computed sizes.

The sizes follow from counts of the numbers' upper bits, before anything is encoded. Floats are mostly coded by their
exponent and the upper bit or two of the mantissa, which are not uniform either: a bell curve falls within an octave.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from xoropt.common.lazy_arrays import LazyArray
from xoropt.masks.views import binary_entropy
from xoropt.quantize.codebooks import places_of
from xoropt.quantize.levels import CodedField
from xoropt.quantize.number_form import NumberForm, has_sign_bit, is_signed_integer
from xoropt.quantize.numbering import WINDOW, codes_of
from xoropt.quantize.prefix_codes import MAX_LENGTH, limited_lengths
from xoropt.quantize.quantized_tensor import CHUNK, QuantizedTensor, raw_fields

__all__ = [
    "FieldPlan",
    "count_of",
    "entropy_of",
    "lengths_to_try",
    "plan_fields",
    "plan_signed_zeros",
    "price",
]

RARE = (5, 6, 7, 8, 9, 10, 11, 12, 14)
"""A symbol is listed where it occurs once in 2^RARE weights or less; all of these are tried."""
NEAR = 0.25
"""Bits a weight by which the least size of a split may exceed that of the best one to be tried."""
PLANE_BITS = 500
"""Bits that the description takes of each plane that cares for some of the kept weights alone."""
PLANE_COST, NARROW_PLANE_COST = 0.02, 0.002
"""Bits a weight that another plane of codewords must save, since it takes time to decode; the latter for bytes."""
LISTED_COST, NARROW_LISTED_COST = 10, 2
"""Bits that a listed weight must save, since putting it in takes time."""
MOST_SIGN_BITS = 0.98
"""Bits of information in a sign below which it is tried in the coded field, above the exponent."""
LIMITS = (6, 7, 8)
"""Most bits of a codeword that are tried."""
MOST_CODED = 1 << MAX_LENGTH
"""The most symbols that have codewords."""
LIST_ENTRY = 1.6
"""Bits of a listed weight's place beyond the logarithm of the mean distance between them."""
LIST_BITS = 200
"""Bits that a list takes beside its entries, in the description of the tensor."""


@dataclass(frozen=True, eq=False)
class FieldPlan:
    """How the numbers of a tensor can be stored.

    Attributes:
        levels: the split, the values and their codewords.
        cost: `bits`, and what the time of decoding is worth, by which plans are compared.
        bits: the bits of the kept weights, the table and the list of rare weights.
        entropy: bits of information in the value of a kept weight, its raw field included.
    """

    levels: CodedField
    cost: float
    bits: float
    entropy: float

    def apply(self, patterns: np.ndarray | LazyArray, mask: np.ndarray | LazyArray) -> QuantizedTensor:
        """Split a tensor.

        Args:
            patterns: its bits, unsigned integers, flat.
            mask: bool, of the tensor's shape, its kept weights: those that differ from the plan's `fill`, or all.
        """
        levels, form = self.levels, self.levels.form
        raw = raw_fields(patterns, form) if form.raw_bits else None
        codes, listed = codes_of(levels, patterns, mask)
        return QuantizedTensor(mask, codes, levels, raw, listed)


class Window(NamedTuple):
    """Counts of the upper bits of images.

    Attributes:
        form: of the numbers, without a raw field.
        width: bits of the window.
        low: the image's bit where the window begins.
        counts: int64 (2^width,).
        values: the images that are counted, where they are counted as a whole; None: those of each window.
    """

    form: NumberForm
    width: int
    low: int
    counts: np.ndarray
    values: np.ndarray | None = None


def plan_signed_zeros(patterns: np.ndarray | LazyArray, dtype: np.dtype) -> FieldPlan | None:
    """Plan how the numbers of a tensor are split where zeros of both signs are pruned, and plane 0 holds their signs.

    Args:
        patterns: their bits, unsigned integers, flat.
        dtype: of the tensor, with a sign bit.

    Returns:
        The plan, without the bits of the mask and of the zeros' signs; None where no form has the sign in a raw field.
    """
    window = next(_windows(patterns, dtype, 0), None)
    if window is None or not window.form.sign_last:
        return None
    window.counts[1 >> window.low] -= count_of(patterns, 1 << 8 * dtype.itemsize - 1)
    plans = [plan for plan in _plans(window, 0) if plan.levels.form.raw_bits]
    best = min(plans, key=lambda plan: plan.cost, default=None)
    return None if best is None else replace(best, levels=replace(best.levels, signed_fill=True))


def plan_fields(
    patterns: np.ndarray | LazyArray, dtype: np.dtype, fill: int | None, few: np.ndarray | None = None
) -> FieldPlan | None:
    """Plan how the numbers of a tensor are split and coded for the least size.

    Args:
        patterns: their bits, unsigned integers, flat.
        dtype: of the tensor; complex numbers have a plan only where their values are few.
        fill: the bits of pruned weights, which are not coded; None: every weight is kept.
        few: the different patterns, ascending, where they are few.

    Returns:
        The plan; None where there are no kept weights or too many different fields.
    """
    if few is not None and dtype.itemsize > 2:
        windows = [_values_as_window(patterns, dtype, fill, few)]
    else:
        windows = list(_windows(patterns, dtype, fill))
    plans = [plan for window in windows for plan in _plans(window, fill)]
    return min(plans, key=lambda plan: plan.cost, default=None)


def _values_as_window(patterns: np.ndarray | LazyArray, dtype: np.dtype, fill: int | None, few: np.ndarray) -> Window:
    """Count values as a whole."""
    counts = np.zeros(len(few), dtype=np.int64)
    for some in _chunks(patterns):
        counts += np.bincount(places_of(few, some), minlength=len(few))
    if fill is not None:
        counts[few == few.dtype.type(fill)] = 0
    return Window(NumberForm(dtype), 0, 0, counts, few)


def _windows(patterns: np.ndarray | LazyArray, dtype: np.dtype, fill: int | None) -> Iterator[Window]:
    """Count the upper bits of the numbers: with the sign last, and where it is skewed with the sign first."""
    if dtype.kind == "c" or not len(patterns):
        return
    bits, kind = 8 * dtype.itemsize, patterns.dtype
    together = (1 << bits) - 1 if fill else 0
    for some in () if fill else _chunks(patterns):
        together |= int(np.bitwise_or.reduce(some))
    zeros = min((together & -together).bit_length() - 1, bits - 2) if together else 0
    signed = has_sign_bit(dtype) and bool(together >> bits - 1)
    if signed:
        yield _window(patterns, NumberForm(dtype, 0, zeros, True), bits - zeros, fill)
        negative = sum(int(np.count_nonzero(some >> kind.type(bits - 1))) for some in _chunks(patterns))
        if not _is_skewed(negative / len(patterns)):
            return
    if is_signed_integer(dtype):
        ends = [(int(some.max()), int(some.min())) for some in map(_signed, _chunks(patterns))]
        highest, lowest = max(high for high, _ in ends), min(low for _, low in ends)
        top = 1 + max(highest.bit_length(), (~lowest).bit_length()) - zeros
    else:
        top = max(1, together.bit_length() - zeros)
    yield _window(patterns, NumberForm(dtype, 0, zeros), top, fill)


def _is_skewed(share: float) -> bool:
    """Return whether a bit that is set in this share of the weights is worth coding with the upper bits."""
    return 0.0 < binary_entropy(share) < MOST_SIGN_BITS


def _window(patterns: np.ndarray | LazyArray, form: NumberForm, top: int, fill: int | None) -> Window:
    """Count the upper bits of images below bit `top`."""
    kind = patterns.dtype
    low = max(0, top - WINDOW)
    width = top - low
    counts = np.zeros(1 << width, dtype=np.int64)
    for some in _chunks(patterns):
        window = form.images(some) >> kind.type(low) & kind.type((1 << width) - 1)
        counts += np.bincount(window.astype(np.uint16), minlength=1 << width)
    if fill is not None:
        place = int(form.images(np.array([fill], dtype=kind))[0]) >> low & ((1 << width) - 1)
        counts[place] -= count_of(patterns, fill)
    return Window(form, width, low, counts)


def count_of(patterns: np.ndarray | LazyArray, fill: int) -> int:
    """Count how often a number occurs, given by its bits."""
    return sum(int(np.count_nonzero(some == patterns.dtype.type(fill))) for some in _chunks(patterns))


def _chunks(patterns: np.ndarray | LazyArray) -> Iterator[np.ndarray]:
    return (patterns[first : first + CHUNK] for first in range(0, len(patterns), CHUNK))


def _signed(patterns: np.ndarray) -> np.ndarray:
    return patterns.view(f"i{patterns.itemsize}")


def _plans(window: Window, fill: int | None) -> Iterator[FieldPlan]:
    """Plan the splits of a window, except those that can't come near the best one with their table and list.

    The entropy alone would favour fields of so many bits that hardly a number occurs twice.
    """
    kept = int(window.counts.sum())
    if not kept:
        return
    splits = []
    for field_bits in range(1, window.width + 1) if window.values is None else [0]:
        raw_bits = window.low + window.width - field_bits
        counts = window.counts.reshape(1 << field_bits, -1).sum(axis=1) if field_bits else window.counts
        share = counts[counts > 0] / kept
        estimate = _least_bits(share) + raw_bits + window.form.bits * len(share) / kept
        splits.append((estimate, entropy_of(share) + raw_bits, raw_bits, counts))
    least = min(estimate for estimate, _, _, _ in splits)
    for estimate, entropy, raw_bits, counts in splits:
        if estimate <= least + NEAR:
            yield from _plans_of_split(window, fill, raw_bits, counts, entropy)


def entropy_of(share: np.ndarray) -> float:
    """Return the bits of information in a symbol with these probabilities, none of them 0."""
    return float(-(share * np.log2(share)).sum())


def _least_bits(share: np.ndarray) -> float:
    """Return the bits a weight that ideal codewords take, and the list of symbols for which there are none."""
    if len(share) <= MOST_CODED:
        return entropy_of(share)
    coded = np.partition(share, len(share) - MOST_CODED)[-MOST_CODED:]
    listed = 1.0 - float(coded.sum())
    bits = 8 * symbol_bytes(len(share) - MOST_CODED) + LIST_ENTRY - math.log2(listed)
    return (1.0 - listed) * entropy_of(coded / coded.sum()) + listed * bits


def _plans_of_split(
    window: Window, fill: int | None, raw_bits: int, counts: np.ndarray, entropy: float
) -> Iterator[FieldPlan]:
    """Plan one split with different codewords."""
    form = window.form
    symbols = np.flatnonzero(counts)
    symbols = symbols[np.argsort(-counts[symbols], kind="stable")]
    if window.values is not None:
        values = window.values[symbols]
    else:
        values = symbols.astype(np.uint64)
        field_bits = window.low + window.width - raw_bits
        if is_signed_integer(form.dtype):  # the bits above the window repeat its sign
            values = (values.astype(np.int64) << 64 - field_bits >> 64 - field_bits).view(np.uint64)
        values = (values << np.uint64(raw_bits)).astype(form.pattern)
    dense = NumberForm(form.dtype, raw_bits, form.zeros, form.sign_last)
    for lengths in lengths_to_try(counts[symbols]):
        yield price(CodedField(dense, values, lengths, fill or 0), counts[symbols], entropy)


def lengths_to_try(counts: np.ndarray) -> Iterator[np.ndarray]:
    """Find the lengths of codewords for different sets of rare values, and different longest codewords.

    Args:
        counts: int64 (n,), how often each value occurs, descending. Those that occur once in 2^RARE weights or less
            have no codeword; or all have one.

    Yields:
        uint8 (m,), m ≤ n, none of them twice.
    """
    total, tried = int(counts.sum()), set()
    for rare in (None, *RARE):
        coded = len(counts) if rare is None else int(np.count_nonzero(counts > total >> rare))
        if coded in tried or not coded:
            continue
        tried.add(coded)
        longest = MAX_LENGTH + 1
        for limit in sorted(LIMITS, reverse=True):
            if coded <= 1 << limit and limit < longest:
                lengths = limited_lengths(counts[:coded], limit)
                longest = int(lengths.max())  # a larger limit than this changes nothing
                yield lengths


def price(levels: CodedField, counts: np.ndarray, entropy: float) -> FieldPlan:
    """Make a plan of levels, with the bits that they take.

    Args:
        levels: the levels.
        counts: int64 (n,), how often the values occur, in their order.
        entropy: as in the plan.
    """
    form, lengths, coded = levels.form, levels.lengths, len(levels.lengths)
    kept, listed = int(counts.sum()), int(counts[coded:].sum())
    bits = float(counts[:coded] @ lengths.astype(np.int64)) + form.raw_bits * kept + 8 * levels.nbytes
    bits += PLANE_BITS * (int(lengths.max()) - int(lengths.min()))
    if listed:
        bits += listed * (math.log2(kept / listed) + LIST_ENTRY + 8 * symbol_bytes(levels.rare_values))
        bits += LIST_BITS
    plane_cost, listed_cost = (PLANE_COST, LISTED_COST) if form.bits > 8 else (NARROW_PLANE_COST, NARROW_LISTED_COST)
    cost = bits + plane_cost * kept * int(lengths.max()) + listed_cost * listed
    return FieldPlan(levels, cost, bits, entropy)


def symbol_bytes(symbols: int) -> int:
    """Return the bytes that the number of one of so many symbols takes."""
    return 1 if symbols <= 1 << 8 else 2
