"""The table that `xoropt hardware` prints."""

from collections.abc import Callable

from xoropt.cli.tables.console import open_console, print_command, print_line, print_table, without_constants
from xoropt.cli.tables.words import named
from xoropt.hardware.cost_model import DecoderCost
from xoropt.hardware.study import Study

__all__ = ["print_hardware"]

SHOWN = 5
"""The most tensors without a network that are named."""
MOST_COLUMNS = 4
"""The most decoders that are columns of the table; if there are more, each is a row."""


def print_hardware(study: Study) -> None:
    """Print the cost of each decoder, and the stimulus, the cycles and the simulation of a single one."""
    console, decoders = open_console(), study.decoders

    def row(label: str, figure: Callable[[DecoderCost], float], form: str = ",d") -> tuple[str, ...]:
        return (label, *(format(figure(decoder.cost), form) for decoder in decoders.values()))

    rows = [
        ("network", *(decoder.network.partition(":")[0] for decoder in decoders.values())),
        row("seed bits per step, n_in", lambda cost: cost.n_in),
        row("outputs per step, at most n_out", lambda cost: cost.n_out),
        row("two-input XOR gates", lambda cost: cost.gates),
        row("gates per output", lambda cost: cost.gates_per_output, ".2f"),
        row("depth, gates", lambda cost: cost.depth),
        row("largest fan-out", lambda cost: cost.fan_out),
        row("shift registers, bits", lambda cost: cost.register_bits),
        row("window, seed bits", lambda cost: cost.window),
        row("lag, steps", lambda cost: cost.lag),
        row("control, flip-flops", lambda cost: cost.control_bits),
        (),
        row("patch stage: gates, estimate", lambda cost: cost.patch.gates),
        row("patch stage: flip-flops", lambda cost: cost.patch.flip_flops),
        row("patch stage: FIFO, bits", lambda cost: cost.patch.fifo_bits),
        row("flip-flops in all", lambda cost: cost.flip_flops),
    ]
    columns: tuple[str, ...] = ("", *decoders)
    above = len(decoders) <= MOST_COLUMNS
    if not above:
        table, same = without_constants([row for row in [columns, *rows] if row])
        if same:
            print_table(console, f"The same for all {len(decoders)} decoders", ("", "each"), same)
        columns, *rows = zip(*table, strict=True)
    if len(columns) > 1:
        print_table(console, "The decoder in hardware", columns, rows, names_above=above)
    else:
        print_line(console, f"They are those of {', '.join(map(named, decoders))}")
    if study.stimulus is not None:
        fed = study.stimulus
        console.print(f"stimulus: {fed.words:,} seed words and {fed.patches:,} patches make {fed.steps:,} steps")
    if study.cycles is not None:
        cycles = study.cycles
        waits = {
            "waiting for seeds": cycles.waiting_for_seeds,
            "filling": cycles.filling,
            "waiting for patches": cycles.waiting_for_patches,
            "waiting to be taken": cycles.waiting_to_be_taken,
        }
        console.print(
            f"cycle model: {cycles.cycles:,} cycles, {cycles.outputs_per_cycle:.2f} outputs per cycle; "
            + ", ".join(f"{name} {number:,}" for name, number in waits.items())
        )
    if study.files is not None:
        files = study.files
        print_line(console, f"written to {files.folder}; to run it there:")
        for command in (files.compile, files.run):
            print_command(console, command)
    if study.netlist is not None:
        found = study.netlist
        console.print(
            f"yosys: {found.xor_gates:,} XOR gates, {found.register_bits:,} register bits, "
            f"{found.flip_flops:,} flip-flops in all, {found.patch_gates:,} gates in the patch stage"
        )
    if study.mapped is not None:
        cells = study.mapped
        console.print(
            f"mapped: area {cells.area:,.0f}, of which {cells.register_area:,.0f} for {cells.flip_flops:,} flip-flops; "
            f"{cells.cells:,} cells"
            + (f"; longest path {cells.delay_ps / 1000:.2f} ns" if cells.delay_ps is not None else "")
        )
    if study.simulation is not None:
        seen = study.simulation
        like = "the model's" if seen.cycles == seen.model.cycles else "NOT the model's"
        console.print(
            f"simulated: {seen.bits:,} bits compared, {seen.mismatches:,} of {seen.steps:,} steps differ; "
            f"{seen.cycles:,} cycles, {like}"
        )
    if study.packed:
        more = f" and {len(study.packed) - SHOWN} more" if len(study.packed) > SHOWN else ""
        print_line(console, f"values packed, no network to build: {', '.join(study.packed[:SHOWN])}{more}")
