"""A collection of parity problems: published codes, graphs and noise models, and random ones by a stated generator.

`python -m solving.collection FOLDER` from the folder `benchmarks` writes all of them; the repository keeps them in
`benchmarks/data/problems`, a folder a family, with the known minima in `best-known.csv`.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from xoropt_solvers import ParityProblem
from xoropt_solvers.formats import write_problem
from xoropt_solvers.parity_checks import generator, read_checks, weights_of_priors
from xoropt_solvers.reduction import independent_columns

from solving.blocks import random_problem

__all__ = ["BICYCLES", "Instance", "bicycle_code", "by_roots", "cosets", "cut", "instances", "torus", "with_a_one"]

BICYCLES = {
    "72-12": (6, 6, (3, 1, 2), (3, 1, 2)),
    "90-8": (15, 3, (9, 1, 2), (0, 2, 7)),
    "108-8": (9, 6, (3, 1, 2), (3, 1, 2)),
    "144-12": (12, 6, (3, 1, 2), (3, 1, 2)),
}
"""l, m and the exponents of A = x^a + y^b + y^c and B = y^a + x^b + x^c (Bravyi et al. 2024, Table 3)."""


@dataclass(frozen=True, eq=False)
class Instance:
    """A problem of the collection.

    Attributes:
        family: its folder.
        name: its file, without the end.
        problem: the problem.
        source: what it is, and where it comes from.
        known: its minimum where the literature or a construction tells it, else None.
    """

    family: str
    name: str
    problem: ParityProblem
    source: str
    known: int | None = None


def instances(stim: bool = True) -> Iterator[Instance]:
    """Make all instances; those of surface codes only where Stim may be used, whose samples may change with it."""
    yield from _blocks()
    yield from _random_codes()
    yield from _noisy_parities()
    yield from _least_weights()
    yield from _covering()
    yield from _cuts()
    yield from _bicycles()
    if stim:
        yield from _surface_codes()


def _blocks() -> Iterator[Instance]:
    source = "care rows of a random block network (Kwon et al., CVPR 2020), default_rng({seed}), load {load}"
    for n_in in (20, 40, 56):
        for load in (1.1, 1.3, 1.5):
            seed = round(100 * load) + n_in
            problem = random_problem(round(load * n_in), n_in, seed)
            yield Instance("blocks", f"block-{n_in}-{load:g}", problem, source.format(seed=seed, load=load))


def _random_codes() -> Iterator[Instance]:
    for n, seed in ((48, 1), (64, 2), (72, 3), (80, 4)):
        problem = random_problem(n, n // 2, seed)
        yield Instance("codes", f"nearest-{n}-{n // 2}", problem, f"nearest codeword, random code, default_rng({seed})")


def _noisy_parities() -> Iterator[Instance]:
    for n, k, seed in ((24, 64, 11), (32, 80, 12), (40, 96, 13), (48, 96, 14)):
        rng = np.random.default_rng(seed)
        A, x = rng.random((k, n)) < 0.5, rng.random(n) < 0.5
        b = ((A & x).sum(axis=1) & 1).astype(bool) ^ (rng.random(k) < 1 / 8)
        source = f"learning parity with noise 1/8 (Blum, Kalai, Wasserman 2003), default_rng({seed})"
        yield Instance("lpn", f"lpn-{n}-{k}", ParityProblem(A, b), source)


def _least_weights() -> Iterator[Instance]:
    """Least weights of cyclic codes that have a one in the first place, as a shift of each word has."""
    golay = [0, 1, 5, 6, 7, 9, 11]
    yield _cyclic("golay-23", 23, golay, 7, "binary Golay code [23, 12, 7]")
    for n, roots, d in (
        (31, (1, 3), 5),
        (31, (1, 3, 5), 7),
        (63, (1, 3), 5),
        (63, (1, 3, 5), 7),
        (63, (1, 3, 5, 7), 9),
    ):
        k = n - len(cosets(n, roots))
        yield by_roots(f"bch-{n}-{k}", n, cosets(n, roots), d, f"primitive BCH code [{n}, {k}, {d}]")
    for n, d in ((17, 5), (31, 7), (41, 9), (47, 11)):
        squares = {i * i % n for i in range(1, n)}
        source = f"quadratic-residue code [{n}, {(n + 1) // 2}, {d}] (MacWilliams and Sloane, chapter 16)"
        yield by_roots(f"qr-{n}", n, squares, d, source)


def cosets(n: int, roots: tuple[int, ...]) -> set[int]:
    return {root * 2**i % n for root in roots for i in range(n)}


def by_roots(name: str, n: int, roots: set[int], d: int, source: str) -> Instance:
    """Find the generator polynomial with these roots, as the words that are zero at all of them."""
    degree = next(m for m in range(1, 64) if (2**m - 1) % n == 0)
    field = _powers(degree)
    step = (2**degree - 1) // n
    H = np.array([[field[root * j * step % (2**degree - 1)] for j in range(n)] for root in sorted(roots)])
    bits = ((H[:, :, None] >> np.arange(degree)) & 1).transpose(0, 2, 1).reshape(-1, n)
    A, _ = generator(read_checks(bits, np.zeros(len(bits), dtype=bool)))
    return Instance("least-weight", name, with_a_one(A), source, d)


PRIMITIVE = {
    5: 0b100101,
    6: 0b1000011,
    7: 0b10001001,
    8: 0b100011101,
    20: 0b100000000000000001001,
    23: (1 << 23) | 0b100001,
}
"""Primitive polynomials by degree (MacWilliams and Sloane, chapter 4)."""


def _powers(degree: int) -> list[int]:
    """The powers of a primitive element of GF(2^degree), as bits."""
    values, value = [], 1
    for _ in range(2**degree - 1):
        values.append(value)
        value <<= 1
        if value >> degree:
            value ^= PRIMITIVE[degree]
    return values


def _cyclic(name: str, n: int, exponents: list[int], d: int, source: str) -> Instance:
    rows = n - max(exponents)
    A = np.zeros((n, rows), dtype=bool)
    for i in range(rows):
        A[[i + e for e in exponents], i] = True
    return Instance("least-weight", name, with_a_one(A), source, d)


def with_a_one(A: np.ndarray) -> ParityProblem:
    """The least word of a code with a one in the first place, a row that must hold."""
    b = np.zeros(len(A), dtype=bool)
    problem = ParityProblem(np.vstack([A[:1], A]), np.append(True, b), hard=[0])
    return problem


def _covering() -> Iterator[Instance]:
    """Words as far from a code as any, by its covering radius."""
    for m in (4, 6):
        points = (np.arange(2**m)[:, None] >> np.arange(m)) & 1
        A = np.column_stack([np.ones(2**m, dtype=int), points])
        bent = (points[:, 0::2] & points[:, 1::2]).sum(axis=1) & 1
        radius = 2 ** (m - 1) - 2 ** (m // 2 - 1)
        source = f"a bent function's distance from the Reed–Muller code RM(1, {m}), its covering radius (Rothaus 1976)"
        yield Instance("covering", f"bent-{m}", ParityProblem(A, bent), source, radius)
    golay = np.zeros((23, 12), dtype=bool)
    for i in range(12):
        golay[[i + e for e in (0, 1, 5, 6, 7, 9, 11)], i] = True
    far = np.zeros(23, dtype=bool)
    far[[0, 9, 20]] = True
    yield Instance("covering", "golay-3", ParityProblem(golay, far), "three errors in the perfect Golay code", 3)


def _cuts() -> Iterator[Instance]:
    """Largest cuts: an edge is a row x_i ⊕ x_j = 1, and the minimum is the number of edges that are not cut."""
    petersen = [(i, (i + 1) % 5) for i in range(5)] + [(i, i + 5) for i in range(5)]
    petersen += [(5 + i, 5 + (i + 2) % 5) for i in range(5)]
    yield cut("petersen", 10, petersen, "largest cut of the Petersen graph, 12 of 15 edges", 3)
    complete = [(i, j) for i in range(12) for j in range(i)]
    yield cut("complete-12", 12, complete, "largest cut of the complete graph of 12, 36 of 66 edges", 30)
    rng = np.random.default_rng(21)
    side = 7
    edges = torus(side)
    signs = rng.random(len(edges)) < 0.5
    source = "ground state of a ±J spin glass on a 7×7 torus (Edwards and Anderson 1975), default_rng(21)"
    yield cut("spin-glass-7", side * side, edges, source, None, signs)


def torus(side: int) -> list[tuple[int, int]]:
    """List the edges of a square lattice that is closed both ways."""
    edges = [(side * r + c, side * r + (c + 1) % side) for r in range(side) for c in range(side)]
    return edges + [(side * r + c, side * ((r + 1) % side) + c) for r in range(side) for c in range(side)]


def cut(
    name: str,
    n: int,
    edges: list[tuple[int, int]],
    source: str,
    known: int | None = None,
    b: np.ndarray | None = None,
) -> Instance:
    """The largest cut of a graph; b says which ends should differ, all where it is None."""
    A = np.zeros((len(edges), n), dtype=bool)
    for row, (i, j) in zip(A, edges, strict=True):
        row[[i, j]] = True
    values = np.ones(len(edges), dtype=bool) if b is None else b
    return Instance("cuts", name, ParityProblem(A, values, fixed={0: 0}), source, known)


def bicycle_code(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return H_X and a logical operator, bool (checks, qubits) and (qubits,), of a code in BICYCLES."""
    rows, m, a, b = BICYCLES[name]
    x = np.kron(np.roll(np.eye(rows, dtype=int), 1, axis=1), np.eye(m, dtype=int))
    y = np.kron(np.eye(rows, dtype=int), np.roll(np.eye(m, dtype=int), 1, axis=1))
    power = np.linalg.matrix_power
    A = power(x, a[0]) + power(y, a[1]) + power(y, a[2])
    B = power(y, b[0]) + power(x, b[1]) + power(x, b[2])
    H_X, H_Z = np.hstack([A, B]) % 2, np.hstack([B.T, A.T]) % 2
    kernel, _ = generator(read_checks(H_Z, np.zeros(len(H_Z), dtype=bool)))
    columns = np.column_stack([H_X.T.astype(bool), kernel])
    chosen = independent_columns(columns)
    return H_X.astype(bool), columns[:, chosen[chosen >= len(H_X)][0]]


