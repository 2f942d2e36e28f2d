"""What is written about a comparison of strategies: a page, tables, JSON, and figures for papers."""

import csv
import json
import os
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from xoropt_solvers import Comparison
from xoropt_solvers.comparing import Score
from xoropt_solvers.comparing.runs import Run
from xoropt_solvers.comparing.scoring import cactus, gap, time_in_words

from xoropt.common.files import whole_file
from xoropt.common.kinds import checked
from xoropt.common.pictures import give_place
from xoropt.explore.figures import FORMATS
from xoropt.explore.html import write_page
from xoropt.explore.symbols import PALETTE

__all__ = ["draw_comparison", "write_comparison"]

LEAST = 1e-3
"""Seconds that a proof counts at least in the performance profile, below which the clock decides."""
STYLES = ("-", (0, (4.4, 2.5)), (0, (1.3, 1.9)), (0, (5.6, 1.9, 1.3, 1.9)))
"""Dashes of lines, so that they are told apart without colours, too; the page has the same."""


@checked
def write_comparison(comparison: Comparison, folder: str | os.PathLike[str]) -> list[Path]:
    """Write a comparison into a folder, beside its runs.

    Args:
        comparison: the comparison.
        folder: gets `comparison.html`, which works offline, `comparison.json`, `scores.csv` with the figures of all
            problems and of each family, `runs.csv`, and, where matplotlib is installed, `comparison.svg` and `.png`.
            Files of these names are replaced.

    Returns:
        The files.

    Raises:
        XoroptError: a file cannot be written.
    """
    folder, figures = Path(folder), comparison.to_dict()
    written = [
        write_page("compare", figures, folder / "comparison.html"),
        _write_text(folder / "comparison.json", json.dumps(figures, indent=1) + "\n"),
        _write_text(folder / "scores.csv", _table(_scores(figures))),
        _write_text(folder / "runs.csv", _table(figures["runs"])),
    ]
    give_place(folder)
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return written
    figure = Figure(figsize=(13, 4.6), layout="constrained")
    draw_comparison(comparison, figure.subplots(1, 3))
    for kind in FORMATS:
        path = folder / f"comparison.{kind}"
        with whole_file(path, overwrite=True) as part:
            figure.savefig(part, format=kind, dpi=300)
        written.append(path)
    return written


def _scores(figures: dict[str, Any]) -> Iterable[dict[str, Any]]:
    families = figures["families"] if len(figures["families"]) > 1 else {}
    for family, rows in (("all", figures["scores"]), *families.items()):
        yield from ({"family": family, **row} for row in rows)


def _table(rows: Iterable[dict[str, Any]]) -> str:
    rows = list(rows)
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write_text(path: Path, text: str) -> Path:
    with whole_file(path, overwrite=True) as part:
        part.write_text(text, encoding="utf-8")
    return path


def draw_comparison(comparison: Comparison, axes: Sequence[Any]) -> None:
    """Draw proofs in time (a cactus plot), the performance profile, and the costs into three matplotlib axes.

    The performance profile is that of Dolan and Moré 2002: how often a strategy proves within so many times of the
    fastest proof. The costs are how often an answer costs at most so much more than the least cost that was found.
    The legend goes outside, so the figure's layout should be "constrained".
    """
    problems = len(comparison.problems)
    panels: list[tuple[Any, Callable[[str], tuple[list[float], list[float]]], str, str]] = [
        (axes[0], lambda name: _cactus(comparison.runs_of(name)), "problems proved", "seconds"),
        (axes[1], lambda name: _profile(comparison, name), "times the fastest proof", "share of the problems proved"),
        (axes[2], lambda name: _costs(comparison, name), "excess over the least cost", "share of the problems"),
    ]
    for panel, (axis, curve, across, up) in enumerate(panels):
        for i, name in enumerate(comparison.variants):
            x, y = curve(name)
            dash = STYLES[(i + i // len(PALETTE)) % len(STYLES)]
            style = {"color": PALETTE[i % len(PALETTE)], "linestyle": dash}
            axis.plot(x, y, drawstyle="default" if panel == 0 else "steps-post", linewidth=1.6, label=name, **style)
        axis.set_xlabel(across)
        axis.set_ylabel(up)
        axis.grid(color="#e6e9ed", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yscale("log")
    axes[0].set_ylim(top=1.2 * comparison.time_limit)
    axes[0].set_xlim(0, problems + 0.5)
    axes[0].xaxis.get_major_locator().set_params(integer=True)
    axes[1].set_xscale("log")
    for axis in axes[1:3]:
        axis.set_ylim(-0.02, 1.02)
    handles, names = axes[0].get_legend_handles_labels()
    axes[0].figure.legend(
        handles, names, loc="outside upper center", ncols=min(6, len(names)), frameon=False, fontsize=9
    )


def _cactus(runs: Iterable[Run]) -> tuple[list[float], list[float]]:
    times = cactus(runs)
    return [float(i + 1) for i in range(len(times))], [max(seconds, 1e-5) for seconds in times]


def _profile(comparison: Comparison, variant: str) -> tuple[list[float], list[float]]:
    best: dict[str, float] = {}
    for run in comparison.runs.values():
        if run.optimal:
            best[run.problem] = min(best.get(run.problem, comparison.time_limit), max(run.seconds, LEAST))
    own = [max(run.seconds, LEAST) / best[run.problem] for run in comparison.runs_of(variant) if run.optimal]
    return _shares(own, 1.0, len(comparison.problems))


def _costs(comparison: Comparison, variant: str) -> tuple[list[float], list[float]]:
    least: dict[str, int] = {}
    for run in comparison.runs.values():
        if run.cost is not None:
            least[run.problem] = min(least.get(run.problem, run.cost), run.cost)
    own = [gap(run.cost, least[run.problem]) for run in comparison.runs_of(variant) if run.cost is not None]
    return _shares(own, 0.0, len(comparison.problems))


def _shares(values: list[float], first: float, count: int) -> tuple[list[float], list[float]]:
    """Return how many of so many are at most each value, as corners of a line of steps from the first value on."""
    values = sorted(values)
    return [first, *values], [0.0, *((i + 1) / count for i in range(len(values)))]


def summary_rows(scores: Iterable[Score]) -> list[tuple[str, ...]]:
    """Return the figures of strategies as texts, in the order of `SUMMARY`."""
    return [
        (
            score.variant,
            f"{score.solved}/{score.problems}",
            f"{score.proved}/{score.problems}",
            time_in_words(score.par2),
            "–" if score.mean_gap is None else f"{score.mean_gap:.1%}",
            str(score.wins),
            str(score.overruns or ""),
            str(score.failed or ""),
        )
        for score in scores
    ]


SUMMARY = ("strategy", "solved", "proved", "PAR-2", "mean gap", "wins", "overran", "failed")
"""The headings of a printed table of figures."""
