"""`explore`: from a space and data to a Pareto front, figures and a report."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.common.version import __version__
from xoropt.explore.advice import advise
from xoropt.explore.data import Workload, of_arrays, of_file, of_model, random_workload
from xoropt.explore.front import front
from xoropt.explore.measuring import Result, synthesized
from xoropt.explore.results import Exploration, Front
from xoropt.explore.search import Clock, Outcome, Report, search
from xoropt.explore.space import Space, read_space
from xoropt.explore.store import Store
from xoropt.model.config import CompressConfig
from xoropt.model.tensors import CompressedModel

__all__ = ["explore"]

SYNTHESIS_SECONDS = 5.0
"""Seconds for the circuit of one finalist at most, where there is time left."""


def explore(
    space: str | os.PathLike[str] | Mapping[str, Any] | Space | None = None,
    data: str | os.PathLike[str] | Mapping[str, np.ndarray] | CompressedModel | Workload | None = None,
    *,
    config: CompressConfig | None = None,
    sparsity: float | Sequence[float] | None = None,
    weights: int = 1_000_000,
    budget: float | None = 300.0,
    jobs: int | None = None,
    synthesize: bool = True,
    out: str | os.PathLike[str] | None = None,
    progress: Report | None = None,
) -> Exploration:
    """Try networks, stream orders and solvers on data, and keep those that are worth their cost.

    Points are measured on growing samples; those that can't reach a front any more are dropped (see
    `xoropt.explore.search`). With a folder every result is written as it comes, and a later call on the same data goes
    on where the last one stopped.

    Args:
        space: a SPACE.toml or a dictionary of the same form (`default_text` is one); None: the built-in one.
        data: a .safetensors or .npz file of weights, a compressed file, arrays by name, a compressed model; None:
            independent random bits.
        config: how dense weights are pruned and quantized, as for `compress`.
        sparsity: of random data, one or several, each with a front of its own; None: the space's.
        weights: of random data.
        budget: seconds; None: no end. No point is begun after it.
        jobs: processes; None: as many as there are cores.
        synthesize: whether to search small circuits for the networks of the front in what is left of the budget, a few
            seconds each.
        out: folder for `points.jsonl`; None: nothing is written.
        progress: called with what is at work, seconds spent and seconds in all, an estimate.

    Returns:
        The exploration; after Ctrl-C or when time is over, with what was measured until then.

    Raises:
        ArgumentError: the space or the data are not what they should be; a space without a point that can be built.
        XoroptError: the folder can't be written, or holds results of other data or of another version; no time for a
            single point.

    >>> found = explore({"block": {"n_in": [8, 12]}}, sparsity=0.9, weights=20_000, synthesize=False)
    >>> [result.network for result in found.front]
    ['block:n_in=12,n_out=120,seed=0', 'block:n_in=8,n_out=80,seed=0']
    """
    from xoropt.codec.compiled.threads import count_cores

    clock = Clock(_seconds(budget))
    jobs = count_cores() if jobs is None else check_int("jobs", jobs, 1)
    space = space if isinstance(space, Space) else read_space(space)
    store = Store(out)
    try:
        rates = space.sparsity if sparsity is None else tuple(np.atleast_1d(sparsity).tolist())
        workloads = (
            [random_workload(rate, check_int("weights", weights, 1)) for rate in rates]
            if data is None
            else [_workload(data, config)]
        )
        fronts, interrupted = [], False
        for i, workload in enumerate(workloads):
            store.begin(workload.name, f"{__version__} {workload.fingerprint()}")
            share = Clock(None if budget is None else max(0.0, clock.left) / (len(workloads) - i))
            outcome = search(
                workload,
                space.points(workload.density, workload.least_density),
                space.samples,
                store,
                share,
                jobs,
                progress,
            )
            if synthesize and outcome.complete:
                outcome = _synthesized(outcome, store, share, progress)
            fronts.append(_front(workload, outcome, store))
            if outcome.interrupted:
                interrupted = True
                break
    finally:
        store.close()
    if not any(found.points for found in fronts):
        raise _nothing(fronts, interrupted, budget)
    return Exploration(fronts, interrupted, clock.spent)


def _seconds(budget: float | None) -> float | None:
    if budget is not None and (isinstance(budget, bool) or not isinstance(budget, int | float) or not budget > 0):
        raise ArgumentError(f"Argument 'budget' must be None or a number of seconds above 0, not {budget!r}.")
    return budget


def _workload(data: Any, config: CompressConfig | None) -> Workload:
    if isinstance(data, Workload):
        return data
    if isinstance(data, CompressedModel):
        return of_model(data)
    if isinstance(data, Mapping):
        return of_arrays(data, config)
    if isinstance(data, str | os.PathLike):
        return of_file(Path(data), config)
    raise ArgumentError(f"Argument 'data' must be a file, arrays by name or a compressed model, not {data!r}.")


def _synthesized(outcome: Outcome, store: Store, clock: Clock, progress: Report | None) -> Outcome:
    """The outcome with circuits for the networks of its front, as far as time allows."""
    better: dict[str, Result] = {}
    waiting = [result for result in front(outcome.alive) if result.synthesized_gates is None]
    try:
        for i, result in enumerate(waiting):
            if clock.left < SYNTHESIS_SECONDS:
                break
            if progress is not None:
                rest = min(clock.left, SYNTHESIS_SECONDS * (len(waiting) - i))
                progress(f"{result.workload}, circuit {i + 1} of {len(waiting)}", clock.spent, clock.spent + rest)
            better[result.point] = synthesized(result, SYNTHESIS_SECONDS)
            store.add(better[result.point])
    except KeyboardInterrupt:
        outcome = replace(outcome, interrupted=True)
    return replace(outcome, alive=[better.get(result.point, result) for result in outcome.alive])


def _front(workload: Workload, outcome: Outcome, store: Store) -> Front:
    return Front(
        workload.name,
        sorted([*outcome.alive, *outcome.dropped], key=lambda result: (-result.efficiency, result.point)),
        front(outcome.alive),
        advise(outcome.alive),
        outcome.complete,
        {point: why for (name, point), why in store.impossible.items() if name == workload.name},
    )


def _nothing(fronts: list[Front], interrupted: bool, budget: float | None) -> XoroptError:
    """Why there is no point at all."""
    reasons = [why for found in fronts for why in found.impossible.values()]
    if reasons:
        return ArgumentError(f"No point of the space can be built; the first: {reasons[0]}")
    if interrupted:
        return XoroptError("interrupted before a single point was measured.")
    return XoroptError(f"A budget of {budget:g} s has no time for a single point; give more, e.g. --budget 2m.")
