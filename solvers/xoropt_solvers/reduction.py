"""Normal forms of a problem: fixed bits substituted, useless rows dropped, equal rows merged."""

from dataclasses import dataclass

import numpy as np

from xoropt_solvers.problem import ParityProblem, pack_rows

__all__ = ["Reduced", "independent_columns", "reduce_problem", "restore_fixed", "substitute_fixed"]


@dataclass(frozen=True, eq=False)
class Reduced:
    """A reduced problem, in which every x costs `offset` less than in the one that it was made from.

    Attributes:
        problem: has no zero row, no row twice, and only positive weights (None where all are 1).
        offset: what every x costs.
    """

    problem: ParityProblem
    offset: int


def substitute_fixed(problem: ParityProblem) -> ParityProblem:
    """State a problem in the free bits of x alone; a row's fixed bits are added to its value."""
    if problem.fixed is None:
        return problem
    free = problem.fixed < 0
    constant = (problem.A[:, ~free].astype(np.int64) @ problem.fixed[~free].astype(np.int64)) & 1
    return ParityProblem(problem.A[:, free], problem.b ^ constant.astype(bool), problem.weights)


def restore_fixed(problem: ParityProblem, free_bits: np.ndarray) -> np.ndarray:
    """Put the fixed bits of a problem back between the free ones that `substitute_fixed` leaves; return bool (n,)."""
    if problem.fixed is None:
        return np.array(free_bits, dtype=bool)
    x: np.ndarray = problem.fixed == 1
    x[problem.fixed < 0] = free_bits
    return x


def reduce_problem(problem: ParityProblem) -> Reduced:
    """Drop zero rows and rows of weight 0, and merge equal rows. The problem must not have fixed bits.

    Of two equal rows with opposite values, exactly one is wrong whatever x is. So the weight of the lighter one goes to
    the offset, and the heavier one keeps the difference.
    """
    weights = problem.row_weights
    nonzero = problem.A.any(axis=1)
    offset = int(weights[~nonzero & problem.b].sum())
    keep = nonzero & (weights > 0)
    rows, values, weights = problem.A[keep], problem.b[keep], weights[keep]
    if not len(rows):
        return Reduced(ParityProblem(rows, values), offset)
    # A row's bytes are one opaque item, since np.unique over axis 0 compares bit by bit and is many times slower.
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
    """Find the first columns of A that are a basis of its column space; all other unknowns may stay 0."""
    from xoropt_solvers.kernels.wide_elimination import reduce_rows

    columns = pack_rows(A.T)
    member = np.empty(len(columns), dtype=np.int64)
    reduce_rows(columns, columns.shape[1], 0, np.empty(64 * columns.shape[1], dtype=np.int64), member)
    return np.flatnonzero(member >= 0)
