"""What a synthesis method is."""

from collections.abc import Callable
from dataclasses import dataclass

from xoropt.circuits.task import Search

__all__ = ["Method"]


@dataclass(frozen=True)
class Method:
    """A way to synthesize circuits.

    Attributes:
        run: `run(search, seed)` offers two-input gates for search.task to the search, until it has nothing more to
            find or search.left is 0; it offers some even when no time is left at all.
        bounded: it keeps a depth bound.
        improves: it starts from search.gates where there are any.
    """

    run: Callable[[Search, int], None]
    bounded: bool = False
    improves: bool = False
