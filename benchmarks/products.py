"""How fast products with compressed weights are, beside dense, sparse and quantized ones.

    xoropt bench products

Square matrices of normal numbers, pruned by magnitude and quantized to one, two and four bits, and dense ones of
bfloat16, times 1, 4, 16 and 128 vectors, on one core and on all. Ours: from the compressed form alone; with the mask's
bits kept from call to call (`cache="mask"`); with all bits kept (`cache="bits"`). Rivals hold the same weights: NumPy's
BLAS and torch (oneDNN) dense in float32, torch dense in bfloat16, SciPy's and torch's CSR, and torch's dynamic
quantization to int8, which rounds and so is not the same product. Those that need a package that is missing are left
out.

All methods take turns, in several rounds; a figure is the least time of all rounds, which is what a method takes when
nobody disturbs it. "held" is the memory that a method keeps of the weights between calls, and so the bytes that it
reads once in each call, as long as they do not fit into the caches.
"""

import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from common import Table, arguments, machine, show, write
from threadpoolctl import threadpool_limits

import xoropt
from xoropt.model.tensors import tensor_bits

SECONDS = 0.4
"""The time to measure each method of a case, at most `ROUNDS` rounds."""
ROUNDS = 40


@dataclass(frozen=True)
class Case:
    """Weights to multiply.

    Attributes:
        size: rows and columns.
        sparsity: share of pruned weights.
        bits: of a kept weight; 16: bfloat16.
        mask: the mask's codec.
    """

    size: int
    sparsity: float
    bits: int
    mask: str


@dataclass(frozen=True)
class Figure:
    """What was measured for one method.

    Attributes:
        case: the weights.
        vectors: how many at once.
        cores: 1 or all.
        method: its name.
        milliseconds: the least time of a call.
        held: bytes kept of the weights.
    """

    case: Case
    vectors: int
    cores: int
    method: str
    milliseconds: float
    held: int

    @property
    def weights_per_second(self) -> float:
        """Weights times vectors, in a second."""
        return self.case.size**2 * self.vectors / self.milliseconds * 1e3


Method = tuple[Callable[[], Any], int]
"""A call, and the bytes that it keeps of the weights."""


@lru_cache(maxsize=1)
def compressed(case: Case) -> xoropt.CompressedTensor:
    """Compress the weights of a case."""
    weights = np.random.default_rng(0).standard_normal((case.size, case.size), dtype=np.float32)
    if case.bits == 16:
        tensor = xoropt.compress({"w": (0.02 * weights).astype(ml_dtypes.bfloat16)}, patches="greedy")["w"]
    else:
        chosen = {"sparsity": case.sparsity, "bits": case.bits, "mask": case.mask}
        tensor = xoropt.compress({"w": weights}, patches="greedy", **chosen)["w"]
    assert isinstance(tensor, xoropt.CompressedTensor)
    return tensor


def ours(case: Case, x: np.ndarray, cores: int) -> tuple[dict[str, Method], np.ndarray]:
    """Return our methods, and the weights as they come back."""
    tensor = compressed(case)
    stored, plane = sum(tensor_bits(tensor)) // 8, case.size**2 // 8
    methods: dict[str, Method] = {"xoropt": (lambda: xoropt.matvec(tensor, x, jobs=cores), stored)}
    if case.bits <= 4:
        kept = {"mask": stored + plane, "bits": stored + plane * (1 + case.bits)}
        for cache, held in kept.items():
            own = replace(tensor)  # calls that keep the mask would use the bits that others keep of the same tensor
            methods[f"xoropt, {cache} kept"] = (
                lambda own=own, cache=cache: xoropt.matvec(own, x, jobs=cores, cache=cache),
                held,
            )
    return methods, xoropt.decompress_tensor(tensor).astype(np.float32)


def dense_and_sparse(weights: np.ndarray, x: np.ndarray) -> dict[str, Method]:
    """Return the methods of NumPy and SciPy."""
    methods: dict[str, Method] = {"dense float32, NumPy": (lambda: weights @ x, weights.nbytes)}
    if np.count_nonzero(weights) < 0.6 * weights.size:
        with suppress(ImportError):
            from scipy.sparse import csr_matrix

            csr = csr_matrix(weights)
            methods["CSR, SciPy"] = (lambda: csr @ x, csr.data.nbytes + csr.indices.nbytes + csr.indptr.nbytes)
    return methods


