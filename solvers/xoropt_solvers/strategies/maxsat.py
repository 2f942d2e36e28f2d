"""MaxSAT: parities are hard clauses, errors soft ones; RC2 (Ignatiev, Morgado, Marques-Silva 2019) through PySAT."""

from typing import Any

import numpy as np

from xoropt_solvers.encodings import Clauses, add_parity
from xoropt_solvers.interrupts import interrupting
from xoropt_solvers.models import ParityModel, answer_from_errors, parity_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy

__all__ = ["STRATEGY", "run", "search"]


def run(problem: ParityProblem, clock: Clock, stratified: bool | None = None) -> Answer:
    """Find and prove the minimum; at the time limit return the model's start with the lower bound proved.

    Args:
        problem: in reduced form.
        clock: ends the search.
        stratified: whether the engine takes the heaviest errors first; None does so in weighted problems.
    """
    return search(problem, parity_model(problem, clock), clock, stratified)


def search(problem: ParityProblem, model: ParityModel, clock: Clock, stratified: bool | None = None) -> Answer:
    """Do what `run` does, with a given model of the problem."""
    from pysat.examples.rc2 import RC2, RC2Stratified
    from pysat.formula import WCNF

    formula = WCNF()
    clauses = Clauses(formula.append, len(model.weights), clock)
    for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
        add_parity(clauses, [v + 1 for v in check], value)
    for v, weight in enumerate(model.weights.tolist()):
        if weight > 0:
            formula.append([-v - 1], weight=weight)
    chosen: Any = RC2Stratified if (problem.weights is not None if stratified is None else stratified) else RC2

    class Bounded(chosen):
        """RC2 that keeps the cost proved before the last core, which an interrupted call may count twice."""

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
