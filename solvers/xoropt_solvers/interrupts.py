"""Time limits for engines that can be interrupted from another thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["interrupting"]

AGAIN = 0.05  # seconds: an interrupt that comes between two calls of an engine is lost, so it is repeated


@contextmanager
def interrupting(interrupt: Callable[[], None], seconds: float | None) -> Iterator[None]:
    """Call `interrupt` when the body has run for `seconds`, again and again until it ends; never if None."""
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
