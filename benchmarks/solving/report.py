"""What the comparison of the solvers shows: tables and the cactus plot."""

from typing import Any

from common import Table

from solving.comparison import Comparison, Timing
from solving.variants import MODELS
from xoropt.explore.symbols import COLOURS

__all__ = ["cactus", "tables"]


def tables(result: Comparison) -> list[Table]:
    """Tables of the strategies, of their throughput, and of what models and encodings bring."""
    found = [_strategies(result), _throughput(result), _models(result)]
    return [*found, _encodings(result)] if result.encodings else found


def _strategies(result: Comparison) -> Table:
    lines = []
    for name, row in result.summary.items():
        excess = "–" if row.mean_excess is None else f"{row.mean_excess:.2f}"
        note = "" if row.answered == 1 else f" (of {row.answered:.0%})"
        lines.append((name, f"{row.proved:.0%}", _time(row.median_seconds), excess + note))
    title = f"{len(result.blocks)} blocks, {result.effort.time_limit:g} s each"
    return Table(title, ("strategy", "proved", "median time", "mean excess"), lines)


def _throughput(result: Comparison) -> Table:
    lines = [
        (
            *(row.strategy, str(row.n_in), str(row.n_out), f"{row.blocks_per_cpu_second:,.0f}"),
            f"{row.care_bits_per_cpu_second / 1e6:.1f} M",
            *(f"{row.patches_per_block:.3f}", f"{row.proved:.2%}"),
        )
        for row in result.throughput
    ]
    columns = ("strategy", "n_in", "n_out", "blocks/s", "care bits/s", "patches/block", "proved")
    return Table("Throughput on one core, S = 0.9", columns, lines)


def _models(result: Comparison) -> Table:
    problems, k, n, _ = result.effort.models
    lines = []
    for variant in MODELS:
        found = [[row for row in rows if row.label == variant.label] for rows in result.models.values()]
        lines.append((variant.label, *(_cell(rows[0], problems) if rows else "" for rows in found)))
    return Table(f"What the models bring: median time, k = {k}, n = {n}", ("model", *result.models), lines)


def _encodings(result: Comparison) -> Table:
    problems, k, n, _ = result.effort.encodings
    lines = [(row.label, _cell(row, problems)) for row in result.encodings]
    return Table(f"Dense random problem, k = {k}, n = {n}, xorsat", ("encoding", "median time"), lines)


def _cell(row: Timing, problems: int) -> str:
    return _time(row.median_seconds) + ("" if row.proved == problems else f" ({row.proved}/{problems})")


def _time(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def cactus(result: Comparison) -> Any:
    """Draw how many blocks each strategy proves within a time for each; None where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    proved = {name: sorted(run.seconds for run in runs if run.optimal) for name, runs in result.outcomes.items()}
    for i, (name, times) in enumerate(proved.items()):
        if times:
            style = {"color": COLOURS[i % len(COLOURS)], "linestyle": "-" if i < len(COLOURS) else "--"}
            axes.plot(range(1, len(times) + 1), times, marker=".", label=f"{name} ({len(times)})", **style)
    axes.set_yscale("log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("blocks proved minimal")
    axes.set_ylabel("seconds for the block, warm, the slowest last")
    axes.set_title(f"{len(result.blocks)} blocks, time limit {result.effort.time_limit:g} s")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True, alpha=0.3)
    handles, names = axes.get_legend_handles_labels()
    best = sorted(zip(handles, names, strict=True), key=lambda entry: -len(proved[entry[1].rpartition(" (")[0]]))
    figure.legend(*zip(*best, strict=True), title="strategy (proved)", loc="outside right center", frameon=False)
    return figure
