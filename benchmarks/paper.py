"""The five layers of the paper in bits per weight, under its own scheme and ours; everything is counted.

    xoropt bench paper

The layers have the sizes, pruning rates and planes of Kwon et al. (CVPR 2020, arXiv 1905.10138). The weights are
random with a fixed seed: normal, each row and each column scaled by a factor whose logarithm has the standard
deviation 0.2. This spreads the densities of rows and columns as magnitude pruning does in real layers. ResNet-32 is
represented by its 30 convolutions of 3×3 after the first. For the LSTM the paper gives only the number of weights;
here they are one square matrix.
"""

import math
import resource
import time
from dataclasses import asdict, dataclass

import numpy as np
from common import Table, arguments, machine, say, show, write

import xoropt
from xoropt import CompressConfig
from xoropt.common.foreign_text import listed

LAYERS = {
    "LeNet-5 FC1": ([(800, 500)], 0.95, 1),
    "AlexNet FC5": ([(9216, 4096)], 0.91, 1),
    "AlexNet FC6": ([(4096, 4096)], 0.91, 1),
    "ResNet-32": (
        [(16, 16, 3, 3)] * 10 + [(32, 16, 3, 3)] + [(32, 32, 3, 3)] * 9 + [(64, 32, 3, 3)] + [(64, 64, 3, 3)] * 9,
        0.70,
        2,
    ),
    "LSTM PTB": ([(2532, 2532)], 0.60, 2),
}
"""The shapes, the pruning rate S and the number of planes n_q of each layer."""

SCHEMES = {
    "paper's blocks, greedy": {"n_in": 20, "solver": "greedy", "mask": "bitmap"},
    "paper's blocks, least patches": {"n_in": 20, "solver": "portfolio", "mask": "bitmap"},
    "auto, prefix masks": {"mask": "prefix"},
    "auto, entropy masks": {"mask": "entropy"},
    "auto, low-rank masks": {"mask": "low_rank", "mask_bits": 0.15},
}
"""The configuration of each scheme."""


@dataclass(frozen=True)
class Row:
    """One layer under one scheme; all figures but the last four are in bits per weight."""

    layer: str
    scheme: str
    values: float
    patches: float
    mask: float
    scales: float
    headers: float
    total: float
    limit: float
    efficiency: float
    magnitude_kept: float
    encode_seconds: float
    decode_seconds: float


