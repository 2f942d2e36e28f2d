"""Randomized information-set decoding (Lee and Brickell 1988), for problems that are too large for a proof."""

import math

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.elimination import greedy_answer
from xoropt_solvers.interrupts import stopping
from xoropt_solvers.problem import ParityProblem, mismatch_mask, pack_rows
from xoropt_solvers.reduction import independent_columns
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "run"]

ROUNDS_A_CALL = 50
STEPS_A_CALL = 1 << 30  # fewer rounds where each takes long, so that Ctrl-C is noticed


def run(problem: ParityProblem, clock: Clock, rounds: int | None = None, seed: int = 0) -> Answer:
    """Return the best pattern seen in random information sets with up to two errors each; nothing is proved.

    The search ends where a cost is the bound that elimination proves. ``info["rounds"]`` says how many sets were tried
    to the end. ``info["probability"]`` says how likely they would have found a
    given pattern of one mismatch fewer, had there been one. If all sets of `rank` rows are equally likely, this is
    1 − (1 − p)^rounds for p = Σ_{i≤2} C(w, i)·C(k − w, rank − i)/C(k, rank).

    Args:
        problem: in reduced form.
        clock: ends the search.
        rounds: the number of sets; None for as many as the time limit allows, or 1,000 without one.
        seed: of the random numbers, 0 to 2^32 − 1.

    Raises:
        InvalidInputError: `rounds` or `seed` is out of range.
    """
    seed = checks.integer(seed, "seed", 0, 2**32 - 1)
    wanted = 1000 if rounds is None else checks.integer(rounds, "rounds", 1)
    if rounds is None and clock.time_limit is not None:
        wanted = 1 << 31
    from xoropt_solvers.kernels.decoding import lee_brickell

    columns = independent_columns(problem.A)
    k, rank = problem.k, len(columns)
    codewords = pack_rows(problem.A[:, columns].T)
    basis = np.concatenate([codewords, pack_rows(np.eye(rank, dtype=bool))], axis=1)
    words = codewords.shape[1]
    target = np.zeros(basis.shape[1], dtype=np.uint64)
    target[:words] = pack_rows(problem.b[None, :])[0]
    table = np.zeros((0, 256), dtype=np.int64) if problem.weights is None else _byte_weights(problem.row_weights, words)
    start = greedy_answer(problem)
    best, x = start.cost, start.x
    found = np.zeros_like(target)
    done = 0
    drawn = 0
    each = max(1, min(ROUNDS_A_CALL, STEPS_A_CALL // max(1, rank * rank * words)))
    with stopping(clock.left()) as stop:
        while drawn < wanted and best > start.lower_bound and not clock.expired():
            now = min(each, wanted - drawn)
            cost, completed = lee_brickell(
                basis,
                target,
                words,
                k,
                table,
                now,
                np.uint64(seed + (drawn << 32)),
                best,
                start.lower_bound,
                found,
                stop,
            )
            drawn += now
            done += completed
            if cost < best:
                best = int(cost)
                bits = np.unpackbits(found[words:].astype("<u8").view(np.uint8), bitorder="little")[:rank]
                x = np.zeros(problem.n, dtype=bool)
                x[columns] = bits
                clock.report(best)
    mismatches = int(mismatch_mask(problem, x).sum())
    info = {"rounds": done, "probability": _probability(k, rank, mismatches - 1, done), "seed": seed}
    return Answer(x, best, start.lower_bound, info)


def _byte_weights(weights: np.ndarray, words: int) -> np.ndarray:
    """Tabulate what byte q of a codeword weighs when it is v, int64 (8·words, 256)."""
    padded = np.zeros(64 * words, dtype=np.int64)
    padded[: len(weights)] = weights
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    return np.ascontiguousarray(padded.reshape(-1, 8) @ bits.T)


def _probability(k: int, rank: int, weight: int, rounds: int) -> float:
    if weight < 0:
        return 1.0
    ways = sum(math.comb(weight, i) * math.comb(k - weight, rank - i) for i in range(min(3, rank + 1)))
    each = ways / math.comb(k, rank)
    return 1.0 if each >= 1.0 else -math.expm1(rounds * math.log1p(-each))


STRATEGY = Strategy(
    name="isd",
    run=run,
    exact=False,
    summary="randomized information-set decoding (Lee–Brickell), with the probability it gives",
)
