"""A network as hardware computes it: stages of XOR gates with shift registers between them.

Step t of a network reads seeds that are up to `memory` steps ahead of its own. Hardware gets one seed in each cycle, so
a signal that reads others up to K steps ahead comes K steps after the first of them, and the others wait in shift
registers: a signal that is read at offset k is delayed by K − k steps. If signals of a stage are equal except for whole
steps, the earliest is computed, and delayed for the others.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xoropt.common.errors import ArgumentError
from xoropt.networks import XorNetwork
from xoropt.networks.splitmix import splitmix64
from xoropt.networks.stages import stages_of

__all__ = ["MAX_READS", "PAD", "RegisterStages", "Stage", "register_stages_of"]

MAX_READS = 1 << 26
"""The most reads of a network's stages: bounds the memory."""
PAD = -1
"""Fills the rows of `Stage.sources` of signals with fewer reads."""
_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Stage:
    """A stage: signals that are the XOR of signals of the stage before it.

    Attributes:
        sources: int64 (signals, reads), the signals that each one reads; -1 fills the end of a row with fewer.
        delays: int64 (signals, reads), the steps by which each of them is delayed; 0 where there is none.
        lag: the steps by which the signals come later than what they read: the largest offset.
        width: the number of signals of the stage before.
    """

    sources: np.ndarray = field(repr=False)
    delays: np.ndarray = field(repr=False)
    lag: int
    width: int

    @property
    def reads(self) -> np.ndarray:
        """The number of signals that each one reads: int64 (signals,)."""
        return np.count_nonzero(self.sources != PAD, axis=1)

    @cached_property
    def furthest(self) -> np.ndarray:
        """The longest delay at which each signal of the stage before is read, -1 if it is not: int64 (width,)."""
        furthest = np.full(self.width, -1, dtype=np.int64)
        read = self.sources != PAD
        np.maximum.at(furthest, self.sources[read], self.delays[read])
        return furthest

    @cached_property
    def taps(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The distinct pairs (signal, delay) that are read.

        The signals and the delays, each int64 (taps,), and the tap of each read, int64 of the shape of `sources`, -1
        where there is none.
        """
        read = self.sources != PAD
        span = int(self.delays.max(initial=0)) + 1
        unique, inverse = np.unique((self.sources * span + self.delays)[read], return_inverse=True)
        taps = np.full(self.sources.shape, PAD, dtype=np.int64)
        taps[read] = inverse
        return unique // span, unique % span, taps

    def matrix(self) -> np.ndarray:
        """Return the stage as a bool matrix (signals, taps)."""
        signals, _, taps = self.taps
        matrix = np.zeros((len(taps), len(signals)), dtype=bool)
        rows, columns = np.nonzero(taps != PAD)
        matrix[rows, taps[rows, columns]] = True
        return matrix


@dataclass(frozen=True, eq=False)
class RegisterStages:
    """The stages of a decoder from seeds to outputs, and the registers between them.

    Attributes:
        network: the network that they compute.
        stages: at least one stage; the first reads the n_in bits of a seed, the signals of the last are the n_out
            outputs.
    """

    network: XorNetwork
    stages: tuple[Stage, ...]

    @property
    def lag(self) -> int:
        """The steps by which outputs come later than the seed of their step: the seeds that fill a decoder first."""
        return sum(stage.lag for stage in self.stages)

    @property
    def lengths(self) -> tuple[np.ndarray, ...]:
        """For each stage the registers in the line of each signal that it may read: int64 (width,).

        The newest seed is held in registers; signals between stages have one only if they are delayed.
        """
        first, *others = (np.maximum(stage.furthest, 0) for stage in self.stages)
        return first + (self.stages[0].furthest >= 0), *others

    @property
    def register_bits(self) -> int:
        """The flip-flops of all lines."""
        return sum(int(length.sum()) for length in self.lengths)


def register_stages_of(network: XorNetwork) -> RegisterStages:
    """Return the stages of a network with their delays.

    Signals that are equal, except for whole steps, are computed once; signals that nothing reads are left out.

    Args:
        network: any network; one without stages is a single stage that computes its rows.

    Raises:
        ArgumentError: the network has more than 2^26 reads.
    """
    offsets: list[np.ndarray] = []
    sources: list[np.ndarray] = []
    width = network.n_in
    for entries in _entries(network):
        used = entries != PAD
        sources.append(np.where(used, entries % width, PAD))
        offsets.append(np.where(used, entries // width, 0))
        width = len(entries)
    _merge(sources, offsets)
    _prune(sources, offsets)
    stages = []
    width = network.n_in
    for source, offset in zip(sources, offsets, strict=True):
        used = source != PAD
        lag = int(offset[used].max()) if used.any() else 0
        stages.append(Stage(source, np.where(used, lag - offset, 0), lag, width))
        width = len(source)
    return RegisterStages(network, tuple(stages))


def _entries(network: XorNetwork) -> list[np.ndarray]:
    """Return what the signals of each stage read, as in `XorNetwork.stages`, with ascending rows and no entry twice."""
    if network.stages is not None:
        if sum(stage.size for stage in network.stages) > MAX_READS:
            raise ArgumentError(f"Network '{network.recipe[:80]}' is too large: its stages have over 2^26 reads.")
        return [_distinct(np.asarray(stage, dtype=np.int64)) for stage in network.stages]
    counts = np.bitwise_count(network.rows).sum(axis=1, dtype=np.int64)
    if len(counts) * max(int(counts.max(initial=0)), network.window) > MAX_READS:
        raise ArgumentError(f"Network '{network.recipe[:80]}' is too large: its outputs have over 2^26 reads.")
    return list(stages_of(network))


def _padded(count: int, rows: np.ndarray, entries: np.ndarray) -> np.ndarray:
    """Return entries of ascending rows as a table, int64 (count, reads), filled with -1."""
    counts = np.bincount(rows, minlength=count)
    table = np.full((count, int(counts.max(initial=0))), PAD, dtype=np.int64)
    table[np.arange(table.shape[1]) < counts[:, None]] = entries
    return table


def _distinct(entries: np.ndarray) -> np.ndarray:
    """Return the rows sorted, without entries that occur twice in a row and cancel."""
    ordered = np.sort(np.where(entries == PAD, _LAST, entries), axis=1)
    if not ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != _LAST)).any():
        return np.where(ordered == _LAST, PAD, ordered)
    rows, _ = np.nonzero(entries != PAD)
    span = int(entries.max()) + 1
    keys, counts = np.unique(rows * span + entries[entries != PAD], return_counts=True)
    keys = keys[counts % 2 == 1]
    return _padded(len(entries), keys // span, keys % span)


def _merge(sources: list[np.ndarray], offsets: list[np.ndarray]) -> None:
    """Compute signals of a stage only once if they are equal except for whole steps; change the lists in place.

    If two signals are the same except that all offsets of one are less by s, it is the other one s steps earlier. If
    the outputs of the last stage have such signals, they become a stage of wires.
    """
    for i in range(len(sources)):
        source, offset = sources[i], offsets[i]
        used = source != PAD
        least = np.where(used, offset, _LAST).min(axis=1, initial=_LAST)
        least = np.where(used.any(axis=1), least, 0)
        # Rows are sorted by offset first, so that moving a row by whole steps keeps its order.
        normal = np.concatenate([source, np.where(used, offset - least[:, None], 0)], axis=1)
        if not _repeats(normal):
            continue
        _, first, group = np.unique(normal, axis=0, return_index=True, return_inverse=True)
        group = group.reshape(-1)
        lead = np.full(len(first), least.min(), dtype=np.int64)
        np.maximum.at(lead, group, least)
        behind = lead[group] - least
        sources[i], offsets[i] = source[first], np.where(used, offset + behind[:, None], 0)[first]
        if i + 1 == len(sources):
            sources.append(group[:, None])
            offsets.append(-behind[:, None])
            return
        reader = sources[i + 1] != PAD
        ahead = np.where(reader, offsets[i + 1] - behind[sources[i + 1]], 0)
        base = int(ahead.min(initial=0))
        entries = np.where(reader, (ahead - base) * len(first) + group[sources[i + 1]], PAD)
        entries = _distinct(entries)
        sources[i + 1] = np.where(entries != PAD, entries % len(first), PAD)
        offsets[i + 1] = np.where(entries != PAD, entries // len(first) + base, 0)


def _prune(sources: list[np.ndarray], offsets: list[np.ndarray]) -> None:
    """Remove the signals that no later stage reads; change the lists in place."""
    for i in range(len(sources) - 1, 0, -1):
        read = np.unique(sources[i][sources[i] != PAD])
        if len(read) < len(sources[i - 1]):
            sources[i] = np.where(sources[i] != PAD, np.searchsorted(read, sources[i]), PAD)
            sources[i - 1], offsets[i - 1] = sources[i - 1][read], offsets[i - 1][read]


def _repeats(rows: np.ndarray) -> bool:
    """Return whether two rows may be equal, by a hash; False is certain."""
    weights = splitmix64(0, rows.shape[1]) | np.uint64(1)
    return len(np.unique((rows.astype(np.uint64) * weights).sum(axis=1, dtype=np.uint64))) < len(rows)
