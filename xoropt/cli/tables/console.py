"""Consoles and tables: what all printed tables share."""

import os
import sys
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Literal

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from xoropt.common.foreign_text import shown

__all__ = ["fits", "open_console", "print_line", "print_table", "without_constants"]

UNKNOWN_WIDTH = 200
"""Characters of a line where nobody says how wide it is."""
WIDTH_OF_HEADING = 12
"""Characters of a heading before it is broken between words."""
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


def print_table(
    console: Console,
    title: str | None,
    columns: Row,
    rows: Iterable[Row],
    *,
    notes: Sequence[str] | None = None,
    names_above: bool = False,
) -> None:
    """Print a table so that it fits the line: first as it is, then with footnotes, then in several pieces.

    The first column names the rows. Where the table is too wide, numbers take the places of names, and the names follow
    below. Where it is still too wide, the other columns are printed in several tables, one below the other.

    Args:
        console: where to print.
        title: printed above it; None: no title.
        columns: the headings.
        rows: a text for each column; an empty row separates what is above from sums below, whose names are short.
        notes: for each name what its footnote says beside it, so that there are footnotes in any case; None: names
            alone, where there are footnotes.
        names_above: the long names are the headings of the columns, not the first texts of the rows.
    """
    rows = [tuple(row) for row in rows]
    if notes is None and _fits(console, table := _make_table(title, columns, rows)):
        console.print(table)
        return
    if names_above:
        names = [*columns[1:]]
        columns = (columns[0], *(f"({i})" for i in range(1, len(names) + 1)))
    else:
        end = rows.index(()) if () in rows else len(rows)
        names = [row[0] for row in rows[:end]]
        rows = [*((f"({i})", *row[1:]) for i, row in enumerate(rows[:end], 1)), *rows[end:]]
        columns = ("", *columns[1:])
    columns = [columns[0], *(_wrapped(name, [row[i] for row in rows if row]) for i, name in enumerate(columns) if i)]
    for piece in _pieces(console, columns, rows):
        console.print(_make_table(title, *_cut(columns, rows, piece)))
        title = None
    for i, name in enumerate(names):
        beside = f": {notes[i]}" if notes and notes[i] else ""
        print_line(console, f"({i + 1}) {name}{beside}")


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


def _pieces(console: Console, columns: Row, rows: Sequence[Row]) -> list[list[int]]:
    """Share the columns but the first out among tables that fit the line, in order."""
    pieces: list[list[int]] = [[]]
    for i in range(1, len(columns)):
        tried = [*pieces[-1], i]
        if pieces[-1] and not _fits(console, _make_table(None, *_cut(columns, rows, tried))):
            pieces.append([i])
        else:
            pieces[-1] = tried
    return pieces


def _wrapped(heading: str, cells: Sequence[str]) -> str:
    """Break a heading between words, as its column needs not be wider than its cells."""
    return "\n".join(
        wrap(heading, max(WIDTH_OF_HEADING, *map(len, cells)), break_long_words=False, break_on_hyphens=False)
    )


def _cut(columns: Row, rows: Sequence[Row], piece: Sequence[int]) -> tuple[Row, list[Row]]:
    """Return the first column and some others, by number."""
    chosen = (0, *piece)
    return [columns[i] for i in chosen], [[row[i] for i in chosen] if row else row for row in rows]


def fits(console: Console, columns: Row, rows: Iterable[Row]) -> bool:
    """Tell whether a table is no wider than the line."""
    return _fits(console, _make_table(None, columns, rows))


def _fits(console: Console, table: Table) -> bool:
    return Measurement.get(console, console.options.update(max_width=10**6), table).maximum <= console.width


def _make_table(title: str | None, columns: Row, rows: Iterable[Row]) -> Table:
    """Make a table of texts; the first column is aligned left, the others right."""
    table = Table(
        title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False, padding=(0, 1, 0, 0)
    )
    for i, column in enumerate(columns):
        heading = "\n".join(map(shown, column.split("\n")))
        side: Literal["left", "right"] = "left" if i == 0 else "right"
        table.add_column(escape(heading), justify=side, overflow="fold", vertical="bottom")
    for row in rows:
        if row:
            table.add_row(*(escape(shown(cell)) for cell in row))
        else:
            table.add_section()
    return table
