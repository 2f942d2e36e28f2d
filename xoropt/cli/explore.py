"""The command `explore`."""

import os
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xoropt.cli.app import (
    cli,
    file_argument,
    json_option,
    print_json,
    progress_bar,
    refuse_without_effect,
    say,
)
from xoropt.cli.tables.console import fits, open_console, print_command, print_line, print_table
from xoropt.cli.wording import in_options
from xoropt.common.errors import ArgumentError
from xoropt.explore.front import GRAIN

if TYPE_CHECKING:
    from xoropt.explore import Exploration, Result

__all__ = ["explore", "seconds_of"]


def seconds_of(text: str) -> float:
    """Return the seconds of a duration such as 90s, 2m, 1h30m or 45.

    Raises:
        ArgumentError: the text is no duration, or no time at all.

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


@cli.command(short_help="Find the networks that suit a model best.")
@click.argument("space", metavar="[SPACE.toml]", required=False, type=file_argument)
@click.option(
    "--data",
    metavar="FILE",
    type=file_argument,
    help="File of weights, dense or quantized, or a compressed file.",
)
@click.option("--tensor", metavar="NAME", help="The tensor of FILE.  [default: all that can be compressed, together]")
@click.option(
    "--sparsity",
    type=float,
    multiple=True,
    metavar="S",
    help="Share of weights pruned: of FILE's, or of random ones, where several get a front each.",
)
@click.option("--bits", type=int, metavar="N", help="Quantize FILE's weights to N binary planes.")
@click.option(
    "--weights", type=int, metavar="N", default=1_000_000, show_default=True, help="Number of random weights."
)
@click.option(
    "--budget",
    default="5m",
    show_default=True,
    metavar="TIME",
    help="Time after which nothing is begun, such as 90s, 2m or 1h.",
)
@click.option("--jobs", type=int, metavar="N", help="Processes.  [default: one per core]")
@click.option(
    "--out",
    type=file_argument,
    metavar="DIR",
    default=Path("explore"),
    show_default=True,
    help="Folder of the results, the figures and the report.",
)
@click.option(
    "--no-synthesize",
    "synthesize",
    is_flag=True,
    default=True,
    flag_value=False,
    help="Do not search circuits for the front in the time left.",
)
@click.option("--print-space", is_flag=True, help="Print the built-in space, as a start for your own, and exit.")
@json_option
def explore(
    space: Path | None,
    data: Path | None,
    tensor: str | None,
    sparsity: tuple[float, ...],
    bits: int | None,
    budget: str,
    out: Path,
    print_space: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Find the networks that are worth their cost, for the layers of FILE or for random bits.

    SPACE.toml names topologies and values of their parameters; without it a built-in space is tried. Networks that
    can't reach a front of E against gates, registers, depth or operations are dropped on growing samples. Every
    result is kept in the folder as it comes, and the same command continues where it was stopped. The folder gets a
    table (points.jsonl), figures, and report.html, which opens in any browser.

    \b
    Examples:
      xoropt explore --sparsity 0.9 --budget 2m
      xoropt explore space.toml --data model.safetensors --sparsity 0.9 --bits 1
      xoropt explore --data model.safetensors --tensor fc2.weight --bits 4
      xoropt explore --data small.safetensors --budget 10m --json
    """
    from xoropt.explore import default_text, write_figures, write_report
    from xoropt.explore import explore as run
    from xoropt.model.config import CompressConfig
    from xoropt.quantize.pruning import check_sparsity

    if print_space:
        click.echo(default_text(), nl=False)
        return
    try:
        seconds = seconds_of(budget)
        rates = [check_sparsity(rate) for rate in sparsity]
        if data is None and bits is not None:
            raise ArgumentError("Option '--bits' goes with '--data'.")
        if data is None and tensor is not None:
            raise ArgumentError("Option '--tensor' goes with '--data', which holds it.")
        if data is not None:
            refuse_without_effect("beside --data, which has its own", "weights")
            if len(rates) > 1:
                raise ArgumentError("Option '--sparsity' can be given several times for random data alone.")
        config = CompressConfig(sparsity=rates[0] if rates else None, bits=bits) if data is not None else None
    except ArgumentError as error:
        context = click.get_current_context()
        raise click.UsageError(in_options(str(error), context.command), context) from None
    with progress_bar("explore") as bar:
        exploration = run(
            space,
            data,
            tensor=tensor,
            config=config,
            sparsity=sparsity or None if data is None else None,
            budget=seconds,
            out=out,
            progress=None if bar is None else lambda name, done, total: bar(name, round(done), round(total)),
            **options,
        )
    written = [write_report(exploration, out / "report.html"), *write_figures(exploration, out)]
    if len(written) == 1:
        say("figures need matplotlib; pip install 'xoropt[plot]' and run this again.")
    if as_json:
        print_json(exploration.to_dict() | {"files": [str(path) for path in written]})
    else:
        _print(exploration, written, options["synthesize"])


