"""What the strategies are compared with: every x tried in plain NumPy, and problems drawn by hypothesis."""

import numpy as np
from hypothesis import strategies as st
from xoropt_solvers import ParityProblem


def least_cost(problem: ParityProblem) -> int:
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


@st.composite
def problems(
    draw: st.DrawFn, max_k: int = 40, max_n: int = 16, weighted: bool | None = None, fixed: bool = False
) -> ParityProblem:
    """Problems of every awkward kind: no rows, no unknowns, zero rows, copies, low rank, all-zero b, zero weights.

    The entries come from a seeded generator, so that a large matrix costs one draw; so do most sizes, because sizes
    that hypothesis draws are small and then nearly always solvable at no cost. The others let it shrink.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k, n = draw(st.integers(0, max_k)), draw(st.integers(0, max_n))
    if draw(st.sampled_from(["large", "large", "large", "drawn"])) == "large":
        k, n = int(rng.integers(max_k // 2, max_k + 1)), int(rng.integers(0, max_n + 1))
    A = rng.random((k, n)) < draw(st.sampled_from([0.5, 0.5, 0.2, 0.8]))
    kind = draw(st.sampled_from(["plain", "copies", "low rank", "zero rows"]))
    if kind == "copies" and k:
        A = A[rng.integers(0, max(1, k // 2), k)]
    elif kind == "low rank":
        rank = draw(st.integers(0, max(1, n // 2)))
        left, right = rng.integers(0, 2, (k, rank)), rng.integers(0, 2, (rank, n))
        A = ((left @ right) & 1).astype(bool)
    elif kind == "zero rows":
        A[rng.random(k) < 0.3] = False
    b = rng.random(k) < draw(st.sampled_from([0.5, 0.5, 0.0, 1.0]))
    weights = None
    if draw(st.booleans()) if weighted is None else weighted:
        weights = rng.integers(0, draw(st.sampled_from([1, 2, 5, 1000])) + 1, k)
    bits = None
    if fixed and draw(st.booleans()):
        bits = rng.integers(-1, 2, n)
    return ParityProblem(A, b, weights=weights, fixed=bits)
