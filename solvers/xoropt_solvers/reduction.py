"""Normal forms of a problem: fixed bits substituted, useless rows dropped, equal rows merged."""

from dataclasses import dataclass

import numpy as np

from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.parity_checks import generator, merge_columns, read_checks
from xoropt_solvers.problem import ParityProblem, pack_rows, with_checks

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
    """State a problem in the free bits of x alone, without rows that must hold.

    A row's fixed bits are added to its value. The x for which the hard rows hold are x₀ ⊕ N·z, and z takes the place of
    x.

    Raises:
        InvalidInputError: the hard rows contradict each other, or the fixed bits.
    """
    if problem.fixed is None and problem.hard is None:
        return problem
    A, b = _free_part(problem)
    if problem.hard is None:
        return ParityProblem(A, b, problem.weights)
    N, offset = _hard_solutions(A, b, problem.hard)
    soft = ~problem.hard
    constant = (A[soft][:, offset].sum(axis=1) & 1).astype(bool)
    rows = (A[soft].astype(np.float32) @ N.astype(np.float32)) % 2 == 1
    weights = None if problem.weights is None else problem.weights[soft]
    free = ParityProblem(rows, b[soft] ^ constant, weights)
    if problem.checks is None:
        return free
    # A hard row of such a problem is an error that is 0.
    target = np.where(soft, np.cumsum(soft) - 1, -1)
    return with_checks(free, merge_columns(problem.checks, target, np.zeros(problem.k, dtype=bool), free.k))


def restore_fixed(problem: ParityProblem, free_bits: np.ndarray) -> np.ndarray:
    """Undo what `substitute_fixed` does to x: return all its bits, bool (n,)."""
    if problem.hard is not None:
        N, offset = _hard_solutions(*_free_part(problem), problem.hard)
        free_bits = offset ^ (N[:, free_bits.astype(bool)].sum(axis=1) & 1).astype(bool)
    if problem.fixed is None:
        return np.array(free_bits, dtype=bool)
    x: np.ndarray = problem.fixed == 1
    x[problem.fixed < 0] = free_bits
    return x


def _free_part(problem: ParityProblem) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of A of the free bits, and b with the fixed ones added to it."""
    if problem.fixed is None:
        return problem.A, problem.b
    free = problem.fixed < 0
    constant = (problem.A[:, ~free].astype(np.int64) @ problem.fixed[~free].astype(np.int64)) & 1
    return problem.A[:, free], problem.b ^ constant.astype(bool)


def _hard_solutions(A: np.ndarray, b: np.ndarray, hard: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find all x for which the hard rows hold, as the sums of columns of N and x₀; return N and x₀."""
    try:
        return generator(read_checks(A[hard], b[hard]))
    except InvalidInputError:
        rows = np.flatnonzero(hard)
        said = ", ".join(map(str, rows[:5].tolist())) + (", …" if len(rows) > 5 else "")
        raise InvalidInputError(
            f"Argument 'hard' has rows that cannot hold together, with the fixed bits as they are: rows {said}."
        ) from None


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
    reduced = ParityProblem(rows[first[order]], (ones > zeros)[order], None if unit else left[order])
    if problem.checks is None or (nonzero & (problem.row_weights == 0)).any() or len(order) < len(first):
        return Reduced(reduced, offset)  # an error of no weight is no variable: checks with one would have to be added
    # The error of a row is that of the row which it was merged with, or its opposite; that of a zero row is its value.
    at = np.empty(len(first), dtype=np.int64)
    at[order] = np.arange(len(order))
    target = np.full(problem.k, -1, dtype=np.int64)
    target[keep] = at[group]
    opposite = np.where(keep, problem.b, False)
    opposite[keep] ^= (ones > zeros)[group]
    opposite[~nonzero] = problem.b[~nonzero]
    return Reduced(with_checks(reduced, merge_columns(problem.checks, target, opposite, reduced.k)), offset)


def independent_columns(A: np.ndarray) -> np.ndarray:
    """Find the first columns of A that are a basis of its column space; all other unknowns may stay 0."""
    from xoropt_solvers.kernels.wide_elimination import reduce_rows

    columns = pack_rows(A.T)
    member = np.empty(len(columns), dtype=np.int64)
    reduce_rows(columns, columns.shape[1], 0, np.empty(64 * columns.shape[1], dtype=np.int64), member)
    return np.flatnonzero(member >= 0)
