"""How fast planes and weights come back, beside what else would hold them.

    xoropt bench decode

Random data, S = 0.9, one plane. All methods write into arrays that exist already, in turns within one run, each
many times; the figures are of the whole call, the least (and the median) of the times: on one core the processor's
time, on all cores the clock's. A plane is encoded once and
its stream repeated until it has the size asked for: speed does not depend on the values. `copy` is NumPy copying the
decoded bytes, the limit; `bitmap` a compiled bit deposit (`pdep`) from a bitmap and the kept weights' packed bits,
eight words of mask at once, written past the caches where xoropt does so; CSR is SciPy's, to a dense float32 array;
zstd (level 3) and lz4 hold the packed planes with zeros for pruned weights, each repetition by itself.
GB/s counts bytes of packed planes, an eighth of a byte a weight, whatever a method writes.
"""

import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import lz4.block
import numpy as np
import zstandard
from common import arguments, machine, write
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from rich.console import Console
from rich.table import Table
from scipy.sparse import csr_matrix

import xoropt
from xoropt.codec.ranges import STREAM_BYTES, cores
from xoropt.codec.reader import aligned
from xoropt.explore.speed import repeated
from xoropt.masks import encode_mask
from xoropt.quantize import Scales

PIECE = 182 * 23_040
"""Weights that are encoded once: whole rows of 512 lanes, whole blocks of 180 and whole steps of 80."""

NETWORKS = {
    "staged, 3 nodes an output": ("auto", None),
    "windowed, 8 taps, w=512": ("windowed:n_in=1,n_out=12,window=512,taps=8", "lanes:lanes=512"),
    "dense, w=64": ("windowed:n_in=8,n_out=96,window=64,taps=none", "lanes:lanes=512"),
    "block, n_in=20": ("block:n_in=20,n_out=180", None),
    "sequential, N_s=2": ("sequential:n_in=8,n_out=80,n_s=2", None),
}


@intrinsic
def deposit(typing_context, bits, mask):
    """The lowest bits of a word at the places that a mask has: x86's pdep."""

    def codegen(context, builder, signature, args):
        word = ir.IntType(64)
        kind = ir.FunctionType(word, [word, word])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.bmi.pdep.64"), args)

    return types.uint64(types.uint64, types.uint64), codegen


@intrinsic
def ones(typing_context, word):
    """The number of one bits of a word."""

    def codegen(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.uint64), codegen


