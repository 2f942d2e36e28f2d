"""Compare decoders as hardware designers would: gates, flip-flops, area, critical path, bits a cycle, FIFO sizes.

    python benchmarks/designs.py --quick
    python benchmarks/designs.py --out results
    python benchmarks/designs.py --liberty cells.lib

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
from common import arguments, machine, write

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


def main() -> None:
    """Measure every design, print the table, write JSON and the picture."""
    parser = arguments(__doc__)
    parser.add_argument("--time-limit", type=float, default=10.0, help="seconds of synthesis for each decoder (10)")
    parser.add_argument("--liberty", type=Path, help="a cell library (that of the Debian package, if installed)")
    options: argparse.Namespace = parser.parse_args()
    limit = 1.0 if options.quick else options.time_limit
    library = (options.liberty.name, options.liberty) if options.liberty else open_library()
    if not available():
        said = "no yosys, and so no mapped gates and no area (pip install pyosys)"
    elif library is None:
        said = "no cell library, and so no area (apt-get install qflow-tech-osu018, or --liberty FILE)"
    else:
        said = f"area and delay in {library[0]}"
    print(f"{machine()['processor']}; {limit:g} s of synthesis a decoder; {said}")
    heads = f"{'decoder':22}{'out':>5}{'XOR':>7}{'depth':>6}{'synth.':>7}{'depth':>6}{'flip-fl.':>9}{'mapped':>8}"
    heads += f"{'area mm²':>10}{'network':>9}{'path ns':>9}"
    print(f"{heads}{'bits/kgate':>11}{'bits/FF':>9}{'patches':>9}" + "".join(f"{f'FIFO {size}':>9}" for size in FIFOS))
    rows: list[dict[str, Any]] = []
    for name, recipe in DESIGNS.items():
        network = from_recipe(recipe)
        plain, built = design(network), design(network, synthesis="auto", time_limit=limit)
        generic, area = cells(built.verilog), mapped(built, library and library[1])
        gates = generic[0] if generic else built.cost.gates + built.cost.patch.gates
        stimulus = encoded(recipe, QUICK_SHAPE if options.quick else SHAPE)
        row = {
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
        rows.append(row)
        print(f"{name:22}{row['outputs']:5}{row['xor_gates']:7}{row['depth']:6}", end="")
        print(f"{row['synthesized']:7}{row['synthesized_depth']:6}", end="")
        print(f"{row['flip_flops']:9}{row['mapped_gates'] or '-':>8}", end="")
        print(f"{area[0].area / 1e6:10.4f}{area[1].area / 1e6:9.4f}" if area else f"{'-':>10}{'-':>9}", end="")
        print(f"{area[0].delay_ps / 1000:9.2f}" if area and area[0].delay_ps else f"{'-':>9}", end="")
        print(f"{row['bits_per_kilogate']:11.1f}{row['bits_per_flip_flop']:9.3f}{row['patches_a_step']:9.4f}", end="")
        print("".join(f"{cycles:9.3f}" for cycles in row["cycles_a_step"].values()), flush=True)
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
