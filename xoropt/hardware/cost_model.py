"""What a decoder costs: gates, registers, levels, and the same for its patch stage."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt.circuits import XorCircuit
from xoropt.circuits.registry import find
from xoropt.hardware.circuits import arrivals, depth_of, stage_circuits
from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.register_stages import PAD, Pipeline, pipeline
from xoropt.networks import XorNetwork

__all__ = ["DecoderCost", "PatchCost", "cost", "cost_of", "patch_cost"]


@dataclass(frozen=True)
class PatchCost:
    """The patch stage: a FIFO of patches (step, place), of which each cycle flips up to `flips`.

    Attributes:
        counter_gates: of the step counter, an incrementer of two gates a bit.
        comparator_gates: of the comparators, one for each patch flipped in a cycle and one for the next, which says
            whether the step is done.
        flip_gates: of the place decoders, the flips collected over several cycles, and the flip itself.
        fifo_gates: of its level and its multiplexers, three a bit for each distance that a patch can move in a cycle.
        flip_flops: step counter, flips collected (one an output) and the FIFO's level.
        fifo_bits: of the FIFO, depth · (step and place).
    """

    counter_gates: int
    comparator_gates: int
    flip_gates: int
    fifo_gates: int
    flip_flops: int
    fifo_bits: int

    @property
    def gates(self) -> int:
        """Two-input gates in all; an estimate, since synthesis shares and maps them as it likes."""
        return self.counter_gates + self.comparator_gates + self.flip_gates + self.fifo_gates


@dataclass(frozen=True)
class DecoderCost:
    """A decoder that makes n_out outputs a cycle.

    Attributes:
        n_in: seed bits a step.
        n_out: outputs a step.
        gates: two-input XOR gates; signals that several outputs or, through registers, several steps share count once.
        depth: XOR gates on the longest way from a register to an output.
        fan_out: gates and outputs that read one signal, at most.
        register_bits: flip-flops of the seeds' shift registers and of the lines between stages.
        window: seed bits that a step's outputs depend on.
        lag: steps that the outputs come after their step's own seed.
        synthesis: the method whose circuits took fewer gates than the network's own description, else None.
        control_bits: flip-flops of the handshake, of the count of seeds that a run still lacks, and of the rate.
        patch: the patch stage.
    """

    n_in: int
    n_out: int
    gates: int
    depth: int
    fan_out: int
    register_bits: int
    window: int
    lag: int
    synthesis: str | None
    control_bits: int
    patch: PatchCost

    @property
    def gates_per_output(self) -> float:
        """Two-input XOR gates for each of the n_out outputs."""
        return self.gates / self.n_out

    @property
    def flip_flops(self) -> int:
        """One-bit registers of the whole decoder, the FIFO's included."""
        return self.register_bits + self.control_bits + self.patch.flip_flops + self.patch.fifo_bits

    def to_dict(self) -> dict[str, Any]:
        """All figures, for JSON."""
        patch = vars(self.patch) | {"gates": self.patch.gates}
        return vars(self) | {
            "gates_per_output": self.gates_per_output,
            "flip_flops": self.flip_flops,
            "patch": patch,
        }


def cost(
    network: XorNetwork,
    synthesis: str | None = None,
    time_limit: float = 10.0,
    config: DecoderConfig | None = None,
) -> DecoderCost:
    """What the decoder of a network costs in hardware.

    A stage takes one gate fewer than it has reads for each signal that is not another's, moved by whole steps. Each
    signal is delayed as far as its furthest reader; all signals of a stage come at the same step. What is counted is
    what `xoropt.hardware.design` writes.

    Args:
        network: any; without stages its rows are the one stage.
        synthesis: None counts the network's description and takes milliseconds; a method of
            `xoropt.circuits.synthesize`, such as "auto", is tried on every stage with a matrix of at most 2^16
            entries, and the better is reported.
        time_limit: seconds for the synthesis.
        config: the patch stage and the widths of counters; the defaults if None.

    Raises:
        ArgumentError: there is no such method, or the network has more than 2^26 reads.

    >>> from xoropt.networks import staged
    >>> found = cost(staged(n_in=2, n_out=3, nodes=3, taps=2, reads=2, memory=2, node_window=8))
    >>> found.gates, found.depth, found.register_bits
    (4, 2, 9)
    """
    plan = pipeline(network)
    if synthesis is None:
        return cost_of(plan, config or DecoderConfig())
    find(synthesis)
    return cost_of(plan, config or DecoderConfig(), stage_circuits(plan, synthesis, time_limit), synthesis)


def cost_of(
    plan: Pipeline, config: DecoderConfig, circuits: list[XorCircuit] | None = None, synthesis: str | None = None
) -> DecoderCost:
    """The cost of a pipeline with the given circuits; without, with the trees that the network describes."""
    gates, depth, fan_out = _described(plan)
    if circuits is not None and sum(circuit.gates for circuit in circuits) < gates:
        gates, depth = sum(circuit.gates for circuit in circuits), depth_of(plan, circuits)
        fan_out = max(int(circuit.fan_out.max(initial=0)) for circuit in circuits)
    else:
        synthesis = None
    return DecoderCost(
        n_in=plan.network.n_in,
        n_out=plan.network.n_out,
        gates=gates,
        depth=depth,
        fan_out=fan_out,
        register_bits=plan.register_bits,
        window=plan.network.window,
        lag=plan.lag,
        synthesis=synthesis,
        control_bits=_control_bits(plan, config),
        patch=patch_cost(plan.network.n_out, config),
    )


def _described(stages: Pipeline) -> tuple[int, int, int]:
    """Gates, depth and largest fan-out of the trees that a network describes."""
    gates = sum(int(np.maximum(stage.reads - 1, 0).sum()) for stage in stages.stages)
    depth = int(arrivals(stages)[-1].max(initial=0))
    fan_out = 1
    for stage in stages.stages:
        span = int(stage.delays.max(initial=0)) + 1
        keys = (stage.sources * span + stage.delays)[stage.sources != PAD]
        fan_out = max(fan_out, int(np.bincount(keys).max(initial=0)))
    return gates, depth, fan_out


def _control_bits(stages: Pipeline, config: DecoderConfig) -> int:
    count_bits = stages.network.n_out.bit_length()
    return 1 + stages.lag.bit_length() + (count_bits + 3 * config.rate_bits if config.rate_bits else 0)


def patch_cost(n_out: int, config: DecoderConfig | None = None) -> PatchCost:
    """The cost of the patch stage behind n_out outputs."""
    config = config or DecoderConfig()
    flips, steps, level = config.flips, config.step_bits, config.fifo.bit_length()
    moves = sum(min(flips, config.fifo - 1 - i) for i in range(config.fifo))
    return PatchCost(
        counter_gates=2 * steps,
        comparator_gates=(flips + 1) * (2 * steps - 1),
        # An AND an output for each decoder, an XOR for each further one; collect, clear and flip: three an output.
        flip_gates=n_out * (flips + flips - 1 + 3),
        fifo_gates=3 * config.patch_bits(n_out) * moves + 3 * config.fifo * level,
        flip_flops=steps + n_out + level,
        fifo_bits=config.fifo * config.patch_bits(n_out),
    )
