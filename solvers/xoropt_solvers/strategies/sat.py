"""SAT through PySAT: parities in short clauses, a counter over the errors, bounds by assumption."""

import contextlib
from collections.abc import Iterator, Sequence

from xoropt_solvers.descent import Ask, descend
from xoropt_solvers.encodings import ENCODINGS, Clauses, add_parity
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.interrupts import AbandonedError, call_within
from xoropt_solvers.models import ParityModel, search_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "load", "run", "search"]

ENGINE = "glucose4"
# CaDiCaL and Lingeling cannot be interrupted, so that no time limit would hold.
INTERRUPTIBLE = ("glucose3", "glucose4", "glucose42", "maplechrono", "maplecm", "maplesat", "mergesat3", "minisat22")


def run(problem: ParityProblem, clock: Clock, engine: str = ENGINE, encoding: str = "auto") -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved.

    Args:
        problem: in reduced form.
        clock: its time limit allows only solvers that can be interrupted.
        engine: PySAT's name of a solver. "cms", CryptoMiniSat, takes the parities whole; all others get clauses.
        encoding: how errors are added up: by a totalizer, in binary, or as the number of clauses decides (auto).

    Raises:
        InvalidInputError: PySAT has no such solver, or it cannot be interrupted and there is a time limit; or there is
            no such encoding.
    """
    _check_engine(engine, clock)
    if encoding not in ENCODINGS:
        raise InvalidInputError(f"Argument 'encoding' must be one of {', '.join(ENCODINGS)}, not {encoding!r}.")
    return search_model(problem, clock, lambda model: search(problem, model, clock, engine, encoding))


def search(
    problem: ParityProblem, model: ParityModel, clock: Clock, engine: str = ENGINE, encoding: str = "auto"
) -> Answer:
    """Do what `run` does, with a given model of the problem."""
    with load(model, clock, engine) as (clauses, ask):
        return descend(problem, model, clauses, ask, clock, encoding)


@contextlib.contextmanager
def load(model: ParityModel, clock: Clock, engine: str = ENGINE) -> Iterator[tuple[Clauses, Ask]]:
    """Give the constraints of a model to a new engine; yield what takes its clauses and what asks it."""
    from pysat.solvers import Solver, SolverNames

    running = Solver(name=engine)
    abandoned = False
    try:
        clauses = Clauses(running.add_clause, len(model.weights), clock)
        for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
            clock.check()
            if engine in SolverNames.cryptosat:
                running.add_xor_clause([v + 1 for v in check], value)
            else:
                add_parity(clauses, [v + 1 for v in check], value)
        with contextlib.suppress(NotImplementedError):
            running.set_phases([v + 1 if on else -v - 1 for v, on in enumerate(model.start.tolist())])

        def ask(assumptions: list[int], seconds: float | None) -> tuple[bool | None, Sequence[bool]]:
            nonlocal abandoned
            if seconds is None and clock.ended_by is None:
                answer = running.solve(assumptions=assumptions)
            else:
                running.clear_interrupt()
                try:
                    answer = call_within(
                        lambda: running.solve_limited(assumptions=assumptions, expect_interrupt=True),
                        seconds,
                        running.interrupt,
                        running.delete,
                        clock.ended_by,
                    )
                except AbandonedError:
                    abandoned = True
                    return None, []
            return answer, [literal > 0 for literal in running.get_model()] if answer else []

        yield clauses, ask
    finally:
        if not abandoned:
            running.delete()


def _check_engine(engine: str, clock: Clock) -> None:
    from pysat.solvers import SolverNames

    known = {name for names in vars(SolverNames).values() if isinstance(names, tuple) for name in names}
    if engine not in known:
        raise InvalidInputError(f"Argument 'engine' must be a PySAT solver such as glucose4, not {engine!r}.")
    if clock.time_limit is not None and engine not in INTERRUPTIBLE:
        raise InvalidInputError(
            f"Argument 'engine' must be one of {', '.join(INTERRUPTIBLE)} when there is a time limit, not {engine!r}:"
            " it cannot be interrupted."
        )


STRATEGY = Strategy(
    name="sat",
    run=run,
    exact=True,
    requires={"pysat": "python-sat"},
    summary="SAT (PySAT), parities in clauses, bounds by assumption",
)
