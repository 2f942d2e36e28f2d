"""How fast planes and weights are decoded, compared with other formats.

    xoropt bench decode

Random data, S = 0.9, one plane. All methods write into arrays that exist already, and each runs many times: first in
turns of random order, so that the caches hold what the other methods read and wrote; then again and again, so that they
hold the method's own data as far as it fits. The figures are for the whole call: the median of the times (where two are
shown, and in the JSON, also the least), in processor time on one core and in wall time on all cores. A plane is encoded
once and its stream repeated until it has the size wanted; the speed does not depend on the values.

`copy`, NumPy copying the decoded bytes, is the limit. `bitmap` is a compiled bit deposit (`pdep`) from a bitmap and
the kept weights' packed bits, eight words of the mask at once, written past the caches. CSR is SciPy's, to a dense
float32 array. zstd (level 3) and lz4 hold the packed planes with zeros for pruned weights, each repetition by itself.
GB/s counts bytes of packed planes, an eighth of a byte for each weight, whatever a method writes. Dense networks are
also measured with other ways to evaluate them; see `decoding/dense.py`.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from common import Table, arguments, machine, say, show, write
from decoding.data import AUTO, PIECE, encode_all
from decoding.dense import dense_ways
from decoding.planes import methods
from decoding.processes import processes
from decoding.race import Row, measure
from decoding.weights import random_access, weights_out

LEGEND = (
    "GB/s of packed planes: methods in turns, so that caches hold little of their data; again: each again and again; "
    "of copying: the speed as a share of copying the planes"
)


def draw(rows: list[Row], path: Path) -> None:
    """Draw a bar for each method: its speed on one core as a fraction of that of copying."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sizes = sorted({row.weights for row in rows})
    figure, axes = plt.subplots(1, len(sizes), figsize=(5.5 * len(sizes), 4), sharey=True, squeeze=False)
    for axis, weights in zip(axes[0], sizes, strict=True):
        some = [row for row in rows if row.weights == weights and row.cores == 1]
        places = np.arange(len(some))
        axis.barh(places - 0.2, [row.ratio[1] for row in some], 0.4, label="in turns")
        axis.barh(places + 0.2, [row.ratio_again[1] for row in some], 0.4, label="again and again")
        axis.set_yticks(places, [row.name for row in some])
        axis.axvline(1, color="black", linewidth=0.8)
        axis.invert_yaxis()
        axis.set_title(f"{weights / 1e6:.0f} million weights, one core")
        axis.set_xlabel("speed, as a fraction of copying the decoded bytes")
    axes[0][-1].legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def planes_table(rows: list[Row], weights: int, host: dict[str, Any]) -> Table:
    """Make the table of all methods at one size."""
    turns, again = ("GB/s", "G weights/s", "of copying"), ("again GB/s", "again of copying")
    columns = ("method", "cores", "E", "bits/weight", *turns, *again)
    lines = [
        (
            row.name,
            str(row.cores),
            "" if row.efficiency is None else f"{row.efficiency:.1%}",
            f"{row.bits_per_weight:.3f}",
            f"{row.gigabytes_per_second[1]:.2f}",
            f"{row.weights_per_second / 1e9:.1f}",
            f"{row.ratio[1]:.2f}",
            f"{weights / 8e9 / row.seconds_again[1]:.2f}",
            f"{row.ratio_again[1]:.2f}",
        )
        for row in rows
        if row.weights == weights
    ]
    title = f"{weights:,} weights to packed planes; {host['processor']}, {host['cores']} cores"
    return Table(title, columns, lines, names=2, legend=LEGEND)


def weights_table(figures: list[dict[str, Any]], weights: int) -> Table:
    """Make the table of dense arrays of every dtype."""
    columns = ("dtype", "what", "ms", "GB/s", "of fill", "of copying")
    lines = []
    for figure in figures:
        least, median = figure["seconds"]
        part = figure["what"].startswith("1 %")
        ratios = ["{1:.2f} ({0:.2f})".format(*figure[key]) for key in ("ratio_to_fill", "ratio_to_copy")]
        speeds = ["", "", ""] if part else [f"{figure['gigabytes_per_second']:.2f}", *ratios]
        lines.append((figure["dtype"], figure["what"], f"{median * 1e3:.2f} ({least * 1e3:.2f})", *speeds))
    title = f"{weights:,} weights to dense arrays, one core"
    return Table(title, columns, lines, names=2, legend="medians (in brackets: of the least times)")


def dense_table(figures: list[dict[str, Any]]) -> Table:
    """Make the table of the ways to evaluate dense networks."""
    columns = ("network", "gates/output", "one lane", "tables", "affine", "circuit")
    names = ("one_lane", "tables", "affine", "circuit")
    lines = [
        (
            figure["network"],
            f"{figure['gates_per_output']:.2f}",
            *("" if figure[name] is None else f"{figure[name]:.2f}" for name in names),
        )
        for figure in figures
    ]
    return Table("Ways to evaluate dense networks, GB/s on one core", columns, lines)


def main() -> None:
    """Measure, print the tables, write JSON and picture."""
    options = arguments(__doc__).parse_args()
    host = machine()
    sizes = {1: 40, 10: 20} if options.quick else {10: 40, 96: 12}
    care, bits, encodings = encode_all()
    rows: list[Row] = []
    for times, repeats in sizes.items():
        rows += measure(methods(care, bits, encodings, times), PIECE * times, repeats)
    for weights in sorted({row.weights for row in rows}):
        show(planes_table(rows, weights, host))
    ways = dense_ways(1.0 if options.quick else 10.0)
    show(dense_table(ways))
    times = 1 if options.quick else 10
    dense = weights_out(care, encodings[AUTO], times, 10)
    show(weights_table(dense, PIECE * times))
    access = {PIECE * n: random_access(encodings[AUTO], n, 20) for n in sizes}
    for weights, shares in access.items():
        say(
            f"1 % of the rows of {weights:,} weights: packed {shares['planes']:.2%} of the time for all"
            f" ({shares['planes_seconds'] * 1e6:.0f} µs), bits {shares['bits']:.2%}"
        )
    whole = processes((4 if options.quick else 16) << 20)
    for what, value in whole.items():
        say(f"{what}: {value:.2f}{'' if 'mib' in what else ' s'}")
    figures = {
        "planes": [asdict(row) for row in rows],
        "dense_networks": ways,
        "dense": dense,
        "random_access": access,
        "processes": whole,
    }
    write(options.out, "decode", figures)
    if options.out is not None:
        draw(rows, options.out / "decode.png")


if __name__ == "__main__":
    main()
