"""Time limits for engines and compiled loops that can be interrupted from another thread."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from xoropt_solvers.strategy import TimeUpError

__all__ = ["AbandonedError", "call_within", "interrupting", "never", "stopping"]

T = TypeVar("T")

AGAIN = 0.05  # seconds until an interrupt is repeated: one that comes between two calls of an engine is lost
LOOK = 0.02  # seconds between two looks at an event that ends the time
GRACE = 0.3  # seconds until a call that does not heed its interrupts is abandoned


class AbandonedError(TimeUpError):
    """A call did not end although it was interrupted; its thread runs on, and still has what it works with."""


def call_within(
    call: Callable[[], T],
    seconds: float | None,
    interrupt: Callable[[], None],
    discard: Callable[[], None],
    ended_by: threading.Event | None = None,
) -> T:
    """Call an engine, interrupt it when it has run for some time, and leave it behind if it does not heed that.

    Some engines look at their interrupts only now and then, which can take minutes. The call runs in a thread of its
    own, so it must release the GIL; without a limit it runs in this one.

    Args:
        call: what calls the engine.
        seconds: how long it may run; None for as long as it likes.
        interrupt: called from this thread, again and again, until the call ends or is abandoned.
        discard: called from the thread of an abandoned call when that ends at last; it frees the engine.
        ended_by: ends the time, too, when it is set.

    Returns:
        What the call returns.

    Raises:
        AbandonedError: the call did not end; the caller must not touch the engine any more.
    """
    if seconds is None and ended_by is None:
        return call()
    results: list[T] = []
    errors: list[BaseException] = []
    ended, abandoned, lock = threading.Event(), threading.Event(), threading.Lock()

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)
        with lock:
            ended.set()
        if abandoned.is_set():
            discard()

    threading.Thread(target=work, daemon=True).start()
    try:
        _wait(ended, seconds, ended_by)
    finally:  # also where Ctrl-C ended the wait
        deadline = time.monotonic() + GRACE
        while not ended.is_set() and time.monotonic() < deadline:
            interrupt()
            ended.wait(AGAIN)
        with lock:
            if not ended.is_set():
                abandoned.set()
    if abandoned.is_set():
        raise AbandonedError
    if errors:
        raise errors[0]
    return results[0]


@contextmanager
def interrupting(
    interrupt: Callable[[], None], seconds: float | None, ended_by: threading.Event | None = None
) -> Iterator[None]:
    """Interrupt the body of a with statement when it has run for some time.

    Args:
        interrupt: called from another thread, again and again until the body ends.
        seconds: how long the body may run; None for as long as it likes.
        ended_by: ends the time, too, when it is set.
    """
    if seconds is None and ended_by is None:
        yield
        return
    ended = threading.Event()

    def watch() -> None:
        if not _wait(ended, seconds, ended_by):
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


def _wait(ended: threading.Event, seconds: float | None, ended_by: threading.Event | None) -> bool:
    """Wait for an event, or until the time is up or another event is set; tell whether the first one is."""
    seconds = None if seconds is None or seconds > threading.TIMEOUT_MAX else float(seconds)
    if ended_by is None:
        return ended.wait(seconds)
    deadline = None if seconds is None else time.monotonic() + seconds
    while not ended_by.is_set():
        left = LOOK if deadline is None else min(LOOK, deadline - time.monotonic())
        if left <= 0 or ended.wait(left):
            break
    return ended.is_set()


def never() -> np.ndarray:
    """Return the flag of a compiled loop that nobody stops: int64 (1,), a 0."""
    return np.zeros(1, dtype=np.int64)


@contextmanager
def stopping(seconds: float | None, ended_by: threading.Event | None = None) -> Iterator[np.ndarray]:
    """Yield the flag of compiled loops, int64 (1,): a 0, and a 1 once so many seconds have passed or the event is set.

    The loops must release the GIL, and look at it by `xoropt_solvers.kernels.bits.stopped`.
    """
    flag = never()
    with interrupting(lambda: flag.fill(1), seconds, ended_by):
        yield flag
