"""The registry of synthesis methods."""

import importlib

from xoropt.circuits.methods.method import Method
from xoropt.common.errors import ArgumentError

__all__ = ["METHODS", "find"]

# One line for each method. Its module is imported when it is used, so that listing the names costs nothing.
METHODS = {
    "auto": "auto:METHOD",
    "tree": "tree:METHOD",
    "paar": "paar:METHOD",
    "paar2": "paar2:METHOD",
    "bp": "boyar_peralta:BP",
    "rnbp": "boyar_peralta:RNBP",
    "a1": "boyar_peralta:A1",
    "a2": "boyar_peralta:A2",
    "in-place": "in_place:METHOD",
    "columns": "columns:METHOD",
    "symmetric": "symmetric:METHOD",
    "anneal": "anneal:METHOD",
    "local": "local:METHOD",
    "windows": "windows:METHOD",
    "sat": "exact:METHOD",
}


def find(name: str) -> Method:
    """Return a method by its name; raise ArgumentError, with the list of names, if there is none."""
    if name not in METHODS:
        raise ArgumentError(f"Argument 'method' must be one of {', '.join(METHODS)}, not {name!r}.")
    module, _, attribute = METHODS[name].partition(":")
    method: Method = getattr(importlib.import_module(f"xoropt.circuits.methods.{module}"), attribute)
    return method
