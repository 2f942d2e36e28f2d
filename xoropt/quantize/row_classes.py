"""Classes of rows: values of a coded field that are most frequent in other rows than in these.

Rows with a scale of their own have the same values in another order of frequency: a bell curve twice as wide has all
exponents one higher. Rows of a class share an order. All classes share the lengths of the codewords, so that a decoder
needs another table alone, and a plane cares for the same codes everywhere.
"""

import math
from dataclasses import replace

import numpy as np

from xoropt.common.lazy_arrays import LazyArray
from xoropt.quantize.fields import FieldPlan, entropy_of, lengths_to_try, price
from xoropt.quantize.lazy_masks import kept_part
from xoropt.quantize.numbering import numbering
from xoropt.quantize.quantized_tensor import CHUNK

__all__ = ["by_row_classes"]

CLASSES = (2, 4, 8, 16, 32)
"""Numbers of classes that are tried."""
FEWEST_WEIGHTS = 1 << 14
"""Weights of a tensor from which on it may have classes of rows."""
FEWEST_COLUMNS = 64
"""Weights of a row from which on it may have a class: each run of rows starts the decoder anew."""
FEWEST_A_VALUE = 4
"""Weights of a row for each value, as many at least: bounds the memory for their counts."""
ROW_COST, UNALIGNED_ROW_COST = 8, 100
"""Bits that classes must save in each row, since another table takes time; the latter where rows are no whole words."""
LEAST_GAIN = 0.003
"""The share of a tensor's bits that classes must save."""
ROUNDS = 8
"""Most rounds in which rows move to the class that takes least."""


def by_row_classes(plan: FieldPlan, patterns: np.ndarray | LazyArray, mask: np.ndarray | LazyArray) -> FieldPlan:
    """Return the plan with classes of rows, where these pay, or as it is.

    The rows are clustered as by Lloyd's algorithm (1982): each one moves to the class whose code takes least for it,
    and each class orders the values by how often they occur in its rows.

    Args:
        plan: of all rows together.
        patterns: the bits of the weights, unsigned integers, flat.
        mask: bool, of the tensor's shape, its kept weights.
    """
    rows, levels = mask.shape[0] if mask.ndim > 1 else 1, plan.levels
    columns, n = mask.size // max(1, rows), levels.values.shape[-1]
    if rows < 2 or mask.size < FEWEST_WEIGHTS or columns < max(FEWEST_COLUMNS, FEWEST_A_VALUE * n) or n < 2:
        return plan
    counts = _count(plan, patterns, mask, rows)
    best = plan
    for number in CLASSES:
        if number < rows:
            found = _plan(plan, counts, number, UNALIGNED_ROW_COST if columns % 64 else ROW_COST)
            if found.cost < best.cost and found.bits < (1 - LEAST_GAIN) * plan.bits:
                best = found
    return best


def _count(plan: FieldPlan, patterns: np.ndarray | LazyArray, mask: np.ndarray | LazyArray, rows: int) -> np.ndarray:
    """Count how often each value occurs in each row: float32 (rows, n)."""
    levels, form = plan.levels, plan.levels.form
    number_of, n, columns = numbering(levels, mask.shape), len(levels.values), mask.size // rows
    counts = np.empty((rows, n), dtype=np.float32)
    step = max(1, CHUNK // columns)
    for first in range(0, rows, step):
        some = slice(first, min(rows, first + step))
        begin, end = some.start * columns, some.stop * columns
        numbers = number_of(form.images(patterns[begin:end]) >> form.pattern.type(form.raw_bits), begin)
        numbers += np.repeat(np.arange(some.stop - first) * n, columns)
        found = np.bincount(numbers[kept_part(mask, begin, end)], minlength=(some.stop - first) * n)
        counts[some] = found.reshape(-1, n)
    return counts


def _plan(plan: FieldPlan, counts: np.ndarray, number: int, row_cost: int) -> FieldPlan:
    """Plan so many classes."""
    rows, n = counts.shape
    middle = (counts @ np.argsort(np.argsort(plan.levels.values)).astype(np.float32)) / np.maximum(
        1, counts.sum(axis=1)
    )
    classes = np.argsort(np.argsort(middle, kind="stable"), kind="stable") * number // rows
    for _ in range(ROUNDS):
        order, by_rank = _order(counts, classes, number)
        ideal = -np.log2((by_rank + 0.5) / (by_rank.sum() + 0.5 * n))
        bits = np.empty((number, n), dtype=np.float32)
        np.put_along_axis(bits, order, ideal[None].astype(np.float32), axis=1)
        moved = np.argmin(counts @ bits.T, axis=1)
        if (moved == classes).all():
            break
        classes = moved
    classes = np.unique(classes, return_inverse=True)[1].reshape(-1)  # without those that no row has
    number = int(classes.max()) + 1
    order, by_rank = _order(counts, classes, number)
    share = by_rank[by_rank > 0] / by_rank.sum()
    entropy = entropy_of(share) + plan.levels.form.raw_bits
    levels = replace(plan.levels, values=plan.levels.values[order], classes=classes.astype(np.uint8))
    plans = [price(replace(levels, lengths=lengths), by_rank, entropy) for lengths in lengths_to_try(by_rank)]
    best = min(plans, key=lambda found: found.cost, default=None)
    return replace(best, cost=best.cost + row_cost * rows) if best is not None else replace(plan, cost=math.inf)


def _order(counts: np.ndarray, classes: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each class's values from the most frequent one on, (classes, n), and how often those of a rank occur."""
    sums = np.zeros((number, counts.shape[1]))
    by_class = np.argsort(classes, kind="stable")
    present, starts = np.unique(classes[by_class], return_index=True)
    if len(present):
        sums[present] = np.add.reduceat(counts[by_class], starts, axis=0, dtype=np.float64)
    order = np.argsort(-sums, axis=1, kind="stable")
    return order, np.take_along_axis(sums, order, axis=1).sum(axis=0).astype(np.int64)
