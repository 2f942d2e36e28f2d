"""Exploration: explore."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from xoropt.cli.app import cli, file_argument, json_option, print_json, progress_bar
from xoropt.cli.tables.console import make_table, open_console
from xoropt.common.errors import ArgumentError

__all__ = ["explore", "seconds_of"]


def seconds_of(text: str) -> float:
    """Seconds of a duration such as 90s, 2m, 1h30m or 45.

    Raises:
        ArgumentError: another text, or no time at all.

    >>> seconds_of("1h30m")
    5400.0
    """
    parts = re.fullmatch(r"(?:(\d+(?:\.\d*)?)h)?(?:(\d+(?:\.\d*)?)m)?(?:(\d+(?:\.\d*)?)s?)?", text.strip().lower())
    total = (
        sum(float(part) * unit for part, unit in zip(parts.groups(), (3600, 60, 1), strict=True) if part)
        if parts
        else 0
    )
    if not total:
        raise ArgumentError(f"A budget must be a duration such as 90s, 2m or 1h, not '{text}'.")
    return total


@cli.command()
@click.argument("space", metavar="[SPACE.toml]", required=False, type=file_argument)
@click.option("--data", metavar="FILE", type=file_argument, help="Weights, pruned and quantized here or before.")
@click.option(
    "--sparsity",
    type=float,
    multiple=True,
    metavar="S",
    help="Of random data (several: a front each), or to prune FILE to.",
)
@click.option("--bits", type=int, metavar="N", help="Quantize FILE's weights to N binary planes.")
@click.option("--weights", type=int, default=1_000_000, show_default=True, help="Of random data.")
@click.option("--budget", default="5m", show_default=True, metavar="TIME", help="Such as 90s, 2m or 1h.")
@click.option("--jobs", type=int, help="Processes.  [default: all cores]")
@click.option(
    "--out",
    type=file_argument,
    default=Path("explore"),
    show_default=True,
    help="Folder for results, figures and report.",
)
@click.option(
    "--no-synthesize",
    "synthesize",
    is_flag=True,
    default=True,
    flag_value=False,
    help="Search no circuits for the front in the time left.",
)
@click.option("--print-space", is_flag=True, help="Print the built-in space, to start from, and end.")
@json_option
def explore(
    space: Path | None,
    data: Path | None,
    sparsity: tuple[float, ...],
    bits: int | None,
    budget: str,
    out: Path,
    print_space: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Which network should it be? Tries many on FILE's layers or random bits, and keeps those worth their cost.

    SPACE.toml names topologies and their parameters; left out, a built-in space is tried. Points that can't reach a
    front of E against gates, registers, depth or decoding work are dropped on growing samples. Every result is kept
    in DIR as it comes: the same command goes on where it was stopped. DIR gets a table (points.jsonl), figures and
    report.html, which opens in any browser.

    \b
    Examples:
      xoropt explore --sparsity 0.9 --budget 2m
      xoropt explore space.toml --data model.safetensors --sparsity 0.9 --bits 1 --out layers
      xoropt explore --data small.safetensors --budget 10m --json
    """
    from xoropt.explore import default_text, write_figures, write_report
    from xoropt.explore import explore as run
    from xoropt.model.config import CompressConfig

    if print_space:
        click.echo(default_text(), nl=False)
        return
    try:
        seconds = seconds_of(budget)
        rate = sparsity[0] if sparsity else None
        config = CompressConfig(sparsity=rate, bits=bits) if data is not None else None
        if data is None and bits is not None:
            raise ArgumentError("Option '--bits' goes with '--data'.")
        if data is not None and len(sparsity) > 1:
            raise ArgumentError("Option '--sparsity' can be given several times for random data alone.")
    except ArgumentError as error:
        raise click.UsageError(str(error), click.get_current_context()) from None
    with progress_bar("explore") as bar:
        found = run(
            space,
            data,
            config=config,
            sparsity=sparsity or None if data is None else None,
            budget=seconds,
            out=out,
            progress=None if bar is None else lambda name, done, total: bar(name, round(done), round(total)),
            **options,
        )
    figures = found.to_dict()
    written = [write_report(figures, out / "report.html"), *write_figures(figures, out)]
    if len(written) == 1:
        click.echo("xoropt: no figures without matplotlib; pip install 'xoropt[plot]' and run this again.", err=True)
    if as_json:
        print_json(figures | {"files": [str(path) for path in written]})
    else:
        _print(figures, written)


COLUMNS: dict[str, Callable[[dict[str, Any]], str]] = {
    "E": lambda point: f"{point['efficiency']:.2%}",
    "gates": lambda point: f"{point['gates']:.2f}",
    "synth.": lambda point: "" if point["synthesized_gates"] is None else f"{point['synthesized_gates']:.2f}",
    "depth": lambda point: str(point["depth"]),
    "registers": lambda point: f"{point['registers']:,}",
    "decode": lambda point: f"{point['decode_speed'] / 1e9:.2f}",
    "encode": lambda point: f"{point['encode_speed'] / 1e6:.2f}",
    "front of": lambda point: ", ".join(point["views"]),
}
"""Of the table of a front."""
WIDE = 150
"""Letters of a line that holds a recipe beside its figures."""


def _print(figures: dict[str, Any], written: Sequence[os.PathLike[str]]) -> None:
    """For each workload its front and the recommendations, then what was left out and where the files are."""
    console = open_console()
    for workload in dict.fromkeys(point["workload"] for point in figures["points"]):
        points, front = (
            [point for point in figures[key] if point["workload"] == workload] for key in ("points", "front")
        )
        names = [f"{point['network']} {point['order']} {point['solver']}" for point in front]
        first = names if console.width >= WIDE else [f"({i})" for i in range(1, len(names) + 1)]
        rows = [(name, *(text(point) for text in COLUMNS.values())) for name, point in zip(first, front, strict=True)]
        title = f"{workload}: {len(front)} of {len(points)} networks are worth their cost"
        units = "gates an output; decode in G weights/s, encode in M care bits/s"
        console.print(make_table(f"{title} ({units})", ("network, order, solver", *COLUMNS), rows))
        if first is not names:
            console.print(escape("\n".join(f"{mark} {name}" for mark, name in zip(first, names, strict=True))))
        for advice in figures["advice"]:
            if advice["workload"] == workload:
                console.print(escape(advice["sentence"]))
        impossible = figures["impossible"].get(workload, {})
        if impossible:
            why = next(iter(impossible.values()))
            console.print(escape(f"{len(impossible)} combinations can't be built; the first: {why}"))
    if figures["interrupted"]:
        console.print("interrupted; the same command goes on from here")
    elif not figures["complete"]:
        console.print("time was over before the end; the same command goes on from here")
    console.print(escape(f"{figures['seconds']:.0f} s; written: {', '.join(map(os.fspath, written))}"))
