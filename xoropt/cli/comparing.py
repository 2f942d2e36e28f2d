"""The command `compare`: strategies of the seed search side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xoropt.cli.app import cli, file_argument, json_option, print_json, progress_bar, refuse_without_effect, say
from xoropt.cli.tables.console import open_console, print_line, print_table
from xoropt.cli.tables.words import counted
from xoropt.cli.wording import in_options
from xoropt.common.errors import XoroptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xoropt_solvers import Comparison
    from xoropt_solvers.comparing import NamedProblem

__all__ = ["compare"]

MEANING = (
    "solved: found the least cost that any strategy found; PAR-2: mean time to the proof, twice the limit where there "
    "is none; gap: excess over the least cost; wins: no other was better; virtual best: the best run of each problem"
)
"""What the columns of the table mean."""


@cli.command(short_help="Compare solver strategies on problems.")
@click.argument("sources", metavar="PROBLEMS...", nargs=-1)
@click.option(
    "--strategies",
    multiple=True,
    default=("all",),
    show_default=True,
    metavar="LIST",
    help="Strategies, separated by commas, each with or without options: sat:engine=minisat22,encoding=binary.",
)
@click.option("--time-limit", type=float, default=10.0, show_default=True, metavar="S", help="Seconds for each run.")
@click.option("--jobs", default=1, show_default=True, metavar="N", help="Runs at once; busy cores make times longer.")
@click.option(
    "--out",
    type=file_argument,
    default=Path("compare"),
    show_default=True,
    metavar="DIR",
    help="Folder of the runs, the tables, the figures and the page.",
)
@click.option(
    "--syndrome",
    type=file_argument,
    metavar="FILE",
    help="For one parity-check matrix: zeros and ones, a line for each problem.  [default: FILE.syndrome beside it]",
)
@click.option(
    "--from", "model", type=file_argument, metavar="FILE", help="Compare on the blocks of this compressed file."
)
@click.option("--tensor", metavar="NAME", help="The tensor of FILE.  [default: all that are stored in blocks]")
@click.option("--worst", default=100, show_default=True, metavar="N", help="Of FILE: the N blocks with most patches.")
@click.option("--blocks", default=10, show_default=True, metavar="N", help="For a RECIPE: how many blocks to draw.")
@click.option("--sparsity", default=0.9, show_default=True, metavar="S", help="For a RECIPE: share of bits pruned.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="For a RECIPE: seed of the random bits.")
@json_option
def compare(
    sources: tuple[str, ...],
    strategies: tuple[str, ...],
    time_limit: float,
    jobs: int,
    out: Path,
    syndrome: Path | None,
    model: Path | None,
    tensor: str | None,
    worst: int,
    as_json: bool,
    **drawn: Any,
) -> int:
    """Let strategies solve the same problems within the same time, and say which is best for what.

    PROBLEMS are files in any format that 'solve' reads, folders of such files, and RECIPEs of networks, which stand for
    blocks with random care bits. A parity-check matrix has its syndromes in the file, in FILE.syndrome beside it, or
    where --syndrome says. The blocks of a compressed file are problems, too. Every answer is checked. Runs are kept as
    they come: the same command goes on where it was stopped, and more strategies can be added later.

    \b
    Examples:
      xoropt compare problems/ --time-limit 5
      xoropt compare a.cnf b.npz --strategies coset,sat:engine=minisat22
      xoropt compare code.mtx --syndrome shots.01
      xoropt compare block:n_in=40,n_out=400 --strategies portfolio,coset
      xoropt compare --from small.safetensors --tensor fc1.weight --worst 100
    """
    from xoropt_solvers import InvalidInputError, UnknownStrategyError
    from xoropt_solvers.comparing import compare as run
    from xoropt_solvers.comparing import read_variants
    from xoropt_solvers.comparing.named_problems import problems_of_file

    from xoropt.explore.comparison import write_comparison
    from xoropt.networks.recipes import is_recipe

    context = click.get_current_context()
    try:
        variants = read_variants(strategies)
    except (InvalidInputError, UnknownStrategyError) as error:
        raise click.UsageError(in_options(str(error), context.command), context) from None
    recipes = [source for source in sources if is_recipe(source) and not Path(source).exists()]
    if not recipes:
        refuse_without_effect("without a RECIPE", "blocks", "sparsity", "seed")
    if model is None:
        refuse_without_effect("without --from", "tensor", "worst")
        if not sources:
            raise click.UsageError(
                "Name a problem: a file, a folder or a RECIPE, or '--from' with a compressed file", context
            )
    if syndrome is not None:
        if len(sources) != 1 or recipes or Path(sources[0]).is_dir():
            raise click.UsageError("Option '--syndrome' goes with one file, which holds a parity-check matrix", context)
        problems: list[Any] = [*problems_of_file(Path(sources[0]), syndrome=syndrome)]
    else:
        problems = [
            problem
            for source in sources
            for problem in (_random_blocks(source, **drawn) if source in recipes else [source])
        ]
    if model is not None:
        problems += _stored_blocks(model, tensor, worst)
    with progress_bar("compare") as bar:
        comparison = run(
            problems,
            variants,
            time_limit=time_limit,
            jobs=jobs,
            out=out,
            progress=None if bar is None else lambda name, done, total: bar(name, round(done), round(total)),
        )
    written = [out / "runs.jsonl", *write_comparison(comparison, out)]
    figures = comparison.to_dict() | {"files": [str(path) for path in written]}
    if as_json:
        print_json(figures)
    else:
        _print(comparison, written)
    if not any(path.suffix == ".svg" for path in written):
        say("figures need matplotlib; pip install 'xoropt[plot]' and run this again.")
    if figures["conflicts"]:
        raise XoroptError(f"strategies contradict each other: {figures['conflicts'][0]}; please report this problem.")
    return 0


def _random_blocks(recipe: str, blocks: int, sparsity: float, seed: int) -> Iterator[NamedProblem]:
    """Draw blocks of a network as problems, one after another from consecutive seeds."""
    from xoropt_solvers.comparing import NamedProblem

    from xoropt.cli.seeds import random_block
    from xoropt.common.arguments import check_int

    for i in range(check_int("blocks", blocks, 1)):
        yield NamedProblem(f"{recipe} S={sparsity:g} seed {seed + i}", random_block(recipe, sparsity, seed + i), recipe)


def _stored_blocks(path: Path, tensor: str | None, worst: int) -> list[NamedProblem]:
    """Take the blocks of a compressed file that have the most patches."""
    from xoropt.common.arguments import check_int
    from xoropt.explore.block_problems import block_problems
    from xoropt.model.file.container import load

    return block_problems(load(path), tensor, check_int("worst", worst, 1), str(path))


def _print(comparison: Comparison, written: Sequence[Path]) -> None:
    """Print the table, which strategy to take, and where the files are."""
    from xoropt_solvers.comparing import scores
    from xoropt_solvers.comparing.scoring import verdict, verdicts

    from xoropt.explore.comparison import SUMMARY, summary_rows

    console = open_console()
    own = scores(comparison.runs, comparison.variants, comparison.time_limit)
    rows = summary_rows(own)
    title = f"{counted(len(comparison.problems), 'problem')}, {comparison.time_limit:g} s each; {comparison.machine}"
    print_table(console, title, SUMMARY, [*rows[:-1], (), rows[-1]])
    print_line(console, MEANING)
    families = comparison.families
    if len(comparison.variants) > 1 and len(families) == 1:
        print_line(console, verdict(comparison.runs, comparison.variants, comparison.time_limit))
    elif len(comparison.variants) > 1:
        print_line(console, f"The table sums up {len(families)} unlike families of problems. For each by itself:")
        said = verdicts(comparison.runs, comparison.variants, comparison.time_limit, families)
        for family, problems in families.items():
            print_line(console, f"* {family or 'others'}, {counted(len(problems), 'problem')}. {said[family]}")
    if comparison.interrupted:
        print_line(console, "interrupted; the same command goes on from here")
    names = ", ".join(path.name for path in written)
    print_line(console, f"{comparison.seconds:.0f} s; written to {written[0].parent}: {names}")
