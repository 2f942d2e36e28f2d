"""The command `xoropt synthesize`."""

import time
from pathlib import Path
from typing import Any

import click

from xoropt.circuits.registry import METHODS
from xoropt.cli.app import (
    cli,
    file_argument,
    force_option,
    json_option,
    print_json,
    progress_bar,
)

__all__ = ["synthesize"]


@cli.command()
@click.argument("source", metavar="MATRIX.txt|RECIPE")
@click.option("--method", type=click.Choice([*METHODS]), default="auto", show_default=True, help="The method.")
@click.option("--time-limit", default=60.0, show_default=True, metavar="S", help="The seconds to search.")
@click.option("--max-depth", type=int, metavar="D", help="The most levels of gates.  [default: no bound]")
@click.option("--inputs", "max_inputs", default=2, show_default=True, help="The most inputs of a gate, 2 to 4.")
@click.option("--seed", default=0, show_default=True, help="The seed of the random numbers.")
@click.option("--jobs", default=1, show_default=True, help="The number of threads.")
@click.option("--resume", type=file_argument, metavar="CIRCUIT.txt", help="Start from this circuit of the same matrix.")
@click.option("--out", type=file_argument, metavar="OUT", help="Write the circuit: .v, .c, .dot, .svg, otherwise text.")
@force_option
@json_option
def synthesize(source: str, resume: Path | None, out: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Find an XOR circuit with few gates for a binary matrix.

    The matrix is that of a text file with rows of 0 and 1, or that of a network's recipe.

    \b
    Example:
      xoropt synthesize block:n_in=20,n_out=180 --time-limit 30 --out decoder.v
    """
    from xoropt.circuits import read_circuit, read_matrix, to_text, write_circuit
    from xoropt.circuits import synthesize as run
    from xoropt.common.files import check_new
    from xoropt.networks import from_recipe
    from xoropt.networks.recipes import is_recipe

    if out is not None:
        check_new(out, force)
    named = is_recipe(source) and not Path(source).exists()
    matrix = from_recipe(source).matrix() if named else read_matrix(source)
    start = None if resume is None else read_circuit(resume)
    begin = time.perf_counter()
    with progress_bar("synthesize") as bar:

        def report(spent: float, allowed: float, gates: int | None) -> None:
            if bar is not None:
                bar("" if gates is None else f"{gates} gates", round(spent), max(1, round(allowed)))

        circuit = run(matrix, resume=start, progress=report, **options)
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
