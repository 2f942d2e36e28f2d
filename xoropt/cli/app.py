"""What all commands share: the group, how it reports failures, options, the progress bar, JSON."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from xoropt_solvers import SolverError, caching

from xoropt.cli.wording import CommandGroup, in_options
from xoropt.common.errors import XoroptError, XoroptWarning
from xoropt.common.foreign_text import shown
from xoropt.common.version import __version__
from xoropt.model.tensors import Progress

if TYPE_CHECKING:
    from xoropt_solvers import ParityProblem
    from xoropt_solvers.compiling import Told

__all__ = [
    "cli",
    "decoder_option",
    "file_argument",
    "force_option",
    "jobs_option",
    "json_option",
    "main",
    "names_option",
    "print_json",
    "progress_bar",
    "refuse_without_effect",
    "say",
    "warm_up_solver",
    "warm_up_synthesis",
]

NARROWEST = 40
"""Characters of a terminal's line below which nothing is broken to fit."""
MOMENT = 2.0
"""Seconds of compiling of which nobody needs to be told."""


def main() -> None:
    """Run the command line, print a failure as one line on standard error, and exit.

    The exit status is 0 when it is done, 1 when it failed, 2 for wrong usage.
    """
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # see xoropt.common.startup
        _open_closed_streams()
        if (said := caching.found_instead()) is not None:
            say(said)
        with _warnings_as_lines():
            status = cli.main(standalone_mode=False, prog_name="xoropt")
        sys.stdout.flush()  # so that a full disk is noticed here
        sys.exit(status if isinstance(status, int) else 0)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "xoropt"
        said = error.format_message().rstrip(".")
        _fail(f"{said}{'' if said.endswith('?') else '.'} See '{where} --help'.", 2)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _fail("interrupted; nothing was written.", 1)
    except (XoroptError, SolverError) as error:
        _fail(str(error), 1)
    except MemoryError:
        _fail("not enough memory for this; use a smaller file or a machine with more memory.", 1)
    except UnicodeEncodeError:
        _fail("the encoding of the output can't show this text; set PYTHONIOENCODING=utf-8 or use --json.", 1)
    except BrokenPipeError:
        _end(1)  # the reader of our output has gone
    except OSError as error:
        _fail(f"{error.filename or 'the output'}: {error.strerror or error}.", 1)


def _fail(message: str, status: int) -> None:
    with suppress(OSError, ValueError):  # standard error is closed, too: the status alone tells
        say(message)
    _end(status)


def _end(status: int) -> None:
    """Exit; what can't be written any more is dropped, as the interpreter would complain about it at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(status)


def _open_closed_streams() -> None:
    """Write to nowhere where standard output or error was closed before we were started."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (open until the end)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def say(message: str) -> None:
    """Print a remark of the command as one line on standard error; nothing in it acts on the terminal.

    On a terminal the line is broken between words.
    """
    line = f"xoropt: {shown(' '.join(message.split()))}"
    if sys.stderr.isatty():
        width = max(shutil.get_terminal_size().columns, NARROWEST)
        line = textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
    click.echo(line, err=True)


@contextmanager
def _warnings_as_lines() -> Iterator[None]:
    """Print the library's warnings as lines of the command."""

    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, XoroptWarning):
            say(f"warning: {in_options(str(message), _command())}")
        else:
            usual(message, category, *where, **more)

    with warnings.catch_warnings():
        warnings.simplefilter("always", XoroptWarning)
        warnings.showwarning = show
        yield


def _command() -> click.Command:
    context = click.get_current_context(silent=True)
    return cli if context is None else context.command


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
        task, said = bar.add_task(label, total=None), label

        def work(name: str, done: int, total: int) -> None:
            nonlocal said
            said = f"{label} {shown(name)}"
            bar.update(task, description=said, completed=done, total=total)

        def compiling(seconds: float, busy: bool) -> None:
            long = busy and seconds > MOMENT
            bar.update(task, description=f"{label}: compiling, once; {seconds:.0f} s so far" if long else said)

        with _noticed(compiling):
            yield work


@contextmanager
def _noticed(told: Told) -> Iterator[None]:
    """Notice what is compiled; the import that this takes is one that compiling takes anyway."""
    from xoropt_solvers.compiling import noticed

    with noticed(told):
        yield


def warm_up_solver(solver: str, problem: ParityProblem | None = None) -> None:
    """Import and compile what a strategy needs for a problem, before its time is taken.

    Raises:
        SolverError: as for `xoropt_solvers.solve`, of options and packages.
    """
    from xoropt_solvers.warming import warm_up

    compile_before(partial(warm_up, solver, problem))


def warm_up_synthesis(method: str, bounded: bool = False, max_inputs: int = 2) -> None:
    """Compile what a synthesis needs, with a bound on the depth or without, before its time is taken."""
    from xoropt.circuits import warm_up

    compile_before(partial(warm_up, method, bounded, max_inputs))


def compile_before(warm_up: Callable[[], object]) -> None:
    """Run what compiles, and say so on a terminal where it takes more than a moment."""
    said = False

    def compiling(seconds: float, busy: bool) -> None:
        nonlocal said
        if not said and busy and seconds > MOMENT and sys.stderr.isatty():
            said = True
            say("compiling for the first use here, once, for up to half a minute; no time limit counts that.")

    with _noticed(compiling):
        warm_up()


def print_json(figures: dict[str, Any]) -> None:
    """Print figures as one JSON object on standard output."""
    click.echo(json.dumps(figures, indent=2))


class Names(click.ParamType):
    """One of several names, which are looked up when they are needed: other packages can add some.

    Args:
        names: returns the names, as the library spells them; a command has hyphens for their underscores.
    """

    name = "name"

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self.names = names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name as the library spells it.

        Raises:
            click.UsageError: it is none of them.
        """
        if value in self.names():
            return value
        if value not in self.spelled():
            option = f"Option '{param.opts[0]}'" if param is not None else "It"
            raise click.UsageError(f"{option} must be one of {', '.join(self.spelled())}, not '{value}'", ctx)
        return str(value).replace("-", "_")

    def spelled(self) -> list[str]:
        """Return the names as a command spells them."""
        return [name.replace("_", "-") for name in self.names()]


class NamesOption(click.Option):
    """An option with a value of many: its help lists them as words, since click's own list can't be wrapped."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option, and its help with all names."""
        if not isinstance(self.type, Names):
            return super().get_help_record(ctx)
        listed = copy.copy(self)
        listed.help = f"{self.help} One of {', '.join(self.type.spelled())}."
        return click.Option.get_help_record(listed, ctx)


def names_option(*flags: str, names: Callable[[], Iterable[str]], **settings: Any) -> Callable[[Any], Any]:
    """Return the decorator of an option whose value is one of names; settings are those of `click.option`."""
    return click.option(*flags, cls=NamesOption, type=Names(names), metavar="NAME", **settings)


def refuse_without_effect(reason: str, *names: str) -> None:
    """Raise UsageError if one of these options was given, because it can have no effect.

    Args:
        reason: why, as the end of a sentence.
        names: the options, as the command's function calls them.
    """
    context = click.get_current_context()
    for param in context.command.params:
        given = context.get_parameter_source(param.name or "") is click.core.ParameterSource.COMMANDLINE
        if param.name in names and given:
            raise click.UsageError(f"Option '{max(param.opts, key=len)}' has no effect {reason}; leave it out", context)


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
    cls=CommandGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
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
