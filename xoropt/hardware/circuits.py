"""The gates of a decoder's stages, as the network describes them or as synthesis finds them."""

import heapq

import numpy as np

from xoropt.circuits import XorCircuit, synthesize
from xoropt.common.arguments import check_seconds
from xoropt.hardware.register_stages import PAD, RegisterStages, Stage

__all__ = ["SYNTHESIZED", "arrivals", "depth_of", "plain_circuit", "stage_circuits"]

SYNTHESIZED = 1 << 16
"""The most entries of a stage's matrix that goes through synthesis."""


def arrivals(plan: RegisterStages) -> list[np.ndarray]:
    """Return the level of each signal if every signal is a tree that adds the earliest signals first.

    The level of a signal is the number of gates on the longest path to it from a register. A tree over signals of
    levels l has ⌈lg Σ 2^l⌉ levels, the least possible (Golumbic, *Combinatorial merging*, 1976).

    Args:
        plan: the stages.

    Returns:
        For each stage the levels of its signals: int64 (signals,).
    """
    levels: list[np.ndarray] = []
    before = np.zeros(plan.network.n_in, dtype=np.int64)
    for i, stage in enumerate(plan.stages):
        weight = np.where(stage.sources != PAD, 1.0, 0.0)
        if i:
            direct = (stage.delays == 0) & (stage.sources != PAD)
            weight[direct] = np.exp2(before[stage.sources[direct]])
        total = weight.sum(axis=1)
        before = np.ceil(np.log2(np.maximum(total, 1.0))).astype(np.int64)
        levels.append(before)
    return levels


def plain_circuit(stage: Stage, levels: np.ndarray) -> XorCircuit:
    """Return a stage as a circuit in which each signal is a tree of its own.

    Args:
        stage: the stage.
        levels: int64 (taps,), the level of each tap.

    Returns:
        The circuit from the taps of the stage to its signals.
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


def stage_circuits(plan: RegisterStages, synthesis: str | None = None, time_limit: float = 10.0) -> list[XorCircuit]:
    """Return a circuit from the taps of each stage to its signals.

    Args:
        plan: the stages.
        synthesis: a method of `xoropt.circuits.synthesize`, which is tried on every stage whose matrix has at most 2^16
            entries, and kept where it takes fewer gates. None means the trees that the network describes.
        time_limit: the seconds for all stages together.

    Raises:
        ArgumentError: there is no such method, or the time limit is negative or not finite.
    """
    check_seconds(time_limit)
    small = [len(stage.sources) * len(stage.taps[0]) <= SYNTHESIZED for stage in plan.stages]
    shared = time_limit / max(1, small.count(True))
    circuits: list[XorCircuit] = []
    before = np.zeros(plan.network.n_in, dtype=np.int64)
    for i, stage in enumerate(plan.stages):
        levels = _tap_levels(stage, before, i)
        circuit = plain_circuit(stage, levels)
        if synthesis is not None and small[i] and circuit.gates:
            found = synthesize(stage.matrix(), synthesis, time_limit=shared)
            circuit = found if found.gates < circuit.gates else circuit
        circuits.append(circuit)
        before = _levels(circuit, levels)
    return circuits


def depth_of(plan: RegisterStages, circuits: list[XorCircuit]) -> int:
    """Return the number of gates on the longest path from a register to an output."""
    before = np.zeros(plan.network.n_in, dtype=np.int64)
    for i, (stage, circuit) in enumerate(zip(plan.stages, circuits, strict=True)):
        before = _levels(circuit, _tap_levels(stage, before, i))
    return int(before.max(initial=0))


def _tap_levels(stage: Stage, before: np.ndarray, number: int) -> np.ndarray:
    """Return the level of each tap: 0 for one that comes out of a register, as all seed bits do."""
    signals, delays, _ = stage.taps
    return np.where((delays == 0) & (number > 0), before[signals], 0)


def _levels(circuit: XorCircuit, levels: np.ndarray) -> np.ndarray:
    """Return the level of each output, given the level of each input."""
    held = levels.tolist()
    for row in circuit.operands.tolist():
        held.append(1 + max(held[operand] for operand in row if operand != PAD))
    held.append(0)  # the constant 0
    return np.array(held, dtype=np.int64)[circuit.outputs]