@intrinsic
def write_past(typing_context, words, i, word):
    """words[i] = word, past the caches."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        store = builder.store(args[2], builder.gep(data, [args[1]]), align=8)
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(words, types.int64, types.uint64), codegen


@njit(nogil=True, inline="always")
def packed_word(packed, at):
    shift = np.uint64(at & 63)
    return (packed[at >> 6] >> shift) | ((packed[(at >> 6) + 1] << np.uint64(1)) << (np.uint64(63) - shift))


@njit(nogil=True)
def expand(mask, packed, out, stream):
    """The bitmap expansion; `packed` has a word to spare. Positions of eight words are summed before any is used."""
    at = np.int64(0)
    for i in range(0, len(mask) - 7, 8):
        m0, m1, m2, m3 = mask[i], mask[i + 1], mask[i + 2], mask[i + 3]
        m4, m5, m6, m7 = mask[i + 4], mask[i + 5], mask[i + 6], mask[i + 7]
        a1 = at + ones(m0)
        a2 = a1 + ones(m1)
        a3 = a2 + ones(m2)
        a4 = a3 + ones(m3)
        a5 = a4 + ones(m4)
        a6 = a5 + ones(m5)
        a7 = a6 + ones(m6)
        w0, w1 = deposit(packed_word(packed, at), m0), deposit(packed_word(packed, a1), m1)
        w2, w3 = deposit(packed_word(packed, a2), m2), deposit(packed_word(packed, a3), m3)
        w4, w5 = deposit(packed_word(packed, a4), m4), deposit(packed_word(packed, a5), m5)
        w6, w7 = deposit(packed_word(packed, a6), m6), deposit(packed_word(packed, a7), m7)
        at = a7 + ones(m7)
        if stream:
            write_past(out, i, w0)
            write_past(out, i + 1, w1)
            write_past(out, i + 2, w2)
            write_past(out, i + 3, w3)
            write_past(out, i + 4, w4)
            write_past(out, i + 5, w5)
            write_past(out, i + 6, w6)
            write_past(out, i + 7, w7)
        else:
            out[i], out[i + 1], out[i + 2], out[i + 3] = w0, w1, w2, w3
            out[i + 4], out[i + 5], out[i + 6], out[i + 7] = w4, w5, w6, w7
    for i in range(len(mask) // 8 * 8, len(mask)):
        out[i] = deposit(packed_word(packed, at), mask[i])
        at += ones(mask[i])


@dataclass(frozen=True)
class Method:
    """A way to hold the plane: what it reads, and calls that decode it on one core and on all."""

    name: str
    efficiency: float | None
    octets: int
    one: Callable[[], object]
    every: Callable[[], object] | None
    check: Callable[[], bool]


@dataclass(frozen=True)
class Row:
    """What was measured: seconds and their ratios to copying are of the least time and of the median."""

    name: str
    weights: int
    cores: int
    efficiency: float | None
    bits_per_weight: float
    seconds: tuple[float, float]
    gigabytes_per_second: tuple[float, float]
    weights_per_second: float
    ratio: tuple[float, float]


def _again(at: np.ndarray, size: int, times: int) -> np.ndarray:
    return (at + np.arange(times)[:, None] * size).reshape(-1)


def packed(bits: np.ndarray) -> np.ndarray:
    """Bits as words; a multiple of 64 of them."""
    return np.packbits(bits, bitorder="little").view(np.uint64)


def encode_all() -> tuple[np.ndarray, np.ndarray, dict[str, xoropt.Encoded | xoropt.StreamEncoded]]:
    """A piece's mask, bits and encodings."""
    rng = np.random.default_rng(0)
    care, bits = rng.random(PIECE) < 0.1, rng.random(PIECE) < 0.5
    encodings = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xoropt.RateWarning)
        for name, (network, order) in NETWORKS.items():
            solver = "greedy" if network.startswith(("block", "sequential")) else "portfolio"
            encodings[name] = xoropt.encode(bits, care, network, order=order, solver=solver, jobs=cores())
    return care, bits & care, encodings


