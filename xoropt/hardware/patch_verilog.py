"""The patch stage as Verilog: a FIFO of patches, and up to `flips` flips in each cycle."""

from xoropt.hardware.config import DecoderConfig

__all__ = ["patch_verilog"]


def patch_verilog(n_out: int, config: DecoderConfig, name: str = "decoder") -> str:
    """Return the module `name`_patches.

    Up to `flips` patches at the head of the FIFO are flipped together if they belong to the pending step. The step is
    done when a patch of a later step stands behind them; until then the flips are collected.

    Args:
        n_out: outputs of a step.
        config: the size of the patch stage.
        name: the name of the decoder's top module.
    """
    fifo, flips, steps = config.fifo, config.flips, config.step_bits
    places, width = config.place_bits(n_out), config.patch_bits(n_out)
    level, pop = fifo.bit_length(), flips.bit_length()
    lines = [
        f"module {name}_patches (",
        "  input clk,",
        "  input reset,",
        f"  input [{width - 1}:0] patch_data,",
        "  input patch_valid,",
        "  output patch_ready,",
        "  input pending,",
        f"  input [{n_out - 1}:0] plain,",
        f"  output [{n_out - 1}:0] out_data,",
        "  output out_valid,",
        "  input out_ready",
        ");",
        f"  reg [{steps - 1}:0] step;",
        f"  reg [{n_out - 1}:0] collected;",
        f"  reg [{level - 1}:0] level;",
        f"  reg [{width - 1}:0] {', '.join(f'slot{i}' for i in range(fifo))};",
    ]
    for i in range(flips + 1):
        before = f"match{i - 1} & " if i else ""
        lines += [
            f"  wire held{i} = level > {level}'d{i};",
            f"  wire same{i} = slot{i}[{width - 1}:{places}] == step;",
            f"  wire match{i} = {before}held{i} & same{i};",
            f"  wire done{i} = {before}held{i} & ~same{i};",
        ]
    ones = [f"({{{n_out}{{match{i}}}}} & ({n_out}'d1 << slot{i}[{places - 1}:0]))" for i in range(flips)]
    # Patches are sorted, so that those of the pending step come first.
    matched = " : ".join([*(f"match{i} ? {pop}'d{i + 1}" for i in reversed(range(flips))), f"{pop}'d0"])
    lines += [
        f"  wire [{n_out - 1}:0] flips = {' ^ '.join(ones)};",
        f"  wire done = {' | '.join(f'done{i}' for i in range(flips + 1))};",
        f"  wire [{pop - 1}:0] matched = {matched};",
        "  assign out_data = plain ^ collected ^ flips;",
        "  assign out_valid = pending & done;",
        "  wire take = out_valid & out_ready;",
        "  wire collect = pending & ~done;",
        f"  wire [{pop - 1}:0] pop = take | collect ? matched : {pop}'d0;",
        f"  assign patch_ready = level < {level}'d{fifo};",
        "  wire push = patch_valid & patch_ready;",
        f"  wire [{level - 1}:0] rest = level - pop;",
        "  always @(posedge clk)",
        "    if (reset) begin",
        f"      step <= {steps}'d0;",
        f"      collected <= {n_out}'d0;",
        f"      level <= {level}'d0;",
        "    end else begin",
        "      level <= rest + push;",
        f"      if (take) step <= step + {steps}'d1;",
        f"      if (take) collected <= {n_out}'d0;",
        "      else if (collect) collected <= collected ^ flips;",
        "    end",
        "  always @(posedge clk) begin",
    ]
    for i in range(fifo):
        moved = "".join(f"pop == {pop}'d{k} ? slot{i + k} : " for k in range(1, min(flips, fifo - 1 - i) + 1))
        lines.append(f"    slot{i} <= push & rest == {level}'d{i} ? patch_data : {moved}slot{i};")
    return "\n".join([*lines, "  end", "endmodule", ""])
