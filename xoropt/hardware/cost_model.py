"""The cost of a decoder in hardware: gates, registers and depth, and the same for its patch stage."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt.circuits import XorCircuit
from xoropt.circuits.registry import find
from xoropt.common.kinds import checked
from xoropt.hardware.circuits import arrivals, depth_of, stage_circuits
from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.register_stages import PAD, RegisterStages, register_stages_of
from xoropt.networks import XorNetwork

__all__ = ["DecoderCost", "PatchCost", "cost", "cost_of", "patch_cost"]


@dataclass(frozen=True)
class PatchCost:
    """The cost of the patch stage: a FIFO of patches (step, place), of which each cycle flips up to `flips`.

    Attributes:
        counter_gates: gates of the step counter, an incrementer with two gates for each bit.
        comparator_gates: gates of the comparators, one for each patch that a cycle can flip, and one for the patch
            behind them, which says whether the step is done.
        flip_gates: gates that decode the places, collect flips over several cycles, and flip the outputs.
        fifo_gates: gates for the FIFO's level and its multiplexers, three for each bit and each distance that a patch
            can move in a cycle.
        flip_flops: flip-flops of the step counter, the collected flips (one for each output) and the FIFO's level.
        fifo_bits: flip-flops of the FIFO, its depth times the bits of a patch.
    """

    counter_gates: int
    comparator_gates: int
    flip_gates: int
    fifo_gates: int
    flip_flops: int
    fifo_bits: int

    @property
    def gates(self) -> int:
        """The two-input gates in all: an estimate, since synthesis tools share and map them in their own way."""
        return self.counter_gates + self.comparator_gates + self.flip_gates + self.fifo_gates


@dataclass(frozen=True)
class DecoderCost:
    """The cost of a decoder that makes n_out outputs in each cycle.

    Attributes:
        n_in: seed bits of a step.
        n_out: outputs of a step.
        gates: two-input XOR gates; a signal counts once even if several outputs share it, or several steps through
            registers.
        depth: XOR gates on the longest path from a register to an output.
        fan_out: the most gates and outputs that read one signal.
        register_bits: flip-flops of the shift registers for seeds and between stages.
        window: seed bits that the outputs of a step depend on.
        lag: the number of steps by which outputs come later than the seed of their step.
        synthesis: the method whose circuits take fewer gates than the network's description, None if the description
            is used.
        control_bits: flip-flops of the handshake, of the counter of seeds that fill a run, and of the rate.
        patch: the cost of the patch stage.
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
        """The two-input XOR gates for each of the n_out outputs."""
        return self.gates / self.n_out

    @property
    def flip_flops(self) -> int:
        """The flip-flops of the whole decoder, FIFO included."""
        return self.register_bits + self.control_bits + self.patch.flip_flops + self.patch.fifo_bits

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as they are printed as JSON."""
        patch = vars(self.patch) | {"gates": self.patch.gates}
        return vars(self) | {
            "gates_per_output": self.gates_per_output,
            "flip_flops": self.flip_flops,
            "patch": patch,
        }


@checked
def cost(
    network: XorNetwork,
    synthesis: str | None = None,
    time_limit: float = 10.0,
    config: DecoderConfig | None = None,
) -> DecoderCost:
    """Return the cost of a network's decoder in hardware, which is that of the Verilog of `xoropt.hardware.design`.

    A signal that reads r others takes r − 1 gates, and signals that equal another one, moved by whole steps, take none.
    Each signal is delayed as far as its furthest reader needs; all signals of a stage come in the same step.

    Args:
        network: any network; one without stages is a single stage that computes its rows.
        synthesis: None counts the gates that the network describes, in milliseconds. A method of
            `xoropt.circuits.synthesize`, such as "auto", is tried on every stage whose matrix has at most 2^16 entries,
            and used if it takes fewer gates.
        time_limit: the seconds for the synthesis.
        config: the patch stage and the widths of counters; None means the defaults.

    Raises:
        ArgumentError: there is no such method, the time limit is negative or not finite, or the network has more than
            2^26 reads.

    >>> from xoropt.networks import staged
    >>> found = cost(staged(n_in=2, n_out=3, nodes=3, taps=2, reads=2, memory=2, node_window=8))
    >>> found.gates, found.depth, found.register_bits
    (4, 2, 9)
    """
    plan = register_stages_of(network)
    if synthesis is None:
        return cost_of(plan, config or DecoderConfig())
    find(synthesis)
    return cost_of(plan, config or DecoderConfig(), stage_circuits(plan, synthesis, time_limit), synthesis)


def cost_of(
    plan: RegisterStages, config: DecoderConfig, circuits: list[XorCircuit] | None = None, synthesis: str | None = None
) -> DecoderCost:
    """Return the cost of a decoder.

    Args:
        plan: the decoder's stages.
        config: the patch stage and the widths of counters.
        circuits: a circuit for each stage, used if they take fewer gates than the trees that the network describes;
            None means these trees.
        synthesis: the method that found the circuits.
    """
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


def _described(plan: RegisterStages) -> tuple[int, int, int]:
    """Return the gates, depth and largest fan-out of the trees that a network describes."""
    gates = sum(int(np.maximum(stage.reads - 1, 0).sum()) for stage in plan.stages)
    depth = int(arrivals(plan)[-1].max(initial=0))
    fan_out = 1
    for stage in plan.stages:
        span = int(stage.delays.max(initial=0)) + 1
        keys = (stage.sources * span + stage.delays)[stage.sources != PAD]
        fan_out = max(fan_out, int(np.bincount(keys).max(initial=0)))
    return gates, depth, fan_out


def _control_bits(plan: RegisterStages, config: DecoderConfig) -> int:
    """Return the flip-flops of the handshake, the counter of missing seeds, and the rate."""
    count_bits = plan.network.n_out.bit_length()
    return 1 + plan.lag.bit_length() + (count_bits + 3 * config.rate_bits if config.rate_bits else 0)


def patch_cost(n_out: int, config: DecoderConfig | None = None) -> PatchCost:
    """Return the cost of a patch stage for n_out outputs; `config` None means the defaults."""
    config = config or DecoderConfig()
    flips, steps, level = config.flips, config.step_bits, config.fifo.bit_length()
    moves = sum(min(flips, config.fifo - 1 - i) for i in range(config.fifo))
    return PatchCost(
        counter_gates=2 * steps,
        comparator_gates=(flips + 1) * (2 * steps - 1),
        # For each output: an AND for each decoder, an XOR for each but one, and three to collect, clear and flip.
        flip_gates=n_out * (flips + flips - 1 + 3),
        fifo_gates=3 * config.patch_bits(n_out) * moves + 3 * config.fifo * level,
        flip_flops=steps + n_out + level,
        fifo_bits=config.fifo * config.patch_bits(n_out),
    )
