"""The gates of a decoder's stages: as the network describes them, or after synthesis where that finds fewer."""

import heapq

import numpy as np

from xoropt.circuits import XorCircuit, synthesize
from xoropt.hardware.pipeline import PAD, Pipeline, Stage

__all__ = ["SYNTHESIZED", "arrivals", "plain_circuit", "stage_circuits"]

SYNTHESIZED = 1 << 16
"""Entries of a stage's matrix up to which it is given to the synthesis."""


def arrivals(pipeline: Pipeline) -> list[np.ndarray]:
    """The gates before each signal of each stage, int64 (signals,), in trees that add the earliest signals first.

    Such a tree over signals of levels l has ⌈lg Σ 2^l⌉ levels, the least possible (Golumbic, *Combinatorial merging*,
    1976); a signal out of a register has level 0.
    """
    levels: list[np.ndarray] = []
    before = np.zeros(pipeline.network.n_in, dtype=np.int64)
    for i, stage in enumerate(pipeline.stages):
        weight = np.where(stage.sources != PAD, 1.0, 0.0)
        if i:
            direct = (stage.delays == 0) & (stage.sources != PAD)
            weight[direct] = np.exp2(before[stage.sources[direct]])
        total = weight.sum(axis=1)
        before = np.ceil(np.log2(np.maximum(total, 1.0))).astype(np.int64)
        levels.append(before)
    return levels


def plain_circuit(stage: Stage, levels: np.ndarray) -> XorCircuit:
    """Each signal of a stage as a tree of its own.

    Args:
        stage: the stage.
        levels: int64 (taps,), the gates before each tap.
    """
    taps = stage.taps[2]
    n_in = len(levels)
    operands: list[tuple[int, int]] = []
    outputs = np.full(len(taps), PAD, dtype=np.int32)
    for j, row in enumerate(taps):
        heap = [(int(levels[tap]), int(tap)) for tap in row[row != PAD]]
        heapq.heapify(heap)
        while len(heap) > 1:
            first, second = heapq.heappop(heap), heapq.heappop(heap)
            heapq.heappush(heap, (second[0] + 1, n_in + len(operands)))
            operands.append((first[1], second[1]))
        if heap:
            outputs[j] = heap[0][1]
    return XorCircuit(n_in, np.array(operands, dtype=np.int32), outputs)


def stage_circuits(
    pipeline: Pipeline, synthesis: str | None = None, time_limit: float = 10.0
) -> tuple[list[XorCircuit], int]:
    """A circuit from the taps of each stage to its signals, and the gates on the longest way through all.

    Args:
        pipeline: the stages.
        synthesis: a method of `xoropt.circuits.synthesize`, tried on every stage whose matrix has at most 2^16
            entries and kept where it takes fewer gates; None: the trees that the network describes.
        time_limit: seconds for all stages.
    """
    large = [len(stage.sources) * len(stage.taps[0]) > SYNTHESIZED for stage in pipeline.stages]
    shared = time_limit / max(1, large.count(False))
    circuits = []
    before = np.zeros(pipeline.network.n_in, dtype=np.int64)
    for i, stage in enumerate(pipeline.stages):
        signals, delays, _ = stage.taps
        levels = np.where((delays == 0) & (i > 0), before[signals], 0)
        circuit = plain_circuit(stage, levels)
        if synthesis is not None and not large[i] and circuit.gates:
            found = synthesize(stage.matrix(), synthesis, time_limit=shared)
            circuit = found if found.gates < circuit.gates else circuit
        circuits.append(circuit)
        before = _levels(circuit, levels)
    return circuits, int(before.max(initial=0))


def _levels(circuit: XorCircuit, levels: np.ndarray) -> np.ndarray:
    """The gates before each output, given those before each input."""
    held = levels.tolist()
    for row in circuit.operands.tolist():
        held.append(1 + max(held[operand] for operand in row if operand != PAD))
    held.append(0)  # the constant 0
    return np.array(held, dtype=np.int64)[circuit.outputs]
