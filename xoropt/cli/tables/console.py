"""Consoles and tables: what all printed tables share."""

import os
import sys
from collections.abc import Iterable, Sequence
from functools import partial
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
NAME = 4
"""A name that takes no more than one part in so many of the line stays beside its figures; longer ones follow below."""
INDENT = "  "
"""Begins the second line of a name."""
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
    if notes is None and _fits(console, _make_table(columns, rows, names)):
        _print_pieces(console, title, columns, rows, names)
        return
    broken = [_wrapped(name, [row[i] for row in rows if row]) for i, name in enumerate(columns)]
    footnotes: Sequence[str] = ()
    if names_above:
        footnotes = columns[1:]
        columns = (columns[0], *(f"({i})" for i in range(1, len(columns))))
    elif notes is None and (folded := _folded(console, broken, rows, names)) is not None:
        columns, rows = broken, folded
    else:
        rows, at, footnotes = _numbered(rows, names, notes is None)
        columns = [name if i != at else "" for i, name in enumerate(broken)]
    _print_pieces(console, title, columns, rows, names)
    for i, name in enumerate(footnotes):
        beside = f": {notes[i]}" if notes and notes[i] else ""
        print_line(console, f"({i + 1}) {name}{beside}")


def _print_pieces(console: Console, title: str | None, columns: Row, rows: Sequence[Row], names: int) -> None:
    """Print a title, and below it a table, in as many pieces as the line asks for."""
    if title is not None:
        console.print(f"[bold]{escape(shown(title))}[/bold]")
    for piece in _pieces(console, columns, rows, names):
        console.print(_make_table(*_cut(columns, rows, piece), names))


def _folded(console: Console, columns: Row, rows: list[Row], names: int) -> list[Row] | None:
    """Break the longest names between words until the table fits; None where names are too long for pieces, too.

    Names keep their lines where the table fits with its headings broken, and are broken no more than is needed.
    """
    width = _width(console, _make_table(columns, rows, names))
    if width <= console.width:
        return rows
    widths = [max(_longest(columns[i]), *(len(row[i]) for row in rows if row)) for i in range(names)]
    at = widths.index(max(widths))
    least = max(len(word) for row in rows if row for word in (*row[at].split(), *columns[at].split(), ""))
    least = max(least + len(INDENT), -(-widths[at] // 2) + len(INDENT))
    most = widths[at] - (width - console.width)
    if most < least:  # there will be pieces
        if sum(widths) - widths[at] + least > console.width // NAME * min(names, 2):
            return None
        most = least
    fold = partial(wrap, width=most, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False)
    return [(*row[:at], "\n".join(fold(row[at])), *row[at + 1 :]) if row else row for row in rows]


def _longest(text: str) -> int:
    return max(map(len, text.split("\n")))


def _numbered(rows: list[Row], names: int, alike: bool) -> tuple[list[Row], int, list[str]]:
    """Put numbers in the places of the longest names.

    Args:
        rows: of the table.
        names: how many columns name them.
        alike: whether equal names have one number.

    Returns:
        The rows, the column with the numbers, and the names.
    """
    at = max(range(names), key=lambda i: max((len(row[i]) for row in rows if row), default=0))
    end = rows.index(()) if rows.count(()) == 1 else len(rows)
    found = [row[at] for row in rows[:end] if row]
    listed = list(dict.fromkeys(found)) if alike else found
    numbers = iter(map(listed.index, found) if alike else range(len(found)))
    numbered = [(*row[:at], f"({next(numbers) + 1})", *row[at + 1 :]) if row else row for row in rows[:end]]
    return [*numbered, *rows[end:]], at, listed


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


def _pieces(console: Console, columns: Row, rows: Sequence[Row], names: int) -> list[list[int]]:
    """Share the columns but those of names out among tables that fit the line, in order."""
    pieces: list[list[int]] = [[*range(names)]]
    for i in range(names, len(columns)):
        tried = [*pieces[-1], i]
        if len(tried) > names + 1 and not _fits(console, _make_table(*_cut(columns, rows, tried), names)):
            pieces.append([*range(names), i])
        else:
            pieces[-1] = tried
    return pieces


def _wrapped(heading: str, cells: Sequence[str]) -> str:
    """Break a heading between words, as its column needs not be wider than its cells."""
    least = max((*map(len, cells), *map(len, heading.split())), default=1)
    return "\n".join(wrap(heading, least, break_long_words=False, break_on_hyphens=False))


def _cut(columns: Row, rows: Sequence[Row], piece: Sequence[int]) -> tuple[Row, list[Row]]:
    """Return some columns, by number."""
    return [columns[i] for i in piece], [[row[i] for i in piece] if row else row for row in rows]


def fits(console: Console, columns: Row, rows: Iterable[Row]) -> bool:
    """Tell whether a table is no wider than the line."""
    return _fits(console, _make_table([*map(shown, columns)], [[*map(shown, row)] for row in rows], 1))


def _fits(console: Console, table: Table) -> bool:
    return _width(console, table) <= console.width


def _width(console: Console, table: Table) -> int:
    return Measurement.get(console, console.options.update(max_width=10**6), table).maximum


def _make_table(columns: Row, rows: Iterable[Row], names: int) -> Table:
    """Make a table of harmless texts; the columns of names are aligned left, the others right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for i, column in enumerate(columns):
        side: Literal["left", "right"] = "left" if i < names else "right"
        table.add_column(escape(column), justify=side, overflow="fold", vertical="bottom")
    for row in rows:
        if row:
            table.add_row(*map(escape, row))
        else:
            table.add_section()
    return table
