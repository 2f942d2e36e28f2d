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
            search.left is 0; it makes at least one offer even if no time is left. Compiled loops look at search.flag.
        bounded: whether it keeps a depth bound.
        improves: whether it starts from search.gates if there are any.
        least_depth: whether its circuits have the least depth, so that none with fewer gates may replace them.
    """

    run: Callable[[Search, int], None]
    bounded: bool = False
    improves: bool = False
    least_depth: bool = False
