"""The seed search by itself: solve."""

import time
from pathlib import Path
from typing import Any

import click

from xoropt.cli.app import cli, file_argument, force_option, json_option, print_json

__all__ = ["solve"]


@cli.command()
@click.argument("file", metavar="FILE", type=file_argument)
@click.option("--solver", default="portfolio", show_default=True, help="The strategy.")
@click.option("--time-limit", type=float, metavar="S", help="Seconds; the best answer by then is given.")
@click.option(
    "--export", type=file_argument, metavar="OUT", help="Write the problem as .cnf, .wcnf, .opb, .lp or .npz."
)
@force_option
@json_option
def solve(file: Path, solver: str, time_limit: float | None, export: Path | None, force: bool, as_json: bool) -> None:
    """Find x that minimizes |A·x ⊕ b| over GF(2).

    FILE holds the problem: text with a row of A and its value of b a line (0 and 1), DIMACS CNF or WCNF with XOR
    lines, or .npz with arrays A and b.

    Strategies: greedy (the paper's patch search), exhaustive, coset, isd, osd, sat, xorsat, maxsat, cpsat, ilp, and
    portfolio, which picks the exact one that should be fastest.

    \b
    Example:
      xoropt solve block.txt --solver xorsat --time-limit 10
    """
    from xoropt_solvers import formats, registry
    from xoropt_solvers import solve as run

    from xoropt.files import check_new

    if solver not in registry.names():
        known = ", ".join(registry.names())
        raise click.UsageError(f"Option '--solver' must be one of {known}, not '{solver}'", click.get_current_context())
    problem = formats.read_problem(file)
    if export is not None:
        check_new(export, force)
        formats.write_problem(problem, export)
    begin = time.perf_counter()
    solution = run(problem, solver, time_limit=time_limit)
    figures: dict[str, Any] = {
        "cost": int(solution.cost),
        "lower_bound": int(solution.lower_bound),
        "optimal": bool(solution.optimal),
        "seconds": time.perf_counter() - begin,
        "mismatches": [int(row) for row in solution.mismatches],
        "x": [int(bit) for bit in solution.x],
    }
    if as_json:
        print_json(figures)
        return
    proof = "proved minimal" if solution.optimal else f"at least {solution.lower_bound}"
    click.echo(f"cost {solution.cost} ({proof}), {figures['seconds']:.3f} s with {solver}")
    click.echo(f"rows that differ: {' '.join(map(str, figures['mismatches'])) or 'none'}")
    click.echo(f"x: {''.join(map(str, figures['x']))}")
