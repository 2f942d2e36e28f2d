"""What all commands share: the group, how it reports failures, options, the progress bar, JSON."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from xoropt.common.errors import XoroptError
from xoropt.common.version import __version__
from xoropt.model.tensors import Progress

__all__ = [
    "cli",
    "decoder_option",
    "file_argument",
    "force_option",
    "jobs_option",
    "json_option",
    "main",
    "print_json",
    "progress_bar",
]


def main() -> None:
    """Run the command line, print a failure as one line on standard error, and exit.

    The exit status is 0 when it is done, 1 when it failed, 2 for wrong usage.
    """
    from xoropt_solvers import SolverError

    try:
        status = cli.main(standalone_mode=False, prog_name="xoropt")
        sys.exit(status if isinstance(status, int) else 0)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "xoropt"
        _fail(f"{error.format_message().rstrip('.')}. See '{where} --help'.", 2)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except click.exceptions.Abort:
        _fail("interrupted; nothing was written.", 1)
    except (XoroptError, SolverError) as error:
        _fail(str(error), 1)
    except MemoryError:
        _fail("not enough memory for this; use a smaller file or a machine with more memory.", 1)
    except UnicodeEncodeError:
        _fail("the encoding of the output can't show this text; set PYTHONIOENCODING=utf-8 or use --json.", 1)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone, and the interpreter would complain at exit
        sys.exit(1)
    except OSError as error:
        _fail(f"{error.filename or 'the output'}: {error.strerror or error}.", 1)


def _fail(message: str, status: int) -> None:
    click.echo(f"xoropt: {' '.join(message.split())}", err=True)
    sys.exit(status)


@contextmanager
def progress_bar(label: str) -> Iterator[Progress | None]:
    """Show a progress bar with the time left on standard error, where that is a terminal.

    Yields:
        A function to call with a name, the work done and all work; None where no bar is shown.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda name, done, total: bar.update(task, description=f"{label} {name}", completed=done, total=total)


def print_json(figures: dict[str, Any]) -> None:
    """Print figures as one JSON object on standard output."""
    click.echo(json.dumps(figures, indent=2))


json_option = click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
force_option = click.option("--force", is_flag=True, help="Replace an output file that exists.")
jobs_option = click.option(
    "--jobs", default=1, show_default=True, metavar="N", help="Threads or processes for the seed search."
)
decoder_option = click.option(
    "--decoder",
    type=click.Choice(["auto", "compiled", "numpy", "reference"]),
    default="auto",
    show_default=True,
    help="How to decode; all give the same bits.",
)
file_argument = click.Path(path_type=Path)


@click.group(
    invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="xoropt")
@click.pass_context
def cli(context: click.Context) -> None:
    """Store pruned, quantized weights as seeds of an XOR-gate network, losslessly.

    \b
    Start with:
      xoropt demo
      xoropt compress model.safetensors small.safetensors --sparsity 0.9 --bits 1
      xoropt inspect small.safetensors
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