def draw(layer: str, shrink: int) -> dict[str, np.ndarray]:
    """Draw a layer's weights, float32, by name; `shrink` divides both sides of large matrices."""
    shapes, _, _ = LAYERS[layer]
    rng = np.random.default_rng([*layer.encode()])
    tensors = {}
    for number, shape in enumerate(shapes):
        if len(shape) == 2 and math.prod(shape) > 1_000_000:
            shape = (shape[0] // shrink, shape[1] // shrink)
        rows = np.exp(0.2 * rng.standard_normal((shape[0],) + (1,) * (len(shape) - 1), dtype=np.float32))
        columns = np.exp(0.2 * rng.standard_normal((1, *shape[1:]), dtype=np.float32))
        tensors[f"{layer} {number}"] = rng.standard_normal(shape, dtype=np.float32) * rows * columns
    return tensors


def entropy(p: float) -> float:
    """H(p) in bits."""
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def measure(layer: str, scheme: str, tensors: dict[str, np.ndarray], jobs: int) -> Row:
    """Compress and verify one layer, and count its bits."""
    _, sparsity, planes = LAYERS[layer]
    config = CompressConfig(sparsity=sparsity, bits=planes, include=("*",), jobs=jobs, **SCHEMES[scheme])
    begin = time.perf_counter()
    model = xoropt.compress(tensors, config)
    encoded = time.perf_counter()
    arrays = xoropt.decompress(model)
    decoded = time.perf_counter()
    if not all(check.lossless for check in xoropt.verify(model, tensors)):
        raise SystemExit(f"{layer}, {scheme}: not lossless")
    total = xoropt.report(model).total
    weights = total.weights
    kept = sum(float(np.abs(tensors[name][array != 0]).sum(dtype=np.float64)) for name, array in arrays.items())
    free = 0.0
    for name, weight in tensors.items():
        count = int(np.count_nonzero(arrays[name]))
        free += float(np.partition(np.abs(weight).reshape(-1), weight.size - count)[weight.size - count :].sum())
    share = {part: getattr(total, f"{part}_bits") / weights for part in ("seed", "patch", "mask", "scale", "header")}
    return Row(
        layer=layer,
        scheme=scheme,
        values=share["seed"],
        patches=share["patch"],
        mask=share["mask"],
        scales=share["scale"],
        headers=share["header"],
        total=total.bits_per_weight,
        limit=entropy(sparsity) + (1 - sparsity) * planes,
        efficiency=total.efficiency,
        magnitude_kept=kept / free,
        encode_seconds=encoded - begin,
        decode_seconds=decoded - encoded,
    )


def picture(rows: list[Row], path: str) -> None:
    """Draw stacked bars: where the bits of every layer go under every scheme, and the limit of a free mask."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    layers = list(LAYERS)
    figure, axes = plt.subplots(1, len(layers), figsize=(13, 3.4), layout="constrained")
    colours = {"mask": "#9aa5b1", "values": "#2f6db5", "patches": "#d1495b", "scales": "#edae49", "headers": "#66a182"}
    for axis, layer in zip(axes, layers, strict=True):
        mine = [row for row in rows if row.layer == layer]
        bottom = np.zeros(len(mine))
        for part, colour in colours.items():
            heights = np.array([getattr(row, part) for row in mine])
            axis.bar(range(len(mine)), heights, bottom=bottom, color=colour, label=part)
            bottom += heights
        axis.axhline(mine[0].limit, color="black", linewidth=0.8, linestyle="--", label="limit, free mask")
        axis.set_xticks(range(len(mine)), [row.scheme.replace(", ", ",\n") for row in mine], rotation=90, fontsize=7)
        axis.set_title(f"{layer}\nS = {LAYERS[layer][1]}, n_q = {LAYERS[layer][2]}", fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("bits per weight")
    axes[0].legend(fontsize=7, frameon=False)
    figure.savefig(path, dpi=150)


def tables(where: str, rows: list[Row]) -> list[Table]:
    """Make the tables of where the bits go, and of what else was measured."""
    named = [(row.layer, row.scheme) for row in rows]
    parts = ("values", "patches", "mask", "scales", "headers", "total", "limit")
    bits = [(*name, *(f"{getattr(row, part):.4f}" for part in parts)) for name, row in zip(named, rows, strict=True)]
    others = [
        (
            *(*name, f"{row.efficiency:.2%}", f"{row.magnitude_kept:.1%}"),
            *(f"{row.encode_seconds:.1f}", f"{row.decode_seconds:.1f}"),
        )
        for name, row in zip(named, rows, strict=True)
    ]
    columns = ("layer", "scheme", *parts[:-2], "in all", "limit")
    return [
        Table(f"Bits per weight, {where}", columns, bits, names=2),
        Table(
            "Efficiency, magnitude kept and time",
            ("layer", "scheme", "E", "magnitude", "encode s", "decode s"),
            others,
            names=2,
            legend="magnitude: of the kept weights, as a share of the most that so many can have",
        ),
    ]


def main() -> None:
    """Measure every layer under every scheme; print the table, write JSON and picture."""
    parser = arguments(__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="threads (default: 2)")
    parser.add_argument(
        "--layers",
        nargs="*",
        default=list(LAYERS),
        choices=list(LAYERS),
        metavar="NAME",
        help=f"some of {listed(LAYERS)} (all)",
    )
    parser.add_argument(
        "--schemes",
        nargs="*",
        default=list(SCHEMES),
        choices=list(SCHEMES),
        metavar="NAME",
        help=f"some of {listed(SCHEMES)} (all)",
    )
    options = parser.parse_args()
    host = machine()
    rows = []
    xoropt.compress({"w": np.random.default_rng(0).standard_normal((64, 64))}, CompressConfig(0.9, 1))  # compile
    for layer in options.layers:
        tensors = draw(layer, 4 if options.quick else 1)
        for scheme in options.schemes:
            if scheme == "auto, low-rank masks" and not layer.startswith("AlexNet"):
                continue
            rows.append(measure(layer, scheme, tensors, options.jobs))
            say(f"{layer}, {scheme}: {rows[-1].total:.4f} bits/weight, {rows[-1].encode_seconds:.1f} s")
    show(*tables(f"{options.jobs} threads: {host['processor']}", rows))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    say(f"limit: H(S) + (1 − S)·n_q, free and independent mask; peak memory {peak:.2f} GiB")
    figures = {"peak_gib": peak, "jobs": options.jobs, "rows": [asdict(row) for row in rows]}
    write(options.out, "paper", figures)
    if len(options.layers) == len(LAYERS) and options.out is not None:
        picture(rows, str(options.out / "paper.png"))


if __name__ == "__main__":
    main()
