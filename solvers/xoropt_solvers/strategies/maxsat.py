"""MaxSAT: parities are hard clauses, errors soft ones; RC2 (Ignatiev, Morgado, Marques-Silva 2019) through PySAT."""

from typing import Any

import numpy as np

from xoropt_solvers.encodings import Clauses, add_parity
from xoropt_solvers.interrupts import AbandonedError, call_within
from xoropt_solvers.models import ParityModel, answer_from_errors, search_model
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.strategy import Answer, Clock, Strategy, TimeUpError

__all__ = ["STRATEGY", "run", "search"]


def run(problem: ParityProblem, clock: Clock, stratified: bool | None = None) -> Answer:
    """Find and prove the minimum; at the time limit return the best so far with the lower bound proved.

    Args:
        problem: in reduced form.
        clock: ends the search.
        stratified: whether the engine takes the heaviest errors first; None does so in weighted problems.
    """
    return search_model(problem, clock, lambda model: search(problem, model, clock, stratified))


def search(problem: ParityProblem, model: ParityModel, clock: Clock, stratified: bool | None = None) -> Answer:
    """Do what `run` does, with a given model of the problem."""
    from pysat.examples.rc2 import RC2, RC2Stratified
    from pysat.formula import WCNF

    formula = WCNF()
    clauses = Clauses(formula.hard.append, len(model.weights), clock)  # its own append looks at every literal
    for check, value in zip(model.checks, model.syndrome.tolist(), strict=True):
        add_parity(clauses, [v + 1 for v in check], value)
    formula.nv = clauses.variables
    for v, weight in enumerate(model.weights.tolist()):
        if weight > 0:
            formula.append([-v - 1], weight=weight)
    chosen: Any = RC2Stratified if (problem.weights is not None if stratified is None else stratified) else RC2

    class Bounded(chosen):
        """RC2 that keeps the cost proved before the last core, which an interrupted call may count twice.

        It also keeps the cheapest assignment seen: each level of a stratified search ends with one.
        """

        proved = 0
        over = False
        best = model.start

        def compute_(self) -> bool | None:
            if self.over:
                return None
            done: bool | None = super().compute_()
            if done:
                values = self.assignment()
                if model.weights[values].sum() < model.weights[self.best].sum():
                    self.best = values
            return done

        def process_core(self) -> None:
            if self.over:
                raise TimeUpError
            self.proved = self.cost
            clock.report(int(model.weights[self.best].sum()), self.proved)
            super().process_core()

        def assignment(self) -> np.ndarray:
            names = self.vmap.i2e
            on = {names[literal] for literal in self.oracle.get_model() or [] if literal > 0 and literal in names}
            return np.array([v + 1 in on for v in range(len(model.weights))], dtype=bool)

        def stop(self) -> None:
            self.over = True
            self.interrupt()

    clock.check()
    engine = Bounded(formula, solver="g4", adapt=True)
    info = {"variables": clauses.variables, "clauses": len(formula.hard)}
    try:
        solved = call_within(
            lambda: engine.compute(expect_interrupt=True) is not None,
            clock.left(),
            engine.stop,
            engine.delete,
            clock.ended_by,
        )
    except AbandonedError:
        return answer_from_errors(problem, model, engine.best, max(1, engine.proved), info)
    except TimeUpError:
        solved = False
    bound = engine.cost if solved else max(1, engine.proved)
    engine.delete()
    return answer_from_errors(problem, model, engine.best, bound, info)


STRATEGY = Strategy(
    name="maxsat",
    run=run,
    exact=True,
    requires={"pysat": "python-sat"},
    summary="MaxSAT (RC2), every mismatch a soft clause",
)
