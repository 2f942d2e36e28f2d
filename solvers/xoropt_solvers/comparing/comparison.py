"""`compare`: strategies side by side on the same problems, over processes, with results kept as they come."""

import os
import platform
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.comparing.named_problems import NamedProblem, read_problems
from xoropt_solvers.comparing.runs import Run, run_to_dict
from xoropt_solvers.comparing.scoring import conflicts, duels, score_to_dict, scores, verdict, verdicts
from xoropt_solvers.comparing.store import RunStore
from xoropt_solvers.comparing.variants import ALL, Variant, read_variants
from xoropt_solvers.comparing.workers import Worker
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.problem import mismatch_mask

__all__ = ["Comparison", "compare"]

Report = Callable[[str, float, float], None]
Task = tuple[NamedProblem, Variant]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The runs of a comparison.

    Attributes:
        problems: the problems in their order.
        variants: the names of the strategies, with their options.
        time_limit: seconds for each run.
        runs: by problem and variant; after an interruption some are missing.
        starts: the seconds that a strategy took to start, which are no part of any run, by variant.
        machine: what the runs were measured on.
        jobs: how many runs went on at once.
        interrupted: whether Ctrl-C ended it.
        seconds: what this call took.
    """

    problems: list[NamedProblem] = field(repr=False)
    variants: list[str]
    time_limit: float
    runs: Mapping[tuple[str, str], Run] = field(repr=False)
    starts: Mapping[str, float] = field(repr=False)
    machine: str
    jobs: int
    interrupted: bool
    seconds: float

    def runs_of(self, variant: str, family: str | None = None) -> list[Run]:
        """Return a strategy's runs, in the order of the problems; a family's alone where one is named."""
        names = [named.name for named in self.problems if family in (None, named.family)]
        return [self.runs[name, variant] for name in names if (name, variant) in self.runs]

    @property
    def families(self) -> dict[str, set[str]]:
        """The names of the problems of each family, in the order in which the families first come."""
        found: dict[str, set[str]] = {}
        for named in self.problems:
            found.setdefault(named.family, set()).add(named.name)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return all runs and figures, ready for JSON.

        Returns:
            `time_limit`, `machine`, `jobs`, `interrupted`, `seconds`, `variants`, `problems` (name, family, k, n),
            `runs` (costs and bounds are integers; divided by `scale` they are in the units of the weights given),
            `scores` (of all problems, the virtual best last), `families` (the scores of each), `duels` (who beats whom
            how often, and whether by chance), `verdict`, which one to take, in words, `verdicts`, the same for each
            family, and `conflicts`, what two strategies claimed that cannot both be true: it is empty.
        """
        scales = {named.name: named.problem.scale for named in self.problems}
        return {
            "time_limit": self.time_limit,
            "machine": self.machine,
            "jobs": self.jobs,
            "interrupted": self.interrupted,
            "seconds": self.seconds,
            "variants": [{"name": name, "start_seconds": self.starts.get(name)} for name in self.variants],
            "problems": [
                {"name": named.name, "family": named.family, "k": named.problem.k, "n": named.problem.n}
                for named in self.problems
            ],
            "runs": [
                run_to_dict(run) | {"scale": scales[run.problem]}
                for name in self.variants
                for run in self.runs_of(name)
            ],
            "scores": [score_to_dict(score) for score in scores(self.runs, self.variants, self.time_limit)],
            "families": {
                family: [
                    score_to_dict(score)
                    for score in scores(
                        {key: run for key, run in self.runs.items() if key[0] in names}, self.variants, self.time_limit
                    )
                ]
                for family, names in self.families.items()
            },
            "duels": [asdict(duel) for duel in duels(self.runs, self.variants)],
            "verdict": verdict(self.runs, self.variants, self.time_limit),
            "verdicts": verdicts(self.runs, self.variants, self.time_limit, self.families),
            "conflicts": conflicts(self.runs),
        }


