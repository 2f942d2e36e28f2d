"""How fast planes are encoded through windowed networks, how near the limit, and how fast they are decoded again."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from common import Table

import xoropt
from xoropt.codec.streams import auto, encoder

__all__ = ["StreamRow", "effort_rows", "stream_table", "sweep_rows"]

SPARSITIES = (0.1, 0.5, 0.7, 0.9, 0.95, 0.99, 0.995)
WINDOWS = ((863, 96, 16), (671, 32, 29), (415, 32, 29), (399, 48, 8))
"""Span, memory and seed of the cascades of four layers that the sweep compares."""
UNEVEN = (1, 2 / 3, 1 / 2, 1 / 4)
"""How uneven a ring may be, in the unit of `auto.CASCADES`; shorter rings are less uneven."""
REPEATS = 5


@dataclass(frozen=True)
class StreamRow:
    """The figures of one way to encode a random plane.

    Attributes:
        name: the effort, or what was changed.
        cores: that encoded.
        weights: of the plane.
        sparsity: the share of don't-care bits.
        network: the recipe of the network.
        window: bits of its window.
        rings: segments.
        efficiency: E.
        patches: care bits that are flipped.
        million_care_bits_per_second: the least, median and most of five encodings, the check by decoding included.
        copy_ratio: the speed of decoding to packed planes as a fraction of copying them, from the least times.
        peak_megabytes: the most memory that was taken beside the plane.
    """

    name: str
    cores: int
    weights: int
    sparsity: float
    network: str
    window: int
    rings: int
    efficiency: float
    patches: int
    million_care_bits_per_second: tuple[float, float, float]
    copy_ratio: float
    peak_megabytes: float


def measure(name: str, sparsity: float, weights: int, effort: str, jobs: int = 1) -> StreamRow:
    """Encode a random plane, and decode it again and again, in turns with copying it.

    Args:
        name: what to call the row.
        sparsity: the share of don't-care bits.
        weights: of the plane, a multiple of 512 so that it can be repeated for the decoder.
        effort: as for `xoropt.encode`.
        jobs: threads. With one, the time is that of the processor; with several, that of the clock.
    """
    rng = np.random.default_rng(round(1000 * sparsity))
    care, bits = rng.random(weights) >= sparsity, rng.random(weights) < 0.5
    clock = time.process_time if jobs == 1 else time.perf_counter
    encoded = xoropt.encode(bits, care, effort=effort, jobs=jobs)
    seconds = []
    for _ in range(REPEATS):
        begin = clock()
        xoropt.encode(bits, care, effort=effort, jobs=jobs)
        seconds.append(clock() - begin)
    tracemalloc.start()
    xoropt.encode(bits, care, effort=effort, jobs=jobs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = encoded.size
    speeds = size.care_bits / np.array([max(seconds), np.median(seconds), min(seconds)]) / 1e6
    return StreamRow(
        name=name,
        cores=jobs,
        weights=weights,
        sparsity=sparsity,
        network=encoded.network.recipe,
        window=encoded.network.window,
        rings=len(encoded.layouts[0].rows),
        efficiency=size.efficiency,
        patches=size.patches,
        million_care_bits_per_second=(float(speeds[0]), float(speeds[1]), float(speeds[2])),
        copy_ratio=_copy_ratio(encoded.tiled(8)),
        peak_megabytes=peak / 1e6,
    )


def _copy_ratio(encoded: xoropt.StreamEncoded) -> float:
    out = np.empty(-(-encoded.outputs // 64), dtype=np.uint64)
    source = np.ones_like(out)
    least = [float("inf")] * 2
    works = (
        lambda: xoropt.decode(encoded, "compiled", output="planes", jobs=1, out=out),
        lambda: np.copyto(out, source),
    )
    for _ in range(12):
        for i, work in enumerate(works):
            begin = time.process_time()
            work()
            least[i] = min(least[i], time.process_time() - begin)
    return least[1] / least[0]


def effort_rows(weights: int, cores: int) -> Iterator[StreamRow]:
    """Measure every effort at several sparsities, on one core, and at S = 0.9 on all cores."""
    for sparsity in SPARSITIES:
        for effort in auto.EFFORTS:
            yield measure(effort, sparsity, weights, effort)
    for effort in auto.EFFORTS if cores > 1 else ():
        yield measure(effort, 0.9, 4 * weights, effort, cores)


def sweep_rows(weights: int) -> Iterator[StreamRow]:
    """Measure windows and lengths of rings at S = 0.9, one by one, as the effort "normal" has them otherwise."""
    for span, memory, seed in WINDOWS:
        for part in UNEVEN:
            choice = auto.Choice(auto.MOST_OUTPUTS, 4, span, memory, seed, round(part * encoder.SEGMENT))
            with _instead(choice):
                yield measure(f"≤ {part:.2f}", 0.9, weights, "normal")


@contextmanager
def _instead(choice: auto.Choice) -> Iterator[None]:
    """Let the effort "normal" take one cascade, whatever the density."""
    kept = auto.CASCADES["normal"]
    auto.CASCADES["normal"] = (choice,)
    auto.auto_network.cache_clear()
    try:
        yield
    finally:
        auto.CASCADES["normal"] = kept
        auto.auto_network.cache_clear()


def stream_table(title: str, name: str, rows: list[StreamRow]) -> Table:
    """Make a table with a line for each row; `name` is the heading of their names."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        low, median, high = row.million_care_bits_per_second
        lines.append(
            (
                *(row.name, f"{row.sparsity}", f"{row.window}", f"{row.rings}", f"{row.patches}"),
                *(f"{row.efficiency:.3%}", f"{median:.2f}", f"{low:.2f}–{high:.2f}"),
                *(f"{row.copy_ratio:.2f}", f"{row.peak_megabytes:.1f}"),
            )
        )
    columns = (name, "S", "window", "rings", "patches", "E", "M/s", "least–most", "copy", "peak MB")
    legend = (
        "M/s: million care bits encoded a second, the median of five runs; "
        "copy: the speed of decoding to packed planes as a share of copying them"
    )
    return Table(title, columns, lines, names=2, legend=legend)
