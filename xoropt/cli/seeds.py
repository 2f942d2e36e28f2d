"""The command that runs the seed search by itself: solve."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from xoropt_solvers.registry import names as strategies

from xoropt.cli.app import (
    cli,
    file_argument,
    force_option,
    json_option,
    names_option,
    print_json,
    refuse_without_effect,
    warm_up_solver,
)

if TYPE_CHECKING:
    from xoropt_solvers import ParityProblem

__all__ = ["random_block", "solve"]


@cli.command()
@click.argument("source", metavar="FILE|RECIPE")
@names_option(
    "--solver",
    "solvers",
    names=strategies,
    multiple=True,
    default=("portfolio",),
    show_default=True,
    help="The strategy, by name; 'xoropt compare' runs several.",
)
@click.option(
    "--time-limit",
    type=float,
    metavar="S",
    help="Seconds to search; gives the best answer found by then. Reading and compiling are not counted.",
)
@click.option("--sparsity", default=0.9, show_default=True, metavar="S", help="For a RECIPE: share of bits pruned.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="For a RECIPE: seed of the random bits.")
@click.option(
    "--syndrome",
    type=file_argument,
    metavar="FILE",
    help="For a parity-check matrix: a line of zeros and ones.  [default: FILE.syndrome beside it]",
)
@click.option("--shot", type=int, metavar="N", help="Which of several syndromes, counted from 1.")
@click.option("--export", type=file_argument, metavar="OUT", help="Write the problem; its name's end tells the format.")
@click.option(
    "--proof",
    type=file_argument,
    metavar="OUT",
    help="Write a proof that nothing costs less: .json, an enumeration, or .cnf with a .drat refutation.",
)
@force_option
@json_option
def solve(
    source: str,
    solvers: tuple[str, ...],
    time_limit: float | None,
    sparsity: float,
    seed: int,
    syndrome: Path | None,
    shot: int | None,
    export: Path | None,
    proof: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Find x that minimizes |A·x ⊕ b| over GF(2).

    FILE holds the problem: as text, where each line is a row of A and its value of b in zeros and ones; as DIMACS CNF
    or WCNF with XOR lines; as OPB; or as .npz with the arrays A and b. Or it holds a decoder's parity-check matrix H,
    whose fewest errors with a syndrome are found: .npz with the arrays H and s, .mtx, .alist, Stim's .dem, a
    syndrome-decoding challenge. A network's RECIPE, such as block:n_in=20,n_out=180, stands for the problem of one step
    with random care bits.

    The strategy portfolio picks those that should be fastest; greedy is the paper's patch search; docs/solvers.md tells
    which one suits which problem.

    \b
    Examples:
      xoropt solve block.txt --solver xorsat --time-limit 10
      xoropt solve block:n_in=20,n_out=180 --export block.cnf
      xoropt solve code.alist --syndrome shot.01
      xoropt solve block.txt --proof block.json
    """
    import numpy as np
    from xoropt_solvers import formats
    from xoropt_solvers import solve as run
    from xoropt_solvers.proofs import write_proof

    from xoropt.common.files import check_new
    from xoropt.networks.recipes import is_recipe

    if len(solvers) > 1:
        raise click.UsageError(
            f"Option '--solver' names one strategy; to compare several, use 'xoropt compare {source} --strategies"
            f" {','.join(solvers)}'",
            click.get_current_context(),
        )
    (solver,) = solvers
    named = is_recipe(source) and not Path(source).exists()
    if not named:
        refuse_without_effect("on a FILE, which is the whole problem", "sparsity", "seed")
    else:
        refuse_without_effect("on a RECIPE, which is the whole problem", "syndrome", "shot")
    for path in (export, proof):
        if path is not None:
            check_new(path, force)
    if named:
        problem, logicals = random_block(source, sparsity, seed), None
    else:
        problem, logicals = formats.read_with_logicals(Path(source), syndrome, shot)
    if export is not None:
        _write(export, force, lambda path: formats.write_problem(problem, path))
    warm_up_solver(solver, problem)
    begin = time.perf_counter()
    solution = run(problem, solver, time_limit=time_limit)
    seconds = time.perf_counter() - begin
    if proof is not None:
        _write(proof, force, lambda path: write_proof(problem, solution, path, time_limit))
    flipped = None if logicals is None else np.flatnonzero(logicals[:, solution.mismatches].sum(axis=1) % 2).tolist()
    figures: dict[str, Any] = {
        "cost": int(solution.cost),
        "lower_bound": int(solution.lower_bound),
        "scale": problem.scale,
        "optimal": bool(solution.optimal),
        "seconds": seconds,
        "mismatches": [int(row) for row in solution.mismatches],
        "observables": flipped,
        "x": [int(bit) for bit in solution.x],
    }
    if as_json:
        print_json(figures)
        return
    said = "proved minimal" if solution.optimal else f"at least {_cost(problem, solution.lower_bound)}"
    click.echo(f"cost {_cost(problem, solution.cost)} ({said}), {seconds:.3f} s with {solver}")
    rows = " ".join(map(str, figures["mismatches"])) or "none"
    written = [path for path in (export, proof) if path is not None]
    if problem.checks is None:
        click.echo(f"rows that differ, from 0: {rows}")
        click.echo(f"x: {''.join(map(str, figures['x']))}")
    else:
        click.echo(f"errors, the columns of H from 0: {rows}")
        if flipped is not None:
            click.echo(f"observables that they flip: {' '.join(map(str, flipped)) or 'none'}")
    if written:
        click.echo(f"written: {', '.join(map(str, written))}")


def _cost(problem: ParityProblem, cost: int) -> str:
    """Write a cost in the units of the weights that were given, where these were scaled to integers."""
    return str(cost) if problem.scale == 1 else f"{cost / problem.scale:.6g}"


def _write(path: Path, overwrite: bool, write: Callable[[Path], None]) -> None:
    """Write a file, and what goes beside it, whole or not at all."""
    from xoropt.common.files import place, unfinished

    with unfinished(path) as part:  # a folder, as the end of the file's name says the format
        part.mkdir()
        write(part / path.name)
        for file in sorted(part.iterdir()):  # a matrix has its syndrome beside it, a refutation its clauses
            place(file, path.resolve().parent / file.name, overwrite)


def random_block(recipe: str, sparsity: float, seed: int) -> ParityProblem:
    """Draw the problem of one step of a network: the rows of random care bits, with random values."""
    import numpy as np
    from xoropt_solvers import ParityProblem

    from xoropt.common.arguments import check_int
    from xoropt.networks import from_recipe
    from xoropt.quantize.pruning import check_sparsity

    matrix, rng = from_recipe(recipe).matrix(), np.random.default_rng(check_int("seed", seed, 0))
    rows = matrix[rng.random(len(matrix)) >= check_sparsity(sparsity)]
    return ParityProblem(rows, rng.random(len(rows)) < 0.5)
