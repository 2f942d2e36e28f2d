"""The command `xoropt synthesize`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xoropt.circuits.registry import METHODS
from xoropt.cli.app import (
    cli,
    file_argument,
    force_option,
    json_option,
    names_option,
    print_json,
    progress_bar,
    warm_up_synthesis,
)
from xoropt.common.errors import ArgumentError, XoroptError

if TYPE_CHECKING:
    import numpy as np

    from xoropt.circuits import XorCircuit

__all__ = ["synthesize"]


@cli.command()
@click.argument("source", metavar="MATRIX.txt|RECIPE")
@names_option("--method", names=lambda: METHODS, default="auto", show_default=True, help="The method.")
@click.option(
    "--time-limit",
    default=60.0,
    show_default=True,
    metavar="S",
    help="The seconds to search, without those of compiling.",
)
@click.option("--max-depth", type=int, metavar="D", help="The most levels of gates.  [default: no bound]")
@click.option(
    "--inputs", "max_inputs", default=2, show_default=True, metavar="N", help="The most inputs of a gate, 2 to 4."
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="The seed of the random numbers.")
@click.option("--jobs", default=1, show_default=True, metavar="N", help="The number of threads.")
@click.option(
    "--start",
    "--resume",
    type=file_argument,
    metavar="CIRCUIT",
    help="Start from this circuit of the same matrix: text, .slp, .json, .v or .blif.",
)
@click.option("--front", is_flag=True, help="Find a circuit for each depth, from the least on.")
@click.option(
    "--out",
    type=file_argument,
    metavar="OUT",
    help="Write it: .v, .blif, .json, .slp, .c, .dot, .svg, otherwise text.",
)
@force_option
@json_option
def synthesize(
    source: str, start: Path | None, front: bool, out: Path | None, force: bool, as_json: bool, **options: Any
) -> None:
    """Find an XOR circuit with few gates for a binary matrix.

    The matrix is that of a text file with a row of 0 and 1 on each line, as np.savetxt writes it with fmt="%d", or that
    of a network's RECIPE. Gates are exclusive ors; the depth is the most of them one after the other. With --front, OUT
    gets the depth into its name: decoder.depth3.v, decoder.depth4.v, …

    \b
    Examples:
      xoropt synthesize block:n_in=20,n_out=180 --time-limit 30 --out decoder.v
      xoropt synthesize matrix.txt --start published.slp --out better.slp
      xoropt synthesize matrix.txt --front --time-limit 300 --out circuit.txt
    """
    from xoropt.circuits import circuit_for, read_circuit, read_matrix, to_text, write_circuit
    from xoropt.circuits import front as run_front
    from xoropt.circuits import synthesize as run
    from xoropt.common.files import check_new
    from xoropt.networks import from_recipe
    from xoropt.networks.recipes import is_recipe

    if front and (start is not None or options["method"] != "auto" or options["max_inputs"] != 2):
        raise click.UsageError("--front makes two-input gates with --method auto, and starts from nothing.")
    if out is not None:
        check_new(out, force)
    named = is_recipe(source) and not Path(source).exists()
    matrix = from_recipe(source).matrix() if named else read_matrix(source)
    resume = None
    if start is not None:
        try:
            resume = circuit_for(matrix, read_circuit(start, matrix.shape[1]))
        except ArgumentError as error:
            raise XoroptError(f"{start}: {error}") from None
    if options["time_limit"] > 0:
        for bounded in (False, True) if front else (options["max_depth"] is not None,):
            warm_up_synthesis(options["method"], bounded, options["max_inputs"])
    begin = time.perf_counter()
    with progress_bar("synthesize") as bar:

        def report(spent: float, allowed: float, gates: int | None) -> None:
            if bar is not None:
                bar("" if gates is None else f"{gates} gates", round(spent), max(1, round(allowed)))

        if front:
            taken = {name: options[name] for name in ("time_limit", "max_depth", "seed", "jobs")}
            circuits = run_front(matrix, progress=report, **taken)
        else:
            circuit = run(matrix, resume=resume, progress=report, **options)
    if front:
        _report_front(circuits, matrix, out, force, as_json, time.perf_counter() - begin)
        return
    figures = {
        "gates": circuit.gates,
        "depth": circuit.depth,
        "verified": circuit.verify(matrix),
        "method": options["method"],
        "seconds": time.perf_counter() - begin,
    }
    if out is not None:
        write_circuit(out, circuit, overwrite=force)
    if as_json:
        print_json(figures)
    else:
        checked = "verified" if figures["verified"] else "NOT VERIFIED"
        click.echo(f"{figures['gates']} gates, depth {figures['depth']}, {checked}, {figures['seconds']:.1f} s")
        if out is None:
            click.echo(to_text(circuit), nl=False)
        else:
            click.echo(f"written: {out}")


def _report_front(
    circuits: list[XorCircuit], matrix: np.ndarray, out: Path | None, force: bool, as_json: bool, seconds: float
) -> None:
    """Print gates by depth, and write each circuit beside the others."""
    from xoropt.circuits import write_circuit

    points = []
    for circuit in circuits:
        point: dict[str, Any] = {"depth": circuit.depth, "gates": circuit.gates, "verified": circuit.verify(matrix)}
        if out is not None:
            path = out.with_name(f"{out.stem}.depth{circuit.depth}{out.suffix}")
            write_circuit(path, circuit, overwrite=force)
            point["file"] = str(path)
        points.append(point)
    if as_json:
        print_json({"front": points, "seconds": seconds})
        return
    click.echo("depth  gates")
    for point in points:
        note = f"  {point['file']}" if out is not None else ""
        click.echo(f"{point['depth']:5}{point['gates']:7}{'' if point['verified'] else '  NOT VERIFIED'}{note}")
    click.echo(f"{seconds:.1f} s")
