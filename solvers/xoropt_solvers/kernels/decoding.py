"""Information-set decoding of one problem with any number of rows and unknowns, in words of 64 bits."""

import numpy as np
from numba import njit, types

from xoropt_solvers.kernels.bits import count_ones, inner, int64, stopped, uint64

__all__ = ["lee_brickell"]

ONE = np.uint64(1)


@inner
def weigh(a, b, words, table):  # type: ignore[no-untyped-def]
    """Weigh a ⊕ b by its ones, or by a table of byte weights if it is not empty."""
    total = int64(0)
    for w in range(words):
        word = a[w] ^ b[w]
        if table.shape[0] == 0:
            total += count_ones(word)
        else:
            for q in range(8):
                total += table[8 * w + q, int64(word & uint64(255))]
                word >>= uint64(8)
    return total


@inner
def next_random(state):  # type: ignore[no-untyped-def]
    """Return the new state and 64 random bits of SplitMix64 (Steele, Lea, Flood 2014)."""
    state += uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return state, z ^ (z >> uint64(31))


@njit(
    types.UniTuple(int64, 2)(
        uint64[:, ::1], uint64[::1], int64, int64, int64[:, ::1], int64, uint64, int64, int64, uint64[::1], int64[::1]
    ),
    cache=True,
    nogil=True,
)
def lee_brickell(basis, target, words, k, table, rounds, seed, best, bound, answer, stop):  # type: ignore[no-untyped-def]
    """Draw random information sets and try up to two errors in each (Lee and Brickell 1988).

    Row j of `basis` is column j of A over the k rows of the problem, in `words` words, followed by the x that gives it;
    `target` is b and an x of 0. The rows of `basis` are independent. The search ends when
    a weight reaches `bound`, or once `stop` is set. Returns the least weight found, or `best` if none is below, and the
    number of rounds that it completed; the combination of that weight goes to `answer`.
    """
    rank, width = basis.shape
    order = np.arange(k)
    for completed in range(rounds):
        if best <= bound:
            return best, completed
        # Take the rows in random order; each one that is independent of those before becomes a pivot.
        done = 0
        for i in range(k):
            if done == rank:
                break
            if stopped(stop):
                return best, completed
            seed, draw = next_random(seed)
            other = i + int64(draw % uint64(k - i))
            order[i], order[other] = order[other], order[i]
            w, bit = order[i] >> 6, ONE << uint64(order[i] & 63)
            pivot = -1
            for j in range(done, rank):
                if basis[j, w] & bit:
                    pivot = j
                    break
            if pivot < 0:
                continue
            for q in range(width):
                basis[done, q], basis[pivot, q] = basis[pivot, q], basis[done, q]
            for j in range(rank):
                if j != done and basis[j, w] & bit:
                    for q in range(width):
                        basis[j, q] ^= basis[done, q]
            if target[w] & bit:
                for q in range(width):
                    target[q] ^= basis[done, q]
            done += 1
        # `target` is now right on the whole set, and each row of the basis puts one error into it.
        first, second = -1, -1
        weight = weigh(target, np.zeros(words, dtype=np.uint64), words, table)
        if weight < best:
            best = weight
            answer[:] = target
        for i in range(rank):
            if stopped(stop):
                break
            one = target ^ basis[i]
            weight = weigh(one, np.zeros(words, dtype=np.uint64), words, table)
            if weight < best:
                best, first, second = weight, i, -1
            for j in range(i + 1, rank):
                weight = weigh(one, basis[j], words, table)
                if weight < best:
                    best, first, second = weight, i, j
        if first >= 0:
            answer[:] = target ^ basis[first]
            if second >= 0:
                answer[:] = answer ^ basis[second]
        if stopped(stop):
            return best, completed
    return best, rounds