def _bicycles() -> Iterator[Instance]:
    """Bivariate bicycle codes: the lightest operator that flips one logical."""
    for name, size, d in (("72-12", "72-12-6", 6), ("90-8", "90-8-10", None)):
        H_X, logical = bicycle_code(name)
        problem = ParityProblem.from_checks(np.vstack([H_X, logical]), np.append(np.zeros(len(H_X), dtype=bool), True))
        source = (
            f"an operator that flips a logical of the [[{size.replace('-', ', ')}]] code (Bravyi et al. 2024, Table 3)"
        )
        yield Instance("bicycles", f"bicycle-{size}", problem, source, d)


def _surface_codes() -> Iterator[Instance]:
    """Most likely errors of rotated surface codes, as Stim samples them, with hyperedges."""
    import stim
    from xoropt_solvers.formats.error_model import error_model

    for distance in (3, 5):
        circuit = stim.Circuit.generated(
            "surface_code:rotated_memory_x",
            distance=distance,
            rounds=distance,
            after_clifford_depolarization=0.005,
            before_measure_flip_probability=0.005,
        )
        dem = circuit.detector_error_model()
        model = error_model(dem)
        weights, _ = weights_of_priors(model.priors)
        shots, _, _ = dem.compile_sampler(seed=distance).sample(400)
        order = np.argsort(shots.sum(axis=1), kind="stable")
        for rank in (250, 330, 399):
            shot = shots[order[rank]]
            problem = ParityProblem.from_checks(model.H, shot, np.maximum(1, np.rint(100 * weights)).astype(np.int64))
            source = (
                f"rotated surface code of distance {distance}, {distance} rounds, noise 0.5 %, {int(shot.sum())}"
                " detection events, sampled with Stim (Gidney 2021); weights are 100·log((1 − p)/p)"
            )
            yield Instance("surface", f"surface-{distance}-{int(shot.sum())}", problem, source)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for one in instances():
        (folder / one.family).mkdir(parents=True, exist_ok=True)
        write_problem(one.problem, folder / one.family / f"{one.name}.npz")