COLUMNS: dict[str, Callable[["Result"], str]] = {
    "E": lambda result: f"{result.efficiency:.2%}",
    "gates": lambda result: f"{result.gates:.2f}",
    "synth.": lambda result: "" if result.synthesized_gates is None else f"{result.synthesized_gates:.2f}",
    "depth": lambda result: str(result.depth),
    "registers": lambda result: f"{result.registers:,}",
    "operations": lambda result: f"{result.operations:.2f}",
    "decode": lambda result: f"{result.decode_speed / 1e9:.1f}",
    "encode": lambda result: f"{result.encode_speed / 1e6:.2f}",
}
"""The figures in the table of a front."""
UNITS = (
    "E is care bits by stored bits, 100% the limit. Gates are per output, operations for 64 weights. Decoding is in G"
    " weights/s, to bit planes; encoding in M care bits/s. On a front each costlier network gains at least"
    f" {GRAIN:.1%} of E."
)


def _print(exploration: "Exploration", written: Sequence[os.PathLike[str]], synthesize: bool) -> None:
    """Print for each workload its front and the recommendations, then what is missing and where the files are."""
    console = open_console()
    given = shlex.quote(exploration.source) if exploration.source else "IN.safetensors"
    for results in exploration.workloads:
        if not results.points:
            continue
        front = results.table
        names = [_name(result) for result in front]
        shown = {name: text for name, text in COLUMNS.items() if any(text(result) for result in front)}
        rows = [
            (name, *(text(result) or "–" for text in shown.values())) for name, result in zip(names, front, strict=True)
        ]
        views = [", ".join(results.views(result)) or "no cost, the baseline" for result in front]
        title = f"{results.workload}: {len(results.front)} of {len(results.points)} networks are worth their cost"
        columns, whole = (
            ("network, order, search", *shown),
            [(*row, view) for row, view in zip(rows, views, strict=True)],
        )
        if fits(console, (*columns, "front of"), whole):
            print_table(console, title, (*columns, "front of"), whole)
        else:
            print_table(console, title, columns, rows, notes=[f"front of {view}" for view in views])
        print_line(console, UNITS)
        for advice in results.advice:
            print_line(console, advice.sentence.replace(" %", "%"))
            if advice.result is not None:
                print_command(console, f"xoropt compress {given} OUT.safetensors {exploration.command(advice.result)}")
        if results.workload == "data":
            print_line(console, "Without --network, compress codes values by their frequency, too, and may store less.")
        if results.untried:
            print_line(console, f"{results.untried} networks were not tried: all this is preliminary")
        if results.impossible:
            why = next(iter(results.impossible.values()))
            print_line(console, f"{len(results.impossible)} combinations can't be built; the first: {why}")
        if "synth." not in shown:
            why = "the budget was spent" if synthesize else "--no-synthesize was given"
            print_line(console, f"no circuit was searched for: {why}")
        elif any(result.synthesized_gates is None for result in front):
            print_line(console, "gates after synthesis (synth.) are missing where the budget was spent")
    if exploration.interrupted:
        console.print("interrupted; the same command continues from here")
    elif not exploration.complete:
        console.print("time was over before the end; the same command continues from here")
    print_line(console, f"{exploration.seconds:.0f} s; written: {', '.join(map(os.fspath, written))}")


def _name(result: "Result") -> str:
    """Return the network, order and search of a row."""
    if result.baseline:
        return f"auto, here {result.network} {result.order}"
    return " ".join(each for each in (result.network, result.order, result.search) if each not in ("rows", "portfolio"))
