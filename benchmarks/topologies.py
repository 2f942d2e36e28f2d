"""How near every topology comes to the information limit, at what cost in gates and registers, random and optimized.

    xoropt bench topologies            # 4 million weights, about an hour
    xoropt bench topologies --quick --sparsity 0.9

E = care bits / (seed bits + patch bits) for random masks and bits, with everything counted. Gates are two-input XORs
per output, all nodes counted at the rate that the encoding used. Registers are the flip-flops of the decoder that
`xoropt.hardware` writes, for n_out outputs per cycle. Blocks are encoded with the fewest patches, on a tenth of the
weights. "Optimized" starts from the random network of the same seed and searches at equal gates
(`xoropt.networks.optimize`); the encoding uses seeds and care sets that the search has not seen. The default of `auto`
is the cascade with the fewest gates whose loss of E does not exceed that of the staged network.
"""

import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import mean

import numpy as np
from common import Table, arguments, gates, machine, show, write

import xoropt
from xoropt import networks
from xoropt.hardware import cost
from xoropt.networks import XorNetwork
from xoropt.networks.optimize import Optimized, optimize

SPARSITIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
RING = "lanes:lanes=512"
Build = Callable[[float, int], XorNetwork]
"""Makes a network from a density and a seed."""


@dataclass(frozen=True)
class Row:
    """The figures of one encoding.

    Attributes:
        topology: the name in the table.
        optimized: whether the network comes from a search.
        sparsity: the share of don't-care bits.
        seed: the seed of the network, the mask and the bits.
        network: the recipe.
        gates: two-input XOR gates per output.
        registers: flip-flops of the decoder.
        care_bits: the number of care bits.
        patches: the number of patches.
        efficiency: E.
        dependent_before: the share of dependent care bits before the search; None: no search.
        dependent_after: the same share after the search.
    """

    topology: str
    optimized: bool
    sparsity: float
    seed: int
    network: str
    gates: float
    registers: int
    care_bits: int
    patches: int
    efficiency: float
    dependent_before: float | None
    dependent_after: float | None


def wide(n_in: int, density: float) -> int:
    """Return the most outputs per step that a ring needs: a few more than its care bits ask for."""
    return math.ceil(1.03 * n_in / density + 0.05)


def tight(n_in: int, density: float) -> int:
    """Return the outputs of a block at which it stores nearly the least."""
    return max(1, round(0.93 * n_in / density))


