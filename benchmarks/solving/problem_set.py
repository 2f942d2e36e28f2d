"""Some two hundred problems of eight families, easy to hard, to compare strategies with a limit of a few seconds.

`python -m solving.problem_set FOLDER` from the folder `benchmarks` writes them, a folder a family, for
`xoropt compare`. Those of a smaller size are the collection's (`solving.collection`), whose minima are known.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from xoropt_solvers import ParityProblem
from xoropt_solvers.formats import write_problem
from xoropt_solvers.reduction import independent_columns

from solving.blocks import random_problem
from solving.collection import Instance, by_roots, cosets, cut, torus, with_a_one
from solving.quantum_codes import bicycle_problems, surface_problems

__all__ = ["problem_set", "write"]


def problem_set(stim: bool = True) -> Iterator[Instance]:
    """Make all problems; those whose errors Stim samples only where it may be used: they may change with it."""
    yield from _blocks()
    yield from _random_codes()
    yield from _noisy_parities()
    yield from _least_weights()
    yield from _covering()
    yield from _cuts()
    yield from bicycle_problems(stim)
    if stim:
        yield from surface_problems()


def write(instances: Iterable[Instance], folder: Path) -> int:
    """Write problems into a folder for each family, and return how many there are."""
    made = list(instances)
    for one in made:
        (folder / one.family).mkdir(parents=True, exist_ok=True)
        write_problem(one.problem, folder / one.family / f"{one.name}.npz")
    return len(made)


def _blocks() -> Iterator[Instance]:
    for n_in in (16, 24, 32, 40, 48, 56, 64, 80, 100):
        for load in (1.1, 1.3, 1.5):
            problem = random_problem(round(load * n_in), n_in, 7000 + round(100 * load) + n_in)
            yield Instance("blocks", f"block-{n_in}-{load:g}", problem, f"care rows of a random block, load {load:g}")


def _random_codes() -> Iterator[Instance]:
    shapes = [(n, n // 2, i) for n in range(64, 121, 8) for i in range(3)]
    for n, k, i in [*shapes, (90, 30, 0), (96, 64, 0), (120, 40, 0), (120, 80, 0)]:
        problem = random_problem(n, k, 8000 + 10 * n + i)
        yield Instance("codes", f"nearest-{n}-{k}-{i}", problem, "nearest codeword of a random code")


def _noisy_parities() -> Iterator[Instance]:
    for n in (20, 26, 32, 38, 44, 50, 56, 64, 72, 80, 90, 100, 128):
        for share in (2, 3):
            rng = np.random.default_rng(9000 + 10 * n + share)
            A, x = rng.random((share * n, n)) < 0.5, rng.random(n) < 0.5
            b = ((A & x).sum(axis=1) & 1).astype(bool) ^ (rng.random(share * n) < 1 / 8)
            yield Instance("lpn", f"lpn-{n}-{share * n}", ParityProblem(A, b), "learning parity with noise 1/8")


def _least_weights() -> Iterator[Instance]:
    """Published distances: MacWilliams and Sloane, chapters 9, 13 and 16."""
    distances = {17: 5, 23: 7, 31: 7, 41: 9, 47: 11, 71: 11, 73: 13, 79: 15, 89: 17, 97: 15, 103: 19, 113: 15, 127: 19}
    for p, d in distances.items():
        yield _residues(p, d)
    for n, roots, d in (
        *((63, tuple(range(1, last + 1, 2)), d) for last, d in ((1, 3), (9, 11), (11, 13), (13, 15))),
        *((127, tuple(range(1, last + 1, 2)), d) for last, d in ((3, 5), (5, 7), (7, 9), (13, 15))),
    ):
        chosen = cosets(n, roots)
        k = n - len(chosen)
        yield by_roots(f"bch-{n}-{k}", n, chosen, d, f"primitive BCH code [{n}, {k}, {d}]")
    for r, m in ((1, 6), (2, 5), (2, 6), (3, 6), (3, 7), (4, 7)):
        A = _reed_muller(r, m)
        source = f"Reed–Muller code RM({r}, {m})"
        yield Instance("least-weight", f"rm-{r}-{m}", with_a_one(A), source, 2 ** (m - r))


def _residues(p: int, d: int) -> Instance:
    """The quadratic-residue code of length p, by the shifts of its idempotent."""
    squares = {i * i % p for i in range(1, p)}
    word = np.isin(np.arange(p), list(squares)) if p % 8 == 7 else ~np.isin(np.arange(p), list(squares))
    if p % 8 == 1:
        word[0] = word[1:].sum() % 2 == 0  # of odd weight: the larger of the two codes
    shifts = np.column_stack([np.roll(word, i) for i in range(p)])
    A = shifts[:, independent_columns(shifts)]
    return Instance("least-weight", f"qr-{p}", with_a_one(A), f"quadratic-residue code of length {p}", d)


def _reed_muller(r: int, m: int) -> np.ndarray:
    points = (np.arange(2**m)[:, None] >> np.arange(m)) & 1
    monomials = [s for s in range(2**m) if s.bit_count() <= r]
    return np.column_stack([points[:, [i for i in range(m) if s >> i & 1]].all(axis=1) for s in monomials])


def _covering() -> Iterator[Instance]:
    """Words far from a code: bent and cubic functions, and the farthest of some drawn ones from small random codes."""
    for m, r in ((4, 1), (5, 1), (6, 1), (7, 1), (8, 1), (5, 2), (6, 2), (7, 2), (7, 3)):
        points = (np.arange(2**m)[:, None] >> np.arange(m)) & 1
        word = np.zeros(2**m, dtype=bool)
        for i in range(0, m - r, r + 1):  # a sum of products on disjoint variables
            word ^= points[:, i : i + r + 1].all(axis=1)
        yield Instance("covering", f"far-rm-{r}-{m}", ParityProblem(_reed_muller(r, m), word), f"far from RM({r}, {m})")
    for p in (23, 31, 47, 71, 73, 79, 89):
        A = _residues(p, 0).problem.A[1:]
        word = np.random.default_rng(p).random(p) < 0.5
        yield Instance("covering", f"far-qr-{p}", ParityProblem(A, word), "a random word and a quadratic-residue code")
    for n, k in (
        (32, 10),
        (48, 14),
        (64, 16),
        (80, 18),
        (100, 20),
        (128, 24),
        (160, 26),
        (200, 28),
        (160, 32),
        (200, 36),
    ):
        A = np.random.default_rng(6000 + n + k).random((n, k)) < 0.5
        rng = np.random.default_rng(n + k)
        words = rng.random((64, n)) < 0.5
        messages = rng.integers(0, 2, (k, 2000))
        near = A.astype(np.int64) @ messages % 2
        far = max(words, key=lambda word: int((near != word[:, None]).sum(axis=0).min()))
        yield Instance("covering", f"far-{n}-{k}", ParityProblem(A, far), "the farthest of 64 words, by 2000 codewords")


def _cuts() -> Iterator[Instance]:
    for n in (12, 20, 28, 40, 60):
        complete = [(i, j) for i in range(n) for j in range(i)]
        signs = np.random.default_rng(n).random(len(complete)) < 0.5
        yield cut(f"glass-complete-{n}", n, complete, "Sherrington–Kirkpatrick spin glass with signs ±1", None, signs)
    for side in (5, 6, 7, 8, 9, 10, 12, 14):
        edges = torus(side)
        signs = np.random.default_rng(side).random(len(edges)) < 0.5
        yield cut(f"glass-torus-{side}", side * side, edges, "±J spin glass on a torus", None, signs)
    for n in (20, 30, 40, 50, 60, 80, 100):
        for degree in (3, 6):
            rng = np.random.default_rng(100 * n + degree)
            pairs = [(i, j) for i in range(n) for j in range(i)]
            chosen = rng.choice(len(pairs), degree * n // 2, replace=False)
            yield cut(f"cut-{n}-{degree}", n, [pairs[i] for i in sorted(chosen)], "largest cut of a random graph")


if __name__ == "__main__":
    print(f"{write(problem_set(), Path(sys.argv[1]))} problems in {sys.argv[1]}")
