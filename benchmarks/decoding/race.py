"""Methods measured in turns, on one core and on all."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xoropt.codec.compiled.threads import count_cores

__all__ = ["Method", "Row", "measure", "race"]


@dataclass(frozen=True)
class Method:
    """A way to store the plane: the bytes it reads, and calls that decode it on one core and on all."""

    name: str
    efficiency: float | None
    octets: int
    one: Callable[[], object]
    every: Callable[[], object] | None
    check: Callable[[], bool]


@dataclass(frozen=True)
class Row:
    """What was measured for a method.

    Each pair is for the least time and for the median. The method ran in turns with the others, when the caches hold
    little of its data, and again and again, when they hold as much as fits.
    """

    name: str
    weights: int
    cores: int
    efficiency: float | None
    bits_per_weight: float
    seconds: tuple[float, float]
    gigabytes_per_second: tuple[float, float]
    weights_per_second: float
    ratio: tuple[float, float]
    seconds_again: tuple[float, float]
    ratio_again: tuple[float, float]


def race(
    calls: list[Callable[[], object]], repeats: int, clock: Callable[[], float] = time.thread_time
) -> list[tuple[float, float]]:
    """Measure the least and the median seconds of each call, in turns after a warm-up.

    Every turn has a random order of its own, because the memory is still busy with what the call before has written. On
    one core use processor time, so that other processes do not count.
    """
    seconds: list[list[float]] = [[] for _ in calls]
    rng = np.random.default_rng(0)
    for turn in range(repeats + 1):
        for i in rng.permutation(len(calls)).tolist():
            begin = clock()
            calls[i]()
            if turn:
                seconds[i].append(clock() - begin)
    return [(min(times), float(np.median(times))) for times in seconds]


def measure(rivals: list[Method], weights: int, repeats: int) -> list[Row]:
    """Measure all methods on one core, then on all cores."""
    rows = []
    both = [
        (1, [(method, method.one) for method in rivals]),
        (count_cores(), [(method, method.every) for method in rivals if method.every]),
    ]
    for number, calls in both[: 1 if count_cores() == 1 else 2]:
        some, clock = [call for _, call in calls], time.thread_time if number == 1 else time.perf_counter
        times, again = race(some, repeats, clock), [race([call], repeats, clock)[0] for call in some]
        for (method, _), seconds, seconds_again in zip(calls, times, again, strict=True):
            if not method.check():
                raise SystemExit(f"{method.name} decoded something else")
            rows.append(
                Row(
                    name=method.name,
                    weights=weights,
                    cores=number,
                    efficiency=method.efficiency,
                    bits_per_weight=8 * method.octets / weights,
                    seconds=seconds,
                    gigabytes_per_second=(weights / 8e9 / seconds[0], weights / 8e9 / seconds[1]),
                    weights_per_second=weights / seconds[1],
                    ratio=(times[0][0] / seconds[0], times[0][1] / seconds[1]),
                    seconds_again=seconds_again,
                    ratio_again=(again[0][0] / seconds_again[0], again[0][1] / seconds_again[1]),
                )
            )
    return rows
