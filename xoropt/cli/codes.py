"""The command `distance`: the least weight of a code, or of a quantum code's logical operators."""

import sys
from pathlib import Path
from typing import Any

import click
from xoropt_solvers.registry import names as strategies

from xoropt.cli.app import cli, file_argument, json_option, names_option, print_json, warm_up_solver

__all__ = ["distance"]


@cli.command(short_help="Find the minimum distance of a code.")
@click.argument("source", metavar="FILE", type=file_argument)
@click.option(
    "--logicals",
    type=file_argument,
    metavar="FILE",
    help="A matrix of logical operators: only words that flip one of them count.  [default: a .dem file's observables]",
)
@names_option("--solver", names=strategies, default="portfolio", show_default=True, help="The strategy, by name.")
@click.option(
    "--time-limit",
    type=float,
    metavar="S",
    help="Seconds to search; gives the best word found, and the bound. Reading and compiling are not counted.",
)
@json_option
def distance(source: Path, logicals: Path | None, solver: str, time_limit: float | None, as_json: bool) -> None:
    """Find the least weight of a nonzero word e with H·e = 0, where FILE holds the parity-check matrix H.

    FILE is .mtx, .alist, .npz (H), lines of zeros and ones, or a detector error model of Stim (.dem), whose distance is
    that of its circuit: the fewest errors that no detector sees and that flip an observable. Of a CSS code, give the
    checks of one kind and the logicals of the same kind. On a terminal the bound is shown as it grows.

    \b
    Examples:
      xoropt distance code.alist
      xoropt distance hz.mtx --logicals lz.mtx --time-limit 60
    """
    import numpy as np
    from xoropt_solvers import ParityProblem
    from xoropt_solvers import distance as run
    from xoropt_solvers.errors import FileFormatError
    from xoropt_solvers.formats import read_check_matrix

    matrix = read_check_matrix(source)
    given: Any = matrix.logicals if logicals is None else read_check_matrix(logicals).H
    known = (0, 0)

    def improved(cost: int, bound: int, seconds: float) -> None:
        nonlocal known
        if (cost, bound) != known and sys.stderr.isatty():
            known = cost, bound
            click.echo(f"\r{bound} ≤ distance ≤ {cost} after {seconds:.1f} s ", nl=False, err=True)

    if logicals is None and given is not None and not given.any():
        raise FileFormatError(f"{source}: no error flips an observable; name the logicals with '--logicals'.")
    warm_up_solver(solver, ParityProblem.from_checks(matrix.H, np.zeros(len(matrix.H), dtype=bool)))
    found = run(matrix.H, given, solver, time_limit, on_improve=improved)
    if sys.stderr.isatty():
        click.echo("\r" + " " * 60 + "\r", nl=False, err=True)
    if as_json:
        print_json(
            {
                "distance": found.distance,
                "lower_bound": found.lower_bound,
                "proved": found.proved,
                "word": found.word.tolist(),
                "logical": found.logical,
                "seconds": found.seconds,
            }
        )
        return
    said = "proved" if found.proved else f"at least {found.lower_bound}"
    click.echo(f"distance {found.distance} ({said}), {found.seconds:.3f} s with {solver}")
    click.echo(f"word, the columns of H from 0: {' '.join(map(str, found.word.tolist()))}")
