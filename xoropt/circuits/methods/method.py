"""The type of a synthesis method."""

from collections.abc import Callable
from dataclasses import dataclass

from xoropt.circuits.task import Search

__all__ = ["Method"]


@dataclass(frozen=True)
class Method:
    """A way to synthesize circuits.

    Attributes:
        run: `run(search, seed)` offers two-input gates for search.task to the search, until it finds nothing more or
            search.left is 0; it makes at least one offer even if no time is left.
        bounded: whether it keeps a depth bound.
        improves: whether it starts from search.gates if there are any.
    """

    run: Callable[[Search, int], None]
    bounded: bool = False
    improves: bool = False
