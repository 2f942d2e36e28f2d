"""How near every kind of network comes to the information limit, at what cost in gates, and how fast it is encoded.

    xoropt bench efficiency            # 4 million weights, about ten minutes
    xoropt bench efficiency --quick

E = care bits / (seed bits + patch bits), one plane. The data are random masks and bits; masks whose rows and columns
have densities of their own, as after magnitude pruning; and the layers of the demonstration's network. Every line is
one call of `xoropt.encode`, the check by decoding included, and its time is that of one thread. Viterbi encoders (N_s
seeds of memory) are slow and get only a part of the data. Gates per output are two-input XORs; shared nodes count by
their share.
"""

from dataclasses import asdict, dataclass

import numpy as np
from common import Table, arguments, gates, machine, show, write

import xoropt
from xoropt.networks import XorNetwork, random_block, sequential, staged, windowed


@dataclass(frozen=True)
class Row:
    """One network on one mask."""

    data: str
    sparsity: float
    weights: int
    method: str
    network: str
    order: str
    taps: float
    gates: float
    care_bits: int
    patches: int
    efficiency: float
    care_bits_per_second: float


SPARSITIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
WEIGHTS = {"block": 400_000, "Viterbi 1": 400_000, "Viterbi 2": 80_000}
"""The most weights that the slower encoders get."""


