"""The sequential decoder of any network as Verilog."""

from dataclasses import dataclass, field

import numpy as np

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.circuits.registry import find
from xoropt.circuits.verilog import ZERO_BIT, check_name
from xoropt.common.errors import ArgumentError
from xoropt.common.foreign_text import in_comment
from xoropt.common.kinds import checked
from xoropt.hardware.circuits import stage_circuits
from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.cost_model import DecoderCost, cost_of
from xoropt.hardware.patch_verilog import patch_verilog
from xoropt.hardware.register_stages import RegisterStages, register_stages_of
from xoropt.networks import XorNetwork

__all__ = ["MAX_SIZE", "Design", "check_size", "design"]

MAX_SIZE = 1 << 18
"""The most gates and registers of a decoder that is written; larger ones take minutes to write and simulate."""


@dataclass(frozen=True, eq=False)
class Design:
    """A decoder that can be built.

    Attributes:
        network: the network that it computes.
        config: its widths and its patch stage.
        name: the name of the top module.
        lag: the number of steps by which outputs come later than the seed of their step.
        cost: its cost.
        verilog: synthesizable Verilog-2001 with three modules: `name`, the whole decoder; `name`_network, from seeds to
            unpatched outputs; `name`_patches, the patch stage. docs/hardware.md describes the ports and the handshake.
    """

    network: XorNetwork
    config: DecoderConfig
    name: str
    lag: int
    cost: DecoderCost
    verilog: str = field(repr=False)


@checked
def design(
    network: XorNetwork,
    config: DecoderConfig | None = None,
    *,
    synthesis: str | None = None,
    time_limit: float = 10.0,
    name: str = "decoder",
) -> Design:
    """Write the decoder of a network: shift registers, XOR stages, handshake, rate control and patch stage.

    Args:
        network: any network whose decoder has at most 2^18 gates and registers.
        config: the widths of counters and the patch stage; None means the defaults.
        synthesis, time_limit: as for `xoropt.hardware.cost`.
        name: the name of the top module, with which the names of the other modules begin.

    Raises:
        ArgumentError: the network is too large, or another argument is out of range.
    """
    config = config or DecoderConfig()
    check_name(name)
    if synthesis is not None:
        find(synthesis)
    plan = check_size(network)
    circuits = stage_circuits(plan, synthesis, time_limit)
    recipe = in_comment(network.recipe[:200])
    head = f"// {name}: {recipe}\n// n_in {network.n_in}, n_out {network.n_out}, lag {plan.lag}\n"
    parts = (_top(plan, config, name), _network(plan, circuits, name), patch_verilog(network.n_out, config, name))
    found = cost_of(plan, config, circuits, synthesis)
    return Design(network, config, name, plan.lag, found, head + "\n".join(parts))


def check_size(network: XorNetwork) -> RegisterStages:
    """Return the stages of a network; raise ArgumentError if it has too many gates and registers to be written."""
    plan = register_stages_of(network)
    size = plan.register_bits + sum(int(np.maximum(stage.reads - 1, 0).sum()) for stage in plan.stages)
    if size > MAX_SIZE:
        raise ArgumentError(
            f"Network '{network.recipe[:80]}' is too large to be written: {size} gates and registers, at most "
            f"{MAX_SIZE}; use one with fewer outputs or taps."
        )
    return plan


def _network(plan: RegisterStages, circuits: list[XorCircuit], name: str) -> str:
    """Return the module from seeds to unpatched outputs; all its lines shift in cycles in which `advance` is 1."""
    n_in, n_out = plan.network.n_in, plan.network.n_out
    lines = [
        f"module {name}_network (",
        "  input clk,",
        "  input advance,",
        f"  input [{n_in - 1}:0] seed,",
        f"  output [{n_out - 1}:0] y",
        ");",
    ]
    shifts = []
    before = [f"seed[{i}]" for i in range(n_in)]
    for i, (stage, circuit, lengths) in enumerate(zip(plan.stages, circuits, plan.lengths, strict=True)):
        # Delay 0 is the signal itself between stages, and the first register of a line for seeds.
        for v in np.flatnonzero(lengths).tolist():
            length = int(lengths[v])
            lines.append(f"  reg [{length - 1}:0] line{i}_{v};")
            kept = f"{{line{i}_{v}[{length - 2}:0], {before[v]}}}" if length > 1 else before[v]
            shifts.append(f"    line{i}_{v} <= {kept};")
        taps = [
            before[v] if i and not d else f"line{i}_{v}[{d - 1 if i else d}]"
            for v, d in zip(stage.taps[0].tolist(), stage.taps[1].tolist(), strict=True)
        ]
        wires = taps + [f"g{i}_{gate}" for gate in range(circuit.gates)]
        for gate, row in enumerate(circuit.operands.tolist()):
            terms = " ^ ".join(wires[operand] for operand in row if operand != ZERO)
            lines.append(f"  wire g{i}_{gate} = {terms};")
        before = [ZERO_BIT if signal == ZERO else wires[signal] for signal in circuit.outputs.tolist()]
    lines += [f"  assign y[{j}] = {signal};" for j, signal in enumerate(before)]
    return "\n".join([*lines, "  always @(posedge clk) if (advance) begin", *shifts, "  end", "endmodule", ""])


