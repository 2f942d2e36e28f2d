"""Parity checks H·e = s, sparse: the syndrome side of a parity problem, as decoders have it.

The errors e that satisfy them are A·x ⊕ b, where the columns of A span the kernel of H, and H·b = s. So a search for
the lightest e is a parity problem in x.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.errors import InvalidInputError

__all__ = [
    "Factored",
    "ParityChecks",
    "complete",
    "dense_checks",
    "factor",
    "generator",
    "known_of",
    "merge_columns",
    "read_checks",
    "satisfied",
    "weights_of_priors",
]

REMEMBERED = 4  # matrices whose factors are kept
_KNOWN: OrderedDict[bytes, dict[str, Any]] = OrderedDict()
_LOCK = threading.Lock()


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

    @cached_property
    def key(self) -> bytes:
        """Tells H, without the syndrome, from others."""
        digest = hashlib.blake2b(self.starts.tobytes(), digest_size=16)
        digest.update(self.columns.tobytes())
        return digest.digest() + self.length.to_bytes(8, "little")

    @cached_property
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
    read = ParityChecks(starts, columns, syndrome, int(shape[1]))
    if isinstance(H, ParityChecks):
        vars(read).update(key=H.key, rows=H.rows)  # the same H has the same
    return read


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


def known_of(given: ParityChecks) -> dict[str, Any]:
    """Return what was found from H before, to look up and add to: problems with the same H share it.

    The last few matrices are remembered, by what they hold.
    """
    with _LOCK:
        known = _KNOWN.setdefault(given.key, {})
        _KNOWN.move_to_end(given.key)
        while len(_KNOWN) > REMEMBERED:
            _KNOWN.popitem(last=False)
    return known


@dataclass(frozen=True, eq=False)
class Factored:
    """The columns of H by elimination; m words hold the checks, and as many bits as there are members a sum of them.

    Attributes:
        members: int64 (rank,), the first columns that are independent.
        free: int64 (n,), the others: error free[j] is x_j.
        sums: uint64 (n, words), the members whose sum each other column is.
        reduced: uint64 (rank, words of the checks and of the sums), the members reduced by those before, and how.
        pivot_of: int64, the member of each pivot, or −1.
    """

    members: np.ndarray
    free: np.ndarray
    sums: np.ndarray
    reduced: np.ndarray
    pivot_of: np.ndarray


def factor(given: ParityChecks) -> Factored:
    """Eliminate the columns of H, once for all problems that have this H."""
    from xoropt_solvers.kernels.wide_elimination import reduce_rows

    known = known_of(given)
    if "factored" in known:
        done: Factored = known["factored"]
        return done
    m, k = len(given), given.length
    words = -(-m // 64) or 1
    track = -(-min(m, k) // 64) or 1
    system = np.zeros((k, words + track), dtype=np.uint64)
    rows = given.rows
    np.bitwise_or.at(system, (given.columns, rows >> 6), np.uint64(1) << (rows & 63).astype(np.uint64))
    member, pivot_of = np.empty(k, dtype=np.int64), np.empty(64 * words, dtype=np.int64)
    reduce_rows(system, words, track, pivot_of, member)
    members, free = np.flatnonzero(member >= 0), np.flatnonzero(member < 0)
    held = pivot_of >= 0
    pivot_of[held] = member[pivot_of[held]]
    known["factored"] = Factored(
        members, free, np.ascontiguousarray(system[free, words:]), np.ascontiguousarray(system[members]), pivot_of
    )
    return factor(given)


def complete(given: ParityChecks, x: np.ndarray) -> np.ndarray:
    """Find the errors A·x ⊕ b, bool (errors,), from x, bool (n,): those that satisfy the checks and are x where free.

    Raises:
        InvalidInputError: no errors satisfy the checks.
    """
    from xoropt_solvers.kernels.wide_elimination import reduce_word

    factored = factor(given)
    errors = np.zeros(given.length, dtype=bool)
    errors[factored.free] = x
    left = (np.bincount(given.rows[errors[given.columns]], minlength=len(given)) & 1).astype(bool) ^ given.syndrome
    words = len(factored.pivot_of) // 64
    row = np.zeros(factored.reduced.shape[1], dtype=np.uint64)
    at = np.flatnonzero(left)
    np.bitwise_or.at(row, at >> 6, np.uint64(1) << (at & 63).astype(np.uint64))
    if not reduce_word(factored.reduced, words, factored.pivot_of, row):
        raise InvalidInputError("Argument 's' is no sum of columns of 'H': no errors have this syndrome.")
    errors[factored.members] = _bits(row[None, words:], len(factored.members))[0]
    return errors


def generator(given: ParityChecks) -> tuple[np.ndarray, np.ndarray]:
    """Find A, bool (errors, n), and b, bool (errors,), so that the errors that satisfy the checks are all A·x ⊕ b.

    A column of H that is the sum of earlier ones gives a column of A; the columns that are not depend on all the x.

    Raises:
        InvalidInputError: no errors satisfy the checks.
    """
    factored = factor(given)
    free, members = factored.free, factored.members
    b = complete(given, np.zeros(len(free), dtype=bool))
    A = np.zeros((given.length, len(free)), dtype=bool)
    A[free, np.arange(len(free))] = True
    A[members] = _bits(factored.sums, len(members)).T
    return A, b


def _bits(words: np.ndarray, count: int) -> np.ndarray:
    """Unpack so many bits of each row, the lowest first, as bool (rows, count)."""
    bytes_ = np.ascontiguousarray(words).astype("<u8").view(np.uint8)
    return np.unpackbits(bytes_, axis=1, bitorder="little")[:, :count].astype(bool)


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
