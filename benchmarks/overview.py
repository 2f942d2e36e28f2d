"""One pruned layer in every format: bits per weight with its mask, and the speed of decoding to a dense array.

    xoropt bench overview

The layer has the size of AlexNet FC6, 4096×4096 weights, pruned by magnitude to S = 0.9, with one bit for each weight.
The weights are drawn as in `paper.py`, with rows and columns of uneven density. Every format is decoded to a float32
array on one core, many times and in turns within one run; speeds are those of the least processor time. `fill` is
NumPy's, which only writes the array. The bitmap with packed values is expanded by a compiled bit deposit and xoropt's
own loop from planes to weights, tile by tile. SciPy expands its CSR form (float32, int32); its size is given as the
least that such a form takes: one bit and sixteen bits of column for each value. zstd, at level 19, holds the codes −1,
0 and 1 as bytes, which NumPy then scales. N_s = 2 is the sequential network of Park et al. with an exact Viterbi
search, for an eighth of the rows; it takes most of the two minutes of processor time.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import zstandard
from common import Table, arguments, machine, show, write
from decoding.deposit import expand as deposit
from decoding.race import race
from paper import draw
from scipy.sparse import csr_matrix

import xoropt
from xoropt import CompressConfig
from xoropt.cli.app import progress_bar
from xoropt.codec.compiled.weights.kernels import expand
from xoropt.common.memory import aligned
from xoropt.explore.symbols import PALETTE

FORMS = {
    "xoropt, prefix mask": {"mask": "prefix"},
    "xoropt, entropy-coded mask": {"mask": "entropy"},
    "xoropt, bitmap": {"mask": "bitmap"},
    "the paper's blocks, bitmap": {"n_in": 20, "solver": "greedy", "mask": "bitmap"},
    "sequential N_s = 2, bitmap": {
        "network": "sequential:n_in=8,n_out=80,n_s=2",
        "patches": "viterbi",
        "mask": "bitmap",
    },
}
"""The formats that xoropt stores, by name."""
SLOW = "sequential N_s = 2, bitmap"
PART = 8
"""The slow format stores an eighth of the rows."""

TILE = 1 << 15
"""Weights that the expansion of the bitmap handles at once: planes and mask stay in the nearest cache."""
LEGEND = "mask, values: bits/weight; of filling: the speed as a share of that of only writing the array"


@dataclass(frozen=True)
class Row:
    """One format: the bits per weight of its parts, whether any row can be read alone, and the speed of decoding."""

    form: str
    mask: float | None
    values: float | None
    total: float
    random_access: bool
    weights_per_second: float
    ratio_to_fill: float


def bitmap(weights: np.ndarray, out: np.ndarray) -> Callable[[], object]:
    """Make a call that expands a bitmap and packed sign bits to the dense array."""
    kept = weights.reshape(-1) != 0
    mask = np.packbits(kept, bitorder="little").view(np.uint64)
    signs = np.packbits(weights.reshape(-1)[kept] > 0, bitorder="little")
    packed = np.zeros(len(signs) // 8 + 3, dtype=np.uint64)
    packed.view(np.uint8)[: len(signs)] = signs
    scale = np.abs(weights).max()
    table = np.array([[-scale, scale]], dtype=np.float32).view(np.uint32)
    words = TILE // 64
    before = np.concatenate([[0], np.cumsum(np.bitwise_count(mask).reshape(-1, words).sum(axis=1))])
    tiles = [aligned(words).reshape(1, -1), np.zeros(64, np.uint8), np.zeros(64, np.uint32)]
    into = out.reshape(-1).view(np.uint32)
    shifted = np.zeros(TILE // 64 + 2, dtype=np.uint64)

    def run() -> None:
        for i in range(len(before) - 1):
            part = mask[i * words : (i + 1) * words]
            at = int(before[i])
            source = packed[at >> 6 :]
            if at & 63:  # tiles begin at whole bits, the deposit at whole words
                count = (int(before[i + 1]) - at) // 64 + 2
                low, high = source[:count], packed[(at >> 6) + 1 : (at >> 6) + 1 + count]
                shifted[: len(high)] = (low[: len(high)] >> np.uint64(at & 63)) | (high << np.uint64(64 - (at & 63)))
                shifted[len(high) : count] = low[len(high) :] >> np.uint64(at & 63)
                source = shifted
            deposit(part, source, tiles[0][0], False)
            first = i * TILE
            expand(tiles[0], 0, part, 0, True, table, TILE, first, first + TILE, tiles[1], tiles[2], into, 0, False)

    return run


def measure(layer: np.ndarray, repeats: int) -> list[Row]:
    """Measure every format of the layer."""
    shared = {"sparsity": 0.9, "bits": 1, "include": ("*",)}
    models = {}
    with progress_bar("bench overview: storing") as bar:
        for i, (name, config) in enumerate(FORMS.items()):
            if bar is not None:
                bar(name, i, len(FORMS))
            part = layer[: len(layer) // PART] if name == SLOW else layer
            models[name] = xoropt.compress({"layer": part}, CompressConfig(**shared, **config))
    weights = xoropt.decompress(models["the paper's blocks, bitmap"])["layer"]
    size = weights.size
    calls, outs, rows, counts = {}, {}, {}, {}

    def add(name: str, sizes: tuple[float | None, float | None, float], access: bool, lines: int = 0) -> np.ndarray:
        rows[name] = (*sizes, access)
        shape = (lines or len(weights), weights.shape[1])
        counts[name] = math.prod(shape)
        outs[name] = aligned(counts[name], np.float32).reshape(shape)
        outs[name][...] = 0
        return outs[name]

    array = aligned(size, np.float32)
    array[...] = 0
    calls["fill"] = lambda: array.fill(1)
    for name, model in models.items():
        total = xoropt.report(model).total
        tensor, count = model.tensors["layer"], total.weights
        mask, values = total.mask_bits / count, (total.seed_bits + total.patch_bits) / count
        access = FORMS[name]["mask"] != "entropy"
        out = add(name, (mask, values, total.bits_per_weight), access, tensor.shape[0])
        calls[name] = lambda t=tensor, o=out: xoropt.decompress_tensor(t, "compiled", jobs=1, out=o)
    kept = np.count_nonzero(weights) / size
    name = "bitmap and packed values"
    calls[name] = bitmap(weights, add(name, (1.0, kept, 1 + kept), False))
    name = "CSR (SciPy)"
    matrix = csr_matrix(weights)
    index = 16 * kept + 32 * (len(weights) + 1) / size
    dense = add(name, (index, kept, index + kept), True)

    def scipy_dense() -> None:
        dense.fill(0)
        matrix.toarray(out=dense)

    calls[name] = scipy_dense
    name = "zstd -19 of codes"
    squeezed = zstandard.ZstdCompressor(level=19).compress(np.sign(weights).astype(np.int8).tobytes())
    scaled = add(name, (None, None, 8 * len(squeezed) / size), False)
    unsqueeze, scale = zstandard.ZstdDecompressor(), np.abs(weights).max()

    def zstd_dense() -> None:
        codes = np.frombuffer(unsqueeze.decompress(squeezed), dtype=np.int8).reshape(weights.shape)
        np.multiply(codes, scale, out=scaled)

    calls[name] = zstd_dense
    seconds = dict(zip(calls, race(list(calls.values()), repeats), strict=True))
    for name, out in outs.items():
        if name != SLOW and not np.array_equal(out, weights):  # zstd's codes lose the sign of zero, and nothing else
            raise SystemExit(f"{name} decoded something else")
    filled = size / seconds["fill"][0]
    speeds = {name: counts[name] / seconds[name][0] for name in rows}
    return [Row(name, *sizes, speeds[name], speeds[name] / filled) for name, sizes in rows.items()]


def picture(rows: list[Row], path: Path) -> None:
    """Draw bits per weight as bars, and the speed of decoding beside them.

    The dashed line is the limit for a mask drawn bit by bit. Bars may end on its left: rows and columns of the layer
    differ in density, so that its mask has less entropy, and the picture says so.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.9), layout="constrained")
    size, speed = figure.subplots(1, 2, sharey=True)
    names = [row.form for row in rows]
    left = np.zeros(len(rows))
    for part, colour in (("mask", PALETTE[5]), ("values", PALETTE[0])):
        widths = np.array([getattr(row, part) or 0.0 for row in rows])
        size.barh(names, widths, left=left, color=colour, label=part)
        left += widths
    size.barh(
        names,
        [row.total - at for row, at in zip(rows, left, strict=True)],
        left=left,
        color=PALETTE[1],
        label="not told apart",
    )
    limit = -0.9 * np.log2(0.9) - 0.1 * np.log2(0.1) + 0.1
    size.axvline(limit, color="black", linewidth=0.8, linestyle="--", label="H(S) + 1 − S, a mask drawn bit by bit")
    size.set(xlabel="bits per weight, mask included")
    figure.legend(loc="outside upper left", ncols=4, frameon=False, fontsize=9)
    below = sum(row.total < limit for row in rows)
    if below:
        figure.supxlabel(
            f"{below} forms take less than H(S) + 1 − S bits per weight, the least where all are pruned with equal\n"
            "probability. Here rows and columns differ in density, as in trained layers: a coded mask gains.",
            fontsize=9,
        )
    speed.barh(names, [row.weights_per_second / 1e9 for row in rows], color=PALETTE[7])
    speed.set(xlabel="billion weights per second to float32, one core")
    size.invert_yaxis()
    for axis in (size, speed):
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=300)


def table_of(title: str, rows: list[Row]) -> Table:
    """Make a table with a line for each format."""
    lines = [
        (
            row.form,
            *("" if part is None else f"{part:.3f}" for part in (row.mask, row.values)),
            f"{row.total:.3f}",
            "yes" if row.random_access else "no",
            *(f"{row.weights_per_second / 1e9:.2f}", f"{row.ratio_to_fill:.2f}"),
        )
        for row in rows
    ]
    columns = ("form", "mask", "values", "bits/weight", "any row alone", "G weights/s", "of filling")
    return Table(title, columns, lines, legend=LEGEND)


def main() -> None:
    """Measure, print the table, write JSON and picture."""
    options = arguments(__doc__).parse_args()
    host = machine()
    layer = draw("AlexNet FC6", 4 if options.quick else 1)["AlexNet FC6 0"]
    rows = measure(layer, 40)
    show(table_of(f"{layer.size:,} weights, S = 0.9, one bit; {host['processor']}, one core", rows))
    write(options.out, "overview", {"rows": [asdict(row) for row in rows]})
    if options.out is not None:
        picture(rows, options.out / "overview.png")


if __name__ == "__main__":
    main()
