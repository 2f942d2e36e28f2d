"""Parity problems for the tests, and their minima: every x tried in plain NumPy."""

import numpy as np
from hypothesis import strategies as st
from xoropt_solvers import ParityProblem

TRIANGLE = ParityProblem([[1, 0], [0, 1], [1, 1]], [1, 1, 1])


def dense(k, n, seed=0):
    """Rows and values whose bits are 1 with probability ½."""
    rng = np.random.default_rng(seed)
    return ParityProblem(rng.random((k, n)) < 0.5, rng.random(k) < 0.5)


def planted(k, n, errors, seed=0):
    """Dense rows, of which only those in `errors` disagree with some x."""
    rng = np.random.default_rng(seed)
    A = rng.random((k, n)) < 0.5
    b = ((A.astype(int) @ rng.integers(0, 2, n)) % 2).astype(bool)
    b[errors] ^= True
    return ParityProblem(A, b)


def least_cost(problem):
    """The minimum over all 2^n x that agree with the fixed bits: every b ⊕ A·x as a word of k ≤ 64 bits."""
    bits = np.uint64(1) << np.arange(problem.k, dtype=np.uint64)
    errors = np.array([bits[problem.b].sum()], dtype=np.uint64)
    for j in range(problem.n):
        column = bits[problem.A[:, j]].sum(dtype=np.uint64)
        given = -1 if problem.fixed is None else problem.fixed[j]
        errors = np.concatenate([e for bit, e in enumerate((errors, errors ^ column)) if given in (-1, bit)])
    cost = np.zeros(len(errors), dtype=np.int64)
    for i, weight in enumerate(problem.row_weights):
        cost += ((errors >> np.uint64(i)) & np.uint64(1)).astype(np.int64) * weight
    return int(cost.min())


def seeded_problem(seed, max_k=40, max_n=16, weighted=None, fixed=False):
    """The problem of a seed, of any kind that `problems` draws."""
    rng = np.random.default_rng(seed)
    return _problem(lambda options: options[int(rng.integers(len(options)))], rng, max_k, max_n, weighted, fixed)


@st.composite
def problems(draw, max_k=40, max_n=16, weighted=None, fixed=False):
    """Problems of every awkward kind, drawn by hypothesis.

    The entries come from a seeded generator, so that a large matrix costs one draw; so do most sizes, because sizes
    that hypothesis draws are small and then nearly always solvable at no cost. The others let it shrink.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return _problem(lambda options: draw(st.sampled_from(options)), rng, max_k, max_n, weighted, fixed)


def _problem(pick, rng, max_k, max_n, weighted, fixed):
    """No rows, no unknowns, zero rows, copies, low rank, all-zero b, zero weights: whatever `pick` picks."""
    k, n = pick(range(max_k + 1)), pick(range(max_n + 1))
    if pick(["large", "large", "large", "drawn"]) == "large":
        k, n = int(rng.integers(max_k // 2, max_k + 1)), int(rng.integers(0, max_n + 1))
    A = rng.random((k, n)) < pick([0.5, 0.5, 0.2, 0.8])
    kind = pick(["plain", "copies", "low rank", "zero rows"])
    if kind == "copies" and k:
        A = A[rng.integers(0, max(1, k // 2), k)]
    elif kind == "low rank":
        rank = pick(range(max(1, n // 2) + 1))
        left, right = rng.integers(0, 2, (k, rank)), rng.integers(0, 2, (rank, n))
        A = ((left @ right) & 1).astype(bool)
    elif kind == "zero rows":
        A[rng.random(k) < 0.3] = False
    b = rng.random(k) < pick([0.5, 0.5, 0.0, 1.0])
    weights = None
    if pick([False, True]) if weighted is None else weighted:
        weights = rng.integers(0, pick([1, 2, 5, 1000]) + 1, k)
    bits = None
    if fixed and pick([False, True]):
        bits = rng.integers(-1, 2, n)
    return ParityProblem(A, b, weights=weights, fixed=bits)
