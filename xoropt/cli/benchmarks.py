"""The benchmarks: the command `bench`."""

import sys
from pathlib import Path

import click

from xoropt.cli.app import cli

__all__ = ["bench"]


def _benchmarks() -> Path:
    """Find the folder of the benchmarks: within the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    return next(
        (folder for folder in (package / "benchmarks", package.parent / "benchmarks") if folder.is_dir()), package
    )


@cli.command(
    short_help="Run a benchmark, or list them.",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str | None, arguments: tuple[str, ...]) -> None:
    """Run the benchmark NAME with its own options, or list the benchmarks.

    \b
    Example:
      xoropt bench encode --quick
    """
    import runpy

    folder = _benchmarks()
    names = sorted(path.stem for path in folder.glob("*.py") if path.stem not in ("common", "__init__", "cli"))
    if name in (None, "-h", "--help"):
        click.echo(
            "Usage: xoropt bench NAME [OPTIONS]\n\n  Run a benchmark; 'xoropt bench NAME --help' shows its options.\n"
        )
        click.echo(f"  NAME is one of {', '.join(names)}.\n\n  Example: xoropt bench encode --quick")
        return
    if name not in names:
        raise click.UsageError(f"No benchmark '{name}'; name one of {', '.join(names)}.", click.get_current_context())
    sys.path.insert(0, str(folder))
    sys.argv = [f"xoropt bench {name}", *arguments]
    runpy.run_path(str(folder / f"{name}.py"), run_name="__main__")
