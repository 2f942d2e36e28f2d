"""Stages: layers of shared XORs, their product as packed rows, and the network that has them."""

from dataclasses import dataclass

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.network import MAX_ENTRIES, MAX_N_OUT, XorNetwork

__all__ = [
    "MAX_WINDOW",
    "Flat",
    "check_stages",
    "flatten",
    "product_rows",
    "reads_twice",
    "stages_network",
    "stages_of",
]

MAX_WINDOW = 1984
"""Seed bits of the widest window that the banded elimination handles."""
_CHUNK = 1 << 20
"""Rows that are built at once: bounds the memory."""


def check_stages(stages: tuple[np.ndarray, ...], n_in: int) -> None:
    """Raise ArgumentError unless stages are as `stages_network` describes, within `MAX_WINDOW` and `MAX_ENTRIES`."""
    if not stages:
        raise ArgumentError("Argument 'stages' must hold at least one stage.")
    window = n_in
    width = n_in
    for i, stage in enumerate(stages):
        if stage.ndim != 2 or not np.issubdtype(stage.dtype, np.integer) or not stage.size:
            raise ArgumentError(f"Stage {i} must be an integer array of shape (signals, reads), not {stage.shape}.")
        if (stage < -1).any() or (stage.max(axis=1) < 0).any():
            raise ArgumentError(f"Stage {i} must hold entries from 0 on, at least one in each row, and -1 for no read.")
        if reads_twice(stage):
            raise ArgumentError(f"Stage {i} reads a signal twice in one row, which cancels.")
        window += int(stage.max()) // width * n_in
        width = len(stage)
        if window > MAX_WINDOW:
            raise ArgumentError(f"Stage {i} must keep the window within {MAX_WINDOW} bits, which {window} does not.")
        if width > MAX_ENTRIES // window:
            raise ArgumentError(f"Stage {i} must have at most {MAX_ENTRIES // window} signals, not {width}.")


