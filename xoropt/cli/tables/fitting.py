"""Tables of texts made to fit a line: broken between words, with numbers for names, in pieces."""

import re
from collections.abc import Sequence
from textwrap import TextWrapper

from rich.cells import cell_len

__all__ = ["INDENT", "break_line", "break_names", "pieces", "put_numbers", "table_width", "wrap_heading"]

GAP = 2
"""Characters between two columns, and those at both ends of a line."""
INDENT = "  "
"""Begins the second line of a name."""

Row = Sequence[str]


class _Names(TextWrapper):
    """Breaks texts at spaces, but not beside = and the like."""

    wordsep_simple_re = re.compile(r"((?<![=≤≥])\s+(?![=≤≥]))")


class _Lines(TextWrapper):
    """Breaks texts at spaces, and after the commas of recipes."""

    wordsep_simple_re = re.compile(r"(\s+|(?<=,)(?=\S))")


def break_line(text: str, width: int) -> list[str]:
    """Break a line at spaces, and after the commas of recipes; what is longer still where a line ends.

    >>> break_line("(1) block:n_in=20,n_out=180", 20)
    ['(1) block:n_in=20,', '  n_out=180']
    """
    return _Lines(width, subsequent_indent=INDENT, break_on_hyphens=False).wrap(text)


def wrap_heading(heading: str, cells: Sequence[str], least: int = 1) -> str:
    """Break a heading between words, as its column needs not be wider than its cells, and `least` characters.

    >>> wrap_heading("times smaller than before", ["1.5"])
    'times\\nsmaller\\nthan\\nbefore'
    """
    least = max(least, *map(cell_len, cells), *map(cell_len, heading.split()))
    return "\n".join(TextWrapper(least, break_long_words=False, break_on_hyphens=False).wrap(heading))


def table_width(columns: Row, rows: Sequence[Row]) -> int:
    """Return the characters of a table's lines; texts may have several lines."""
    return sum(_widths(columns, rows)) + GAP * len(columns)


def _widths(columns: Row, rows: Sequence[Row]) -> list[int]:
    return [
        max(cell_len(line) for text in (name, *(row[i] for row in rows if row)) for line in text.split("\n"))
        for i, name in enumerate(columns)
    ]


def break_names(columns: Row, rows: Sequence[Row], names: int, room: int) -> list[Row] | None:
    """Break the longest names between words.

    Args:
        columns, rows: of a table.
        names: how many columns name the rows.
        room: characters for these columns and the gaps beside them.

    Returns:
        The rows; None where names would get more than two lines, about, or a word would be broken.
    """
    widths = _widths(columns, rows)[:names]
    at = widths.index(max(widths))
    most = room - sum(widths) - GAP * names + widths[at]
    words = [word for row in rows if row for word in _Names.wordsep_simple_re.split(row[at])]
    least = max(len(INDENT) + max(map(cell_len, words), default=0), widths[at] // 2 + len(INDENT))
    if most < max(least, *map(cell_len, columns[at].split("\n"))):
        return None
    broken = _Names(most, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False)
    return [(*row[:at], "\n".join(broken.wrap(row[at])), *row[at + 1 :]) if row else row for row in rows]


def put_numbers(rows: Sequence[Row], names: int, alike: bool) -> tuple[list[Row], int, list[str]]:
    """Put numbers in the places of the longest names.

    Args:
        rows: of a table; those below a single empty one are sums, whose names stay.
        names: how many columns name them.
        alike: whether equal names have one number.

    Returns:
        The rows, the column with the numbers, and the names by number.
    """
    at = max(range(names), key=lambda i: max((cell_len(row[i]) for row in rows if row), default=0))
    end = rows.index(()) if rows.count(()) == 1 else len(rows)
    found = [row[at] for row in rows[:end] if row]
    listed = list(dict.fromkeys(found)) if alike else found
    numbers = iter(map(listed.index, found) if alike else range(len(found)))
    numbered = [(*row[:at], f"({next(numbers) + 1})", *row[at + 1 :]) if row else row for row in rows[:end]]
    return [*numbered, *rows[end:]], at, listed


def pieces(columns: Row, rows: Sequence[Row], names: int, width: int) -> list[tuple[Row, list[Row]]]:
    """Share the figures of a table out among tables that fit a line, as few as possible and about as wide.

    Args:
        columns, rows: of the table.
        names: how many columns name the rows: every piece has them.
        width: characters of a line.
    """
    widths = _widths(columns, rows)
    room = width - sum(widths[:names]) - GAP * names
    shared = _share(widths[names:], room)
    while room > 0 and len(_share(widths[names:], room - 1)) == len(shared):
        room -= 1
        shared = _share(widths[names:], room)
    chosen = [(*range(names), *(names + i for i in piece)) for piece in shared]
    return [
        ([columns[i] for i in piece], [tuple(row[i] for i in piece) if row else row for row in rows])
        for piece in chosen
    ]


def _share(widths: Sequence[int], room: int) -> list[list[int]]:
    """Share columns out in order, as many as there is room for."""
    shared: list[list[int]] = [[]]
    used = 0
    for i, width in enumerate(widths):
        if shared[-1] and used + width + GAP > room:
            shared.append([])
            used = 0
        shared[-1].append(i)
        used += width + GAP
    return shared
