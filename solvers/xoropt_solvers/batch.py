"""Many small parity problems in flat arrays, for the compiled strategies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.problem import ParityProblem, pack_rows

__all__ = ["BatchSolution", "ParityBatch", "copy_batch", "pack_batch", "problem_at", "slice_batch", "take_blocks"]


@dataclass(frozen=True, eq=False)
class ParityBatch:
    """Parity problems over the same n ≤ 64 unknowns, one after another. The arrays are kept, not copied.

    Attributes:
        rows: uint64 (total,), bit i of a row is its coefficient of x_i.
        values: bool (total,).
        starts: int64 (blocks + 1,); problem i has the rows starts[i]:starts[i + 1].
        n: the number of unknowns.
        weights: int64 (total,), non-negative; None weighs every row 1.

    Raises:
        InvalidInputError: types, shapes or values disagree.
    """

    rows: np.ndarray
    values: np.ndarray
    starts: np.ndarray
    n: int
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        checks.integer(self.n, "n", 0, 64)
        object.__setattr__(self, "n", int(self.n))
        for name, dtype in (("rows", np.uint64), ("values", np.bool_), ("starts", np.int64), ("weights", np.int64)):
            array = getattr(self, name)
            if name == "weights" and array is None:
                continue
            if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != 1:
                got = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else repr(type(array))
                raise InvalidInputError(f"Argument {name!r} must be a flat {np.dtype(dtype)} array, not {got}.")
            object.__setattr__(self, name, np.ascontiguousarray(array))
        total = len(self.rows)
        for name in ("values", "weights"):
            array = getattr(self, name)
            if array is not None and len(array) != total:
                raise InvalidInputError(
                    f"Argument {name!r} must have one entry for each of the {total} rows, not {len(array)}."
                )
        starts = self.starts
        if len(starts) == 0 or starts[0] != 0 or starts[-1] != total or (np.diff(starts) < 0).any():
            raise InvalidInputError(f"Argument 'starts' must rise from 0 to the number of rows, {total}.")
        if self.n < 64 and total and int(self.rows.max()) >> self.n:
            raise InvalidInputError(f"Argument 'rows' has bits beyond the n = {self.n} unknowns.")
        if self.weights is not None and total:
            if self.weights.min() < 0:
                raise InvalidInputError(
                    f"Argument 'weights' must hold non-negative integers, not {self.weights.min()}."
                )
            blocks = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
            if np.bincount(blocks, weights=self.weights).max() >= 2.0**62:
                raise InvalidInputError("Argument 'weights' must sum to less than 2**62 in each block.")

    def __len__(self) -> int:
        return len(self.starts) - 1


@dataclass(frozen=True, eq=False)
class BatchSolution:
    """The answers to a ParityBatch, with one entry for each block. They mean and promise what those of Solution do.

    Attributes:
        x: uint64 (blocks,), bit i is x_i.
        cost: int64 (blocks,).
        lower_bound: int64 (blocks,).
        optimal: bool (blocks,).
    """

    x: np.ndarray
    cost: np.ndarray
    lower_bound: np.ndarray
    optimal: np.ndarray


def pack_batch(problems: Sequence[ParityProblem]) -> ParityBatch:
    """Pack problems of at most 64 unknowns and no fixed bits as one batch; its n is the largest among theirs."""
    n = max((p.n for p in problems), default=0)
    weighted = any(p.weights is not None for p in problems)
    starts = np.zeros(len(problems) + 1, dtype=np.int64)
    np.cumsum([p.k for p in problems], out=starts[1:])
    rows = [np.zeros(0, dtype=np.uint64), *(pack_rows(p.A)[:, 0] for p in problems)]
    values = [np.zeros(0, dtype=bool), *(p.b for p in problems)]
    weights = [np.zeros(0, dtype=np.int64), *(p.row_weights for p in problems)] if weighted else None
    return ParityBatch(
        rows=np.concatenate(rows),
        values=np.concatenate(values),
        starts=starts,
        n=n,
        weights=None if weights is None else np.concatenate(weights),
    )


def problem_at(batch: ParityBatch, block: int) -> ParityProblem:
    """Return one block of a batch as a problem of its own."""
    lo, hi = int(batch.starts[block]), int(batch.starts[block + 1])
    weights = None if batch.weights is None else batch.weights[lo:hi]
    return ParityProblem.from_rows(batch.rows[lo:hi], batch.values[lo:hi], batch.n, weights=weights)


def slice_batch(batch: ParityBatch, first: int, last: int) -> ParityBatch:
    """Return the blocks first:last of a batch, which share its arrays."""
    lo, hi = int(batch.starts[first]), int(batch.starts[last])
    weights = None if batch.weights is None else batch.weights[lo:hi]
    return ParityBatch(
        rows=batch.rows[lo:hi],
        values=batch.values[lo:hi],
        starts=batch.starts[first : last + 1] - lo,
        n=batch.n,
        weights=weights,
    )


def copy_batch(batch: ParityBatch) -> ParityBatch:
    """Copy a batch to arrays of its own."""
    weights = None if batch.weights is None else batch.weights.copy()
    return ParityBatch(batch.rows.copy(), batch.values.copy(), batch.starts.copy(), batch.n, weights)


def take_blocks(batch: ParityBatch, blocks: np.ndarray) -> ParityBatch:
    """Copy the blocks with these indices, in this order, to a batch of their own."""
    lengths = np.diff(batch.starts)[blocks]
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    index = np.arange(starts[-1]) + np.repeat(batch.starts[blocks] - starts[:-1], lengths)
    weights = None if batch.weights is None else batch.weights[index]
    return ParityBatch(batch.rows[index], batch.values[index], starts, batch.n, weights)
