"""What the strategies are compared with: every x tried in plain NumPy, and problems drawn by hypothesis."""

import numpy as np
from hypothesis import strategies as st
from xoropt_solvers import ParityProblem


def least_cost(problem: ParityProblem) -> int:
    """The minimum over all 2^n x that agree with the fixed bits."""
    n = problem.n
    xs = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    if problem.fixed is not None:
        agree = (problem.fixed < 0) | (xs == problem.fixed)
        xs = xs[agree.all(axis=1)]
    wrong = ((xs @ problem.A.T.astype(np.int64)) & 1) ^ problem.b
    return int((wrong @ problem.row_weights).min())


@st.composite
def problems(
    draw: st.DrawFn, max_k: int = 40, max_n: int = 16, weighted: bool | None = None, fixed: bool = False
) -> ParityProblem:
    """Problems of every awkward kind: no rows, no unknowns, zero rows, copies, low rank, all-zero b, zero weights.

    The entries come from a seeded generator: hypothesis draws the shape and the kind, so that a large matrix costs one
    draw and shrinking still finds the smallest shape that fails.
    """
    k, n = draw(st.integers(0, max_k)), draw(st.integers(0, max_n))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
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
