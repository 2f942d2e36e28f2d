"""Measures of a network's graph, and what each means for encoding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked
from xoropt.networks.network import XorNetwork
from xoropt.networks.optimize.estimate import CareSets
from xoropt.networks.stages import flatten, stages_of

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["LOADS", "MAX_EDGES", "Measures", "core_threshold", "measures", "node_graph", "unrolled"]

LOADS = (0.8, 0.9, 0.95, 1.0)
"""Care bits per seed bit, at which care sets are drawn."""
MAX_EDGES = 200_000
"""The most edges of a graph over several steps: with these a search from every output of a step takes seconds."""
MOST_CARE_BITS = 1 << 26
"""The most care bits of a care set."""
MAX_ENTRIES = 1 << 22
"""The most matrix entries for singular values."""
CYCLES = (2, 3, 4)
"""The lengths of the cycles that are counted."""


@dataclass(frozen=True)
class Measures:
    """The figures of a network's graph, from `measures`.

    Attributes:
        output_degrees: the least, mean and greatest number of seed bits that an output reads. Where outputs read seed
            bits themselves, fewer taps are less work; but outputs of t taps leave out one seed bit in about e^t, which
            is lost.
        seed_degrees: the least, mean and greatest number of outputs of all steps that read a seed bit. A bit that no
            output reads is lost, and with uneven degrees more bits are read by no care bit.
        girth: the length of the shortest cycle of the graph of seed bits and outputs over the steps of a window each
            way; None: there is no cycle. In a cycle of length 2k, k outputs share seed bits. Small dependent sets
            consist of such cycles; where a cycle needs many outputs, dependent sets are few and large, and rarely all
            of their outputs are care bits.
        core: the share of care bits in the 2-core at load 1, of a care set that is drawn once. The 2-core is what is
            left when every seed bit that a single care bit reads is removed with that care bit, again and again. Care
            bits outside the core are never dependent.
        core_threshold: the load from which random rows of these degrees have a 2-core (Molloy 2005; 0.818 for degree
            3). Below it no elimination is needed.
        cycles: for each length the number of cycles per step in the graph of nodes whose edges are the outputs, where
            every output reads two nodes; empty otherwise. A cycle of k outputs is a dependency of k care bits: with
            care bits of density d, Σ cycles[k]·d^k care bits per step are dependent on that account.
        rank_profile: for each load the share of dependent care bits in a care set that is drawn once. These are the
            bits that need patches. The last entry, at load 1, includes care bits that found the window used up.
        expansion: 1 − σ₂/σ₁ for the singular values σ of the matrix of a step; None where the matrix is too large. Near
            1, every set of outputs reads many different seed bits (Tanner 1984). The edges of a window lower it.
    """

    output_degrees: tuple[int, float, int]
    seed_degrees: tuple[int, float, int]
    girth: int | None
    core: float
    core_threshold: float
    cycles: dict[int, float]
    rank_profile: dict[float, float]
    expansion: float | None


@checked
def measures(network: XorNetwork, care_bits: int = 20_000) -> Measures:
    """Measure a network's graph.

    Args:
        network: any network within the bounds below.
        care_bits: the expected number of care bits of a care set for the rank profile.

    Raises:
        ArgumentError: `care_bits` is out of range, the window exceeds 1984 bits, or the graph over the steps that a
            window spans has more than 200,000 edges.

    >>> from xoropt.networks import circulant
    >>> fano = measures(circulant(n_in=7, n_out=7, taps=3, seed=3))
    >>> fano.output_degrees, fano.seed_degrees
    ((3, 3.0, 3), (3, 3.0, 3))
    """
    check_int("care_bits", care_bits, 1, MOST_CARE_BITS)
    matrix = network.matrix()
    n_in, rate = network.n_in, network.n_in / network.n_out
    edges = int(matrix.sum()) * (2 * network.memory + 1)
    if edges > MAX_EDGES:
        raise ArgumentError(
            f"Network '{network.recipe[:80]}' is too large to measure: {edges:,} edges, and at most "
            f"{MAX_EDGES:,} can be searched."
        )
    taps = matrix.sum(axis=1)
    reads = matrix.reshape(network.n_out, -1, n_in).sum(axis=(0, 1))
    counts = np.bincount(taps)
    profile = {}
    for load in LOADS:
        density = min(1.0, load * rate)
        sets = CareSets(density, care_bits, 1, slack=rate / density)
        profile[load] = sets.dependent(network) / max(1, sets.total)
    return Measures(
        output_degrees=(int(taps.min()), float(taps.mean()), int(taps.max())),
        seed_degrees=(int(reads.min()), float(reads.mean()), int(reads.max())),
        girth=_girth(network),
        core=_core(network, matrix),
        core_threshold=core_threshold({k: int(c) for k, c in enumerate(counts) if c}),
        cycles=_cycles(network),
        rank_profile=profile,
        expansion=_expansion(matrix),
    )


def core_threshold(degrees: dict[int, int]) -> float:
    """Return the load, in outputs per seed bit, from which random outputs of these degrees have a 2-core.

    It is the least value of −ln(1 − x) / Λ'(x) for 0 < x < 1, where Λ(x) = Σ share[k]·x^k (Molloy, *Cores in random
    hypergraphs and Boolean formulas*, 2005). With outputs of one or two reads it is 0, or at most ½.

    Args:
        degrees: for each number of reads the number of outputs that have it.

    >>> round(core_threshold({3: 1}), 3), round(core_threshold({4: 1}), 3)
    (0.818, 0.772)
    """
    total = sum(degrees.values())
    x = np.concatenate([np.geomspace(1e-6, 0.01, 200), np.linspace(0.01, 1, 20_000)[:-1]])
    slope = sum(count * k * x ** (k - 1) for k, count in degrees.items() if k) / total
    return float(np.min(-np.log1p(-x) / np.maximum(slope, 1e-300))) if any(degrees) else math.inf


def unrolled(network: XorNetwork, steps: int) -> nx.Graph:
    """Return the bipartite graph of several steps: nodes ("output", t, j) and ("seed", i), i counted from step 0."""
    import networkx as nx

    graph = nx.Graph()
    outputs, bits = np.nonzero(network.matrix())
    for t in range(steps):
        graph.add_edges_from(
            (("output", t, j), ("seed", t * network.n_in + i))
            for j, i in zip(outputs.tolist(), bits.tolist(), strict=True)
        )
    return graph


def node_graph(network: XorNetwork, steps: int) -> nx.MultiGraph | None:
    """Return the graph whose vertices are signals and whose edges are outputs, over a ring of steps.

    Signals are seed bits and nodes; a network without stages has no nodes.

    Returns:
        Vertices (signal, step) and an edge for each output; None unless every output reads two signals.
    """
    import networkx as nx

    flat = flatten(network.n_in, stages_of(network))
    used = flat.signals >= 0
    if not (used.sum(axis=1) == 2).all():
        return None
    ends = np.stack([flat.signals[used], flat.delays[used]], axis=1).reshape(-1, 2, 2).tolist()
    graph = nx.MultiGraph()
    for t in range(steps):
        for (a, da), (b, db) in ends:
            graph.add_edge((a, (t + da) % steps), (b, (t + db) % steps))
    return graph


def _girth(network: XorNetwork) -> int | None:
    """Search from each output of the middle step for cycles; stop where no shorter one can be found."""
    steps = 2 * network.memory + 1 if network.memory else 1
    graph = unrolled(network, steps)
    best = math.inf
    for j in range(network.n_out):
        root = ("output", steps // 2, j)
        if root not in graph:
            continue
        depth, parent, level = {root: 0}, {root: root}, [root]
        while level and 2 * depth[level[0]] + 1 < best:
            after = []
            for node in level:
                for other in graph[node]:
                    if other not in depth:
                        depth[other], parent[other] = depth[node] + 1, node
                        after.append(other)
                    elif parent[node] != other:
                        best = min(best, depth[node] + depth[other] + 1)
            level = after
    return None if math.isinf(best) else int(best)


def _core(network: XorNetwork, matrix: np.ndarray) -> float:
    """Return the share of care bits in the 2-core, for a care set at load 1 over a ring of steps."""
    sets = CareSets(min(1.0, network.n_in / network.n_out), 4000, 1, slack=1.0)
    steps = max(1, -(-int(sets.positions[0].max(initial=0) + 1) // network.n_out), network.memory + 1)
    step, output = np.divmod(sets.positions[0], network.n_out)
    size = steps * network.n_in
    rows = [(t * network.n_in + np.flatnonzero(matrix[j])) % size for t, j in zip(step, output, strict=True)]
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    seeds = np.concatenate([np.empty(0, np.int64), *rows])
    alive = np.ones(len(rows), dtype=bool)
    while True:
        kept = alive[owner]
        degree = np.bincount(seeds[kept], minlength=size)
        leaves = owner[kept & (degree[seeds] == 1)]
        if not len(leaves):
            return float(alive.mean()) if len(alive) else 0.0
        alive[leaves] = False


def _cycles(network: XorNetwork) -> dict[int, float]:
    """Count the cycles of each length per step, on a ring of steps that is too long to close a cycle by itself."""
    import networkx as nx

    graph = node_graph(network, 1)
    if graph is None:
        return {}
    reach = _reach(network)
    steps = max(CYCLES) * reach + 1
    if steps * network.n_out > MAX_EDGES // 10:
        return {}
    graph = node_graph(network, steps)
    assert graph is not None
    simple = nx.Graph(graph)
    simple.remove_edges_from(list(nx.selfloop_edges(simple)))
    counts = dict.fromkeys(CYCLES, 0)
    counts[2] = sum(math.comb(graph.number_of_edges(a, b), 2) for a, b in simple.edges)
    for cycle in nx.simple_cycles(simple, length_bound=max(CYCLES)):
        ways = math.prod(graph.number_of_edges(a, b) for a, b in zip(cycle, cycle[1:] + cycle[:1], strict=True))
        counts[len(cycle)] += ways
    return {length: count / steps for length, count in counts.items()}


def _reach(network: XorNetwork) -> int:
    """Return the most steps by which the two signals of an output lie apart."""
    if network.stages is None:
        return network.memory
    delays = flatten(network.n_in, network.stages).delays
    return int((delays.max(axis=1) - delays.min(axis=1)).max(initial=0))


def _expansion(matrix: np.ndarray) -> float | None:
    """Return 1 − σ₂/σ₁ for the singular values σ; None for a large, a one-dimensional or a zero matrix."""
    if matrix.size > MAX_ENTRIES or min(matrix.shape) < 2:
        return None
    values = np.linalg.svd(matrix.astype(float), compute_uv=False)
    return float(1 - values[1] / values[0]) if values[0] else None
