"""Pictures of a network: its graph, stage by stage, and the band of its matrix over several steps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.common.files import whole_file
from xoropt.common.foreign_text import shown
from xoropt.common.kinds import checked
from xoropt.common.pictures import give_place
from xoropt.networks.network import XorNetwork
from xoropt.networks.stages import stages_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["VIEWS", "draw", "save_drawing"]

VIEWS = ("auto", "graph", "band")
FORMATS = ("svg", "png", "pdf")
MAX_EDGES = 4000
"""The most wires that a graph shows; more would be a grey blot."""
MAX_OUTPUTS = 2000
"""The most outputs that a band shows."""
CELLS = 320
"""Cells of a band's picture in each direction."""
MAX_ENTRIES = 1 << 26
"""The most matrix entries that are unpacked for a band: bounds the memory."""
SEED, SIGNAL, WIRE = "#b5541c", "#1f4e79", "#7a8fa6"


@checked
def draw(network: XorNetwork, view: str = "auto") -> Figure:
    """Draw a network.

    Args:
        network: any network.
        view: "graph": every stage as a bipartite graph, its inputs on the left, ordered by delay from top to bottom,
            its signals on the right; "band": the matrix over several steps, outputs down, seed bits across, dark where
            an output reads a bit; "auto": both, or the band alone where the graph has more than 4,000 wires.

    Returns:
        A matplotlib figure; `figure.savefig(path)` writes it.

    Raises:
        ArgumentError: the view is unknown, or the network is too large for it.
        XoroptError: matplotlib is not installed.

    >>> from xoropt.networks import random_block
    >>> len(draw(random_block(n_in=4, n_out=12)).axes)
    2
    """
    if view not in VIEWS:
        raise ArgumentError(f"Argument 'view' must be one of {', '.join(VIEWS)}, not {view!r}.")
    stages = _stages(network)
    edges = sum(int((stage >= 0).sum()) for stage, _ in stages)
    if view == "graph" and edges > MAX_EDGES:
        raise ArgumentError(
            f"Network '{network.recipe[:80]}' is too large to draw as a graph: {edges:,} wires, and at most "
            f"{MAX_EDGES:,} can be told apart; use the view 'band'."
        )
    if view != "graph" and network.n_out > MAX_OUTPUTS:
        raise ArgumentError(
            f"Network '{network.recipe[:80]}' is too large to draw: {network.n_out:,} outputs per step, and at "
            f"most {MAX_OUTPUTS:,} can be told apart."
        )
    give_place(os.curdir)
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise XoroptError("Pictures need the package matplotlib; pip install 'xoropt[plot]'.") from None
    graphs = stages if view == "graph" or (view == "auto" and edges <= MAX_EDGES) else []
    panels = len(graphs) + (view != "graph")
    figure = Figure(figsize=(2.2 + 3.4 * panels, 5.2), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False, width_ratios=[1.0] * len(graphs) + [1.6] * (view != "graph"))[0]
    for i, (stage, width) in enumerate(graphs):
        _graph(axes[i], stage, width, first=i == 0, last=i == len(graphs) - 1)
    if view != "graph":
        _band(axes[-1], network)
    recipe = network.recipe if len(network.recipe) <= 90 else f"{network.recipe[:87]}…"
    figure.suptitle(shown(recipe), fontsize=9, family="monospace", parse_math=False)
    return figure


@checked
def save_drawing(figure: Figure, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write a drawing to a file, the same bytes every time.

    The file appears whole or not at all.

    Args:
        figure: the drawing.
        path: the file; its name ends in .svg, .png or .pdf, which says the format.
        overwrite: whether to replace a file that exists already.

    Raises:
        ArgumentError: the name ends otherwise.
        XoroptError: the file exists already and `overwrite` is false, or it cannot be written.
    """
    from matplotlib import rc_context

    kind = Path(path).suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise ArgumentError(f"{path}: a network is drawn as .svg, .png or .pdf; end the name in one of these.")
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with whole_file(path, overwrite) as part, rc_context({"svg.hashsalt": "xoropt"}):
        figure.savefig(part, format=kind, dpi=160, metadata=dates.get(kind))


def _stages(network: XorNetwork) -> list[tuple[np.ndarray, int]]:
    """Return for each stage what its signals read, int64 (signals, reads) with −1 for none, and its inputs per step."""
    if network.stages is None and network.n_out * network.window > MAX_ENTRIES:
        raise ArgumentError(
            f"Network '{network.recipe[:80]}' is too large to draw: {network.n_out:,} outputs of {network.window} "
            f"bits, and at most {MAX_ENTRIES:,} matrix entries can be unpacked."
        )
    stages = stages_of(network)
    return list(zip(stages, [network.n_in, *map(len, stages[:-1])], strict=True))


def _graph(axes: Any, stage: np.ndarray, width: int, first: bool, last: bool) -> None:
    """Draw one stage: the inputs of all its steps on the left, its signals on the right, a line for each wire."""
    from matplotlib.collections import LineCollection

    signals, place = np.nonzero(stage >= 0)
    read = stage[signals, place]
    delays = int(stage.max(initial=0)) // width + 1
    left = (np.arange(delays * width) + 0.5) / (delays * width)
    right = (np.arange(len(stage)) + 0.5) / len(stage)
    lines = np.stack([np.zeros(len(read)), left[read], np.ones(len(read)), right[signals]], axis=1).reshape(-1, 2, 2)
    strength = float(np.clip(60 / max(1, len(read)), 0.12, 0.7))
    axes.add_collection(LineCollection(list(lines), colors=WIRE, linewidths=0.8, alpha=strength))
    size = float(np.clip(600 / max(1, len(left)), 2, 30))
    axes.scatter(np.zeros(len(left)), left, s=size, color=SEED if first else SIGNAL, zorder=2)
    axes.scatter(np.ones(len(right)), right, s=np.clip(600 / len(right), 2, 30), color=SIGNAL, marker="s", zorder=2)
    axes.set(xlim=(-0.12, 1.12), ylim=(1.02, -0.02), xticks=[0, 1], yticks=[])
    axes.set_xticklabels(["seed bits" if first else "nodes", "outputs" if last else "nodes"])
    axes.set_title(f"{len(read)} wires, {delays} step{'s' if delays > 1 else ''}", fontsize=9)
    if delays > 1:
        ticks = np.arange(0, delays, -(-delays // 12))
        axes.set_yticks((ticks + 0.5) / delays, labels=[f"t + {tick}" if tick else "t" for tick in ticks], fontsize=8)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _band(axes: Any, network: XorNetwork) -> None:
    """Draw the matrix over enough steps to show how windows overlap, darker where more of a cell's bits are read."""
    steps = max(1, min(2 * network.memory + 3, MAX_OUTPUTS // network.n_out))
    outputs, bits = np.nonzero(network.matrix())
    step = np.arange(steps)[:, None]
    height, width = steps * network.n_out, (steps - 1) * network.n_in + network.window
    cells, _, _ = np.histogram2d(
        (outputs + step * network.n_out).ravel(),
        (bits + step * network.n_in).ravel(),
        bins=(min(height, CELLS), min(width, CELLS)),
        range=((0, height), (0, width)),
    )
    read = cells[cells > 0]
    axes.imshow(
        cells,
        cmap="Blues",
        vmin=0,
        vmax=np.quantile(read, 0.99) if len(read) else 1,
        extent=(0, width, height, 0),
        aspect="auto",
        interpolation="nearest",
    )
    axes.set(xlabel="seed bit", ylabel="output")
    axes.set_title(f"the matrix over {steps} step{'s' if steps > 1 else ''}", fontsize=9)
