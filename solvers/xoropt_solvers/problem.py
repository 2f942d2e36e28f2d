"""Parity problems and their solutions.

A parity problem asks for an x over GF(2) that minimizes the weight of the rows where A·x differs from b. That is the
codeword nearest to b in the code that A's columns span, the parity with the least disagreement, or, seen from the
syndrome side, the coset leader of minimum weight.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.parity_checks import ParityChecks, complete, factor, generator, read_checks

__all__ = ["ParityProblem", "Solution", "mismatch_mask", "pack_rows", "unpack_rows", "unpack_word", "with_checks"]


@dataclass(frozen=True, init=False, eq=False)
class ParityProblem:
    """Minimize the weight of the rows of ``A·x ⊕ b`` that are 1, over x in GF(2)^n.

    Args:
        A: (k, n) booleans or integers 0 and 1, also as a SciPy sparse matrix.
        b: (k,) booleans or integers 0 and 1.
        weights: (k,) non-negative numbers, one for each row; None weighs every row 1. What is no integer is scaled.
        fixed: the bits of x that are given: a mapping from index to bit, or (n,) integers 0, 1 and −1 (free).
        hard: the rows that must hold, whatever their weight: (k,) booleans or indices.
        scale: what to multiply the weights by before they are rounded; None: by 1 where all are integers, else by a
            power of two.

    Raises:
        InvalidInputError: shapes disagree, or an argument holds something else.

    Attributes:
        A: bool (k, n), read-only, as are all arrays.
        b: bool (k,).
        weights: int64 (k,), or None.
        fixed: int8 (n,) of 0, 1 and −1 (free), or None where all bits are free.
        hard: bool (k,), or None where no row must hold.
        checks: the sparse checks of a problem that `from_checks` made, whose A and b are found when they are first
            asked for, or that was made from such a one; else None.
        scale: an integer weight of 1 stands for 1/scale of the weights given.
        scale_error: how far a weight, divided by the scale, is at most from the one given. So a cost is at most this
            times the number of mismatches away from what the given weights add up to.
    """

    A: np.ndarray
    b: np.ndarray
    weights: np.ndarray | None = None
    fixed: np.ndarray | None = None
    hard: np.ndarray | None = None
    checks: ParityChecks | None = None
    scale: float = 1.0
    scale_error: float = 0.0

    def __init__(
        self, A: Any, b: Any, weights: Any = None, fixed: Any = None, hard: Any = None, scale: float | None = None
    ) -> None:
        matrix = checks.binary_array(A, "A", 2)
        values = checks.binary_array(b, "b", 1)
        if len(values) != len(matrix):
            raise InvalidInputError(
                f"Argument 'b' must have one value for each of the {len(matrix)} rows of 'A', not {len(values)}."
            )
        object.__setattr__(self, "A", _frozen(matrix))
        object.__setattr__(self, "b", _frozen(values))
        object.__setattr__(self, "fixed", _fixed_bits(fixed, matrix.shape[1]))
        object.__setattr__(self, "checks", None)
        self._set_rows(len(matrix), weights, hard, scale)

    def _set_rows(self, k: int, weights: Any, hard: Any, scale: float | None) -> None:
        held, factor, error = None, 1.0, 0.0
        if weights is not None:
            held, factor, error = checks.scaled_weights(weights, "weights", k, scale)
            held = _frozen(held)
        must = None if hard is None else _frozen(checks.row_mask(hard, "hard", k))
        object.__setattr__(self, "weights", held)
        object.__setattr__(self, "scale", factor)
        object.__setattr__(self, "scale_error", error)
        object.__setattr__(self, "hard", must if must is not None and must.any() else None)

    def __repr__(self) -> str:
        """Return the size and the kind; the arrays are long."""
        kind = "" if self.weights is None else ", weighted"
        if self.checks is not None:
            return f"<ParityProblem of {len(self.checks)} checks on {self.checks.length} errors{kind}>"
        return f"<ParityProblem of {self.A.shape[0]} rows and {self.A.shape[1]} unknowns{kind}>"

    def __getattr__(self, name: str) -> Any:
        """Make A and b of a problem that was given by its checks, when one of them is asked for."""
        given = self.__dict__.get("checks")
        if name not in ("A", "b") or given is None:
            raise AttributeError(name)
        A, b = generator(given)
        object.__setattr__(self, "A", _frozen(A))
        object.__setattr__(self, "b", _frozen(b))
        return A if name == "A" else b

    @classmethod
    def from_checks(
        cls, H: Any, s: Any, weights: Any = None, hard: Any = None, scale: float | None = None
    ) -> "ParityProblem":
        """State a decoder's problem: the lightest errors e with H·e = s.

        The row i of A·x ⊕ b is then error i: `mismatches` of a solution are the errors that it takes.

        Args:
            H: (checks, k) booleans or integers 0 and 1, also as a SciPy sparse matrix, which stays sparse.
            s: (checks,) booleans or integers 0 and 1, the syndrome.
            weights: as above, one for each error, such as log((1 − p)/p) where it has the probability p.
            hard: the errors that cannot be: (k,) booleans or indices.
            scale: as above.

        Raises:
            InvalidInputError: shapes disagree, or an argument holds something else. When A or b is first asked for: no
                errors have this syndrome.

        >>> problem = ParityProblem.from_checks([[1, 1, 0], [0, 1, 1]], [1, 1])
        >>> problem.k, problem.n
        (3, 1)
        """
        problem = cls.__new__(cls)
        given = read_checks(H, s)
        object.__setattr__(problem, "checks", given)
        object.__setattr__(problem, "fixed", None)
        problem._set_rows(given.length, weights, hard, scale)
        return problem

    @classmethod
    def from_rows(
        cls, rows: Any, values: Any, n: int, weights: Any = None, fixed: Any = None, hard: Any = None
    ) -> "ParityProblem":
        """Make a problem from rows packed as integers.

        Args:
            rows: bit i of a row is its coefficient of x_i. (k,) of any integer dtype for n ≤ 64, or of Python integers
                for any n; or (k, ⌈n/64⌉) words, the lowest first.
            values: b.
            n: the number of unknowns.
            weights: as above.
            fixed: as above.
            hard: as above.

        Raises:
            InvalidInputError: shapes disagree, or an argument holds something else.
        """
        n = checks.integer(n, "n", 0)
        return cls(unpack_rows(rows, n), values, weights=weights, fixed=fixed, hard=hard)

    @property
    def k(self) -> int:
        """The number of rows."""
        return int(self.A.shape[0]) if self.checks is None else self.checks.length

    @property
    def n(self) -> int:
        """The number of unknowns."""
        given = self.__dict__.get("checks")
        if given is None or "A" in self.__dict__:
            return int(self.A.shape[1])
        return len(factor(given).free)

    @property
    def row_weights(self) -> np.ndarray:
        """The weights of the rows, int64 (k,); ones where none were given."""
        return np.ones(self.k, dtype=np.int64) if self.weights is None else self.weights


@dataclass(frozen=True, eq=False)
class Solution:
    """What a strategy found, checked against its problem.

    Attributes:
        x: bool (n,).
        mismatches: int64, the rows where A·x differs from b, in rising order.
        cost: their number, or the sum of their integer weights in a weighted problem, whose `scale` tells what one of
            them stands for.
        lower_bound: no x costs less; the strategy proved it.
        optimal: whether the lower bound equals the cost.
        strategy: the name of the strategy that answered.
        seconds: wall time of the solver.
        info: what else the strategy reports, such as a probability or its counts.
    """

    x: np.ndarray
    mismatches: np.ndarray
    cost: int
    lower_bound: int
    optimal: bool
    strategy: str = ""
    seconds: float = 0.0
    info: Mapping[str, Any] = field(default_factory=dict)


def mismatch_mask(problem: ParityProblem, x: np.ndarray) -> np.ndarray:
    """Find the rows where A·x differs from b, bool (k,).

    This is plain NumPy, which shares nothing with the strategies that it checks. Errors of a problem that was given by
    its checks follow from x without A; `xoropt_solvers.parity_checks.satisfied` tells whether they are right.
    """
    if problem.checks is not None and "A" not in vars(problem):
        return complete(problem.checks, x.astype(bool))
    ones = problem.A[:, x.astype(bool)].sum(axis=1, dtype=np.int64)
    return (ones & 1).astype(bool) ^ problem.b


def with_checks(problem: ParityProblem, given: ParityChecks) -> ParityProblem:
    """Return a problem that also has its checks: errors A·x ⊕ b, and no others, satisfy them."""
    same = ParityProblem.__new__(ParityProblem)
    for name, value in {**vars(problem), "checks": given}.items():
        object.__setattr__(same, name, value)
    return same


def pack_rows(A: np.ndarray) -> np.ndarray:
    """Pack (k, n) bool as uint64 (k, ⌈n/64⌉), at least one word; bit i of word w holds column 64·w + i."""
    k, n = A.shape
    words = max(1, -(-n // 64))
    padded = np.zeros((k, words * 64), dtype=bool)
    padded[:, :n] = A
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def unpack_word(word: np.uint64, n: int) -> np.ndarray:
    """Unpack the lowest n ≤ 64 bits of a word as bool (n,), the lowest first."""
    return ((word >> np.arange(n, dtype=np.uint64)) & np.uint64(1)).astype(bool)


def unpack_rows(rows: Any, n: int) -> np.ndarray:
    """Undo `pack_rows`; also take a sequence of integers, one for each row.

    Raises:
        InvalidInputError: rows of different lengths, values that are no integers, negative ones, or bits beyond n.
    """
    array = _integer_array(rows)
    if array.ndim == 0:
        raise InvalidInputError(f"Argument 'rows' must be an array or a sequence of integers, not {rows!r}.")
    if array.size == 0:
        return np.zeros((array.shape[0], n), dtype=bool)
    words = max(1, -(-n // 64))
    if array.ndim == 1 and (array.dtype == object or words > 1):
        return _unpack_integers(array.tolist(), n)
    if array.dtype.kind not in "iu":
        raise InvalidInputError(f"Argument 'rows' must hold packed integers, not {array.dtype} entries.")
    if (array < 0).any():
        raise InvalidInputError(f"Argument 'rows' must hold non-negative integers, not {array[array < 0][0]}.")
    packed = array.astype("<u8").reshape(len(array), -1)
    if array.ndim > 2 or packed.shape[1] != words:
        raise InvalidInputError(
            f"Argument 'rows' must have shape (k,) or (k, {words}) for n = {n}, not {np.shape(rows)}."
        )
    bits = np.unpackbits(np.ascontiguousarray(packed).view(np.uint8), axis=1, bitorder="little")
    if bits[:, n:].any():
        raise InvalidInputError(f"Argument 'rows' has bits beyond the n = {n} unknowns.")
    return bits[:, :n].astype(bool)


def _integer_array(rows: Any) -> np.ndarray:
    """Make an array of the rows; lists that NumPy would round to floats keep their Python integers."""
    try:
        array = np.asarray(rows)
        if array.dtype.kind == "f" and not isinstance(rows, np.ndarray):
            array = np.asarray(rows, dtype=object)
    except ValueError as error:
        raise InvalidInputError(f"Argument 'rows' must have rows of one length: {error}") from error
    if array.ndim == 2 and array.dtype == object and all(_is_word(word) for word in array.flat):
        return array.astype(np.uint64)
    return array


def _is_word(value: Any) -> bool:
    return checks.is_integer(value) and 0 <= int(value) < 1 << 64


def _unpack_integers(rows: list[Any], n: int) -> np.ndarray:
    out = np.zeros((len(rows), n), dtype=bool)
    for i, row in enumerate(rows):
        if not checks.is_integer(row):
            raise InvalidInputError(f"Argument 'rows' must hold packed integers, not {row!r}.")
        row = int(row)
        if row < 0 or row >> n:
            raise InvalidInputError(f"Argument 'rows' must hold integers of n = {n} bits, not {row}.")
        for j in range(n):
            out[i, j] = (row >> j) & 1
    return out


def _fixed_bits(fixed: Any, n: int) -> np.ndarray | None:
    if fixed is None:
        return None
    bits = np.full(n, -1, dtype=np.int8)
    if isinstance(fixed, Mapping):
        for index, bit in fixed.items():
            checks.integer(index, "fixed", 0, n - 1)
            if bit not in (0, 1):
                raise InvalidInputError(f"Argument 'fixed' must map an index to 0 or 1, not to {bit!r}.")
            bits[index] = int(bit)
    else:
        try:
            array = np.asarray(fixed)
        except ValueError as error:
            raise InvalidInputError(f"Argument 'fixed' must be a flat sequence: {error}") from error
        if array.shape != (n,) or (n and array.dtype.kind not in "iu") or not np.isin(array, (-1, 0, 1)).all():
            raise InvalidInputError(
                f"Argument 'fixed' must be a mapping from index to bit or ({n},) integers of -1 (free), 0 and 1,"
                f" not an array of shape {array.shape} and dtype {array.dtype}."
            )
        bits[:] = array
    return _frozen(bits) if (bits >= 0).any() else None


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
