"""The processes of a comparison, seen from the parent: one for each job, warm, replaced when it must be killed."""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from xoropt_solvers.comparing.named_problems import NamedProblem
from xoropt_solvers.comparing.runs import DONE, Run
from xoropt_solvers.comparing.variants import Variant
from xoropt_solvers.errors import InvalidInputError, SolverError
from xoropt_solvers.problem import mismatch_mask

__all__ = ["GRACE", "Worker"]

GRACE = 1.0
"""Seconds after its time limit when a run is killed."""
STARTING = 120.0
"""Seconds that a process may take to start and to warm a strategy up."""
BEGIN = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from xoropt_solvers.comparing.serving import serve
serve()
"""


class Worker:
    """A process that solves. It does not end with Ctrl-C, which its parent gets, but with `close` or its parent."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._warm: set[str] = set()
        self._closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the process, whatever it does; nothing is asked of it any more."""
        with self._lock:
            self._closed = True
        self._kill()

    def warm(self, variant: Variant) -> float:
        """Prepare a strategy and return the seconds that it took; those are no part of any run.

        Raises:
            InvalidInputError: the strategy refuses its options.
            SolverError: it does not start.
        """
        reply = self._ask(("warm", variant), STARTING, lambda *news: None)
        if reply[0] == "warmed":
            self._warm.add(variant.name)
            return float(reply[1])
        said = f"Strategy '{variant.name}' does not start: {reply[2]}"
        raise InvalidInputError(said) if reply[1] == "refused" else SolverError(said)

    def run(self, variant: Variant, named: NamedProblem, limit: float) -> Run:
        """Solve a problem; an answer counts when its cost is what the problem says, computed here again."""
        if variant.name not in self._warm:
            try:
                self.warm(variant)
            except SolverError as error:
                return Run(named.name, variant.name, "failed", None, 0, False, 0.0, None, str(error))
        news: list[tuple[int, int, float]] = []
        request = ("solve", variant, named.problem, limit)
        reply = self._ask(request, limit + GRACE, lambda *improved: news.append(improved))
        cost = min((one[0] for one in news), default=None)
        bound = max((one[1] for one in news), default=0)
        first = next((seconds for value, _, seconds in news if value == cost), None)
        if reply[0] == "answer":
            return _checked(named, variant, reply, first)
        _, status, why = reply
        optimal = cost is not None and cost == bound
        status = "failed" if status == "refused" else status
        seconds = {"killed": limit + GRACE}.get(status, limit)
        if status == "wrong":
            cost, bound, optimal = None, 0, False
        return Run(named.name, variant.name, status, cost, bound, optimal, seconds, first, why)

    def _ask(self, request: tuple[Any, ...], seconds: float, improved: Callable[..., None]) -> tuple[Any, ...]:
        """Send a request and return the last reply, or ("error", status, why) where there is none in time."""
        process = self._started()
        killed = threading.Event()

        def kill() -> None:
            killed.set()
            self._kill()

        timer = threading.Timer(seconds, kill)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(request, process.stdin)
            process.stdin.flush()
            timer.daemon = True
            timer.start()
            while True:
                reply: tuple[Any, ...] = pickle.load(process.stdout)
                if reply[0] != "improved":
                    return reply
                improved(*reply[1:])
        except (OSError, EOFError, pickle.UnpicklingError, ValueError):
            self._kill()
            if killed.is_set():
                return ("error", "killed", f"did not end within {seconds:g} s")
            return ("error", "crashed", f"its process ended with status {process.wait()}")
        finally:
            timer.cancel()

    def _started(self) -> "subprocess.Popen[bytes]":
        process = self._process
        if process is None or process.poll() is not None:
            self._kill()  # which closes what an ended one has left
            with self._lock:
                if self._closed:
                    raise SolverError("The comparison has ended.")
                process = self._process = subprocess.Popen(
                    [sys.executable, "-c", BEGIN],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=os.name == "posix",
                )
            assert process.stdin is not None
            pickle.dump([str(place) for place in sys.path], process.stdin)
        return process

    def _kill(self) -> None:
        self._warm.clear()  # before the next run, so that its time begins when the next process is warm
        with self._lock:  # of two threads that come at once, one ends it, and none the process that is started next
            process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()


def _checked(named: NamedProblem, variant: Variant, reply: tuple[Any, ...], first: float | None) -> Run:
    """Make a run of an answer, whose cost is computed anew from the problem as it was given."""
    _, packed, cost, bound, seconds = reply
    x = np.unpackbits(packed, count=named.problem.n).astype(bool)
    wrong = mismatch_mask(named.problem, x)
    if int(named.problem.row_weights[wrong].sum()) != cost or bound > cost:
        why = f"claims cost {cost} and bound {bound} for an x of another cost"
        return Run(named.name, variant.name, "wrong", None, 0, False, seconds, None, why)
    best = min(seconds, seconds if first is None else first)
    return Run(named.name, variant.name, DONE, int(cost), int(bound), cost == bound, seconds, best)
