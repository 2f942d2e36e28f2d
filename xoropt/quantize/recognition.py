"""Recognition: what an exact tensor's numbers are, and whether its most frequent one is stored as a mask."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from xoropt.common.foreign_arrays import plain_array
from xoropt.common.lazy_arrays import LazyArray
from xoropt.masks.coding import plan_mask
from xoropt.masks.views import binary_entropy
from xoropt.quantize.codebooks import MAX_VALUES, codebook_of, few_values
from xoropt.quantize.fields import FieldPlan, count_of, plan_fields, plan_signed_zeros
from xoropt.quantize.lazy_masks import mask_of
from xoropt.quantize.number_form import has_sign_bit
from xoropt.quantize.quantized_tensor import QuantizedTensor
from xoropt.quantize.row_classes import by_row_classes
from xoropt.quantize.row_codebooks import plan_rows
from xoropt.quantize.scale_search import find_scaled_codes

__all__ = ["recognize"]

LEAST_SHARE = 0.02
"""Share of the most frequent number from which a mask of it is considered."""
STRUCTURED = 0.15
"""Share from which a mask is planned although one of random places would not pay."""
SAMPLE = 1 << 14
"""Numbers in which the most frequent one is looked for."""
GOLDEN = (math.sqrt(5) - 1) / 2
"""Multiples of it, modulo 1, are spread evenly and have no period (H. Weyl)."""
MASKED = 0.99
"""How much of what it takes without a mask a tensor may take with one: a mask costs time."""
FEWEST = 32
"""Different numbers of a tensor beyond which its rows may have codebooks, and its blocks scales, of their own."""
SIMPLER = 1.005
"""How much a codebook with codes of equal length may take more than a prefix code to be preferred."""
SCALED = 0.97
"""How much of what it takes otherwise a tensor may take as codes with scales: multiplying costs time."""


def recognize(weights: np.ndarray | LazyArray) -> QuantizedTensor | None:
    """Represent a tensor exactly, in the form that takes least: by a codebook, or by a coded field and a raw one.

    Numbers are told apart by their bits: −0.0, infinities and every NaN come back as they were.

    Args:
        weights: any shape, any dtype of 1, 2, 4 or 8 bytes; or what makes them when they are needed.

    Returns:
        The tensor; None where it is empty, or its values and the upper bits of its numbers are too many. One whose
        weights are products of codes and scales of blocks is that of the codes, and one of complex weights that of
        their parts, where this takes less.

    Raises:
        ArgumentError: the weights are no array of numbers.
    """
    if not isinstance(weights, LazyArray):
        weights = plain_array("Argument 'weights'", weights)
    own = _choose(weights)
    found = find_scaled_codes(np.asarray(weights)) if own is None or own.values > FEWEST else None
    codes = None if found is None else _choose(found.codes)
    if found is not None and codes is not None:
        bits = codes.bits + 8 * found.scales.nbytes
        if bits < SCALED * (math.inf if own is None else own.bits):
            return replace(codes.apply(), scaled=found.scales)
    if weights.dtype == np.complex64 and weights.ndim:
        pairs = _choose(np.ascontiguousarray(weights).view(np.float32).reshape(*weights.shape, 2))
        if pairs is not None and pairs.bits < SCALED * (math.inf if own is None else own.bits):
            return replace(pairs.apply(), pairs=True)
    return None if own is None else own.apply()


class Choice(NamedTuple):
    """The form that takes least.

    Attributes:
        bits: that the tensor takes, about.
        apply: makes the tensor.
        values: its different numbers, 257 where they are many.
    """

    bits: float
    apply: Callable[[], QuantizedTensor]
    values: int


def _choose(weights: np.ndarray | LazyArray) -> Choice | None:
    """Choose the form of a tensor that takes least, without scales of blocks; None where there is none."""
    flat = weights.reshape(-1)
    patterns = (flat if isinstance(flat, LazyArray) else np.ascontiguousarray(flat)).view(f"u{weights.dtype.itemsize}")
    few = few_values(patterns)
    number = MAX_VALUES + 1 if few is None else min(MAX_VALUES, len(few))
    if few is not None and len(few[few != 0]) <= 1:
        one = few
        return Choice(0.0, lambda: codebook_of(weights, patterns, one), number)  # the mask says all
    dense = plan_fields(patterns, weights.dtype, None, few)
    fill = _most_frequent(patterns)
    masked, mask_bits = None, 0.0
    share = count_of(patterns, fill) / max(1, len(patterns))
    if share >= LEAST_SHARE:
        masked = plan_fields(patterns, weights.dtype, fill, few)
    if masked is not None:
        mask_bits = binary_entropy(share) * len(patterns)
        if dense is not None and MASKED * dense.bits < masked.bits + mask_bits and share >= STRUCTURED:
            mask_bits = min(mask_bits, _least_mask_bits(mask_of(patterns, fill, weights.shape)))
    signed = _plan_signed_zeros(weights, patterns, MASKED * min(_total(dense, 0.0), _total(masked, mask_bits)))
    if (few is None or len(few) > FEWEST) and (
        row_plan := _plan_rows(weights, patterns, dense, masked, mask_bits, signed)
    ) is not None:
        return row_plan
    best = min((_total(dense, 0.0) * MASKED, 0), (_total(masked, mask_bits), 1), (signed.bits / MASKED, 2))
    if few is not None:
        book, values = few, few[few != 0]
        kept = len(patterns) - count_of(patterns, 0)
        bits = float((len(values) - 1).bit_length() * kept + 8 * values.nbytes)
        if kept < len(patterns):
            bits += (
                mask_bits if fill == 0 and masked is not None else binary_entropy(kept / len(patterns)) * len(patterns)
            )
        if bits <= SIMPLER * best[0]:
            return Choice(bits, lambda: codebook_of(weights, patterns, book), number)
    care: np.ndarray | LazyArray
    if best[1] == 2 and signed.plan is not None:
        plan, care = signed.plan, signed.mask
    elif best[1] == 0 and dense is not None:
        plan, care = dense, np.broadcast_to(np.True_, weights.shape)
    elif masked is not None:
        plan, care = masked, mask_of(patterns, fill, weights.shape)
    else:
        return None
    return Choice(best[0], lambda: by_row_classes(plan, patterns, care).apply(patterns, care), number)


def _least_mask_bits(mask: LazyArray) -> float:
    """Return the fewest bits that a mask takes, about."""
    return 8.0 * min(plan.least_bytes for plan in plan_mask(mask).values())


class SignedZeros(NamedTuple):
    """A plan that prunes zeros of both signs, or none; its mask; and all bits that it takes."""

    plan: FieldPlan | None
    mask: LazyArray
    bits: float


def _plan_signed_zeros(weights: np.ndarray | LazyArray, patterns: np.ndarray | LazyArray, most: float) -> SignedZeros:
    """Plan a mask of zeros of both signs, and these signs, where that may take less than `most` bits.

    So is what `weight * mask` makes: +0.0 and −0.0 are about as frequent as positive and negative weights.
    """
    size, negative = len(patterns), 1 << 8 * weights.dtype.itemsize - 1
    mask = mask_of(patterns, 0, weights.shape, with_sign=False)
    nothing = SignedZeros(None, mask, math.inf)
    if not has_sign_bit(weights.dtype):
        return nothing
    zeros = count_of(patterns, 0), count_of(patterns, negative)
    if min(zeros) < LEAST_SHARE * size:
        return nothing
    plan = plan_signed_zeros(patterns, weights.dtype)
    if plan is None or plan.bits + sum(zeros) >= most:
        return nothing
    mask_bits = binary_entropy(sum(zeros) / size) * size
    if plan.bits + sum(zeros) + mask_bits >= most:
        mask_bits = min(mask_bits, _least_mask_bits(mask))
    bits = plan.bits + sum(zeros) + mask_bits
    return SignedZeros(plan, mask, bits) if bits < most else nothing


def _plan_rows(
    weights: np.ndarray | LazyArray,
    patterns: np.ndarray | LazyArray,
    dense: FieldPlan | None,
    masked: FieldPlan | None,
    mask_bits: float,
    signed: SignedZeros,
) -> Choice | None:
    """Represent a tensor by codebooks of its rows where that takes less than its plans."""
    zeros = count_of(patterns, 0) / len(patterns)
    least = min(_total(dense, 0.0), _total(masked, mask_bits), signed.bits)
    found = plan_rows(np.asarray(weights), bool(zeros >= LEAST_SHARE))
    if found is None:
        return None
    own_mask = binary_entropy(zeros) * len(patterns) if zeros >= LEAST_SHARE else 0.0
    return Choice(found.bits + own_mask, found.apply, MAX_VALUES + 1) if found.bits + own_mask < least else None


def _total(plan: FieldPlan | None, mask_bits: float) -> float:
    return math.inf if plan is None else plan.bits + mask_bits


def _most_frequent(patterns: np.ndarray | LazyArray) -> int:
    """Return the most frequent number of a sample; 0 where none stands out."""
    sample = patterns
    if len(patterns) > SAMPLE:  # steps of a golden section do not fall in with the periods of a mask
        sample = patterns[(np.arange(SAMPLE) * GOLDEN % 1 * len(patterns)).astype(np.int64)]
    values, counts = np.unique(sample, return_counts=True)
    return int(values[np.argmax(counts)]) if len(sample) and counts.max() > len(sample) * LEAST_SHARE else 0
