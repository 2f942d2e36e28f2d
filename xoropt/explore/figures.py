"""Figures of an exploration, for papers: E against each cost."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

from xoropt.common.errors import XoroptError
from xoropt.common.files import whole_file
from xoropt.common.kinds import checked
from xoropt.common.pictures import give_place
from xoropt.explore.front import GRAIN, SPEEDS, VIEWS
from xoropt.explore.results import Exploration
from xoropt.explore.symbols import symbol_of

__all__ = ["draw_fronts", "write_figures"]


PANELS = ("gates", "registers", "depth", "decode_speed")
"""The views that are drawn."""
SHOWN = {view.name: view for view in (*VIEWS, *SPEEDS)}
TICKS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998)
FORMATS = ("svg", "png")


@checked
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
    give_place(folder)
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return []
    workloads = [results.workload for results in exploration.workloads if results.points]
    written = []
    for workload in workloads:
        figure = Figure(figsize=(9, 6.8), layout="constrained")
        draw_fronts(exploration, workload, figure.subplots(2, 2, sharey=True).reshape(-1))
        for kind in FORMATS:
            path = Path(folder) / f"front{f'-{workload}' if len(workloads) > 1 else ''}.{kind}"
            with whole_file(path, overwrite=True) as part:
                figure.savefig(part, format=kind, dpi=300)
            written.append(path)
    return written


@checked
def draw_fronts(exploration: Exploration, workload: str, axes: Any) -> None:
    """Draw E against gates, registers, depth and decoding speed into four matplotlib axes.

    The vertical scale is that of the loss 1 − E, so that 99 % and 99.9 % are as far apart as 90 % and 99 %. Points on a
    front are filled. Each line is the front of its own axes, and the band above it is what a step has to gain at least.
    The star is the network "auto". The legend goes above the axes, outside, so the layout of the figure should be
    "constrained".

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
    lines = found.lines()
    count = Counter(result.topology for result in found.points)
    topologies = sorted(count, key=lambda topology: (topology != "auto", -count[topology], topology))
    least = min(result.efficiency for result in found.points)
    for axis, panel in zip(axes, PANELS, strict=False):
        view = SHOWN[panel]
        solid = {result.point for result in (*found.table, *lines[panel])}
        for topology in topologies:
            for front in (False, True):
                some = [r for r in found.points if r.topology == topology and (r.point in solid) == front]
                colour, outline = symbol_of(topology)
                axis.plot(
                    [view.cost(result) for result in some],
                    [_loss(result.efficiency) for result in some],
                    linestyle="",
                    marker=[(x, -y) for x, y in outline],
                    color=colour,
                    markersize=10 if topology == "auto" else 6.5,
                    alpha=1.0 if front else 0.25,
                    markeredgewidth=0,
                    zorder=4 if topology == "auto" else 3,
                    label=topology if front else None,
                )
        costs = [view.cost(result) for result in lines[panel]]
        losses = [_loss(result.efficiency) for result in lines[panel]]
        end = (min if view.most else max)(map(view.cost, found.points))
        costs, losses = [*costs, end], [*losses, *losses[-1:]]
        steps = {"color": "#444444", "linewidth": 1.0, "drawstyle": "steps-post", "zorder": 2}
        axis.plot(costs, losses, **steps, label="front of these axes")
        gains = [_loss(1 - loss + GRAIN) for loss in losses]
        band = {"step": "post", "color": "#444444", "alpha": 0.13, "linewidth": 0, "zorder": 1}
        axis.fill_between(costs, losses, gains, **band, label=f"gains less than {GRAIN:.1%} of E: not on the front")
        if not view.linear:
            axis.set_xscale("log")
            few = max(map(view.cost, found.points)) > 30 * min(map(view.cost, found.points))
            axis.xaxis.set_major_locator(LogLocator(subs=(1,) if few else (1, 2, 5)))
            axis.xaxis.set_major_formatter(EngFormatter(sep="\N{THIN SPACE}"))
        axis.set_yscale("log")
        axis.set_ylim(1.15 * _loss(least), 8e-5)
        ticks = [tick for tick in TICKS if tick >= least - 0.1]
        axis.set_yticks([_loss(tick) for tick in ticks], [f"{100 * tick:g} %" for tick in ticks])
        axis.minorticks_off()
        axis.set_xlabel(view.label)
        axis.grid(color="#e6e9ed", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("E = care bits / stored bits")
    if len(axes) > 2:
        axes[2].set_ylabel("E = care bits / stored bits")
    legend = {name: handle for axis in axes for handle, name in zip(*axis.get_legend_handles_labels(), strict=True)}
    axes[0].figure.legend(
        legend.values(), legend, loc="outside upper center", ncols=min(5, len(legend)), frameon=False, fontsize=9
    )


def _loss(efficiency: float) -> float:
    return max(1e-4, 1 - efficiency)
