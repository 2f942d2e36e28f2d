"""Parity checks H·e = s, sparse: the syndrome side of a parity problem, as decoders have it.

The errors e that satisfy them are A·x ⊕ b, where the columns of A span the kernel of H, and H·b = s. So a search for
the lightest e is a parity problem in x.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.errors import InvalidInputError

__all__ = [
    "ParityChecks",
    "dense_checks",
    "generator",
    "merge_columns",
    "read_checks",
    "satisfied",
    "weights_of_priors",
]


@dataclass(frozen=True, eq=False)
class ParityChecks:
    """Check i of H·e = s: the XOR of the errors columns[starts[i]:starts[i + 1]] is syndrome[i].

    Attributes:
        starts: int64 (checks + 1,), from 0 to the number of ones in H.
        columns: int64 (ones,), rising within each check.
        syndrome: bool (checks,).
        length: the number of errors, the columns of H.
    """

    starts: np.ndarray
    columns: np.ndarray
    syndrome: np.ndarray
    length: int

    def __len__(self) -> int:
        return len(self.syndrome)

    @property
    def rows(self) -> np.ndarray:
        """The check of each one in H, int64 (ones,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


def read_checks(H: Any, s: Any) -> ParityChecks:
    """Read H and s; a sparse H never becomes a dense one.

    Args:
        H: (checks, errors) booleans or integers 0 and 1, also as any SciPy sparse matrix or array, or ParityChecks,
            whose own syndrome does not count.
        s: (checks,) booleans or integers 0 and 1.

    Raises:
        InvalidInputError: the shapes disagree, or an argument holds something else.
    """
    if isinstance(H, ParityChecks):
        starts, columns, shape = H.starts, H.columns, (len(H), H.length)
    elif hasattr(H, "tocsr"):
        sparse = H.tocsr(copy=True)
        sparse.sum_duplicates()
        checks.binary_array(sparse.data, "H", 1)
        if sparse.ndim != 2:
            raise InvalidInputError(f"Argument 'H' must have 2 dimension(s), not {sparse.ndim}.")
        sparse.eliminate_zeros()
        sparse.sort_indices()
        starts, columns, shape = sparse.indptr.astype(np.int64), sparse.indices.astype(np.int64), sparse.shape
    else:
        dense = checks.binary_array(H, "H", 2)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(dense.sum(axis=1), dtype=np.int64)])
        columns, shape = np.nonzero(dense)[1].astype(np.int64), dense.shape
    syndrome = checks.binary_array(s, "s", 1)
    if len(syndrome) != shape[0]:
        raise InvalidInputError(
            f"Argument 's' must have one value for each of the {shape[0]} rows of 'H', not {len(syndrome)}."
        )
    for array in (starts, columns, syndrome):
        array.flags.writeable = False
    return ParityChecks(starts, columns, syndrome, int(shape[1]))


def dense_checks(given: ParityChecks) -> np.ndarray:
    """Return H as bool (checks, errors)."""
    H = np.zeros((len(given), given.length), dtype=bool)
    H[given.rows, given.columns] = True
    return H


def satisfied(given: ParityChecks, errors: np.ndarray) -> np.ndarray:
    """Tell which checks errors, bool (errors,), satisfy: bool (checks,)."""
    ones = np.bincount(given.rows[errors[given.columns]], minlength=len(given))
    return (ones & 1).astype(bool) == given.syndrome


def merge_columns(given: ParityChecks, target: np.ndarray, opposite: np.ndarray, length: int) -> ParityChecks:
    """State checks in other errors: error j is error target[j] of the new ones, or its opposite.

    Args:
        given: the checks.
        target: int64 (errors,), −1 for an error that is 0, or 1 where `opposite` says so.
        opposite: bool (errors,).
        length: the number of the new errors.
    """
    rows, columns = given.rows, given.columns
    flips = np.bincount(rows[opposite[columns]], minlength=len(given)) & 1
    kept = target[columns] >= 0
    # An error that is in a check twice is not in it.
    ones, times = np.unique(rows[kept] * length + target[columns[kept]], return_counts=True)
    ones = ones[times & 1 == 1]
    starts = np.searchsorted(ones, np.arange(len(given) + 1) * length)
    return ParityChecks(starts, ones % max(1, length), given.syndrome ^ flips.astype(bool), length)


def generator(given: ParityChecks) -> tuple[np.ndarray, np.ndarray]:
    """Find A, bool (errors, n), and b, bool (errors,), so that the errors that satisfy the checks are all A·x ⊕ b.

    A column of H that is the sum of earlier ones gives a column of A; the columns that are not depend on all the x.

    Raises:
        InvalidInputError: no errors satisfy the checks.
    """
    from xoropt_solvers.kernels.wide_elimination import reduce_rows

    m, k = len(given), given.length
    words = -(-m // 64) or 1
    track = -(-min(m, k) // 64) or 1
    system = np.zeros((k + 1, words + track), dtype=np.uint64)  # the columns of H, then the syndrome
    rows = given.rows
    np.bitwise_or.at(system, (given.columns, rows >> 6), np.uint64(1) << (rows & 63).astype(np.uint64))
    at = np.flatnonzero(given.syndrome)
    np.bitwise_or.at(system, (np.full(len(at), k), at >> 6), np.uint64(1) << (at & 63).astype(np.uint64))
    member = np.empty(k + 1, dtype=np.int64)
    rank = reduce_rows(system, words, track, np.empty(64 * words, dtype=np.int64), member)
    if member[k] >= 0:
        raise InvalidInputError("Argument 's' is no sum of columns of 'H': no errors have this syndrome.")
    members, free = np.flatnonzero(member[:k] >= 0), np.flatnonzero(member[:k] < 0)
    sums = np.unpackbits(system[[*free, k], words:].astype("<u8").view(np.uint8), axis=1, bitorder="little")
    A, b = np.zeros((k, len(free)), dtype=bool), np.zeros(k, dtype=bool)
    A[free, np.arange(len(free))] = True
    A[members] = sums[:-1, :rank].T
    b[members] = sums[-1, :rank]
    return A, b


def weights_of_priors(priors: Any, name: str = "priors") -> tuple[np.ndarray, np.ndarray]:
    """Turn the probabilities of errors into weights, log((1 − p)/p): the lightest errors are the likeliest.

    Args:
        priors: (errors,) probabilities of at most ½.
        name: of the argument, for messages.

    Returns:
        The weights, float64 (errors,), and which errors cannot be (p = 0), bool (errors,), whose weight is 0.

    Raises:
        InvalidInputError: one is not a probability of at most ½.
    """
    try:
        p = np.asarray(priors, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"Argument {name!r} must hold probabilities: {error}") from error
    if p.ndim != 1:
        raise InvalidInputError(f"Argument {name!r} must be a flat sequence of probabilities.")
    wrong = ~((p >= 0) & (p <= 0.5))  # NaN too
    if wrong.any():
        i = int(wrong.argmax())
        raise InvalidInputError(f"Argument {name!r} must hold probabilities from 0 to 0.5, not {p[i]} (error {i}).")
    never = p == 0
    safe = np.where(never, 0.5, p)
    return np.log1p(-safe) - np.log(safe), never
