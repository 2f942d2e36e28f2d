"""The library's messages in the words of a command: its options instead of the arguments of functions."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import click
from xoropt_solvers import InvalidInputError, SolverError

from xoropt.common.errors import ArgumentError, XoroptError

__all__ = ["Command", "CommandGroup", "in_options"]

TOGETHER = str.maketrans({"-": "\N{NON-BREAKING HYPHEN}"})
APART = str.maketrans({"\N{NON-BREAKING HYPHEN}": "-", "\N{NO-BREAK SPACE}": " "})
DEFAULT = re.compile(r"\[default: [^\]]{1,20}\]")

OPENING = re.compile(r"Arguments? '(\w+)'")
QUOTED = re.compile(r"\b(Arguments|Argument|arguments|argument)(?= ')|(?<![=\w])'(\w+)'")
NOUNS = {"Argument": "Option", "Arguments": "Options", "argument": "option", "arguments": "options"}
SETTINGS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r" \(\w+=(?:\([^()]*\)|[^()]*)\)"), ""),
    (re.compile(r" \(in Python [^()]*\)"), ""),
    (re.compile(r"\bmerge_zeros=True"), "--merge-zeros"),
    (re.compile(r"\bmust be None or "), "must be "),
    (re.compile(r"\b(low_rank|n_of_m)\b"), lambda found: found[1].replace("_", "-")),
)
"""What a message says in Python, and what it says in a command; remarks in brackets are for Python alone."""


def in_options(message: str, command: click.Command) -> str:
    """Return a message of the library in the words of a command.

    >>> in_options("Argument 'n_in' must be above 0.", click.Command("c", params=[click.Option(["--n-in"])]))
    "Option '--n-in' must be above 0."
    """
    for pattern, instead in SETTINGS:
        message = pattern.sub(instead, message)
    options = _options(command)
    if not any(name in options for name in OPENING.findall(message)):
        return re.sub(r"\b[Aa]rguments? (?=')", "", message)
    return QUOTED.sub(lambda found: _word(found, options), message)


def _word(found: re.Match[str], options: dict[str, str]) -> str:
    noun, name = found.groups()
    if noun is not None:
        return NOUNS[noun]
    return f"'{options.get(name, name)}'"


def _options(command: click.Command) -> dict[str, str]:
    """The longest spelling of each option of a command, by the name of the function's argument."""
    return {
        param.name: max(param.opts, key=len)
        for param in command.params
        if isinstance(param, click.Option) and param.name is not None
    }


class HelpFormatter(click.HelpFormatter):
    """Writes help whose lines end between words: not at a hyphen, nor within a short default."""

    def write_text(self, text: str) -> None:
        """Write a paragraph."""
        super().write_text(text.translate(TOGETHER))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write options, or commands, beside what they do."""
        together = [(first, _together(second)) for first, second in rows]
        super().write_dl(together, col_max, col_spacing)

    def getvalue(self) -> str:
        """Return what was written."""
        return super().getvalue().translate(APART)


def _together(text: str) -> str:
    text = text.translate(TOGETHER)
    return DEFAULT.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


class Context(click.Context):
    """The context of commands, with the formatter of their help."""

    formatter_class = HelpFormatter


class Command(click.Command):
    """A command whose failures speak of its options; a value that an option can't have is wrong usage."""

    context_class = Context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            click.UsageError: an option has a value that is not allowed.
            XoroptError, SolverError: the command failed, as the library says, in the words of the command.
        """
        try:
            return super().invoke(ctx)
        except (XoroptError, SolverError) as error:
            message = str(error)
            opening = OPENING.match(message)
            if isinstance(error, ArgumentError | InvalidInputError) and opening and opening[1] in _options(self):
                raise click.UsageError(in_options(message, self), ctx) from None
            error.args = (in_options(message, self),)
            raise


class CommandGroup(click.Group):
    """The group of such commands."""

    command_class = Command
    context_class = Context