BLOCKS: dict[str, Build] = {
    "block, dense": lambda d, s: networks.random_block(20, tight(20, d), s),
    "block, 5 taps": lambda d, s: networks.fixed_taps(20, tight(20, d), 5, s),
    "block, regular": lambda d, s: networks.regular(20, tight(20, d), 5, s),
    "block, edge growth": lambda d, s: networks.progressive(20, tight(20, d), 20, 5, s),
    "block, circulant": lambda d, s: networks.circulant(20, tight(20, d), 5, s),
    "block, Toeplitz": lambda d, s: networks.toeplitz(20, tight(20, d), s),
    "LFSR": lambda d, s: networks.lfsr(20, tight(20, d), min(16, tight(20, d)), 3, s),
    "ring generator": lambda d, s: networks.ring_generator(20, tight(20, d), 32, min(16, tight(20, d)), 16, 3, s),
}
RINGS: dict[str, Build] = {
    "convolutional": lambda d, s: networks.convolutional(1, wide(1, d), 64, None, s),
    "sequential": lambda d, s: networks.sequential(8, wide(8, d), 7, s),
    "windowed, 5 taps": lambda d, s: networks.windowed(8, wide(8, d), 960, 5, s),
    "windowed, 8 taps": lambda d, s: networks.windowed(8, wide(8, d), 960, 8, s),
    "edge growth, 5 taps": lambda d, s: networks.progressive(8, wide(8, d), 960, 5, s),
    "staged, 3 reads": lambda d, s: networks.staged(1, wide(1, d), 2, 4, 3, 448, 512, s),
    "staged, 2 reads": lambda d, s: networks.staged(8, wide(8, d), 16, 4, 2, 48, 512, s),
    "cascade, 2 layers, chained": lambda d, s: networks.cascade(1, wide(1, d), 2, 700, 96, wide(1, d) // 3, s),
    "cascade, 2 layers": lambda d, s: networks.cascade(1, wide(1, d), 2, 863, 96, 0, s),
    "cascade, 3 layers": lambda d, s: networks.cascade(1, wide(1, d), 3, 863, 96, 0, s),
    "cascade, 4 layers": lambda d, s: networks.cascade(1, wide(1, d), 4, 863, 96, 0, s),
    "cascade, 6 layers": lambda d, s: networks.cascade(1, wide(1, d), 6, 559, 400, 0, s),
    "auto": lambda d, s: xoropt.codec.streams.auto.auto_network(wide(1, d), s),
}
SHORT = ("convolutional", "sequential")
"""Topologies with short windows, whose rings need many more seed bits and take long: a tenth of the weights will do."""
KEPT = Path(__file__).parent / "data" / "topologies.txt"
"""The networks of longer searches, one line each: a sparsity and a recipe."""
SEARCHED = {
    "block, dense": ("swap",),
    "windowed, 5 taps": ("swap", "delay"),
    "staged, 2 reads": ("swap", "delay"),
    "cascade, 2 layers, chained": ("swap", "delay", "rewire"),
    "cascade, 2 layers": ("swap", "delay", "rewire"),
    "cascade, 3 layers": ("swap", "delay"),
}
"""The topologies that are optimized, and the kinds of moves for each."""


def measure(
    name: str,
    network: XorNetwork,
    sparsity: float,
    weights: int,
    seed: int,
    *,
    optimized: bool,
    search: Optimized | None = None,
) -> Row:
    """Encode one plane of random bits.

    Args:
        name: the topology's name.
        network: the network.
        sparsity: the share of don't-care bits.
        weights: the number of weights; of blocks and short windows a tenth.
        seed: the seed of the mask and the bits.
        optimized: whether the network comes from a search.
        search: the result of that search, where it ran here.
    """
    block = name in BLOCKS
    rng = np.random.default_rng(round(1000 * sparsity) + seed)
    weights = weights // 10 if block or name in SHORT else weights
    care, bits = rng.random(weights) >= sparsity, rng.random(weights) < 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        encoded = xoropt.encode(bits, care, network, order=None if block else RING)
    size = encoded.size
    return Row(
        topology=name,
        optimized=optimized,
        sparsity=sparsity,
        seed=seed,
        network=network.recipe,
        gates=gates(network, weights * network.n_in / size.seed_bits),
        registers=cost(network).register_bits,
        care_bits=size.care_bits,
        patches=size.patches,
        efficiency=size.efficiency,
        dependent_before=search.before if search else None,
        dependent_after=search.after if search else None,
    )


def sparsity_rows(sparsity: float, weights: int, seeds: int, moves: int, log: Callable[[str], object]) -> list[Row]:
    """Measure all topologies at one sparsity."""
    density, rows = 1 - sparsity, []
    for name, build in (BLOCKS | RINGS).items():
        for seed in range(seeds):
            network = build(density, seed)
            rows.append(measure(name, network, sparsity, weights, seed, optimized=False))
            if name in SEARCHED and moves:
                load = network.n_in / network.n_out if name in BLOCKS else density
                search = optimize(network, load, moves, kinds=SEARCHED[name], care_bits=30_000, seed=seed)
                rows.append(measure(name, search.network, sparsity, weights, seed, optimized=True, search=search))
        log(f"S = {sparsity}: {name}, E = {rows[-1].efficiency:.2%}")
    for line in KEPT.read_text().splitlines():
        at, _, recipe = line.partition(" ")
        if at == str(sparsity):
            network = networks.from_recipe(recipe)
            rows += [measure("kept", network, sparsity, weights, seed, optimized=True) for seed in range(seeds)]
    return rows


def groups(rows: list[Row]) -> list[list[Row]]:
    """Return the rows in groups that differ only in their seed."""
    by_kind: dict[tuple, list[Row]] = {}
    for row in rows:
        by_kind.setdefault((row.sparsity, row.topology, row.optimized), []).append(row)
    return list(by_kind.values())


def tables(title: str, rows: list[Row]) -> list[Table]:
    """Make the tables of all topologies, and of what the searches changed: a line for all seeds at a sparsity."""
    lines: list[tuple[str, ...]] = []
    changes: list[tuple[str, ...]] = []
    for group in groups(rows):
        first, values = group[0], [row.efficiency for row in group]
        named = (f"{first.sparsity:.2f}", first.topology + (", optimized" if first.optimized else ""))
        if lines and lines[-1][0] != named[0]:
            lines.append(())
        figures = (mean(row.registers for row in group), mean(row.patches for row in group))
        shares = (mean(values), min(values), max(values))
        lines.append(
            (
                *(*named, f"{mean(row.gates for row in group):.2f}", *(f"{figure:,.0f}" for figure in figures)),
                *(f"{share:.2%}" for share in shares),
            )
        )
        if first.dependent_before is not None:
            before, after = mean(row.dependent_before for row in group), mean(row.dependent_after for row in group)
            changes.append((*named, f"{before:.4%}", f"{after:.4%}"))
    columns = ("S", "topology", "gates", "registers", "patches", "E", "least E", "most E")
    found = [Table(title, columns, lines, names=2)]
    if changes:
        columns = ("S", "topology", "before", "after")
        found.append(Table("Dependent care bits, before and after the search", columns, changes, names=2))
    return found


def plot(rows: list[Row], path: str) -> None:
    """Plot the loss 1 − E against gates per output and against registers, for each sparsity."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sparsities = sorted({row.sparsity for row in rows})
    figure, axes = plt.subplots(2, len(sparsities), figsize=(4.2 * len(sparsities), 8), squeeze=False, sharey=True)
    names = list(dict.fromkeys(row.topology for row in rows))
    colors = {name: plt.get_cmap("tab20")(i % 20) for i, name in enumerate(names)}
    for group in groups(rows):
        first = group[0]
        for line, values in enumerate(([row.gates for row in group], [row.registers for row in group])):
            axes[line, sparsities.index(first.sparsity)].loglog(
                mean(values),
                max(1e-5, 1 - mean(row.efficiency for row in group)),
                "*" if first.optimized else "s" if first.topology in BLOCKS else "o",
                color=colors[first.topology],
                label=first.topology + (", optimized" if first.optimized else ""),
            )
    for i, sparsity in enumerate(sparsities):
        axes[0, i].set_title(f"S = {sparsity}")
        axes[0, i].set_xlabel("two-input XOR gates per output")
        axes[1, i].set_xlabel("registers")
    for line in axes:
        line[0].set_ylabel("1 − E")
    axes[0, -1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.02, 1))
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Measure, print, write the JSON and plot."""
    parser = arguments(__doc__)
    parser.add_argument("--sparsity", type=float, nargs="+", default=SPARSITIES, help="the sparsities to measure")
    parser.add_argument("--seeds", type=int, help="networks per topology, each with its own data (3; quick: 2)")
    parser.add_argument("--moves", type=int, help="moves per optimization, 0 for none (400; quick: 40)")
    options = parser.parse_args()
    quick = options.quick
    seeds = options.seeds or (2 if quick else 3)
    moves = (40 if quick else 400) if options.moves is None else options.moves
    log = partial(print, file=sys.stderr)
    rows: list[Row] = []
    for sparsity in options.sparsity:
        rows += sparsity_rows(sparsity, 200_000 if quick else 4_000_000, seeds, moves, log)
    show(*tables(f"Random data, {seeds} seeds; {machine()['processor']}", rows))
    write(options.out, "topologies", {"rows": [asdict(row) for row in rows]})
    if options.out is not None:
        plot(rows, str(options.out / "topologies.png"))


if __name__ == "__main__":
    main()
