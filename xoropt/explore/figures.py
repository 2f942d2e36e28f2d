"""Figures of an exploration, for papers: E against each cost."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xoropt.common.errors import XoroptError
from xoropt.common.files import whole_file
from xoropt.explore.front import GRAIN
from xoropt.explore.measuring import Result
from xoropt.explore.results import Exploration

__all__ = ["draw_fronts", "write_figures"]


@dataclass(frozen=True)
class Panel:
    """A plot of E against one cost.

    Attributes:
        label: the label of the horizontal axis.
        cost: the value of a result on that axis.
        less: whether less of it is better.
        linear: whether the axis is linear, not logarithmic.
    """

    label: str
    cost: Callable[[Result], float]
    less: bool = True
    linear: bool = False


PANELS = (
    Panel("two-input XOR gates per output", lambda result: result.gates),
    Panel("register bits", lambda result: result.registers),
    Panel("depth in XOR gates", lambda result: result.depth, linear=True),
    Panel("weights decoded per second, one core", lambda result: result.decode_speed, less=False),
)
COLOURS = ("#2f6db5", "#c8500a", "#0b8a62", "#a8458c", "#b58a00", "#5a4fc4", "#b3273a", "#7b8794")
MARKERS = "osd^vPXD"
TICKS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998)
FORMATS = ("svg", "png")


def write_figures(exploration: Exploration, folder: str | os.PathLike[str]) -> list[Path]:
    """Write E against each cost as SVG and PNG, a figure for each workload.

    Args:
        exploration: the results.
        folder: the folder of the files `front.svg` and `front.png`, or `front-S=0.9.svg` and so on where there are
            several workloads.

    Returns:
        The files; none where matplotlib is not installed.

    Raises:
        XoroptError: the files cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return []
    workloads = [results.workload for results in exploration.workloads if results.points]
    written = []
    for workload in workloads:
        figure = Figure(figsize=(9, 6.4), layout="constrained")
        draw_fronts(exploration, workload, figure.subplots(2, 2, sharey=True).reshape(-1))
        for kind in FORMATS:
            path = Path(folder) / f"front{f'-{workload}' if len(workloads) > 1 else ''}.{kind}"
            with whole_file(path, overwrite=True) as part:
                figure.savefig(part, format=kind, dpi=160)
            written.append(path)
    return written


def draw_fronts(exploration: Exploration, workload: str, axes: Any) -> None:
    """Draw E against gates, registers, depth and decoding speed into four matplotlib axes.

    The vertical scale is that of the loss 1 − E, so that 99 % and 99.9 % are as far apart as 90 % and 99 %. Points on a
    front are filled; the lines are the fronts of the points drawn. The legend goes above the axes, outside, so the
    figure's layout should be "constrained".

    Args:
        exploration: the results.
        workload: the name of one of its workloads.
        axes: four of matplotlib's `Axes`.

    Raises:
        XoroptError: there is no such workload.
    """
    from matplotlib.ticker import EngFormatter, LogLocator

    found = next((each for each in exploration.workloads if each.workload == workload and each.points), None)
    if found is None:
        raise XoroptError(f"The exploration has no workload '{workload}'.")
    chosen = {result.point for result in found.front}
    count = Counter(result.topology for result in found.points)
    topologies = sorted(count, key=lambda topology: (-count[topology], topology))
    least = min(result.efficiency for result in found.points)
    for axis, panel in zip(axes, PANELS, strict=False):
        for i, topology in enumerate(topologies):
            for front in (False, True):
                some = [r for r in found.points if r.topology == topology and (r.point in chosen) == front]
                axis.plot(
                    [panel.cost(result) for result in some],
                    [_loss(result.efficiency) for result in some],
                    MARKERS[(i + i // len(COLOURS)) % len(MARKERS)],
                    color=COLOURS[i % len(COLOURS)],
                    markersize=5,
                    alpha=1.0 if front else 0.25,
                    markeredgewidth=0,
                    label=topology if front else None,
                )
        costs, losses = _corners([result for result in found.points if result.point in chosen], panel)
        axis.plot(costs, losses, color="#444444", linewidth=0.8, linestyle="--", drawstyle="steps-post", zorder=0)
        if not panel.linear:
            axis.set_xscale("log")
            few = max(map(panel.cost, found.points)) > 30 * min(map(panel.cost, found.points))
            axis.xaxis.set_major_locator(LogLocator(subs=(1,) if few else (1, 2, 5)))
            axis.xaxis.set_major_formatter(EngFormatter(sep="\N{THIN SPACE}"))
        axis.set_yscale("log")
        axis.set_ylim(1.15 * _loss(least), 8e-5)
        ticks = [tick for tick in TICKS if tick >= least - 0.1]
        axis.set_yticks([_loss(tick) for tick in ticks], [f"{100 * tick:g} %" for tick in ticks])
        axis.minorticks_off()
        axis.set_xlabel(panel.label)
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


def _corners(results: Sequence[Result], panel: Panel) -> tuple[list[float], list[float]]:
    """Return the costs and the losses at the corners of a front."""
    sign = 1 if panel.less else -1
    costs, losses, best = [], [], 0.0
    for result in sorted(results, key=lambda result: (sign * panel.cost(result), -result.efficiency)):
        if result.efficiency >= best + GRAIN:
            best = result.efficiency
            costs.append(panel.cost(result))
            losses.append(_loss(best))
    return costs, losses
