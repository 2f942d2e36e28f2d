"""Normal forms of a problem: fixed bits substituted, useless rows dropped, equal rows merged."""

from dataclasses import dataclass

import numpy as np

from xoropt_solvers.problem import ParityProblem

__all__ = ["Reduced", "independent_columns", "reduce_problem", "restore_fixed", "substitute_fixed"]


@dataclass(frozen=True, eq=False)
class Reduced:
    """A problem and how it relates to the one it came from: the costs of equal x differ by `offset`.

    problem : no zero row, no row twice, all weights positive (None where all are 1)
    offset : the cost that every x has
    """

    problem: ParityProblem
    offset: int


def substitute_fixed(problem: ParityProblem) -> ParityProblem:
    """The problem in the free bits of x alone; a row's value takes up its fixed bits."""
    if problem.fixed is None:
        return problem
    free = problem.fixed < 0
    constant = (problem.A[:, ~free].astype(np.int64) @ problem.fixed[~free].astype(np.int64)) & 1
    return ParityProblem(problem.A[:, free], problem.b ^ constant.astype(bool), problem.weights)


def restore_fixed(problem: ParityProblem, free_bits: np.ndarray) -> np.ndarray:
    """All bits of x, (n,) bool, from the bits that `substitute_fixed` leaves free."""
    if problem.fixed is None:
        return np.array(free_bits, dtype=bool)
    x: np.ndarray = problem.fixed == 1
    x[problem.fixed < 0] = free_bits
    return x


def reduce_problem(problem: ParityProblem) -> Reduced:
    """Drop rows of weight 0 and zero rows, and merge equal rows.

    Of two equal rows with opposite values exactly one is wrong whatever x is: the lighter's weight is paid for sure and
    the difference stays on the heavier. The problem must not have fixed bits.
    """
    weights = problem.row_weights
    nonzero = problem.A.any(axis=1)
    offset = int(weights[~nonzero & problem.b].sum())
    keep = nonzero & (weights > 0)
    rows, values, weights = problem.A[keep], problem.b[keep], weights[keep]
    if not len(rows):
        return Reduced(ParityProblem(rows, values), offset)
    # Bytes as one opaque item: np.unique over axis 0 sorts bit by bit and is many times slower.
    packed = np.packbits(rows, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    ones, zeros = np.zeros(len(first), dtype=np.int64), np.zeros(len(first), dtype=np.int64)
    np.add.at(ones, group[values], weights[values])
    np.add.at(zeros, group[~values], weights[~values])
    offset += int(np.minimum(ones, zeros).sum())
    left = np.abs(ones - zeros)
    order = np.argsort(first, kind="stable")
    order = order[left[order] > 0]
    unit = bool((left[order] == 1).all())
    return Reduced(ParityProblem(rows[first[order]], (ones > zeros)[order], None if unit else left[order]), offset)


def independent_columns(A: np.ndarray) -> np.ndarray:
    """Indices of the first columns of A that are a basis of its column space: the other unknowns may stay 0."""
    # Rows of the transpose as integers: one elimination over the columns.
    packed = np.packbits(A.T, axis=1, bitorder="little")
    system: dict[int, int] = {}
    chosen = []
    for j, row in enumerate(packed):
        column = int.from_bytes(row.tobytes(), "little")
        while column:
            low = column & -column
            if low not in system:
                system[low] = column
                chosen.append(j)
                break
            column ^= system[low]
    return np.array(chosen, dtype=np.int64)
