"""SAT with native XOR clauses and Gauss–Jordan elimination: CryptoMiniSat through its own Python binding."""

from collections.abc import Sequence

from xoropt_solvers.descent import Ask, descend
from xoropt_solvers.encodings import Clauses
from xoropt_solvers.models import ParityModel, parity_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "load", "run", "search"]


def run(problem: ParityProblem, clock: Clock) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved."""
    return search(problem, parity_model(problem, clock), clock)


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
        limits = {} if seconds is None else {"time_limit": max(seconds, 1e-3)}
        answer, values = engine.solve(assumptions, **limits)
        return answer, values[1:] if answer else []

    return clauses, ask


STRATEGY = Strategy(
    name="xorsat",
    run=run,
    exact=True,
    requires={"pycryptosat": "pycryptosat"},
    summary="SAT with native XORs and Gauss–Jordan elimination (CryptoMiniSat)",
)