def methods(
    care: np.ndarray, bits: np.ndarray, encodings: dict[str, xoropt.Encoded | xoropt.StreamEncoded], times: int
) -> list[Method]:
    """Everything that is compared, ready to run, each with an output of its own."""
    weights = PIECE * times
    words = weights // 64
    plane, mask = packed(bits), packed(care)
    source = aligned(words)
    source[:] = np.tile(plane, times)
    several = ThreadPoolExecutor(cores())

    def fresh() -> np.ndarray:
        out = aligned(words)
        out[:] = 0
        return out

    out = fresh()

    def copy_all() -> None:
        cuts = [words * i // cores() for i in range(cores() + 1)]
        list(
            several.map(lambda i: np.copyto(out[cuts[i] : cuts[i + 1]], source[cuts[i] : cuts[i + 1]]), range(cores()))
        )

    rows = [Method("copy", None, words * 8, lambda: np.copyto(out, source), copy_all, lambda: True)]
    whole_mask = np.tile(mask, times)
    for name, encoded in encodings.items():
        long = repeated(encoded, times)
        rows.append(_ours(name, long, fresh(), whole_mask, source))
    values = np.zeros(-(-bits[care].size * times // 64) + 2, dtype=np.uint64)
    kept = np.packbits(np.tile(bits[care], times), bitorder="little")
    values.view(np.uint8)[: len(kept)] = kept
    expanded, past = fresh(), words * 8 > STREAM_BYTES
    rows.append(
        Method(
            "bitmap, bit deposit",
            1.0,
            whole_mask.nbytes + len(kept),
            lambda: expand(whole_mask, values, expanded, past),
            None,
            lambda: bool((expanded == source).all()),
        )
    )
    squeezed = zstandard.ZstdCompressor(level=3).compress(plane.tobytes())
    unsqueeze = zstandard.ZstdDecompressor()
    fast = lz4.block.compress(plane.tobytes())
    zstd_out, lz4_out = fresh(), fresh()
    length = plane.nbytes

    def decompress(work: Callable[[], bytes], target: np.ndarray) -> None:
        octets = target.view(np.uint8)
        for i in range(times):
            octets[i * length : (i + 1) * length] = np.frombuffer(work(), dtype=np.uint8)

    for name, data, work, target in (
        ("zstd -3 of planes", squeezed, lambda: unsqueeze.decompress(squeezed), zstd_out),
        ("lz4 of planes", fast, lambda: lz4.block.decompress(fast), lz4_out),
    ):
        rows.append(
            Method(
                name,
                None,
                len(data) * times,
                lambda work=work, target=target: decompress(work, target),
                None,
                lambda target=target: bool((target == source).all()),
            )
        )
    if weights <= 1 << 26:
        columns = 23_040
        matrix = csr_matrix(
            np.where(bits, np.float32(1), np.float32(-1)).reshape(-1, columns) * care.reshape(-1, columns)
        )
        tall = csr_matrix(
            (
                np.tile(matrix.data, times),
                np.tile(matrix.indices, times),
                np.append(_again(matrix.indptr[:-1].astype(np.int64), matrix.nnz, times), matrix.nnz * times).astype(
                    np.int32
                ),
            ),
            shape=(weights // columns, columns),
        )
        dense = np.zeros(tall.shape, dtype=np.float32)
        octets = tall.data.nbytes + tall.indices.nbytes + tall.indptr.nbytes
        rows.append(
            Method("SciPy CSR to float32", None, octets, lambda: tall.toarray(out=_zero(dense)), None, lambda: True)
        )
    return rows


def _zero(array: np.ndarray) -> np.ndarray:
    array.fill(0)
    return array


def _ours(name: str, encoded, out: np.ndarray, mask: np.ndarray, expected: np.ndarray) -> Method:
    into = out.reshape(-1)
    run = lambda jobs: xoropt.decode(encoded, "compiled", output="planes", out=into, jobs=jobs)  # noqa: E731
    return Method(
        name,
        encoded.size.efficiency,
        encoded.size.total_bits // 8,
        lambda: run(1),
        lambda: run(None),
        lambda: bool(((into ^ expected) & mask == 0).all()),
    )


def race(
    calls: list[Callable[[], object]], repeats: int, clock: Callable[[], float] = time.thread_time
) -> list[tuple[float, float]]:
    """Least and median seconds of each call, in turns after a warm-up.

    On one core seconds of the processor are counted, so that what other processes do meanwhile is not.
    """
    seconds: list[list[float]] = [[] for _ in calls]
    for turn in range(repeats + 1):
        for call, times in zip(calls, seconds, strict=True):
            begin = clock()
            call()
            if turn:
                times.append(clock() - begin)
    return [(min(times), float(np.median(times))) for times in seconds]


def measure(rivals: list[Method], weights: int, repeats: int) -> list[Row]:
    """One core, then all cores."""
    rows = []
    both = [
        (1, [(method, method.one) for method in rivals]),
        (cores(), [(method, method.every) for method in rivals if method.every]),
    ]
    for number, calls in both[: 1 if cores() == 1 else 2]:
        times = race([call for _, call in calls], repeats, time.thread_time if number == 1 else time.perf_counter)
        for (method, _), seconds in zip(calls, times, strict=True):
            if not method.check():
                raise SystemExit(f"{method.name} decoded something else")
            rows.append(
                Row(
                    name=method.name,
                    weights=weights,
                    cores=number,
                    efficiency=method.efficiency,
                    bits_per_weight=8 * method.octets / weights,
                    seconds=seconds,
                    gigabytes_per_second=(weights / 8e9 / seconds[0], weights / 8e9 / seconds[1]),
                    weights_per_second=weights / seconds[0],
                    ratio=(times[0][0] / seconds[0], times[0][1] / seconds[1]),
                )
            )
    return rows


def weights_out(care: np.ndarray, encoded, times: int, repeats: int) -> list[dict[str, object]]:
    """Dense weights of each dtype beside writing (fill) and copying the same array; one core."""
    figures = []
    shape = (times * 182, 23_040)
    long = replace(repeated(encoded, times), shape=shape, planes=1)
    whole = np.tile(care, times).reshape(shape)
    masks = {codec: encode_mask(whole, codec) for codec in ("bitmap", "prefix")}
    import ml_dtypes

    for dtype in (np.float32, np.float16, ml_dtypes.bfloat16, np.int8):
        levels = (
            xoropt.quantize.Codebook(np.array([-1, 1], np.int8))
            if dtype is np.int8
            else Scales(np.full((1, 1), 0.25, np.float32), np.dtype(dtype))
        )
        arrays = [aligned(whole.size, dtype).reshape(shape) for _ in range(5)]
        for array in arrays:
            array.view(np.uint8)[...] = 0
        tensors = [xoropt.CompressedTensor(shape, levels, *masks[codec], long) for codec in masks]
        part = slice(shape[0] // 3, shape[0] // 3 + shape[0] // 100 or 1)
        calls = {
            "fill": lambda a=arrays: a[0].fill(1),
            "copy": lambda a=arrays: np.copyto(a[1], a[0]),
            "bitmap mask": lambda a=arrays, t=tensors: xoropt.decompress_tensor(t[0], "compiled", jobs=1, out=a[2]),
            "prefix mask": lambda a=arrays, t=tensors: xoropt.decompress_tensor(t[1], "compiled", jobs=1, out=a[3]),
            "1 % of the rows": lambda a=arrays, t=tensors, p=part: xoropt.decompress_tensor(
                t[0], "compiled", jobs=1, rows=p, out=a[4][: p.stop - p.start]
            ),
        }
        seconds = race(list(calls.values()), repeats)
        for name, times_taken in zip(calls, seconds, strict=True):
            figures.append(
                {
                    "dtype": np.dtype(dtype).name,
                    "weights": whole.size,
                    "what": name,
                    "seconds": times_taken,
                    "gigabytes_per_second": arrays[0].nbytes / 1e9 / times_taken[0],
                    "ratio_to_fill": (seconds[0][0] / times_taken[0], seconds[0][1] / times_taken[1]),
                    "ratio_to_copy": (seconds[1][0] / times_taken[0], seconds[1][1] / times_taken[1]),
                }
            )
    return figures


def random_access(encoded, times: int, repeats: int) -> dict[str, float]:
    """Seconds for 1 % of the rows, planes and bits, by the seconds for all of them."""
    rows = 100 * max(1, PIECE * times // (100 * 4608))
    long = repeated(encoded, times)
    long = replace(long, shape=(PIECE * times // 4608, 4608), planes=None)
    part = slice(rows // 3, rows // 3 + rows // 100)
    shares = {}
    for output, whole, some in (
        ("planes", aligned(PIECE * times // 64), aligned(rows // 100 * 72)),
        ("bits", np.zeros(long.shape, bool), np.zeros((rows // 100, 4608), bool)),
    ):
        whole[...] = 0
        (all_of_it, _), (a_part, _) = race(
            [
                lambda o=output, w=whole: xoropt.decode(long, "compiled", output=o, out=w, jobs=1),
                lambda o=output, s=some: xoropt.decode(long, "compiled", output=o, rows=part, out=s, jobs=1),
            ],
            repeats,
        )
        shares[output] = a_part / all_of_it
        shares[f"{output}_seconds"] = a_part
    return shares


def processes(weights: int) -> dict[str, float]:
    """Whole processes: `xoropt decompress` of one layer, with no kernel compiled yet and after, and its memory."""
    rng = np.random.default_rng(1)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        cache = {**os.environ, "NUMBA_CACHE_DIR": str(Path(folder) / "cache")}
        for name, shape in (("small", (512, 800)), ("large", (weights // 4096, 4096))):
            array = rng.standard_normal(shape, dtype=np.float32)
            model = xoropt.compress({"w": array}, xoropt.CompressConfig(sparsity=0.9, bits=1, jobs=cores()))
            xoropt.save(model, Path(folder) / name)
            del array, model
        for name, decoder, what in (
            ("small", "auto", "small, first ever"),
            ("small", "auto", "small, later"),
            ("small", "compiled", "small, compiled, first ever"),
            ("small", "compiled", "small, compiled, later"),
            ("large", "compiled", "large, compiled, first of its dtype"),
            ("large", "auto", "large, later"),
        ):
            target = Path(folder) / "out"
            target.unlink(missing_ok=True)
            begin = time.perf_counter()
            command = [sys.executable, "-m", "xoropt", "decompress", str(Path(folder) / name), str(target)]
            subprocess.run([*command, "--decoder", decoder], check=True, env=cache)
            figures[what] = time.perf_counter() - begin
        memory = []
        for name in ("small", "large"):
            command = [sys.executable, "-c", MEMORY, str(Path(folder) / name), str(Path(folder) / f"{name}.out")]
            answer = subprocess.run(command, check=True, env=cache, capture_output=True, text=True)
            memory.append(int(answer.stdout))
        figures["output_mib"] = weights * 4 / 2**20
        figures["peak_mib_over_a_small_file"] = (memory[1] - memory[0]) / 1024
    return figures


MEMORY = """
import sys
from xoropt.pipeline import decompress_to
decompress_to(sys.argv[1], sys.argv[2], decoder="compiled")
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def draw(rows: list[Row], path: Path) -> None:
    """A bar for each method: its speed by that of copying, one core."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sizes = sorted({row.weights for row in rows})
    figure, axes = plt.subplots(1, len(sizes), figsize=(5.5 * len(sizes), 4), sharey=True, squeeze=False)
    for axis, weights in zip(axes[0], sizes, strict=True):
        some = [row for row in rows if row.weights == weights and row.cores == 1]
        axis.barh([row.name for row in some], [row.ratio[0] for row in some])
        axis.axvline(1, color="black", linewidth=0.8)
        axis.invert_yaxis()
        axis.set_title(f"{weights / 1e6:.0f} million weights, one core")
        axis.set_xlabel("speed by that of copying the decoded bytes")
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, print the tables, write JSON and picture."""
    options = arguments(__doc__).parse_args()
    console, host = Console(width=132), machine()
    sizes = {1: 40, 10: 20} if options.quick else {10: 40, 96: 12}
    care, bits, encodings = encode_all()
    staged = encodings["staged, 3 nodes an output"]
    rows: list[Row] = []
    for times, repeats in sizes.items():
        rows += measure(methods(care, bits, encodings, times), PIECE * times, repeats)
    for weights in sorted({row.weights for row in rows}):
        table = Table(title=f"{weights:,} weights to packed planes; {host['processor']}, {host['cores']} cores")
        for column in (
            "method",
            "cores",
            "E",
            "bits/weight read",
            "GB/s (median)",
            "G weights/s",
            "of copying (median)",
        ):
            table.add_column(column, justify="left" if column == "method" else "right")
        for row in rows:
            if row.weights == weights:
                table.add_row(
                    row.name,
                    str(row.cores),
                    "" if row.efficiency is None else f"{row.efficiency:.1%}",
                    f"{row.bits_per_weight:.3f}",
                    f"{row.gigabytes_per_second[0]:.2f} ({row.gigabytes_per_second[1]:.2f})",
                    f"{row.weights_per_second / 1e9:.2f}",
                    f"{row.ratio[0]:.2f} ({row.ratio[1]:.2f})",
                )
        console.print(table)
    times = max(1, 10 if not options.quick else 1)
    dense = weights_out(care, staged, times, 10)
    table = Table(title=f"{PIECE * times:,} weights to dense arrays, one core")
    for column in ("dtype", "what", "ms (median)", "GB/s", "of fill (median)", "of copying (median)"):
        table.add_column(column, justify="left" if column in ("dtype", "what") else "right")
    for figure in dense:
        least, median = figure["seconds"]
        part = figure["what"].startswith("1 %")
        table.add_row(
            figure["dtype"],
            figure["what"],
            f"{least * 1e3:.2f} ({median * 1e3:.2f})",
            "" if part else f"{figure['gigabytes_per_second']:.2f}",
            "" if part else "{:.2f} ({:.2f})".format(*figure["ratio_to_fill"]),
            "" if part else "{:.2f} ({:.2f})".format(*figure["ratio_to_copy"]),
        )
    console.print(table)
    access = {PIECE * n: random_access(staged, n, 20) for n in sizes}
    for weights, shares in access.items():
        console.print(
            f"1 % of the rows of {weights:,} weights: packed {shares['planes']:.2%} of the time for all"
            f" ({shares['planes_seconds'] * 1e6:.0f} µs), bits {shares['bits']:.2%}"
        )
    whole = processes((4 if options.quick else 16) << 20)
    for what, value in whole.items():
        console.print(f"{what}: {value:.2f}{'' if 'mib' in what else ' s'}")
    figures = {
        "planes": [asdict(row) for row in rows],
        "dense": dense,
        "random_access": access,
        "processes": whole,
    }
    console.print(f"Written: {write(options.out, 'decode', figures)}")
    draw(rows, options.out / "decode.png")


if __name__ == "__main__":
    main()
