"""The side of a worker's process: it solves what it is asked to, one problem after another, and stays warm.

Requests come on standard input and replies go to what was standard output, both pickled; the parent trusts the worker
and the worker its parent. What engines print goes to standard error.
"""

import os
import pickle
import queue
import sys
import threading
import time
from typing import Any, BinaryIO

import numpy as np

from xoropt_solvers.comparing.variants import Variant
from xoropt_solvers.errors import InvalidInputError, LimitExceededError, SolverError, WrongAnswerError
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.solving import solve
from xoropt_solvers.warming import warm_up

__all__ = ["serve"]


def serve() -> None:
    """Answer requests until standard input ends: ("warm", variant) or ("solve", variant, problem, limit)."""
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warm: dict[str, bool] = {}
    while True:
        request = requests.get()
        variant: Variant = request[1]
        reply: tuple[Any, ...]
        try:
            begin = time.perf_counter()
            if variant.name not in warm:
                warm[variant.name] = warm_up(variant.strategy, **variant.options)
            reply = ("warmed", time.perf_counter() - begin)
            if request[0] == "solve":
                _, _, problem, limit = request
                reply = _solve(replies, variant, problem, limit if warm[variant.name] else None)
        except WrongAnswerError as error:
            reply = ("error", "wrong", str(error))
        except LimitExceededError as error:
            reply = ("error", "too large", str(error))
        except InvalidInputError as error:
            reply = ("error", "refused", str(error))
        except SolverError as error:
            reply = ("error", "failed", str(error))
        except Exception as error:  # an engine's own
            reply = ("error", "failed", f"{type(error).__name__}: {error}")
        _send(replies, reply)


def _listen(stream: BinaryIO, requests: "queue.SimpleQueue[Any]") -> None:
    """Pass requests on; when the parent is gone, end this process, whatever it is doing."""
    while True:
        try:
            requests.put(pickle.load(stream))
        except Exception:
            os._exit(0)


def _send(replies: BinaryIO, reply: tuple[Any, ...]) -> None:
    pickle.dump(reply, replies)
    replies.flush()


def _solve(replies: BinaryIO, variant: Variant, problem: ParityProblem, limit: float | None) -> tuple[Any, ...]:
    """Solve, and tell of each improvement at once: whoever is killed has told its best."""

    def improved(cost: int, bound: int, seconds: float) -> None:
        _send(replies, ("improved", cost, bound, seconds))

    begin = time.perf_counter()
    solution = solve(problem, variant.strategy, limit, on_improve=improved, **variant.options)
    seconds = time.perf_counter() - begin
    return ("answer", np.packbits(solution.x), solution.cost, solution.lower_bound, seconds)
