"""How a decoder evaluates a windowed network on rows of lanes: each output is the XOR of a few *sources*.

Sparse networks read the seed rows themselves. Staged networks read nodes, too, which are computed once for each step.
Dense networks read tables: for every `group` neighbouring seed rows, the table holds all 2^group XORs of them, and an
output takes one (the method of the Four Russians: Arlazarov, Dinic, Kronrod, Faradžev 1970). Where the processor
multiplies matrices over GF(2), `xoropt.codec.compiled.gfni` is used instead. Evaluating the gates of an optimized
circuit as nodes takes several times as long as tables; `xoropt bench decode` measures all three.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from xoropt.networks import XorNetwork
from xoropt.networks.stages import flatten

__all__ = ["ROWS", "TABLES", "EvaluationPlan", "PlacedPlan", "evaluation_plan", "placed_plan", "scratch_rows"]

ROWS, TABLES = 0, 1
"""The kinds of sources: seed rows and nodes, or tables."""
REGION = 1 << 32
"""Source number region·REGION + row: seed rows are region 0, and every n_in nodes share a further region."""


@dataclass(frozen=True, eq=False)
class EvaluationPlan:
    """The sources of a network, and which of them each output reads.

    Seed bit i of step t is row t·n_in + i of region 0, and node v of step t is row t·n_in + v mod n_in of region
    1 + ⌊v/n_in⌋. So from one step to the next it is the same distance in every region.

    Attributes:
        n_in: rows of a step in every region.
        kind: the kind of the sources, `ROWS` or `TABLES`.
        group: seed rows of a table; 1 for `ROWS`.
        reach: seed rows that nodes and outputs read, from the first of their step on.
        near: seed rows that outputs read, from the first of their step on.
        lead: seed rows that the last step needs from its first on, if nodes of later steps have to be made, too.
        regions: number of regions: one of seed rows, and those of nodes.
        nodes: int64 (nodes, 5): source; steps beyond the last in which the node is read; steps beyond the last in which
            outputs read it; first and end of its taps. A node reads only earlier nodes.
        taps: int64, the sources of nodes, relative to the first row of their step.
        hop: the first source of step t is ⌊t·hop[0] / hop[1]⌋·hop[2].
        reads: int64, the sources of each network row relative to the first of the step, one row after another; at least
            one for each row.
        starts: int64 (hop[1]·n_out + 1,), where the reads of each row begin: first for steps that begin with a table,
            then for those that begin one seed row later, and so on.
    """

    n_in: int
    kind: int
    group: int
    reach: int
    near: int
    lead: int
    regions: int
    nodes: np.ndarray = field(repr=False)
    taps: np.ndarray = field(repr=False)
    hop: tuple[int, int, int]
    reads: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)

    @property
    def depth(self) -> int:
        """Number of reads of each network row; 0 where rows have different numbers of them."""
        counts = np.diff(self.starts)
        return int(counts[0]) if (counts == counts[0]).all() else 0


class PlacedPlan(NamedTuple):
    """A plan with the places of its sources in memory, as the compiled loops take it.

    Attributes:
        n_in, kind, group, reach, near, lead, hop: as in `EvaluationPlan`.
        span: rows of a region.
        nodes, taps: as in `EvaluationPlan`, in rows of memory.
        reads, starts: as in `EvaluationPlan`, but reads in words of memory, int32. Network row j reads
            reads[starts[j]] … reads[starts[j + 1] − 1], in one list of rows for each place in its group at which a step
            can begin.
        depth: number of reads of each network row, where all have equally many; 0 otherwise.
    """

    n_in: int
    kind: int
    group: int
    reach: int
    near: int
    lead: int
    span: int
    nodes: np.ndarray
    taps: np.ndarray
    hop: tuple[int, int, int]
    reads: np.ndarray
    starts: np.ndarray
    depth: int


def placed_plan(plan: EvaluationPlan, span: int, width: int) -> PlacedPlan:
    """Give the sources of a plan their places in memory.

    Args:
        plan: the plan of a network.
        span: rows of a region.
        width: words of a row.
    """

    def placed(sources: np.ndarray) -> np.ndarray:
        return sources // REGION * span + sources % REGION

    nodes = plan.nodes.copy()
    nodes[:, 0] = placed(nodes[:, 0])
    reads = (placed(plan.reads) * width).astype(np.int32)
    settings = plan.n_in, plan.kind, plan.group, plan.reach, plan.near, plan.lead
    return PlacedPlan(*settings, span, nodes, placed(plan.taps), plan.hop, reads, plan.starts, plan.depth)


@lru_cache(maxsize=16)
def evaluation_plan(network: XorNetwork) -> EvaluationPlan:
    """Plan the evaluation of a network with the fewest row operations."""
    if network.stages is not None:
        return _plan_stages(network.n_in, network.stages)
    matrix = network.matrix()
    some = matrix[:: max(1, network.n_out // 256)]  # rows are alike
    group = min(range(1, 9), key=lambda g: _estimate_operations(some, network.n_in / network.n_out, g))
    none, no_nodes = np.zeros(1, dtype=np.int64), np.zeros((0, 5), dtype=np.int64)
    n_in, window = network.n_in, network.window
    if group == 1:
        empty = ~matrix.any(axis=1)
        counts = np.where(empty, 2, matrix.sum(axis=1))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        reads = np.zeros(int(starts[-1]), dtype=np.int64)  # an empty row reads seed row 0 twice
        reads[~np.repeat(empty, counts)] = np.nonzero(matrix)[1]
        return EvaluationPlan(n_in, ROWS, 1, window, window, window, 1, no_nodes, none, (n_in, 1, 1), reads, starts)
    table = np.concatenate([_table_reads(matrix, group, phase) for phase in range(group)])
    starts = np.arange(len(table) + 1, dtype=np.int64) * table.shape[1]
    hop = (n_in, group, 1 << group)
    return EvaluationPlan(
        n_in, TABLES, group, window, window, window, 1, no_nodes, none, hop, table.reshape(-1), starts
    )


def _plan_stages(n_in: int, stages: tuple[np.ndarray, ...]) -> EvaluationPlan:
    """Plan a staged network: nodes in the order of their stages, without mere copies, and the last stage as outputs."""
    flat = flatten(n_in, stages)
    seeds = np.arange(n_in + len(flat.nodes), dtype=np.int64)
    number = seeds // n_in * REGION + seeds % n_in
    ahead = np.zeros(len(number), dtype=np.int64)
    used = flat.signals >= 0
    np.maximum.at(ahead, flat.signals[used], flat.delays[used])
    by_outputs = ahead.copy()
    lists = [np.array(reads, dtype=np.int64) for reads in flat.nodes]
    for v in range(len(lists) - 1, -1, -1):
        np.maximum.at(ahead, lists[v][:, 0], lists[v][:, 1] + ahead[n_in + v])
    ends = np.cumsum([0, *map(len, lists)])
    nodes = np.stack([number[n_in:], ahead[n_in:], by_outputs[n_in:], ends[:-1], ends[1:]], axis=1)
    taps = np.concatenate([np.zeros((0, 2), np.int64), *lists])
    starts = np.concatenate([[0], np.cumsum(used.sum(axis=1))]).astype(np.int64)
    reads = (number[flat.signals] + flat.delays * n_in)[used]
    last = (ahead[:n_in].max() + 1) * n_in
    direct = max([0, *(int(delay) for read in lists for signal, delay in read if signal < n_in)])
    near = int(by_outputs[:n_in].max())
    direct = max(direct, near)
    regions = 1 + -(-len(lists) // n_in)
    coded = number[taps[:, 0]] + taps[:, 1] * n_in
    return EvaluationPlan(
        n_in=n_in,
        kind=ROWS,
        group=1,
        reach=(direct + 1) * n_in,
        near=(near + 1) * n_in,
        lead=int(last),
        regions=regions,
        nodes=nodes,
        taps=coded,
        hop=(n_in, 1, 1),
        reads=reads,
        starts=starts,
    )


def _estimate_operations(matrix: np.ndarray, rate: float, group: int) -> float:
    """Estimate the row operations for one output; `rate` is seed rows per output, and group = 1 is without tables."""
    if group == 1:
        return float(matrix.sum()) / len(matrix)
    return _table_reads(matrix, group, 0).shape[1] + (1 << group) / group * rate


def _table_reads(matrix: np.ndarray, group: int, phase: int) -> np.ndarray:
    """Return the table entries that each row reads, for a window `phase` seed rows after the begin of a table.

    They are int64 (n_out, reads). There are equally many for every phase, so that some are entry 0, which is zero.
    """
    n_out, window = matrix.shape
    groups = -(-(window + group - 1) // group)
    padded = np.zeros((n_out, groups * group), dtype=np.int64)
    padded[:, phase : phase + window] = matrix
    entry = (padded.reshape(n_out, groups, group) << np.arange(group)).sum(axis=2)
    return np.where(entry, (np.arange(groups) << group) + entry, 0)


def scratch_rows(plan: EvaluationPlan, seed_rows: int) -> tuple[int, int]:
    """Return the most rows that a region takes, and the tables, for segments of up to `seed_rows` seed rows."""
    steps = -(-seed_rows // plan.n_in)
    ahead = int(plan.nodes[:, 1].max(initial=0))
    span = max(seed_rows, steps * plan.n_in + max(plan.lead, ahead * plan.n_in) + plan.group) | 1
    return span, -(-span // plan.group) << plan.group if plan.kind == TABLES else 1
