"""Compare decoders as hardware designers would: gates, flip-flops, critical path, bits a cycle, FIFO sizes.

    python benchmarks/designs.py --quick
    python benchmarks/designs.py --out results

Each decoder makes outputs at a rate for 10 % care bits (S = 0.9). Its gates are the written XOR gates, those after
synthesis with `auto`, and the generic gates of the whole decoder, patch stage included, as yosys and ABC map them,
where yosys is installed. Lanes share nothing, so that L lanes take L times the gates and make L times the bits of a
cycle. The patch FIFO sees as many patches as are assumed below, at random places.
"""

import argparse
from typing import Any

import numpy as np
from common import arguments, machine, write

from xoropt.circuits.yosys import available, netlist_cells
from xoropt.hardware import DecoderConfig, count_cycles, design
from xoropt.networks import from_recipe

DESIGNS = {
    "block (the paper's)": ("block:n_in=20,n_out=180,seed=0", 0.515),
    "sequential, N_s = 2": ("sequential:n_in=8,n_out=76,n_s=2,seed=0", 0.04),
    "staged, 3 reads": ("staged:n_in=64,n_out=640,nodes=112,taps=5,reads=3,memory=4,seed=0", 0.0003),
    "cascade (auto's)": ("cascade:n_in=1,n_out=10", 0.00001),
}
"""Recipes, and patches a step: blocks as measured by `xoropt bench efficiency`; the others are estimates."""
LANES = (1, 8, 64, 512)
FIFOS = (2, 4, 8, 16)
STEPS = 20_000


def cells(verilog: str) -> tuple[int, int] | None:
    """Return the generic gates and the flip-flops of a whole decoder, or None without yosys."""
    if not available():
        return None
    found = netlist_cells(verilog, "decoder", optimize=True)
    flip_flops = sum(count for cell, count in found.items() if "DFF" in cell)
    return sum(found.values()) - flip_flops, flip_flops


def slowdowns(patches: float, n_out: int, lag: int) -> list[float]:
    """Return the cycles of a step for each size of the FIFO, with patches at random places and one flip a cycle."""
    places = np.random.default_rng(0).poisson(patches, STEPS)
    steps = np.repeat(np.arange(STEPS), places)
    first = np.zeros(STEPS + lag, dtype=bool)
    first[0] = True
    counts = np.full(STEPS, n_out)
    return [count_cycles(first, counts, steps, lag, DecoderConfig(fifo=size)).cycles / STEPS for size in FIFOS]


def main() -> None:
    """Measure every design, print the table, write JSON and the picture."""
    parser = arguments(__doc__)
    parser.add_argument("--time-limit", type=float, default=10.0, help="seconds of synthesis for each decoder (10)")
    options: argparse.Namespace = parser.parse_args()
    limit = 1.0 if options.quick else options.time_limit
    print(f"{machine()['processor']}; {limit:g} s of synthesis a decoder")
    heads = f"{'decoder':22}{'out':>5}{'XOR':>7}{'depth':>6}{'synth.':>7}{'depth':>6}{'flip-fl.':>9}{'mapped':>8}"
    print(f"{heads}{'bits/kgate':>11}{'bits/FF':>9}" + "".join(f"{f'FIFO {size}':>9}" for size in FIFOS))
    rows: list[dict[str, Any]] = []
    for name, (recipe, patches) in DESIGNS.items():
        network = from_recipe(recipe)
        plain, built = design(network), design(network, synthesis="auto", time_limit=limit)
        mapped = cells(built.verilog)
        gates = mapped[0] if mapped else built.cost.gates + built.cost.patch.gates
        row = {
            "name": name,
            "recipe": recipe,
            "outputs": network.n_out,
            "xor_gates": plain.cost.gates,
            "synthesized": built.cost.gates,
            "depth": plain.cost.depth,
            "synthesized_depth": built.cost.depth,
            "flip_flops": built.cost.flip_flops,
            "mapped_gates": mapped and mapped[0],
            "bits_per_kilogate": 1000 * network.n_out / gates,
            "bits_per_flip_flop": network.n_out / built.cost.flip_flops,
            "bits_a_cycle": {lanes: lanes * network.n_out for lanes in LANES},
            "cycles_a_step": dict(zip(FIFOS, slowdowns(patches, network.n_out, built.lag), strict=True)),
        }
        rows.append(row)
        print(f"{name:22}{row['outputs']:5}{row['xor_gates']:7}{row['depth']:6}", end="")
        print(f"{row['synthesized']:7}{row['synthesized_depth']:6}", end="")
        print(f"{row['flip_flops']:9}{row['mapped_gates'] or '-':>8}{row['bits_per_kilogate']:11.1f}", end="")
        cycles = "".join(f"{cycles:9.3f}" for cycles in row["cycles_a_step"].values())
        print(f"{row['bits_per_flip_flop']:9.3f}{cycles}", flush=True)
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
