"""Consoles and tables: what all printed tables share."""

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = ["make_table", "open_console", "plain"]


def open_console() -> Console:
    """Open a console on standard output; where that is not a terminal, it is wide enough that no figure is cut."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, emoji=False)


def plain(text: str) -> str:
    """Replace the characters that a terminal would act on."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def make_table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Make a table of texts; the first column is aligned left, the others right.

    Args:
        title: printed above it; None: no title.
        columns: the headings.
        rows: a text for each column; an empty row separates what is above from what is below.
    """
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    for row in rows:
        if row:
            table.add_row(*(escape(plain(cell)) for cell in row))
        else:
            table.add_section()
    return table
