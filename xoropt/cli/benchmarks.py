"""The benchmarks: the command `bench`."""

import ast
import sys
from pathlib import Path

import click

from xoropt.cli.app import cli
from xoropt.cli.wording import Command
from xoropt.common.errors import XoroptError

__all__ = ["bench"]

SHARED = ("common", "__init__", "cli")
"""Modules in the folder of the benchmarks that are none."""


def _folder() -> Path:
    """Find the folder of the benchmarks: within the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    return next(
        (folder for folder in (package / "benchmarks", package.parent / "benchmarks") if folder.is_dir()), package
    )


def _benchmarks() -> dict[str, Path]:
    """The files of the benchmarks by name."""
    return {path.stem: path for path in sorted(_folder().glob("*.py")) if path.stem not in SHARED}


class _Bench(Command):
    """The command, whose help lists the benchmarks with what each measures."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and the benchmarks."""
        super().format_options(ctx, formatter)
        found = _benchmarks()
        with formatter.section("Benchmarks"):
            formatter.write_dl([(name, _summary(path)) for name, path in found.items()])
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(f"NAME is one of {', '.join(found)}.")


def _summary(path: Path) -> str:
    """The first line of a benchmark's description, which is read without running it."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0]


@cli.command(
    cls=_Bench,
    short_help="Run a benchmark, or list them.",
    options_metavar="",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("name", required=False, metavar="NAME")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS]...")
@click.pass_context
def bench(context: click.Context, name: str | None, arguments: tuple[str, ...]) -> None:
    """Run the benchmark NAME with its own options, which 'xoropt bench NAME --help' shows.

    Tables are printed. With --out DIR the figures are written too, as JSON, and pictures.

    \b
    Examples:
      xoropt bench encode --quick
      xoropt bench all --quick --out results
      xoropt bench overview --out results
    """
    import runpy

    if name is None:
        click.echo(context.get_help())
        return
    found = _benchmarks()
    if name not in found:
        raise click.UsageError(f"No benchmark '{name}'; name one of {', '.join(found)}.", context)
    sys.path.insert(0, str(_folder()))
    sys.argv = [f"xoropt bench {name}", *arguments]
    try:
        runpy.run_path(str(found[name]), run_name="__main__")
    except ModuleNotFoundError as error:
        raise XoroptError(
            f"the benchmark '{name}' needs the package '{error.name}': pip install 'xoropt[bench]'."
        ) from None
