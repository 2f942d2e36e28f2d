"""SAT through PySAT: parities native or cut into short clauses, a counter over the errors, bounds by assumption."""

import contextlib
from collections.abc import Sequence

from xoropt_solvers import checks
from xoropt_solvers.descent import add_costs, minimize
from xoropt_solvers.encodings import Clauses, add_parity
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.interrupts import interrupting
from xoropt_solvers.models import answer_from_errors, parity_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "run"]

# CaDiCaL and Lingeling cannot be interrupted, so that no time limit would hold.
INTERRUPTIBLE = ("glucose3", "glucose4", "glucose42", "maplechrono", "maplecm", "maplesat", "mergesat3", "minisat22")


def run(
    problem: ParityProblem,
    clock: Clock,
    solver: str = "glucose4",
    form: str = "systematic",
    collapse: bool = True,
    sparsify: bool = True,
    improve: bool = True,
    split: bool = True,
    cut: int = 4,
    counter: str = "totalizer",
    direction: str = "down",
) -> Answer:
    """Exact. `solver` is a PySAT name; the other options are the cuts and encodings of `xoropt_solvers.models`,
    `xoropt_solvers.encodings` and `xoropt_solvers.descent`.

    "cms" is CryptoMiniSat as PySAT offers it and takes the parities whole; all others get clauses.

    With a time limit only solvers that can be interrupted are allowed: InvalidInputError names them.
    """
    from pysat.solvers import Solver, SolverNames

    known = {name for names in vars(SolverNames).values() if isinstance(names, tuple) for name in names}
    if solver not in known:
        raise InvalidInputError(f"Argument 'solver' must be a PySAT solver such as glucose4, not {solver!r}.")
    if clock.time_limit is not None and solver not in INTERRUPTIBLE:
        raise InvalidInputError(
            f"Argument 'solver' must be one of {', '.join(INTERRUPTIBLE)} when there is a time limit, not {solver!r}:"
            " it cannot be interrupted."
        )
    checks.count(cut, "cut", 3, 10)
    model = parity_model(problem, form, collapse, sparsify, improve, clock)
    with Solver(name=solver) as engine:
        clauses = Clauses(engine.add_clause, len(model.weights), clock)
        for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
            clock.check()
            if solver in SolverNames.cryptosat:
                engine.add_xor_clause([v + 1 for v in check], value)
            else:
                add_parity(clauses, [v + 1 for v in check], value, cut)
        costs = add_costs(clauses, model, split, counter)
        with contextlib.suppress(NotImplementedError):
            engine.set_phases([v + 1 if on else -v - 1 for v, on in enumerate(model.start.tolist())])

        def ask(assumptions: list[int], seconds: float | None) -> tuple[bool | None, Sequence[bool]]:
            if seconds is None:
                answer = engine.solve(assumptions=assumptions)
            else:
                engine.clear_interrupt()
                with interrupting(engine.interrupt, seconds):
                    answer = engine.solve_limited(assumptions=assumptions, expect_interrupt=True)
            return answer, [literal > 0 for literal in engine.get_model()] if answer else []

        found = minimize(model, costs, ask, clock, direction)
        info = {**found.info, "variables": clauses.variables}
    return answer_from_errors(problem, model, found.values, found.lower_bound, info)


STRATEGY = Strategy(
    name="sat",
    run=run,
    exact=True,
    requires={"pysat": "python-sat"},
    summary="SAT (PySAT), parities in clauses, bounds by assumption",
)
