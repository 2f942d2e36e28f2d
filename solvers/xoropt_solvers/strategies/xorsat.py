"""SAT with native XOR clauses and Gauss–Jordan elimination: CryptoMiniSat through its own Python binding."""

import time
from collections.abc import Sequence
from functools import partial

from xoropt_solvers.descent import Ask, descend
from xoropt_solvers.encodings import Clauses
from xoropt_solvers.interrupts import AbandonedError, call_within
from xoropt_solvers.models import ParityModel, search_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "load", "run", "search"]

NOTHING = (lambda: None, lambda: None)  # the engine takes no interrupts, and Python frees it
FIRST_SLICE = 0.1  # seconds of the engine's first call on a question


def run(problem: ParityProblem, clock: Clock) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved."""
    return search_model(problem, clock, lambda model: search(problem, model, clock))


def search(problem: ParityProblem, model: ParityModel, clock: Clock) -> Answer:
    """Do what `run` does, with a given model of the problem."""
    return descend(problem, model, *load(model, clock), clock)


def load(model: ParityModel, clock: Clock) -> tuple[Clauses, Ask]:
    """Give the constraints of a model to a new engine; return what takes its clauses and what asks it."""
    import pycryptosat

    engine = pycryptosat.Solver(threads=1)
    clauses = Clauses(engine.add_clause, len(model.weights), clock)
    for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
        clock.check()
        engine.add_xor_clause([v + 1 for v in check], value)

    def ask(assumptions: list[int], seconds: float | None) -> tuple[bool | None, Sequence[bool]]:
        if seconds is None and clock.ended_by is None:
            answer, values = engine.solve(assumptions)
            return answer, values[1:] if answer else []
        # The engine counts the seconds of its processor, and others may have it too: so it runs in slices, which grow,
        # and the clock tells what share of the time it gets.
        question, share, length = Clock(seconds, ended_by=clock.ended_by), 1.0, FIRST_SLICE
        while True:
            left = question.left()
            wall, own = time.perf_counter(), time.process_time()
            limit = max(length if left is None else min(length, share * left), 1e-3)
            try:
                answer, values = call_within(
                    partial(engine.solve, assumptions, time_limit=limit), left, *NOTHING, clock.ended_by
                )
            except AbandonedError:
                return None, []
            if answer is not None or question.expired():
                return answer, values[1:] if answer else []
            passed = time.perf_counter() - wall
            share = min(1.0, max(0.05, (time.process_time() - own) / max(passed, 1e-3)))
            length *= 4

    return clauses, ask


STRATEGY = Strategy(
    name="xorsat",
    run=run,
    exact=True,
    requires={"pycryptosat": "pycryptosat"},
    summary="SAT with native XORs and Gauss–Jordan elimination (CryptoMiniSat)",
)
