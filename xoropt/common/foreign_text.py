"""Text that others wrote: names, paths and recipes from files, made harmless wherever it is shown or written."""

from collections.abc import Iterable

__all__ = ["in_comment", "listed", "shown"]

SHOWN = 20
"""The most names that a message lists."""


def shown(text: object) -> str:
    r"""Return a text as one line that neither a terminal nor a reader of lines acts on.

    Every character that is no printable one (escape sequences, line ends, characters that turn the direction of
    writing, lone surrogates) becomes its escape as Python writes it.

    >>> shown("layer\x1b[2J")
    'layer\\x1b[2J'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(text))


def listed(names: Iterable[object]) -> str:
    """Return names as a message lists them: in quotation marks, made harmless, of very many the first ones.

    >>> listed(["a", "b\\n"])
    "'a', 'b\\\\n'"
    """
    some = [f"'{shown(name)}'" for name in names]
    more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
    return ", ".join(some[:SHOWN]) + more


def in_comment(text: object) -> str:
    r"""Return a text for a comment of Verilog, C or DOT, which it can neither end nor go on from.

    >>> in_comment("a */ b \\")
    'a * / b \\ '
    """
    line = shown(text).replace("*/", "* /").replace("/*", "/ *").replace("`", "'").replace("??/", "? ?/")
    return f"{line} " if line.endswith("\\") else line  # a backslash at its end would take the next line along
