"""Compare decoders as hardware designers would: gates, flip-flops, area, critical path, bits a cycle, FIFO sizes.

    xoropt bench designs --quick
    xoropt bench designs --out results
    xoropt bench designs --liberty cells.lib

Each decoder makes outputs at a rate for 10 % care bits (S = 0.9). Its gates are the written XOR gates, those after
synthesis with `auto`, and the generic gates of the whole decoder, patch stage included, as yosys and ABC map them,
where yosys is installed. Area and the longest path are those in a cell library: a Liberty file, or that of the Debian
package qflow-tech-osu018 (or -osu035, -osu050) where it is installed. Lanes share nothing, so that L lanes take L times
the gates and make L times the bits of a cycle.

Patches are those of random values, encoded by each network: the cycles of a step count what waits for patches, with one
flip a cycle, and not the words that fill the registers, which a long stream spreads over many steps.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from common import Table, arguments, machine, say, show, write

import xoropt
from xoropt.circuits.yosys import available, netlist_cells
from xoropt.hardware import (
    DecoderConfig,
    Design,
    MappedDesign,
    Stimulus,
    count_cycles,
    design,
    map_to_cells,
    open_library,
    stimulus_of,
)
from xoropt.networks import from_recipe

DESIGNS = {
    "block (the paper's)": "block:n_in=20,n_out=180,seed=0",
    "sequential, N_s = 2": "sequential:n_in=8,n_out=76,n_s=2,seed=0",
    "staged, 3 reads": "staged:n_in=64,n_out=640,nodes=112,taps=5,reads=3,memory=4,seed=0",
    "cascade (auto's)": "cascade:n_in=1,n_out=10",
}
LANES = (1, 8, 64, 512)
FIFOS = (2, 4, 8, 16)
SHAPE, QUICK_SHAPE, CARE = (400, 900), (100, 900), 0.1


def cells(verilog: str) -> tuple[int, int] | None:
    """Return the generic gates and the flip-flops of a whole decoder, or None without yosys."""
    if not available():
        return None
    found = netlist_cells(verilog, "decoder", optimize=True)
    flip_flops = sum(count for cell, count in found.items() if "DFF" in cell)
    return sum(found.values()) - flip_flops, flip_flops


def mapped(built: Design, liberty: Path | None) -> tuple[MappedDesign, MappedDesign] | None:
    """Return the whole decoder and its part without the patch stage in the cells of a library, if there is one."""
    if liberty is None or not available():
        return None
    whole, network = (map_to_cells(built.verilog, name, liberty) for name in ("decoder", "decoder_network"))
    return whole, network


def encoded(recipe: str, shape: tuple[int, int]) -> Stimulus:
    """Return what goes into a decoder that makes random values, 10 % of which matter."""
    rng = np.random.default_rng(0)
    bits, care = rng.random(shape) < 0.5, rng.random(shape) < CARE
    return stimulus_of(xoropt.encode(bits, care, from_recipe(recipe)))


def slowdowns(stimulus: Stimulus, lag: int) -> list[float]:
    """Return the cycles of a step for each size of the FIFO, with one flip a cycle."""
    found = []
    for size in FIFOS:
        cycles = count_cycles(stimulus.first, stimulus.counts, stimulus.patches[:, 0], lag, DecoderConfig(fifo=size))
        found.append(1 + cycles.waiting_for_patches / len(stimulus.counts))
    return found


def measure(name: str, recipe: str, quick: bool, limit: float, library: tuple[str, Path] | None) -> dict[str, Any]:
    """Measure a decoder.

    Args:
        name, recipe: of the decoder.
        quick: whether fewer values will do for counting cycles.
        limit: seconds of synthesis.
        library: name and file of the cells; None: there is no area.
    """
    network = from_recipe(recipe)
    plain, built = design(network), design(network, synthesis="auto", time_limit=limit)
    generic, area = cells(built.verilog), mapped(built, library and library[1])
    gates = generic[0] if generic else built.cost.gates + built.cost.patch.gates
    stimulus = encoded(recipe, QUICK_SHAPE if quick else SHAPE)
    return {
        "name": name,
        "recipe": recipe,
        "outputs": network.n_out,
        "xor_gates": plain.cost.gates,
        "synthesized": built.cost.gates,
        "depth": plain.cost.depth,
        "synthesized_depth": built.cost.depth,
        "flip_flops": built.cost.flip_flops,
        "mapped_gates": generic and generic[0],
        "library": library and library[0],
        "area_um2": area and area[0].area,
        "network_area_um2": area and area[1].area,
        "delay_ps": area and area[0].delay_ps,
        "bits_per_kilogate": 1000 * network.n_out / gates,
        "bits_per_flip_flop": network.n_out / built.cost.flip_flops,
        "bits_a_cycle": {lanes: lanes * network.n_out for lanes in LANES},
        "patches_a_step": len(stimulus.patches) / len(stimulus.counts),
        "cycles_a_step": dict(zip(FIFOS, slowdowns(stimulus, built.lag), strict=True)),
    }


def tables(rows: list[dict[str, Any]]) -> list[Table]:
    """Make the tables of gates, of cells and of cycles."""
    gates = [
        (
            *(row["name"], *(str(row[key]) for key in ("outputs", "xor_gates", "depth", "synthesized"))),
            *(str(row["synthesized_depth"]), str(row["flip_flops"]), str(row["mapped_gates"] or "-")),
            *(f"{row['bits_per_kilogate']:.1f}", f"{row['bits_per_flip_flop']:.3f}"),
        )
        for row in rows
    ]
    columns = (
        "decoder",
        "out",
        "XOR",
        "depth",
        "synth.",
        "synth. depth",
        "flip-flops",
        "mapped",
        "bits/kgate",
        "bits/FF",
    )
    legend = "out: bits a cycle; synth.: XOR gates after synthesis; mapped: generic gates of the whole decoder"
    found = [Table("Gates", columns, gates, legend=legend)]
    area = [
        (
            *(row["name"], f"{row['area_um2'] / 1e6:.4f}", f"{row['network_area_um2'] / 1e6:.4f}"),
            f"{row['delay_ps'] / 1000:.2f}" if row["delay_ps"] else "-",
        )
        for row in rows
        if row["area_um2"]
    ]
    if area:
        found.append(Table("Area and longest path", ("decoder", "mm²", "network mm²", "path ns"), area))
    cycles = [
        (row["name"], f"{row['patches_a_step']:.4f}", *(f"{count:.3f}" for count in row["cycles_a_step"].values()))
        for row in rows
    ]
    heads = (f"FIFO of {size}" for size in FIFOS)
    return [*found, Table("Cycles of a step", ("decoder", "patches", *heads), cycles)]


def main() -> None:
    """Measure every design, print the table, write JSON and the picture."""
    parser = arguments(__doc__)
    parser.add_argument("--time-limit", type=float, default=10.0, help="seconds of synthesis for each decoder (10)")
    parser.add_argument(
        "--liberty", type=Path, metavar="CELLS.lib", help="a cell library (that of the Debian package, if installed)"
    )
    options: argparse.Namespace = parser.parse_args()
    limit = 1.0 if options.quick else options.time_limit
    library = (options.liberty.name, options.liberty) if options.liberty else open_library()
    if not available():
        said = "no yosys, and so no mapped gates and no area (pip install pyosys)"
    elif library is None:
        said = "no cell library, and so no area (apt-get install qflow-tech-osu018, or --liberty FILE)"
    else:
        said = f"area and delay in {library[0]}"
    say(f"{machine()['processor']}; {limit:g} s of synthesis a decoder; {said}")
    rows = [measure(name, recipe, options.quick, limit, library) for name, recipe in DESIGNS.items()]
    show(*tables(rows))
    write(options.out, "designs", {"seconds": limit, "decoders": rows})
    if options.out is not None:
        draw(rows, options.out / "designs.svg")


def draw(rows: list[dict[str, Any]], path: Any) -> None:
    """Draw bits a cycle against gates, from one lane to 512."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "xoropt"
    figure, axes = plt.subplots(figsize=(6.5, 4), layout="constrained")
    for row in rows:
        gates = np.array([1000 * row["outputs"] / row["bits_per_kilogate"] * lanes for lanes in LANES])
        axes.loglog(gates, list(row["bits_a_cycle"].values()), "o-", label=row["name"])
    axes.set_xlabel("two-input gates, patch stage included, of 1, 8, 64 and 512 lanes")
    axes.set_ylabel("bits a cycle")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
