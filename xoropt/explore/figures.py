"""Figures of an exploration, for papers: E against each cost."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

from xoropt.common.errors import XoroptError
from xoropt.common.files import whole_file
from xoropt.explore.front import GRAIN

__all__ = ["draw_fronts", "write_figures"]

PANELS = (
    ("gates", "two-input XOR gates an output", True),
    ("registers", "register bits", True),
    ("depth", "depth in XOR gates", True),
    ("decode_speed", "weights decoded a second, one core", False),
)
"""Key, label, and whether less of it is better."""
COLOURS = ("#2f6db5", "#c8500a", "#0b8a62", "#a8458c", "#b58a00", "#5a4fc4", "#b3273a", "#7b8794")
MARKERS = "osd^vPXD"
TICKS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998)
FORMATS = ("svg", "png")


def write_figures(figures: dict[str, Any], folder: str | os.PathLike[str]) -> list[Path]:
    """Write E against each cost, a figure for each workload, as SVG and PNG.

    Args:
        figures: of `Exploration.to_dict`.
        folder: of the files `front.svg` and `front.png`, or `front-S=0.9.svg` … where there are several workloads.

    Returns:
        The files; none where matplotlib isn't installed.

    Raises:
        XoroptError: they can't be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return []
    workloads = list(dict.fromkeys(point["workload"] for point in figures["points"]))
    written = []
    for workload in workloads:
        figure = Figure(figsize=(9, 6.4), layout="constrained")
        draw_fronts(figures, workload, figure.subplots(2, 2, sharey=True).reshape(-1))
        for kind in FORMATS:
            path = Path(folder) / f"front{f'-{workload}' if len(workloads) > 1 else ''}.{kind}"
            with whole_file(path, overwrite=True) as part:
                figure.savefig(part, format=kind, dpi=160)
            written.append(path)
    return written


def draw_fronts(figures: dict[str, Any], workload: str, axes: Any) -> None:
    """Draw E against gates, registers, depth and decoding speed into four matplotlib axes.

    E stands on a scale of the loss 1 − E, so that 99 % and 99.9 % are as far apart as 90 % and 99 %. Points on a front
    are filled; lines are the fronts of what is drawn.

    The legend goes above them all, outside: the figure's layout should be "constrained".

    Args:
        figures: of `Exploration.to_dict`.
        workload: which of its workloads.
        axes: four of matplotlib's `Axes`.

    Raises:
        XoroptError: there is no such workload.
    """
    from matplotlib.ticker import EngFormatter, LogLocator

    points = [point for point in figures["points"] if point["workload"] == workload]
    if not points:
        raise XoroptError(f"The exploration has no workload '{workload}'.")
    chosen = {point["point"] for point in figures["front"] if point["workload"] == workload}
    count = Counter(point["topology"] for point in points)
    topologies = sorted(count, key=lambda topology: (-count[topology], topology))
    least = min(point["efficiency"] for point in points)
    for axis, (key, label, less) in zip(axes, PANELS, strict=False):
        for i, topology in enumerate(topologies):
            for front in (False, True):
                some = [p for p in points if p["topology"] == topology and (p["point"] in chosen) == front]
                axis.plot(
                    [p[key] for p in some],
                    [_loss(p["efficiency"]) for p in some],
                    MARKERS[(i + i // len(COLOURS)) % len(MARKERS)],
                    color=COLOURS[i % len(COLOURS)],
                    markersize=5,
                    alpha=1.0 if front else 0.25,
                    markeredgewidth=0,
                    label=topology if front else None,
                )
        steps = _steps([p for p in points if p["point"] in chosen], key, less)
        axis.plot(*steps, color="#444444", linewidth=0.8, linestyle="--", drawstyle="steps-post", zorder=0)
        if key != "depth":
            axis.set_xscale("log")
            few = max(p[key] for p in points) > 30 * min(p[key] for p in points)
            axis.xaxis.set_major_locator(LogLocator(subs=(1,) if few else (1, 2, 5)))
            axis.xaxis.set_major_formatter(EngFormatter(sep="\N{THIN SPACE}"))
        axis.set_yscale("log")
        axis.set_ylim(1.15 * _loss(least), 8e-5)
        ticks = [tick for tick in TICKS if tick >= least - 0.1]
        axis.set_yticks([_loss(tick) for tick in ticks], [f"{100 * tick:g} %" for tick in ticks])
        axis.minorticks_off()
        axis.set_xlabel(label)
        axis.grid(color="#e6e9ed", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("E = care bits / stored bits")
    if len(axes) > 2:
        axes[2].set_ylabel("E = care bits / stored bits")
    handles, names = axes[0].get_legend_handles_labels()
    axes[0].figure.legend(
        handles, names, loc="outside upper center", ncols=min(6, len(names)), frameon=False, fontsize=9
    )


def _loss(efficiency: float) -> float:
    return max(1e-4, 1 - efficiency)


def _steps(points: list[dict[str, Any]], key: str, less: bool) -> tuple[list[float], list[float]]:
    """The corners of a front, its costs and losses."""
    corners: list[tuple[float, float]] = []
    best = 0.0
    for point in sorted(points, key=lambda p: (p[key] if less else -p[key], -p["efficiency"])):
        if point["efficiency"] >= best + GRAIN:
            best = point["efficiency"]
            corners.append((point[key], _loss(best)))
    return [cost for cost, _ in corners], [loss for _, loss in corners]
