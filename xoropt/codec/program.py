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
        reach: seed rows, from the step's first on, that its own sources (nodes: of the first stage) are made of.
        levels: int64 (stages, 3): the nodes of each stage, the taps of each of them, and the further steps whose nodes
            later stages and outputs read; one row of zeros for the other kinds.
        taps: int64, the taps of each stage's nodes, stage after stage, node after node: seed rows, or nodes of the
            stage before, counted from the step's first.
        hop: the first source of step t is t·hop[0] // hop[1] · hop[2].
        reads: int32, the sources of each network row relative to that, one row after another, at least one each.
        starts: int64 (hop[1]·n_out + 1,), where each row's begin: first for steps that begin with a table, then for
            those that begin one seed row later, …
    """

    n_in: int
    kind: int
    group: int
    reach: int
    levels: np.ndarray = field(repr=False)
    taps: np.ndarray = field(repr=False)
    hop: tuple[int, int, int]
    reads: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)

    @property
    def depth(self) -> int:
        """The reads of every network row; 0 where they have different numbers of them."""
        counts = np.diff(self.starts)
        return int(counts[0]) if (counts == counts[0]).all() else 0


@lru_cache(maxsize=16)
def program(network: XorNetwork) -> Program:
    """The way to evaluate a network that takes the fewest row operations."""
    if network.stages is not None:
        return _staged(network.n_in, network.stages)
    matrix = network.matrix()
    some = matrix[:: max(1, network.n_out // 256)]  # rows are alike
    group = min(range(1, 9), key=lambda g: _operations(some, network.n_in / network.n_out, g))
    none, no_level = np.zeros(1, dtype=np.int64), np.zeros((1, 3), dtype=np.int64)
    if group == 1:
        empty = ~matrix.any(axis=1)
        counts = np.where(empty, 2, matrix.sum(axis=1))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        reads = np.zeros(int(starts[-1]), dtype=np.int32)  # an empty row reads seed row 0 twice
        reads[~np.repeat(empty, counts)] = np.nonzero(matrix)[1]
        return Program(network.n_in, DIRECT, 1, network.window, no_level, none, (network.n_in, 1, 1), reads, starts)
    table = np.concatenate([_table_reads(matrix, group, phase) for phase in range(group)])
    starts = np.arange(len(table) + 1, dtype=np.int64) * table.shape[1]
    hop = (network.n_in, group, 1 << group)
    reads = table.reshape(-1).astype(np.int32)
    return Program(network.n_in, TABLES, group, network.window, no_level, none, hop, reads, starts)


def _staged(n_in: int, stages: tuple[np.ndarray, ...]) -> Program:
    """Nodes stage by stage; the last stage are the outputs."""
    *nodes, reads = stages
    widths = [n_in, *map(len, nodes)]
    memories = [int(stage.max()) // width for stage, width in zip(stages, widths, strict=True)]
    ahead = np.cumsum(memories[:0:-1])[::-1]  # of all stages after each
    levels = np.array([[len(s), s.shape[1], steps] for s, steps in zip(nodes, ahead, strict=True)], dtype=np.int64)
    taps = np.concatenate([stage.reshape(-1) for stage in nodes]).astype(np.int64)
    starts = np.arange(len(reads) + 1, dtype=np.int64) * reads.shape[1]
    reach, hop = int(nodes[0].max()) + 1, (len(nodes[-1]), 1, 1)
    return Program(n_in, NODES, 1, reach, levels, taps, hop, reads.reshape(-1).astype(np.int32), starts)


def _operations(matrix: np.ndarray, rate: float, group: int) -> float:
    """Row operations for one output, about; group = 1: without tables. `rate`: seed rows an output."""
    if group == 1:
        return float(matrix.sum()) / len(matrix)
    return _table_reads(matrix, group, 0).shape[1] + (1 << group) / group * rate


def _table_reads(matrix: np.ndarray, group: int, phase: int) -> np.ndarray:
    """For a window that begins `phase` seed rows after a table does: the reads of each row, (n_out, reads); equally
    many for every phase, so that some are entry 0 of a table, which is zero."""
    n_out, window = matrix.shape
    groups = -(-(window + group - 1) // group)
    padded = np.zeros((n_out, groups * group), dtype=np.int64)
    padded[:, phase : phase + window] = matrix
    entry = (padded.reshape(n_out, groups, group) << np.arange(group)).sum(axis=2)
    return np.where(entry, (np.arange(groups) << group) + entry, 0)


def scratch_rows(plan: Program, seed_rows: int) -> tuple[int, int]:
    """Rows that the seeds and the sources of a segment of `seed_rows` seed rows take at most."""
    steps = -(-seed_rows // plan.n_in)
    seeds = max(seed_rows, (steps + int(plan.levels[0, 2])) * plan.n_in + plan.reach + plan.group)
    if plan.kind == NODES:
        return seeds, int(((steps + plan.levels[:, 2]) * plan.levels[:, 0]).sum())
    return seeds, -(-seeds // plan.group) << plan.group if plan.kind == TABLES else 1