def _top(plan: RegisterStages, config: DecoderConfig, name: str) -> str:
    """Return the top module: ports, handshake, and the two other modules."""
    n_in, n_out, lag = plan.network.n_in, plan.network.n_out, plan.lag
    count_bits, rate, patch = n_out.bit_length(), config.rate_bits, config.patch_bits(n_out)
    wait_bits = lag.bit_length()
    lines = [
        f"module {name} (",
        "  input clk,",
        "  input reset,",
        f"  input [{n_in - 1}:0] seed_data,",
        "  input seed_first,",
        "  input seed_valid,",
        "  output seed_ready,",
    ]
    if rate:
        lines += [
            f"  input [{count_bits - 1}:0] run_base,",
            f"  input [{rate - 1}:0] run_step,",
            f"  input [{rate - 1}:0] run_modulus,",
        ]
    lines += [
        f"  input [{patch - 1}:0] patch_data,",
        "  input patch_valid,",
        "  output patch_ready,",
        f"  output [{n_out - 1}:0] out_data,",
        f"  output [{count_bits - 1}:0] out_count,",
        "  output out_valid,",
        "  input out_ready",
        ");",
        "  reg pending;",
        "  wire take = out_valid & out_ready;",
        "  assign seed_ready = ~pending | take;",
        "  wire accept = seed_valid & seed_ready;",
    ]
    if wait_bits:  # the seeds that are missing before there is a step
        lines += [
            f"  reg [{wait_bits - 1}:0] missing;",
            f"  wire [{wait_bits - 1}:0] left = seed_first ? {wait_bits}'d{lag} : missing == 0 ? {wait_bits}'d0 : "
            "missing - 1'b1;",
        ]
    filled = "left == 0" if wait_bits else "1'b1"
    lines += [
        "  always @(posedge clk)",
        "    if (reset) pending <= 1'b0;",
        f"    else if (accept) pending <= {filled};",
        "    else if (take) pending <= 1'b0;",
    ]
    if wait_bits:
        lines += [
            "  always @(posedge clk)",
            f"    if (reset) missing <= {wait_bits}'d{lag};",
            "    else if (accept) missing <= left;",
        ]
    lines += _rate(count_bits, rate) if rate else [f"  assign out_count = {count_bits}'d{n_out};"]
    lines += [
        f"  wire [{n_out - 1}:0] plain;",
        f"  {name}_network network (.clk(clk), .advance(accept), .seed(seed_data), .y(plain));",
        f"  {name}_patches patches (.clk(clk), .reset(reset), .patch_data(patch_data), .patch_valid(patch_valid),",
        "    .patch_ready(patch_ready), .pending(pending), .plain(plain), .out_data(out_data), .out_valid(out_valid),",
        "    .out_ready(out_ready));",
        "endmodule",
        "",
    ]
    return "\n".join(lines)


def _rate(count_bits: int, rate: int) -> list[str]:
    """Return the phase accumulator: of run_modulus steps run_step make one output more than run_base, evenly spread."""
    return [
        f"  reg [{count_bits - 1}:0] base;",
        f"  reg [{rate - 1}:0] phase, step, modulus;",
        f"  wire [{rate}:0] sum = phase + step;",
        "  wire more = sum >= modulus;",
        "  assign out_count = base + more;",
        "  always @(posedge clk)",
        "    if (accept & seed_first) begin",
        "      base <= run_base;",
        "      step <= run_step;",
        "      modulus <= run_modulus;",
        f"      phase <= {rate}'d0;",
        "    end else if (take) phase <= more ? sum - modulus : sum;",
    ]
