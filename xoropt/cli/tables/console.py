"""Consoles and tables: what all printed tables share."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from xoropt.cli.tables.fitting import INDENT, break_line, break_names, pieces, put_numbers, table_width, wrap_heading
from xoropt.common.foreign_text import shown

__all__ = ["fits", "open_console", "print_command", "print_line", "print_table", "without_constants"]

UNKNOWN_WIDTH = 200
"""Characters of a line where nobody says how wide it is."""
HEADING_WIDTHS = (12, 8, 1)
"""Characters of a heading before it is broken between words; the first that will do."""
NAMES = 4
"""Names that take one part in so many of the line, in two columns twice that, stay beside their figures."""
FEW = 12
"""The most names that give way to numbers where the table could as well have several pieces."""
NARROWEST = 40
"""Characters of a line below which nothing could be laid out."""

Row = Sequence[str]


def open_console() -> Console:
    """Open a console on standard output.

    It is as wide as the terminal, or as the variable COLUMNS says; in a pipe without it as wide as any table.
    """
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) > 0 else None
    if width is None and not sys.stdout.isatty():
        width = UNKNOWN_WIDTH
    return Console(width=width if width is None else max(width, NARROWEST), highlight=False, emoji=False)


def print_line(console: Console, text: str) -> None:
    """Print a text that may hold what others wrote: neither rich nor the terminal acts on it."""
    console.print(escape(shown(text)))


def print_command(console: Console, command: str) -> None:
    r"""Print a command that can be copied: where it is too long for a line, each option is in a line after a \."""
    text = INDENT + shown(command)
    if cell_len(text) > console.width:
        text = text.replace(" --", f" \\\n{2 * INDENT}--")
    console.print(Text(text), soft_wrap=True)


def print_table(
    console: Console,
    title: str | None,
    columns: Row,
    rows: Iterable[Row],
    *,
    names: int = 1,
    notes: Sequence[str] | None = None,
    names_above: bool = False,
) -> None:
    """Print a table so that it fits the line: first as it is, then broken between words, then in several pieces.

    The first columns name the rows. Where the table is too wide, headings and names are broken between words. Where it
    is still too wide, long names give way to numbers and follow below, and the other columns are printed in several
    tables, one below the other.

    Args:
        console: where to print.
        title: printed above it; None: no title.
        columns: the headings.
        rows: a text for each column; an empty row is a line between others. Where there is one, sums are below it,
            whose names are short.
        names: how many columns name the rows: they are aligned left, and every piece has them.
        notes: for each name what its footnote says beside it, so that there are footnotes in any case; None: names
            alone, where there are footnotes.
        names_above: the long names are the headings of the columns, not the first texts of the rows.
    """
    columns, rows = [shown(name) for name in columns], [tuple(map(shown, row)) for row in rows]
    footnotes: Sequence[str] = ()
    if names_above and table_width(columns, rows) > console.width:
        footnotes = columns[1:]
        columns = (columns[0], *(f"({i})" for i in range(1, len(columns))))
    elif not names_above:
        columns, rows, footnotes = _fit(columns, rows, names, console.width, notes is not None)
    if title is not None:
        console.print(f"[bold]{escape(shown(title))}[/bold]")
    for piece in pieces(columns, rows, names, console.width):
        console.print(_make_table(*piece, names))
    for i, name in enumerate(footnotes):
        beside = f": {shown(notes[i])}" if notes and notes[i] else ""
        for line in break_line(f"({i + 1}) {name}{beside}", console.width):
            console.print(escape(line))


def _fit(columns: Row, rows: list[Row], names: int, width: int, numbered: bool) -> tuple[Row, list[Row], Sequence[str]]:
    """Change the texts of a table so that its lines are short.

    Args:
        columns, rows, names: the table.
        width: characters of a line.
        numbered: whether numbers take the places of names in any case.

    Returns:
        The headings, the rows, and the names that follow below by number.
    """
    if not numbered and table_width(columns, rows) <= width:
        return columns, rows, ()
    for least in HEADING_WIDTHS:
        broken_heads = [wrap_heading(name, [row[i] for row in rows if row], least) for i, name in enumerate(columns)]
        over = table_width(broken_heads, rows) - width
        if over <= 0:
            break
    columns = broken_heads
    if not numbered:
        if over <= 0:
            return columns, rows, ()
        beside = table_width(columns[:names], [row[:names] for row in rows])
        if (broken := break_names(columns, rows, names, beside - over)) is not None:
            return columns, broken, ()
    with_numbers, at, listed = put_numbers(rows, names, not numbered)
    heads = [name if i != at else "" for i, name in enumerate(columns)]
    if not numbered and (table_width(heads, with_numbers) > width or len(listed) > FEW):
        room = width // NAMES * min(names, 2)
        if beside <= room:
            return columns, rows, ()
        if (broken := break_names(columns, rows, names, room)) is not None:
            return columns, broken, ()
    return heads, with_numbers, listed


def without_constants(table: Sequence[Row]) -> tuple[list[Row], list[tuple[str, str]]]:
    """Leave out what is the same for all.

    Args:
        table: the names first, then for each figure its heading and a text for each name.

    Returns:
        The table without figures that have one text for all of two names or more; these figures, heading and text.
    """
    names, *figures = table
    same = [row for row in figures if len(names) > 2 and len(set(row[1:])) == 1]
    return [names, *(row for row in figures if row not in same)], [(row[0], row[1]) for row in same]


def fits(console: Console, columns: Row, rows: Iterable[Row]) -> bool:
    """Tell whether a table is no wider than the line."""
    return table_width([*map(shown, columns)], [[*map(shown, row)] for row in rows]) <= console.width


def _make_table(columns: Row, rows: Iterable[Row], names: int) -> Table:
    """Make a table of harmless texts; the columns of names are aligned left, the others right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for i, column in enumerate(columns):
        side: Literal["left", "right"] = "left" if i < names else "right"
        missing = max(name.count("\n") for name in columns) - column.count("\n")  # headings stand on the line below
        table.add_column(escape("\n" * missing + column), justify=side, overflow="fold")
    for row in rows:
        if row:
            table.add_row(*map(escape, row))
        else:
            table.add_section()
    return table
