"""How a decoder evaluates a windowed network on rows of lanes: a few *sources*, and which of them each output is the
XOR of.

Sparse networks read seed rows themselves, staged ones their nodes, computed once a step. Dense ones read tables: of
every `group` neighbouring seed rows all 2^group exclusive ors, of which an output takes one (the four Russians' method:
Arlazarov, Dinic, Kronrod, Faradžev 1970).
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from xoropt.networks import XorNetwork

__all__ = ["DIRECT", "NODES", "TABLES", "Program", "program", "scratch_rows"]

DIRECT, NODES, TABLES = 0, 1, 2
"""Kinds of sources: seed rows, nodes, tables."""


@dataclass(frozen=True, eq=False)
class Program:
    """Sources and reads of a network.

    Attributes:
        n_in: seed rows a step.
        kind: of the sources.
        group: seed rows of a table; 1 for the other kinds.
        reach: seed rows, from the step's first on, that its own sources are made of.
        memory: further steps whose sources an output reads.
        taps: int64 (nodes, taps), the seed rows of each node, relative to its step's first.
        hop: the first source of step t is t·hop[0] // hop[1] · hop[2].
        reads: int64, the sources of each network row relative to that, one row after another, at least one each.
        starts: int64 (hop[1]·n_out + 1,), where each row's begin: first for steps that begin with a table, then for
            those that begin one seed row later, …
    """

    n_in: int
    kind: int
    group: int
    reach: int
    memory: int
    taps: np.ndarray = field(repr=False)
    hop: tuple[int, int, int]
    reads: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)


@lru_cache(maxsize=16)
def program(network: XorNetwork) -> Program:
    """The way to evaluate a network that takes the fewest row operations."""
    if network.stages is not None:
        taps, reads = network.stages
        nodes = len(taps)
        memory = int(reads.max()) // nodes
        starts = np.arange(len(reads) + 1, dtype=np.int64) * reads.shape[1]
        hop = (nodes, 1, 1)
        reach = int(taps.max()) + 1
        return Program(network.n_in, NODES, 1, reach, memory, taps, hop, reads.reshape(-1).astype(np.int64), starts)
    matrix = network.matrix()
    some = matrix[:: max(1, network.n_out // 256)]  # rows are alike
    group = min(range(1, 9), key=lambda g: _operations(some, network.n_in / network.n_out, g))
    none = np.zeros((1, 1), dtype=np.int64)
    if group == 1:
        empty = ~matrix.any(axis=1)
        counts = np.where(empty, 2, matrix.sum(axis=1))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        reads = np.zeros(int(starts[-1]), dtype=np.int64)  # an empty row reads seed row 0 twice
        reads[~np.repeat(empty, counts)] = np.nonzero(matrix)[1]
        return Program(network.n_in, DIRECT, 1, network.window, 0, none, (network.n_in, 1, 1), reads, starts)
    lists = [_table_reads(matrix, group, phase) for phase in range(group)]
    counts = np.concatenate([counts for counts, _ in lists])
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    reads = np.concatenate([reads for _, reads in lists])
    hop = (network.n_in, group, 1 << group)
    return Program(network.n_in, TABLES, group, network.window, 0, none, hop, reads, starts)


def _operations(matrix: np.ndarray, rate: float, group: int) -> float:
    """Row operations for one output, about; group = 1: without tables. `rate`: seed rows an output."""
    if group == 1:
        return float(matrix.sum()) / len(matrix)
    counts, _ = _table_reads(matrix, group, 0)
    return float(counts.sum()) / len(matrix) + (1 << group) / group * rate


def _table_reads(matrix: np.ndarray, group: int, phase: int) -> tuple[np.ndarray, np.ndarray]:
    """For a window that begins `phase` seed rows after a table does: the number of reads of each row, and all reads."""
    n_out, window = matrix.shape
    groups = -(-(window + phase) // group)
    padded = np.zeros((n_out, groups * group), dtype=np.int64)
    padded[:, phase : phase + window] = matrix
    entry = (padded.reshape(n_out, groups, group) << np.arange(group)).sum(axis=2)
    used = entry != 0
    used[:, 0] |= ~used.any(axis=1)  # entry 0 of a table is zero
    return used.sum(axis=1), ((np.arange(groups) << group) + entry)[used]


def scratch_rows(plan: Program, seed_rows: int) -> tuple[int, int]:
    """Rows that the seeds and the sources of a segment of `seed_rows` seed rows take at most."""
    steps = -(-seed_rows // plan.n_in)
    seeds = max(seed_rows, (steps + plan.memory) * plan.n_in + plan.reach + plan.group)
    if plan.kind == NODES:
        return seeds, (steps + plan.memory) * len(plan.taps)
    return seeds, -(-seeds // plan.group) << plan.group if plan.kind == TABLES else 1
