"""Several engines side by side on one problem, each in a thread, until what they know together is a proof.

The kernels and the engines release the GIL. An engine that heeds the end late is left behind after a moment: what it
finds then does not count, and its thread ends by itself.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

from xoropt_solvers.errors import LimitExceededError
from xoropt_solvers.strategy import Answer, Clock, TimeUpError

__all__ = ["Part", "Race", "race"]

LOOK = 0.1  # seconds between two looks at the clock
GRACE = 0.5  # seconds until an engine that does not heed the end is left behind


@dataclass(frozen=True)
class Part:
    """One engine of a race.

    Attributes:
        name: what the winner is called.
        run: the engine, with the problem and its options bound.
        seconds: how long it may run; None for as long as the race.
        after: how many seconds after the others it starts, for one that is to help only where they take long.
    """

    name: str
    run: Callable[[Clock], Answer]
    seconds: float | None = None
    after: float = 0.0


@dataclass
class Race:
    """What is known by now.

    Attributes:
        answer: the cheapest answer, with the best bound that any engine has proved.
        winner: the engine that gave the answer, or that proved it.
        bounds: the bound that each engine has proved, by its name.
    """

    answer: Answer
    winner: str
    bounds: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether there is something left to prove."""
        return self.answer.cost > self.answer.lower_bound

    def take(self, name: str, found: Answer) -> None:
        """Take what an engine has found and proved."""
        bound = max(self.answer.lower_bound, found.lower_bound)
        best = found if found.cost < self.answer.cost else self.answer
        proves = bound == best.cost and self.answer.lower_bound < min(bound, self.answer.cost)
        if best is found or proves:
            self.winner = name
        self.answer = Answer(best.x, best.cost, bound)
        self.bounds[name] = max(found.lower_bound, self.bounds.get(name, 0))


def race(known: Race, parts: Sequence[Part], clock: Clock) -> None:
    """Run engines side by side until one proves its answer, one bounds another one's cost, or the time is up.

    Args:
        known: what is known before; it gets what the engines find.
        parts: the engines. One that has no time for its model, or cannot hold the problem, drops out.
        clock: ends the race.

    Raises:
        Exception: what an engine raised; Ctrl-C, too, ends all engines first.
    """
    ended, lock, finished = threading.Event(), threading.Lock(), threading.Semaphore(0)
    best = [known.answer.cost, known.answer.lower_bound]
    failed: list[BaseException] = []
    over = False

    def listen(cost: int, bound: int) -> None:
        with lock:
            best[:] = min(best[0], cost), max(best[1], bound)
            if best[0] <= best[1]:
                ended.set()
            if not over:
                clock.report(cost, bound)

    def work(part: Part) -> None:
        try:
            if ended.wait(part.after):
                return
            limit = clock.left() if part.seconds is None else clock.part(part.seconds).time_limit
            found = part.run(Clock(limit, listen, ended))
            with lock:
                if not over:
                    known.take(part.name, found)
                    if not known.open:
                        ended.set()
        except (TimeUpError, LimitExceededError):
            return
        except BaseException as error:
            failed.append(error)
            ended.set()
        finally:
            finished.release()

    for part in parts:
        threading.Thread(target=work, args=(part,), daemon=True).start()
    running, deadline = len(parts), inf
    try:
        while running and time.monotonic() < deadline:
            if finished.acquire(timeout=LOOK):  # Ctrl-C is noticed in between
                running -= 1
            if clock.expired():
                ended.set()
            if ended.is_set():
                deadline = min(deadline, time.monotonic() + GRACE)
    finally:
        ended.set()
        with lock:
            over = True
    if failed:
        raise failed[0]
