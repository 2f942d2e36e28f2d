"""SAT with native XOR clauses and Gauss–Jordan elimination: CryptoMiniSat through its own Python binding."""

from collections.abc import Sequence

from xoropt_solvers.descent import add_costs, minimize
from xoropt_solvers.encodings import Clauses
from xoropt_solvers.models import answer_from_errors, parity_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "run"]


def run(
    problem: ParityProblem,
    clock: Clock,
    form: str = "systematic",
    collapse: bool = True,
    sparsify: bool = True,
    improve: bool = True,
    split: bool = True,
    counter: str = "totalizer",
    direction: str = "down",
) -> Answer:
    """Exact. The options are the cuts and encodings of `xoropt_solvers.models`, `.encodings` and `.descent`."""
    import pycryptosat

    model = parity_model(problem, form, collapse, sparsify, improve, clock)
    engine = pycryptosat.Solver(threads=1)
    clauses = Clauses(engine.add_clause, len(model.weights), clock)
    for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
        clock.check()
        engine.add_xor_clause([v + 1 for v in check], value)
    costs = add_costs(clauses, model, split, counter)

    def ask(assumptions: list[int], seconds: float | None) -> tuple[bool | None, Sequence[bool]]:
        limits = {} if seconds is None else {"time_limit": max(seconds, 1e-3)}
        answer, values = engine.solve(assumptions, **limits)
        return answer, values[1:] if answer else []

    found = minimize(model, costs, ask, clock, direction)
    return answer_from_errors(
        problem, model, found.values, found.lower_bound, {**found.info, "variables": clauses.variables}
    )


STRATEGY = Strategy(
    name="xorsat",
    run=run,
    exact=True,
    requires={"pycryptosat": "pycryptosat"},
    summary="SAT with native XORs and Gauss–Jordan elimination (CryptoMiniSat)",
)
