"""Successive halving: every point on a small sample, those that may still reach a front on the next, and so on.

The method is that of Jamieson and Talwalkar, *Non-stochastic best arm identification and hyperparameter optimization*,
AISTATS 2016, with a statistical bound in place of a fixed share: a point is dropped only when its sample rules it out.
What is dropped depends only on the stored results of a whole round, never on the clock or the order in which results
came. So a search that was stopped anywhere and resumed ends like one that ran through.
"""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from xoropt_solvers import SolverError

from xoropt.common.errors import XoroptError
from xoropt.explore.data import Workload
from xoropt.explore.front import survivors
from xoropt.explore.measuring import Impossible, Result, measure
from xoropt.explore.space import Point
from xoropt.explore.store import Store

__all__ = ["Clock", "Outcome", "Report", "search"]

SURVIVING = 0.5
"""The share of points that a round is expected to leave; used for the time left only."""
Report = Callable[[str, float, float], None]
"""Called with the name of the current work, the seconds spent and the estimated seconds in all."""


@dataclass
class Clock:
    """A budget of seconds from now on; None: no limit."""

    budget: float | None
    began: float = field(default_factory=time.monotonic)

    @property
    def spent(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds until the end."""
        return float("inf") if self.budget is None else self.budget - self.spent


@dataclass(frozen=True)
class Outcome:
    """The outcome of a search on one workload.

    Attributes:
        alive: for every point that was not dropped its result on the largest sample so far.
        dropped: the same for the dropped points.
        complete: whether every round was finished.
        interrupted: whether Ctrl-C ended the search.
        untried: how many points were never measured.
    """

    alive: list[Result]
    dropped: list[Result]
    complete: bool
    interrupted: bool = False
    untried: int = 0


def search(
    workload: Workload,
    points: list[Point],
    samples: Iterable[int],
    *,
    store: Store,
    clock: Clock,
    jobs: int = 1,
    report: Report | None = None,
) -> Outcome:
    """Measure points on growing samples until the remaining ones were measured on all data, or time is over.

    Args:
        workload: the data.
        points: the points to try, in the order in which to begin.
        samples: the care bits of the samples; the whole data come last.
        store: holds what is measured already, and takes new results.
        clock: no point is begun after its end, or when the last round says that it would end later.
        jobs: processes.
        report: called as the work goes on.
    """
    sizes = [*(size for size in samples if size < 0.8 * workload.care_bits), workload.care_bits]
    by_key = {point.key: point for point in points}
    alive = [key for key in by_key if (workload.name, key) not in store.impossible]
    latest: dict[str, Result] = {}
    for i, size in enumerate(sizes):
        sample = workload.sample(size)
        measured = {
            key: store.results[workload.name, key, size] for key in alive if (workload.name, key, size) in store.results
        }
        wanted = [by_key[key] for key in alive if key not in measured]
        guesses = {key: result.seconds * size / result.sample for key, result in latest.items()}
        pace = _Pace(guesses, [n / size for n in sizes[i + 1 :]], jobs)
        interrupted = False
        if report is not None and wanted and not latest:  # the processes compile, and this one does not hear of it
            name = f"{workload.name}: first points; a first run here compiles for up to a minute, once"
            report(name, clock.spent, clock.spent + clock.left)
        try:
            for result in _measured(_in_time(wanted, guesses, clock), sample, size, jobs):
                store.add(result)
                if isinstance(result, Result):
                    measured[result.point] = result
                    pace.done(result)
                else:
                    alive.remove(result.point)
                if report is not None:
                    waiting = [p.key for p in wanted if p.key not in measured and p.key in alive]
                    name = f"{workload.name}, {size:,} care bits, {len(measured)} of {len(alive)} points"
                    report(name, clock.spent, clock.spent + min(clock.left, pace.left(waiting, len(alive))))
        except KeyboardInterrupt:
            interrupted = True
        latest |= measured
        if interrupted or len(measured) < len(alive):
            return _outcome(alive, latest, False, interrupted)
        alive = [result.point for result in survivors([measured[key] for key in alive])]
    return _outcome(alive, latest, True)


def _outcome(alive: list[str], latest: dict[str, Result], complete: bool, interrupted: bool = False) -> Outcome:
    left = set(alive)
    return Outcome(
        [latest[key] for key in alive if key in latest],
        [result for key, result in latest.items() if key not in left],
        complete,
        interrupted,
        sum(key not in latest for key in alive),
    )


def _in_time(points: list[Point], guesses: dict[str, float], clock: Clock) -> Iterator[Point]:
    """Yield the points that may be begun now; taken one by one, as processes become free."""
    for point in points:
        if clock.left > guesses.get(point.key, 0.0):
            yield point


def _measured(points: Iterator[Point], sample: Workload, size: int, jobs: int) -> Iterator[Result | Impossible]:
    """Yield each point's result, or why it has none, as they come.

    With several processes the data are mapped into them, not copied.
    """
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    first = list(itertools.islice(points, 1))
    if not first:
        return
    work = itertools.chain(first, points)
    if jobs == 1:
        yield from (_attempt(point, sample, size, os.getpid()) for point in work)
        return
    with parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=1):
        parallel = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=jobs)
        results = parallel(delayed(_attempt)(point, sample, size, os.getpid()) for point in work)
        try:
            yield from results
        except TerminatedWorkerError:
            advice = "use fewer --jobs or smaller samples; the results so far are kept"
            raise XoroptError(f"A process ended early, as it does when memory runs out; {advice}.") from None
        finally:
            results.close()


def _attempt(point: Point, sample: Workload, size: int, parent: int) -> Result | Impossible:
    if os.getpid() != parent:
        _follow(parent)
    try:
        return measure(point, sample, size)
    except (XoroptError, SolverError) as error:
        return Impossible(sample.name, point.key, str(error))


@lru_cache(maxsize=1)
def _follow(parent: int) -> None:
    """Leave Ctrl-C to the parent process, which ends this one, and end when the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class _Pace:
    """An estimate of the time that the rest of a search takes."""

    def __init__(self, guesses: dict[str, float], growth: list[float], jobs: int) -> None:
        self._guesses, self._growth, self._jobs = guesses, growth, jobs
        self._seconds: list[float] = []

    def done(self, result: Result) -> None:
        """Take in the time of a measured point."""
        self._seconds.append(result.seconds)

    def left(self, waiting: list[str], alive: int) -> float:
        """Return the seconds for the points waiting in this round and for the rounds to come."""
        mean = sum(self._seconds) / max(1, len(self._seconds))
        now = sum(self._guesses.get(key, mean) for key in waiting)
        later = sum(alive * SURVIVING ** (i + 1) * mean * growth for i, growth in enumerate(self._growth))
        return (now + later) / self._jobs
