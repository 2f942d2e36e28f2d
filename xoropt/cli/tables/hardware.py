"""The table that `xoropt hardware` prints."""

from typing import Any

from rich.markup import escape

from xoropt.cli.tables.console import make_table, open_console, plain

__all__ = ["print_hardware"]

MOST_COLUMNS = 4
"""Decoders that stand side by side; of more each has a row."""


def print_hardware(figures: dict[str, Any]) -> None:
    """Each decoder's cost; of a single one what it was fed, its cycles and its simulation."""
    console, decoders = open_console(), figures["decoders"]

    def row(label: str, key: str, form: str = ",d", part: str | None = None) -> tuple[str, ...]:
        return (label, *(format((d[part] if part else d)[key], form) for d in decoders.values()))

    rows = [
        ("network", *(d["network"].partition(":")[0] for d in decoders.values())),
        row("seed bits a step, n_in", "n_in"),
        row("outputs a step at most, n_out", "n_out"),
        row("two-input XOR gates", "gates"),
        row("gates an output", "gates_per_output", ".2f"),
        row("depth, gates", "depth"),
        row("largest fan-out", "fan_out"),
        row("shift registers, bits", "register_bits"),
        row("seed bits in flight (window)", "window"),
        row("lag, steps", "lag"),
        row("control, flip-flops", "control_bits"),
        (),
        row("patch stage: gates, about", "gates", part="patch"),
        row("patch stage: flip-flops", "flip_flops", part="patch"),
        row("patch stage: FIFO, bits", "fifo_bits", part="patch"),
        row("flip-flops in all", "flip_flops"),
    ]
    columns: tuple[str, ...] = ("", *decoders)
    if len(decoders) > MOST_COLUMNS:
        table = [row for row in [columns, *rows] if row]
        columns, *rows = zip(*table, strict=True)
    console.print(make_table("The decoder in hardware", columns, rows))
    if "cycles" in figures:
        fed, cycles = figures["feed"], figures["cycles"]
        console.print(f"fed with {fed['words']:,} seed words and {fed['patches']:,} patches: {fed['steps']:,} steps")
        names = ("waiting_for_seeds", "filling", "waiting_for_patches", "waiting_to_be_taken")
        waits = ", ".join(f"{name.replace('_', ' ')} {cycles[name]:,}" for name in names)
        console.print(
            f"cycle model: {cycles['cycles']:,} cycles, {cycles['outputs_per_cycle']:.2f} outputs a cycle; {waits}"
        )
    if "files" in figures:
        files = figures["files"]
        console.print(escape(f"written: {plain(files['folder'])}; there, {files['compile']} && {files['run']}"))
    if "netlist" in figures:
        found = figures["netlist"]
        console.print(
            f"yosys: {found['xor_gates']:,} XOR gates, {found['register_bits']:,} register bits, "
            f"{found['flip_flops']:,} flip-flops in all, {found['patch_gates']:,} gates in the patch stage"
        )
    if "simulation" in figures:
        found = figures["simulation"]
        same = "the model's" if found["cycles"] == found["model"]["cycles"] else "NOT the model's"
        console.print(
            f"simulated: {found['bits']:,} bits compared, {found['mismatches']:,} of {found['steps']:,} steps differ; "
            f"{found['cycles']:,} cycles, {same}"
        )
