"""Tensors as other pruning and quantization methods make them, stored exactly: bits per weight against their limits.

    xoropt bench inputs

The limit is H(mask) + (1 − S)·n_q: the information of the mask (for structured masks that of the structure) and n_q
bits for every kept weight. Scales and zero points are small tensors of their own, stored as they are and counted on
both sides. *Information* is the empirical entropy of the kept values. Where it is clearly below n_q, as in the upper
bits of rounded normal weights, this format is the wrong choice, and an entropy coder the right one.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
from common import Table, arguments, machine, show, write

import xoropt
from xoropt import CompressConfig


@dataclass(frozen=True)
class Row:
    """One kind of tensor."""

    method: str
    sparsity: float
    planes: int
    information: float
    network: str
    mask_codec: str
    mask: float
    values: float
    groups: float
    total: float
    limit: float


def entropy(p: float) -> float:
    """H(p) in bits."""
    return 0.0 if p in (0, 1) else -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def cases(side: int) -> dict[str, tuple[dict[str, np.ndarray], float]]:
    """Make tensors by method: `w` and what belongs to it, and the information of its mask in bits per weight."""
    rng = np.random.default_rng(0)
    normal = rng.standard_normal((side, side)).astype(np.float32)
    found: dict[str, tuple[np.ndarray, float]] = {}
    beside: dict[str, dict[str, np.ndarray]] = {}
    for n, m in ((2, 4), (1, 4), (4, 8)):
        order = np.abs(normal).reshape(side, -1, m).argsort(axis=2).argsort(axis=2)
        mask = (order >= m - n).reshape(side, side)
        found[f"{n}:{m}, sign"] = np.where(mask, np.sign(normal), 0), math.log2(math.comb(m, n)) / m
    blocks = rng.random((side // 16, side // 16)) < 0.2
    mask = np.kron(blocks, np.ones((16, 16), dtype=bool))
    found["16×16 blocks, 80 %, sign"] = np.where(mask, np.sign(normal), 0), entropy(0.2) / 256
    for sparsity, bits in ((0.4, 4), (0.5, 3), (0.7, 2)):
        kept = xoropt.quantize.prune(normal, sparsity)
        found[f"unstructured, uniform {bits}-bit"] = (
            np.where(kept, rng.integers(1, 2**bits + 1, normal.shape), 0).astype(np.int8),
            entropy(sparsity),
        )
    for sparsity, bits in ((0.5, 4), (0.6, 8), (0.4, 3)):  # integers with a scale and a zero point for groups of 128
        kept = xoropt.quantize.prune(normal, sparsity)
        groups = normal.reshape(side, -1, 128)
        low, high = groups.min(axis=2, keepdims=True), groups.max(axis=2, keepdims=True)
        scale = (high - low) / (2**bits - 2)
        zero = 1 - np.rint(low / scale)  # 0 is left for what is pruned
        codes = np.clip(np.rint(groups / scale) + zero, 1, 2**bits - 1).reshape(side, side)
        method = f"unstructured, groups of 128 in {bits}-bit integers"
        found[method] = np.where(kept, codes, 0).astype(np.uint8), entropy(sparsity)
        beside[method] = {"scales": scale[..., 0].astype(np.float16), "zeros": zero[..., 0].astype(np.uint8)}
    ternary = np.sign(normal) * (np.abs(normal) > 0.6745)
    found["ternary, half zero"] = ternary.astype(np.int8), 1.0
    return {method: ({"w": tensor} | beside.get(method, {}), mask) for method, (tensor, mask) in found.items()}


def measure(method: str, tensors: dict[str, np.ndarray], mask_information: float) -> Row:
    """Compress and verify one tensor and what belongs to it, and count its bits."""
    tensor = tensors["w"]
    model = xoropt.compress(tensors, CompressConfig(include=("w",), mask="smallest"))
    if not all(check.lossless for check in xoropt.verify(model, tensors)):
        raise SystemExit(f"{method}: not lossless")
    stored = model.tensors["w"]
    if isinstance(stored, xoropt.UncompressedTensor):
        raise SystemExit(f"{method}: left uncompressed, {stored.reason}")
    figures = xoropt.report(model).tensors["w"]
    kept = np.count_nonzero(tensor) / tensor.size
    groups = 8 * sum(array.nbytes for name, array in tensors.items() if name != "w") / tensor.size
    return Row(
        method=method,
        sparsity=1 - kept,
        planes=figures.planes,
        information=figures.value_entropy,
        network=figures.network.partition(":")[0],
        mask_codec=stored.mask_codec,
        mask=figures.mask_bits / tensor.size,
        values=(figures.seed_bits + figures.patch_bits) / tensor.size,
        groups=groups,
        total=figures.bits_per_weight + groups,
        limit=mask_information + kept * figures.planes + groups,
    )


def table_of(title: str, rows: list[Row]) -> Table:
    """Make a table with a line for each method."""
    lines = [
        (
            *(row.method, f"{row.sparsity:.2f}", str(row.planes), f"{row.information:.2f}", row.mask_codec),
            *(f"{figure:.4f}" for figure in (row.mask, row.values, row.groups, row.total, row.limit)),
            f"{row.total / row.limit - 1:+.1%}",
        )
        for row in rows
    ]
    columns = ("method", "S", "n_q", "H", "codec", "mask", "values", "scales", "in all", "limit", "over")
    legend = (
        "S: share of zeros; n_q: bit planes; H: entropy of a kept value, in bits; codec: of the mask; from mask to "
        "limit: bits/weight; limit: the mask's entropy, n_q bits for each kept value, and the scales; over: above the "
        "limit, or below it (-) where H is less than n_q"
    )
    return Table(title, columns, lines, legend=legend)


def main() -> None:
    """Measure every method; print the table, write the JSON."""
    options = arguments(__doc__).parse_args()
    side = 512 if options.quick else 1024
    rows = [measure(method, *case) for method, case in cases(side).items()]
    show(table_of(f"Tensors of {side}×{side} weights, stored exactly: {machine()['processor']}", rows))
    write(options.out, "inputs", {"side": side, "rows": [asdict(row) for row in rows]})


if __name__ == "__main__":
    main()