def of_torch(weights: np.ndarray, x: np.ndarray) -> dict[str, Method]:
    """Return the methods of torch; none where it is missing."""
    try:
        import torch
    except ImportError:
        return {}
    w, columns = torch.from_numpy(weights), torch.from_numpy(np.ascontiguousarray(x.reshape(len(x), -1)))
    rows = columns.T.contiguous()
    half, half_rows = w.bfloat16(), rows.bfloat16()
    methods: dict[str, Method] = {
        "dense float32, torch": (lambda: torch.nn.functional.linear(rows, w), weights.nbytes),
        "dense bfloat16, torch": (lambda: torch.nn.functional.linear(half_rows, half), weights.nbytes // 2),
    }
    if np.count_nonzero(weights) < 0.6 * weights.size:
        csr = w.to_sparse_csr()
        held = csr.values().nbytes + csr.col_indices().nbytes + csr.crow_indices().nbytes
        methods["CSR, torch"] = (lambda: csr @ columns, held)
    layer = torch.nn.Linear(weights.shape[1], weights.shape[0], bias=False)
    layer.weight.data = w
    with suppress(RuntimeError, AttributeError, ImportError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated, and still what torch itself comes with
        quantized = torch.ao.quantization.quantize_dynamic(torch.nn.Sequential(layer), {torch.nn.Linear}, torch.qint8)
        quantized(rows)
        methods["int8 dynamic, torch"] = (lambda: quantized(rows), weights.size)
    return methods


def measure(methods: dict[str, Method]) -> dict[str, float]:
    """Return the least seconds of each method, which take turns."""
    least = dict.fromkeys(methods, float("inf"))
    spent = 0.0
    for round_ in range(ROUNDS + 1):
        for name, (call, _) in methods.items():
            begin = time.perf_counter()
            call()
            seconds = time.perf_counter() - begin
            spent += seconds
            if round_:  # the first warms up
                least[name] = min(least[name], seconds)
        if round_ > 2 and spent > SECONDS * len(methods):
            break
    return least


def figures_of(case: Case, batches: list[int], cores: int) -> list[Figure]:
    """Measure all methods of a case."""
    rng = np.random.default_rng(1)
    figures = []
    for vectors in batches:
        x = rng.standard_normal((case.size, vectors) if vectors > 1 else case.size, dtype=np.float32)
        methods, weights = ours(case, x, cores)
        methods |= dense_and_sparse(weights, x) | of_torch(weights, x)
        reference = weights @ x
        worst = np.abs(np.asarray(methods["xoropt"][0]()) - reference).max() / np.abs(reference).max()
        assert worst < 1e-4, worst
        for name, seconds in measure(methods).items():
            figures.append(Figure(case, vectors, cores, name, seconds * 1e3, methods[name][1]))
    return figures


def table_of(case: Case, figures: list[Figure]) -> Table:
    """Make the table of a case: a row for each method, number of vectors and cores."""
    kind = (
        "bfloat16"
        if case.bits == 16
        else f"{case.bits} bit{'s' * (case.bits > 1)}, S = {case.sparsity}, mask {case.mask}"
    )
    dense = {(f.vectors, f.cores): f.milliseconds for f in figures if f.method == "dense float32, NumPy"}
    lines = [
        (
            *(f.method, str(f.vectors), str(f.cores), f"{f.milliseconds:.3f}"),
            f"{dense[f.vectors, f.cores] / f.milliseconds:.2f}",
            f"{f.weights_per_second / 1e9:.1f}",
            *(f"{f.held / 1e6:.2f}", f"{8 * f.held / case.size**2:.2f}"),
        )
        for f in figures
    ]
    columns = ("method", "vectors", "cores", "ms", "of dense", "G/s", "MB", "bits/weight")
    legend = (
        "of dense: the speed as a share of that of NumPy in float32; G/s: billion weights times vectors a second; "
        "MB, bits/weight: held of the weights"
    )
    return Table(f"{case.size} × {case.size}, {kind}", columns, lines, names=3, legend=legend)


def draw(figures: list[Figure], path: Path) -> None:
    """Draw the time of each method against the bytes that it holds, with lines of equal bandwidth."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    some = [f for f in figures if f.vectors == 1 and f.cores == 1]
    figure, axis = plt.subplots(figsize=(8, 6))
    for method in dict.fromkeys(f.method for f in some):
        own = [f for f in some if f.method == method]
        marker = "o" if method.startswith("xoropt") else "x"
        axis.scatter([f.held / 1e6 for f in own], [f.milliseconds for f in own], label=method, marker=marker)
    ends = np.array(axis.get_xlim()).clip(0.01)
    for bandwidth in (1, 10, 40):
        axis.plot(ends, ends / bandwidth, color="grey", linewidth=0.6)
        axis.annotate(f"{bandwidth} GB/s", (ends[1], ends[1] / bandwidth), fontsize=8, color="grey")
    axis.set(xscale="log", yscale="log", xlabel="bytes held and read, MB", ylabel="ms for one vector, one core")
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def cases(quick: bool) -> list[Case]:
    """Return the weights to measure: the sizes at one sparsity, and the sparsities at one size."""
    size = 1024 if quick else 4096
    made = [Case(size, s, 1, "bitmap") for s in ((0.5, 0.9) if quick else (0.5, 0.7, 0.8, 0.9, 0.95))]
    made += [
        Case(size, 0.9, 1, "prefix"),
        Case(size, 0.5, 2, "bitmap"),
        Case(size, 0.5, 4, "bitmap"),
        Case(size, 0.0, 16, "full"),
    ]
    if not quick:
        made += [Case(other, 0.9, 1, mask) for other in (1024, 2048, 8192) for mask in ("bitmap", "prefix")]
    return made


def main() -> None:
    """Measure, print the tables, write JSON and picture."""
    parser = arguments(__doc__)
    parser.add_argument("--one-core", action="store_true", help="leave out the measurements on all cores")
    parser.add_argument(
        "--batches", default="1,4,16,128", metavar="LIST", help="numbers of vectors (default: 1,4,16,128)"
    )
    options = parser.parse_args()
    batches = [int(number) for number in options.batches.split(",")]
    host = machine()
    figures: list[Figure] = []
    for case in cases(options.quick):
        some: list[Figure] = []
        for cores in dict.fromkeys((1,) if options.one_core else (1, host["cores"])):
            with suppress(ImportError):
                import torch

                torch.set_num_threads(cores)
            with threadpool_limits(cores):
                some += figures_of(case, batches, cores)
        show(table_of(case, some))
        figures += some
    rows = [asdict(f) | {"weights_per_second": f.weights_per_second} for f in figures]
    write(options.out, "products", {"figures": rows})
    if options.out is not None:
        draw(figures, options.out / "products.png")


if __name__ == "__main__":
    main()
