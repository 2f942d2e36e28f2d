"""What numba compiles, noticed: so that it is not counted as solving, and users can be told what takes so long."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["Compiled", "Told", "compile_all", "noticed"]

MOST = 12
"""Runs after which `compile_all` gives up: engines that take turns compile in several of them."""


@dataclass
class Compiled:
    """What has been compiled since the watch began.

    Attributes:
        kernels: that were compiled, those within others included.
        seconds: that it took.
        looked_up: times that numba looked for a kernel, to compile it or to load it from its cache.
    """

    kernels: int = 0
    seconds: float = 0.0
    looked_up: int = 0


Told = Callable[[float, bool], None]
"""Gets the seconds of compiling so far, and whether there is more to do now."""


@contextmanager
def noticed(told: Told | None = None) -> Iterator[Compiled]:
    """Count what numba compiles, in any thread of this process; one kernel is compiled at a time.

    Args:
        told: called, in the thread that compiles, whenever a kernel, or one within it, is begun or done.

    Yields:
        The counts, which grow.
    """
    from numba.core import event

    found = Compiled()
    begins: list[float] = []  # of the kernel that is compiled, and those within it

    class Lookups(event.Listener):
        def on_start(self, event: event.Event) -> None:
            found.looked_up += 1

        def on_end(self, event: event.Event) -> None:
            pass

    class Compilations(event.Listener):
        def on_start(self, event: event.Event) -> None:
            begins.append(time.perf_counter())
            found.kernels += 1
            self.tell()

        def on_end(self, event: event.Event) -> None:
            if not begins:  # a thread that nobody waits for any more has compiled since before
                found.kernels += 1
                return
            begin = begins.pop()
            if not begins:
                found.seconds += time.perf_counter() - begin
            self.tell()

        def tell(self) -> None:
            if told is not None:
                told(found.seconds + (time.perf_counter() - begins[0] if begins else 0.0), bool(begins))

    listeners = {"numba:compile": Compilations(), "numba:compiler_lock": Lookups()}
    for kind, listener in listeners.items():
        event.register(kind, listener)
    try:
        yield found
    finally:
        for kind, listener in listeners.items():
            event.unregister(kind, listener)


def compile_all(run: Callable[[], object]) -> None:
    """Run something until it compiles nothing more: what has a time limit may end before all of it is compiled."""
    for _ in range(MOST):
        with noticed() as found:
            run()
        if not found.kernels:
            return
