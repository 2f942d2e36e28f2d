"""Names of tensors: patterns of them, and the nearest to one that does not exist."""

import difflib
import fnmatch
from collections.abc import Iterable

__all__ = ["matches", "nearest_name"]

MOST = 1000
"""The most names that are compared with one that is looked for: the comparison takes long."""


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name matches one of the patterns (* and ?), as written, upper and lower case told apart."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def nearest_name(word: str, names: Iterable[str]) -> str:
    """Return the end of a message about a name that does not exist: the most similar one; empty where there is none."""
    close = difflib.get_close_matches(word[:200], list(names)[:MOST], n=1, cutoff=0.0)
    return f"; the nearest name is '{close[0]}'" if close else ""
