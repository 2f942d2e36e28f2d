"""Parity checks in systematic form, for problems of any size.

Elimination in a given order finds the first independent rows (*members*). Every other row is *dependent*, the sum of
some of them, and so gives a check: the errors of the members in its sum and its own add up to a bit of the syndrome.
"""

from dataclasses import dataclass

import numpy as np

from xoropt_solvers.problem import ParityProblem, pack_rows

__all__ = ["Systematic", "byte_weights", "member_sums", "systematic_form"]


@dataclass(frozen=True, eq=False)
class Systematic:
    """The errors of the dependent rows are s ⊕ P·e for the errors e of the members.

    Attributes:
        columns: uint64 (members + 1, words), the columns of P, a bit for each dependent row, and then s.
        members: int64 (members,), rows of the problem.
        dependents: int64 (dependents,), rows of the problem.
    """

    columns: np.ndarray
    members: np.ndarray
    dependents: np.ndarray


def systematic_form(problem: ParityProblem, order: np.ndarray | None = None) -> Systematic:
    """Eliminate the rows of a problem in this order; None takes the heaviest first."""
    if order is None:
        order = np.argsort(-problem.row_weights, kind="stable")
    first, rest, sums = member_sums(problem.A[order])
    members, dependents = order[first], order[rest]
    syndrome = (sums.astype(np.float32) @ problem.b[members] % 2 == 1) ^ problem.b[dependents]
    return Systematic(np.concatenate([pack_rows(sums.T), pack_rows(syndrome[None, :])]), members, dependents)


def member_sums(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the first independent rows of A (members), the dependent ones, and which members each of those sums up.

    Returns:
        The members and the dependent rows, by number, and bool (dependents, members).
    """
    from xoropt_solvers.kernels.wide_elimination import reduce_rows

    packed = pack_rows(A)
    words = packed.shape[1]
    track = -(-min(A.shape) // 64) or 1
    system = np.column_stack([packed, np.zeros((len(A), track), dtype=np.uint64)])
    member = np.empty(len(A), dtype=np.int64)
    rank = reduce_rows(system, words, track, np.empty(64 * words, dtype=np.int64), member)
    dependent = np.flatnonzero(member < 0)
    sums = np.unpackbits(system[dependent, words:].astype("<u8").view(np.uint8), axis=1, bitorder="little")
    return np.flatnonzero(member >= 0), dependent, sums[:, :rank].astype(bool)


def byte_weights(weights: np.ndarray, words: int) -> np.ndarray:
    """Tabulate what byte q of packed bits weighs when it is v, int64 (8·words, 256), for the weight of each bit."""
    padded = np.zeros(64 * words, dtype=np.int64)
    padded[: len(weights)] = weights
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    return np.ascontiguousarray(padded.reshape(-1, 8) @ bits.T)