def compare(
    problems: Any,
    strategies: str | Iterable[str | Variant] = ALL,
    *,
    time_limit: float = 10.0,
    jobs: int = 1,
    out: str | os.PathLike[str] | None = None,
    progress: Report | None = None,
) -> Comparison:
    """Let strategies solve the same problems, each run in a process that is warm, and check every answer.

    A process loads and compiles what a strategy needs before its first run, so that start-up is no part of a run's
    time. A run that is not back a second after its limit is killed; what it told of by then counts. With a folder
    every run is written as it comes: after a crash or Ctrl-C the same call goes on from there, and more strategies or
    problems can be added later.

    Args:
        problems: what `read_problems` takes: problems, by name or not, and paths of files and folders.
        strategies: what `read_variants` takes: names with or without options; "all" for every one that is installed.
        time_limit: seconds for each run.
        jobs: how many runs go on at once; more than one on busy cores makes times longer.
        out: the folder of `runs.jsonl`; None writes nothing.
        progress: called with the name of the current work, the seconds spent and the estimated seconds in all.

    Raises:
        InvalidInputError: an argument is wrong, an option of a strategy has a value that it refuses, or the folder
            holds another comparison. All of that is checked before the first run.
        FileFormatError: a file is no problem, or the folder cannot be written.
        UnknownStrategyError, MissingPackageError: as for `solve`.

    >>> from xoropt_solvers import ParityProblem, compare
    >>> triangle = ParityProblem([[1, 0], [0, 1], [1, 1]], [1, 1, 1])
    >>> comparison = compare({"triangle": triangle}, "greedy, coset", time_limit=5.0)
    >>> [run.cost for run in comparison.runs_of("coset")]
    [1]
    """
    begin = time.perf_counter()
    limit = checks.time_limit(time_limit)
    checks.function(progress, "progress")
    if out is not None and not isinstance(out, str | os.PathLike):
        raise InvalidInputError(f"Argument 'out' must be the path of a folder or None, not {str(out)[:60]!r}.")
    if limit is None:
        raise InvalidInputError("Argument 'time_limit' must be a finite positive number of seconds, not None.")
    jobs = checks.integer(jobs, "jobs", 1)
    variants = read_variants(strategies)
    named = read_problems(problems)
    for one in named:
        mismatch_mask(one.problem, np.zeros(one.problem.n, dtype=bool))  # says now what syndrome cannot be
    store = RunStore(out, {"time_limit": limit, "machine": _machine()})
    try:
        store.expect(named)
        waiting = [
            (one, variant) for one in named for variant in variants if (one.name, variant.name) not in store.runs
        ]
        interrupted = _run_all(deque(waiting), variants, limit, min(jobs, len(waiting) or 1), store, begin, progress)
    finally:
        store.close()
    wanted = {(one.name, variant.name) for one in named for variant in variants}
    return Comparison(
        problems=named,
        variants=[variant.name for variant in variants],
        time_limit=limit,
        runs={key: run for key, run in store.runs.items() if key in wanted},
        starts=dict(store.starts),
        machine=_machine(),
        jobs=jobs,
        interrupted=interrupted,
        seconds=time.perf_counter() - begin,
    )


def _run_all(
    waiting: "deque[Task]",
    variants: list[Variant],
    limit: float,
    jobs: int,
    store: RunStore,
    begin: float,
    progress: Report | None,
) -> bool:
    """Run what is left over so many workers, each with a thread that feeds it; return whether Ctrl-C ended it."""
    if not waiting:
        return False
    estimate = _Estimate(waiting, variants, limit, jobs, store.runs.values())
    workers = [Worker() for _ in range(jobs)]
    done: queue.SimpleQueue[Run | BaseException | None] = queue.SimpleQueue()

    def feed(worker: Worker) -> None:
        try:
            while True:
                try:
                    named, variant = waiting.popleft()
                except IndexError:
                    break
                done.put(worker.run(variant, named, limit))
        except BaseException as error:
            done.put(error)
        done.put(None)

    threads: list[threading.Thread] = []
    try:
        for variant in variants:  # an option that a strategy refuses is refused before the first run
            if any(task[1].name == variant.name for task in waiting):
                if progress is not None:
                    progress(f"starting {variant.name}", time.perf_counter() - begin, estimate.total(begin))
                store.started(variant.name, workers[0].warm(variant))
        threads = [threading.Thread(target=feed, args=(worker,), daemon=True) for worker in workers]
        for thread in threads:
            thread.start()
        for run in _results(done, jobs):
            store.add(run)
            estimate.add(run)
            if progress is not None:
                progress(f"{run.variant}, {run.problem}", time.perf_counter() - begin, estimate.total(begin))
    except KeyboardInterrupt:
        return True
    finally:
        waiting.clear()
        for worker in workers:
            worker.close()
    return False


def _results(done: "queue.SimpleQueue[Run | BaseException | None]", jobs: int) -> Iterator[Run]:
    while jobs:
        got = done.get()
        if got is None:
            jobs -= 1
        elif isinstance(got, BaseException):
            raise got
        else:
            yield got


class _Estimate:
    """How long the rest takes, by what each strategy took on the problems so far; at first its whole limit."""

    def __init__(
        self, waiting: Iterable[Task], variants: list[Variant], limit: float, jobs: int, runs: Iterable[Run]
    ) -> None:
        self._left = dict.fromkeys((variant.name for variant in variants), 0)
        for _, variant in waiting:
            self._left[variant.name] += 1
        self._spent = dict.fromkeys(self._left, (0, 0.0))
        self._limit, self._jobs = limit, jobs
        for run in runs:
            self._note(run)

    def _note(self, run: Run) -> None:
        if run.variant in self._spent:
            count, seconds = self._spent[run.variant]
            self._spent[run.variant] = count + 1, seconds + run.seconds

    def add(self, run: Run) -> None:
        self._left[run.variant] -= 1
        self._note(run)

    def total(self, begin: float) -> float:
        """Return the seconds in all, from `begin` on."""
        left = 0.0
        for name, count in self._left.items():
            runs, seconds = self._spent[name]
            left += count * (seconds / runs if runs else self._limit)
        return time.perf_counter() - begin + left / self._jobs


def _machine() -> str:
    """Describe the processor and how many cores may be used."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores"
