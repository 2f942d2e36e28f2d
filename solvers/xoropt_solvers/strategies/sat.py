"""SAT through PySAT: parities in short clauses, a counter over the errors, bounds by assumption."""

import contextlib
from collections.abc import Iterator, Sequence

from xoropt_solvers.descent import Ask, descend
from xoropt_solvers.encodings import Clauses, add_parity
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.interrupts import AbandonedError, call_within
from xoropt_solvers.models import ParityModel, search_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "load", "run", "search"]

SOLVER = "glucose4"
# CaDiCaL and Lingeling cannot be interrupted, so that no time limit would hold.
INTERRUPTIBLE = ("glucose3", "glucose4", "glucose42", "maplechrono", "maplecm", "maplesat", "mergesat3", "minisat22")


def run(problem: ParityProblem, clock: Clock, solver: str = SOLVER) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved.

    Args:
        problem: in reduced form.
        clock: its time limit allows only solvers that can be interrupted.
        solver: PySAT's name of a solver. "cms", CryptoMiniSat, takes the parities whole; all others get clauses.

    Raises:
        InvalidInputError: PySAT has no such solver, or it cannot be interrupted and there is a time limit.
    """
    _check_solver(solver, clock)
    return search_model(problem, clock, lambda model: search(problem, model, clock, solver))


def search(problem: ParityProblem, model: ParityModel, clock: Clock, solver: str = SOLVER) -> Answer:
    """Do what `run` does, with a given model of the problem."""
    with load(model, clock, solver) as (clauses, ask):
        return descend(problem, model, clauses, ask, clock)


@contextlib.contextmanager
def load(model: ParityModel, clock: Clock, solver: str = SOLVER) -> Iterator[tuple[Clauses, Ask]]:
    """Give the constraints of a model to a new engine; yield what takes its clauses and what asks it."""
    from pysat.solvers import Solver, SolverNames

    engine = Solver(name=solver)
    abandoned = False
    try:
        clauses = Clauses(engine.add_clause, len(model.weights), clock)
        for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
            clock.check()
            if solver in SolverNames.cryptosat:
                engine.add_xor_clause([v + 1 for v in check], value)
            else:
                add_parity(clauses, [v + 1 for v in check], value)
        with contextlib.suppress(NotImplementedError):
            engine.set_phases([v + 1 if on else -v - 1 for v, on in enumerate(model.start.tolist())])

        def ask(assumptions: list[int], seconds: float | None) -> tuple[bool | None, Sequence[bool]]:
            nonlocal abandoned
            if seconds is None:
                answer = engine.solve(assumptions=assumptions)
            else:
                engine.clear_interrupt()
                try:
                    answer = call_within(
                        lambda: engine.solve_limited(assumptions=assumptions, expect_interrupt=True),
                        seconds,
                        engine.interrupt,
                        engine.delete,
                    )
                except AbandonedError:
                    abandoned = True
                    return None, []
            return answer, [literal > 0 for literal in engine.get_model()] if answer else []

        yield clauses, ask
    finally:
        if not abandoned:
            engine.delete()


def _check_solver(solver: str, clock: Clock) -> None:
    from pysat.solvers import SolverNames

    known = {name for names in vars(SolverNames).values() if isinstance(names, tuple) for name in names}
    if solver not in known:
        raise InvalidInputError(f"Argument 'solver' must be a PySAT solver such as glucose4, not {solver!r}.")
    if clock.time_limit is not None and solver not in INTERRUPTIBLE:
        raise InvalidInputError(
            f"Argument 'solver' must be one of {', '.join(INTERRUPTIBLE)} when there is a time limit, not {solver!r}:"
            " it cannot be interrupted."
        )


STRATEGY = Strategy(
    name="sat",
    run=run,
    exact=True,
    requires={"pysat": "python-sat"},
    summary="SAT (PySAT), parities in clauses, bounds by assumption",
)