def reads_twice(rows: np.ndarray) -> bool:
    """Return whether one of these rows of a stage reads a signal twice."""
    ordered = np.sort(rows, axis=1)
    return bool(((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any())


def stages_of(network: XorNetwork) -> tuple[np.ndarray, ...]:
    """Return a network's stages; for a network without, its sparse rows as the only stage.

    Returns:
        int64 (signals, reads) for each stage, padded with −1.
    """
    if network.stages is not None:
        return network.stages
    matrix = network.matrix()
    counts = matrix.sum(axis=1)
    rows = np.full((network.n_out, max(1, int(counts.max(initial=0)))), -1, dtype=np.int64)
    rows[np.arange(rows.shape[1]) < counts[:, None]] = np.nonzero(matrix)[1]
    return (rows,)


def product_rows(stages: tuple[np.ndarray, ...], n_in: int) -> tuple[np.ndarray, int]:
    """Multiply stages out: each output as the XOR of seed bits.

    Returns:
        The rows as in `XorNetwork.rows`, uint64 (n_out, ⌈window/64⌉), and the window.
    """
    rows, window = np.zeros((n_in, 1), dtype=np.uint64), n_in
    rows[np.arange(n_in), 0] = np.uint64(1) << np.arange(n_in, dtype=np.uint64)
    for stage in stages:
        width = len(rows)
        window += int(stage.max()) // width * n_in
        made = np.zeros((len(stage), -(-window // 64) + 1), dtype=np.uint64)
        for first in range(0, len(stage), _CHUNK):
            for read in stage[first : first + _CHUNK].T:
                some = np.flatnonzero(read >= 0)
                if len(some):
                    _add_shifted(
                        made[first : first + _CHUNK], some, rows[read[some] % width], read[some] // width * n_in
                    )
        rows = made[:, : -(-window // 64)]
    return np.ascontiguousarray(rows), window


def _add_shifted(made: np.ndarray, some: np.ndarray, rows: np.ndarray, shifts: np.ndarray) -> None:
    """Add (XOR) rows, each moved up by its shift in bits, to the rows `some` of `made`, which has a spare last word."""
    bits = (shifts % 64).astype(np.uint64)[:, None]
    word = (shifts // 64)[:, None]
    for k in range(rows.shape[1]):
        low = rows[:, k : k + 1] << bits
        high = (rows[:, k : k + 1] >> np.uint64(1)) >> (np.uint64(63) - bits)
        inside = word[:, 0] + k < made.shape[1]
        made[some[inside], word[inside, 0] + k] ^= low[inside, 0]
        inside = word[:, 0] + k + 1 < made.shape[1]
        made[some[inside], word[inside, 0] + k + 1] ^= high[inside, 0]


def stages_network(stages: tuple[np.ndarray, ...], n_in: int, recipe: str = "") -> XorNetwork:
    """Return the network with these stages.

    Args:
        stages: int64 (signals, reads) each; an entry e stands for signal e % width of step t + e // width of the stage
            before, or of the n_in seed bits, and −1 for none. A single stage makes a network without stages.
        n_in: new seed bits per step.
        recipe: the recipe of the network; "" within a topology's function.

    Raises:
        ArgumentError: the stages do not fit, or the window exceeds 1984 bits.
    """
    check_int("n_in", n_in, 1, 64)
    check_stages(stages, n_in)
    check_int("n_out", len(stages[-1]), 1, MAX_N_OUT)
    rows, window = product_rows(stages, n_in)
    kept = tuple(np.ascontiguousarray(stage, dtype=np.int64) for stage in stages) if len(stages) > 1 else None
    return XorNetwork(n_in, len(rows), window // n_in - 1, rows, recipe, stages=kept)


@dataclass(frozen=True)
class Flat:
    """Stages as one list of gates: signals 0 … n_in − 1 are seed bits, n_in + v is node v.

    Attributes:
        nodes: for each node the signals that it reads, all before it, each with the number of steps it reads ahead.
        signals: the signals that the outputs read, int64 (n_out, reads), −1 for none.
        delays: the steps by which the outputs read them ahead, int64 (n_out, reads), 0 for none.
    """

    nodes: list[list[tuple[int, int]]]
    signals: np.ndarray
    delays: np.ndarray


def flatten(n_in: int, stages: tuple[np.ndarray, ...]) -> Flat:
    """Return the gates of stages without copies: a signal that only repeats another is replaced by it.

    An output that repeats a node reads what the node reads. Nodes that nothing reads are left out.
    """
    refs = [(i, 0) for i in range(n_in)]
    nodes: list[list[tuple[int, int]]] = []
    known: dict[tuple[tuple[int, int], ...], int] = {}
    for stage in stages[:-1]:
        made = []
        for entries in stage.tolist():
            reads = [(refs[e % len(refs)][0], refs[e % len(refs)][1] + e // len(refs)) for e in entries if e >= 0]
            key = tuple(sorted(reads))
            if len(reads) == 1:
                made.append(reads[0])
                continue
            if key not in known:
                known[key] = n_in + len(nodes)
                nodes.append(reads)
            made.append((known[key], 0))
        refs = made
    outputs = stages[-1]
    ids, moved = np.array(refs, dtype=np.int64).T
    used = outputs >= 0
    signals = np.where(used, ids[outputs % len(refs)], -1)
    delays = np.where(used, moved[outputs % len(refs)] + outputs // len(refs), 0)
    copies = np.flatnonzero((used.sum(axis=1) == 1) & (signals.max(axis=1) >= n_in))
    if len(copies):
        width = max(outputs.shape[1], *map(len, nodes))
        signals = np.pad(signals, ((0, 0), (0, width - outputs.shape[1])), constant_values=-1)
        delays = np.pad(delays, ((0, 0), (0, width - outputs.shape[1])))
        for j in copies.tolist():
            at = int(signals[j].argmax())
            reads, delay = nodes[int(signals[j, at]) - n_in], int(delays[j, at])
            signals[j], delays[j] = -1, 0
            signals[j, : len(reads)] = [signal for signal, _ in reads]
            delays[j, : len(reads)] = [delay + more for _, more in reads]
    return _pruned(n_in, nodes, signals, delays)


def _pruned(n_in: int, nodes: list[list[tuple[int, int]]], signals: np.ndarray, delays: np.ndarray) -> Flat:
    """Leave out the nodes that no output depends on."""
    needed = np.zeros(n_in + len(nodes) + 1, dtype=bool)  # the last entry is that of −1
    needed[signals] = True
    for v in range(len(nodes) - 1, -1, -1):
        if needed[n_in + v]:
            needed[[signal for signal, _ in nodes[v]]] = True
    needed[:n_in], needed[-1] = True, False
    number = np.where(needed, np.cumsum(needed) - 1, -1)
    kept = [
        [(int(number[signal]), delay) for signal, delay in reads] for v, reads in enumerate(nodes) if needed[n_in + v]
    ]
    return Flat(kept, number[signals], delays)