def methods(density: float) -> dict[str, tuple[XorNetwork | str, str | None, dict[str, str]]]:
    """Choose networks, orders, and seed searches or patches, by name, at the rate that the density requires."""

    def n_out(n_in: int, factor: float = 1.0) -> int:
        return max(1, round(factor * n_in / density))

    ring = "lanes:lanes=64"
    wide = -(-64 * 105 // round(100 * density))  # a ring fits its rate below this bound
    return {
        "block, greedy": (random_block(20, n_out(20, 0.9)), None, {"solver": "greedy"}),
        "block, exact": (random_block(20, n_out(20, 0.95)), None, {}),
        "Viterbi 1": (sequential(8, n_out(8), 1), "rows", {"patches": "viterbi"}),
        "Viterbi 2": (sequential(8, n_out(8), 2), "rows", {"patches": "viterbi"}),
        "fixed rate, w=512, 8 taps": (windowed(64, n_out(64), 512, 8), "rows", {}),
        "fixed rate, w=512, dense": (windowed(64, n_out(64), 512, None), "rows", {}),
        "ring, w=960, 8 taps": (windowed(64, wide, 960, 8), ring, {}),
        "ring, w=960, dense": (windowed(64, wide, 960, None), ring, {}),
        "ring, staged 64": (staged(64, wide, 112, 5, 3, 4, 704), ring, {}),
        "auto": ("auto", None, {}),
        "auto, best": ("auto", None, {"effort": "best"}),
    }


def measure(data: str, bits: np.ndarray, care: np.ndarray, name: str, method: tuple) -> Row:
    """Encode once after a short warm-up."""
    import time
    import warnings

    network, order, search = method
    limit = next((n for kind, n in WEIGHTS.items() if name.startswith(kind)), bits.size)
    if bits.size > limit:
        bits, care = bits.reshape(-1)[:limit], care.reshape(-1)[:limit]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        part = slice(0, 2000)
        xoropt.encode(bits.reshape(-1)[part], care.reshape(-1)[part], network, order=order, **search)
        begin = time.thread_time()
        encoded = xoropt.encode(bits, care, network, order=order, **search)
        seconds = time.thread_time() - begin
    size = encoded.size
    steps = size.seed_bits / encoded.network.n_in
    cost = gates(encoded.network, bits.size / max(1.0, steps))
    return Row(
        data=data,
        sparsity=1 - float(care.mean()),
        weights=bits.size,
        method=name,
        network=encoded.network.recipe,
        order=encoded.order,
        taps=float(np.bitwise_count(encoded.network.rows).sum(axis=1).mean()),
        gates=cost,
        care_bits=size.care_bits,
        patches=size.patches,
        efficiency=size.efficiency,
        care_bits_per_second=size.care_bits / seconds,
    )


def uneven(shape: tuple[int, int], spread: float, seed: int) -> np.ndarray:
    """Draw a mask of density 0.1 in which the densities of rows and of columns have the standard deviation `spread`."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0.1, spread, (shape[0], 1)).clip(0.005, 1)
    columns = rng.normal(1, spread / 0.1, (1, shape[1])).clip(0.05)
    return rng.random(shape) < rows * columns * 0.1 / float((rows * columns).mean())


def random_rows(weights: int) -> list[Row]:
    """Measure all methods at every sparsity, and `auto` on smaller tensors, too."""
    rows = []
    for sparsity in SPARSITIES:
        rng = np.random.default_rng(round(100 * sparsity))
        care, bits = rng.random(weights) >= sparsity, rng.random(weights) < 0.5
        for name, method in methods(1 - sparsity).items():
            rows.append(measure("random", bits, care, name, method))
        for name in ("auto", "auto, best"):
            auto = methods(1 - sparsity)[name]
            rows += [measure("random", bits[:n], care[:n], name, auto) for n in (100_000, 5_000)]
    return rows


def layer_rows() -> list[Row]:
    """Measure uneven masks and the demonstration's layers, in the paper's order and in that of `auto`."""
    from xoropt.cli.demo.training import train

    rng = np.random.default_rng(1)
    layers = {
        f"{a}×{b}, ±{spread}": ((a, b), uneven((a, b), spread, i), None)
        for i, (a, b, spread) in enumerate(
            [(384, 384, 0.02), (1536, 384, 0.05), (384, 1536, 0.08), (768, 3072, 0.05), (768, 3072, 0.08)]
        )
    }
    for name, weights in train().quantized.items():
        if weights.ndim == 2:
            layers[f"demo {name}"] = (weights.shape, weights != 0, weights > 0)
    rows = []
    for name, (shape, care, bits) in layers.items():
        bits = rng.random(shape) < 0.5 if bits is None else bits
        some = methods(float(care.mean()))
        chosen = ("block, exact", "fixed rate, w=512, 8 taps", "auto", "auto, best")
        rows += [measure(name, bits, care, method, some[method]) for method in chosen]
    return rows


def table_of(title: str, rows: list[Row]) -> Table:
    """Make a table with a line for each encoding."""
    lines = [
        (
            *(row.data, row.method, f"{row.weights:,}", f"{row.sparsity:.3f}", f"{row.taps:.1f}", f"{row.gates:.2f}"),
            *(f"{row.patches:,}", f"{row.efficiency:.2%}", f"{row.care_bits_per_second / 1e6:.2f}"),
        )
        for row in rows
    ]
    columns = ("data", "method", "weights", "S", "taps", "gates", "patches", "E", "M/s")
    return Table(title, columns, lines, names=2, legend="M/s: million care bits encoded a second")


def plot(rows: list[Row], path: str) -> None:
    """Plot E against gates per output at S = 0.9."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    most = max(row.weights for row in rows)
    for row in rows:
        if row.data == "random" and abs(row.sparsity - 0.9) < 0.02 and row.weights in (most, *WEIGHTS.values()):
            axes.semilogx(row.gates, 100 * row.efficiency, "o", label=f"{row.method}: {row.efficiency:.2%}")
    axes.legend(fontsize=8)
    axes.set_xlabel("two-input XOR gates per output")
    axes.set_ylabel("E, per cent of the information limit")
    axes.set_title("Random data, S = 0.9")
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, print the tables, write JSON and plot."""
    options = arguments(__doc__).parse_args()
    if options.quick:
        WEIGHTS.update({"Viterbi 1": 100_000, "Viterbi 2": 16_000})
    host = machine()
    rows = random_rows(400_000 if options.quick else 4_000_000)
    show(table_of(f"Random data; {host['processor']}", rows))
    layers = layer_rows()
    show(table_of("Uneven masks and real layers", layers))
    write(options.out, "efficiency", {"rows": [asdict(row) for row in rows + layers]})
    if options.out is not None:
        plot(rows, str(options.out / "efficiency.png"))


if __name__ == "__main__":
    main()
