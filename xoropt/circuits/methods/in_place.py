"""In-place (s-XOR) decomposition: Z. Xiang, X. Zeng, D. Lin, Z. Bao, S. Zhang, "Optimizing implementations of linear
layers", ToSC 2020(2).

An invertible matrix is a product of additions of one register to another. A greedy elimination finds one such product,
and reduction shortens it: operations on three registers that can be moved next to each other are replaced by the fewest
operations that do the same, which includes the paper's rules R1 to R7. Each addition is one gate; equal signals are
merged at the end.
"""

import numpy as np

from xoropt.circuits.methods.columns import append_gates
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.task import Search, Task, make_task

__all__ = ["METHOD", "in_place_gates"]


def run(search: Search, seed: int) -> None:
    """Make random eliminations and reduce each until the time is over; at least one is made."""
    rng = np.random.default_rng(seed)
    while True:
        search.offer(in_place_gates(search.task, rng, search.flag))
        if not search.left:
            return


def in_place_gates(task: Task, rng: np.random.Generator, stop: np.ndarray) -> np.ndarray:
    """Return the gates of one decomposition: int32 (gates, 2).

    A basis of fewer rows than columns is extended by unit vectors. The other rows are sums of rows of the basis, for
    which Paar's greedy makes the gates.
    """
    from xoropt.circuits.kernels.in_place import eliminate, optimal_3x3, shorten

    rows = task.rows[rng.permutation(len(task.rows))]
    basis, sums = _basis(rows)
    square = _filled(rows[basis])
    random = rng.integers(1, 1 << 63, 1, dtype=np.uint64)
    operations, outputs = eliminate(square.astype(np.uint8), _inverse(square), random, stop)
    count = shorten(operations, outputs, optimal_3x3(), random, stop)
    gates: list[tuple[int, int]] = []
    held = list(range(task.n_in))  # the signal in each register
    for a, b in operations[:count].tolist():
        gates.append((held[a], held[b]))
        held[a] = task.n_in + len(gates) - 1
    rest = make_task(sums)
    append_gates(
        gates, task.n_in, [held[outputs[i]] for i in range(len(basis))], paar_gates(rest, random, stop).tolist(), rest
    )
    return np.array(gates, dtype=np.int32).reshape(-1, 2)


def _basis(rows: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Find a basis of the rows.

    Returns:
        The rows that are independent of those before them, and each other row as a sum of these: bool (others, basis).
    """
    basis: list[int] = []
    system: dict[int, tuple[int, int]] = {}  # lowest bit → a reduced row, and which basis rows it sums
    sums = []
    for i, row in enumerate(rows):
        word, members = int.from_bytes(np.packbits(row, bitorder="little").tobytes(), "little"), 0
        while word and (word & -word) in system:
            other, its_members = system[word & -word]
            word, members = word ^ other, members ^ its_members
        if word:
            system[word & -word] = word, members | 1 << len(basis)
            basis.append(i)
        else:
            sums.append(members)
    table = [[bool(members >> j & 1) for j in range(len(basis))] for members in sums]
    return basis, np.array(table, dtype=bool).reshape(len(sums), len(basis))


def _filled(rows: np.ndarray) -> np.ndarray:
    """Extend independent rows by unit vectors to a basis of the whole space: bool (columns, columns)."""
    columns = rows.shape[1]
    chosen, _ = _basis(np.vstack([rows, np.eye(columns, dtype=bool)]))
    return np.vstack([rows, np.eye(columns, dtype=bool)])[chosen]


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse of an invertible bool matrix: uint8 (n, n)."""
    n = len(matrix)
    both = np.hstack([matrix, np.eye(n, dtype=bool)])
    for column in range(n):
        pivot = column + int(both[column:, column].argmax())
        both[[column, pivot]] = both[[pivot, column]]
        rest = both[:, column].copy()
        rest[column] = False
        both[rest] ^= both[column]
    return both[:, n:].astype(np.uint8)


METHOD = Method(run)
