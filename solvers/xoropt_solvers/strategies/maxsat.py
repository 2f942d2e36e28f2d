"""MaxSAT: parities are hard clauses, errors soft ones; RC2 (Ignatiev, Morgado, Marques-Silva 2019) through PySAT."""

from typing import Any

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.encodings import Clauses, add_parity
from xoropt_solvers.interrupts import interrupting
from xoropt_solvers.models import answer_from_errors, parity_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "run"]


def run(
    problem: ParityProblem,
    clock: Clock,
    stratified: bool | None = None,
    form: str = "systematic",
    collapse: bool = True,
    sparsify: bool = True,
    cut: int = 4,
) -> Answer:
    """Exact. `stratified` takes the heaviest errors first; None does so in weighted problems.

    At the time limit the start, with the cost of the cores found so far as its lower bound. The other options are the
    cuts of `xoropt_solvers.models`.
    """
    from pysat.examples.rc2 import RC2, RC2Stratified
    from pysat.formula import WCNF

    checks.count(cut, "cut", 3, 10)
    model = parity_model(problem, form, collapse, sparsify, clock=clock)
    formula = WCNF()
    clauses = Clauses(formula.append, len(model.weights), clock)
    for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
        add_parity(clauses, [v + 1 for v in check], value, cut)
    for v, weight in enumerate(model.weights.tolist()):
        if weight > 0:
            formula.append([-v - 1], weight=weight)
    chosen: Any = RC2Stratified if (problem.weights is not None if stratified is None else stratified) else RC2

    class Bounded(chosen):
        """RC2 that keeps the cost proved before the core at hand: an interrupted call may count its last core twice."""

        proved = 0

        def process_core(self) -> None:
            self.proved = self.cost
            super().process_core()

    with Bounded(formula, solver="g4", adapt=True) as engine:
        with interrupting(engine.interrupt, clock.left()):
            literals = engine.compute(expect_interrupt=True)
        info = {"variables": clauses.variables, "clauses": len(formula.hard)}
        if literals is None:
            return answer_from_errors(problem, model, model.start, max(1, engine.proved), info)
        on = {literal for literal in literals if literal > 0}
        values = np.array([v + 1 in on for v in range(len(model.weights))], dtype=bool)
        return answer_from_errors(problem, model, values, engine.cost, info)


STRATEGY = Strategy(
    name="maxsat",
    run=run,
    exact=True,
    requires={"pysat": "python-sat"},
    summary="MaxSAT (RC2), every mismatch a soft clause",
)
