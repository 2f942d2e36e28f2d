"""Time limits for engines that can be interrupted from another thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["interrupting"]

AGAIN = 0.05  # seconds until an interrupt is repeated: one that comes between two calls of an engine is lost


@contextmanager
def interrupting(interrupt: Callable[[], None], seconds: float | None) -> Iterator[None]:
    """Interrupt the body of a with statement when it has run for some time.

    Args:
        interrupt: called from another thread, again and again until the body ends.
        seconds: how long the body may run; None for as long as it likes.
    """
    if seconds is None:
        yield
        return
    ended = threading.Event()

    def watch() -> None:
        if not ended.wait(seconds):
            interrupt()
            while not ended.wait(AGAIN):
                interrupt()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
