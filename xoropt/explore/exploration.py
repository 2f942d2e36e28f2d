"""`explore`: from a space and data to Pareto fronts and recommendations."""

import glob
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xoropt.codec.compiled.threads import count_cores
from xoropt.common.arguments import MOST_JOBS, check_int, check_kind, check_time_limit
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.common.kinds import checked
from xoropt.common.processes import processes_for
from xoropt.common.version import __version__
from xoropt.explore.advice import advise
from xoropt.explore.data import Workload, of_arrays, of_file, of_model, plain_path, random_workload
from xoropt.explore.front import front
from xoropt.explore.measuring import Result, synthesized
from xoropt.explore.results import Exploration, WorkloadResults
from xoropt.explore.search import Clock, Outcome, Report, search
from xoropt.explore.space import BASELINE, Space, read_space
from xoropt.explore.store import Store
from xoropt.model.config import CompressConfig
from xoropt.model.tensors import CompressedModel

__all__ = ["explore"]

SYNTHESIS_SECONDS = 5.0
"""The most seconds for the circuit of one network of the front, where there is time left."""


@checked
def explore(
    space: str | os.PathLike[str] | Mapping[str, Any] | Space | None = None,
    data: str | os.PathLike[str] | Mapping[str, np.ndarray] | CompressedModel | Workload | None = None,
    *,
    tensor: str | None = None,
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

    The network "auto" is measured beside the points, as a baseline. Points are measured on growing samples; those that
    can no longer reach a front are dropped (see `xoropt.explore.search`). With a folder every result is written as it
    comes, and a later call on the same data continues where the last one stopped.

    Args:
        space: the path of a SPACE.toml, or a dictionary of the same form (see `default_text`); None: the built-in
            space.
        data: a .safetensors or .npz file of weights, a compressed file, arrays by name, or a compressed model; None:
            independent random bits.
        tensor: the name of the one tensor of the data to explore; None: all that can be compressed, together.
        config: how dense weights are pruned and quantized, as for `compress`.
        sparsity: one or several sparsities of random data, each with a front of its own; None: those of the space.
        weights: the number of random weights.
        budget: seconds after which no point is begun; None: no limit.
        jobs: processes; None: one per core.
        synthesize: whether to search small circuits for the networks of the front in the rest of the budget, a few
            seconds each.
        out: the folder for `points.jsonl`; None: nothing is written.
        progress: called with the name of the current work, the seconds spent and the estimated seconds in all.

    Returns:
        The results; after Ctrl-C, or when time is over, those measured until then.

    Raises:
        ArgumentError: the space or the data are invalid, or no point of the space can be built.
        XoroptError: the folder cannot be written, or holds results of other data or of another version; or there was
            no time for a single point.

    >>> exploration = explore({"block": {"n_in": [8, 12]}}, sparsity=0.9, weights=20_000, synthesize=False)
    >>> [result.topology for result in exploration.front]
    ['auto', 'block', 'block']
    """
    check_time_limit(budget, "budget")
    if data is None and tensor is not None:
        raise ArgumentError("Argument 'tensor' goes with 'data', which holds it.")
    clock = Clock(budget)
    jobs = processes_for(count_cores() if jobs is None else check_int("jobs", jobs, 1, MOST_JOBS))
    space = space if isinstance(space, Space) else read_space(space)
    rates = space.sparsity if sparsity is None else tuple(np.atleast_1d(sparsity).tolist())
    workloads = (
        [random_workload(rate, check_int("weights", weights, 1)) for rate in rates]
        if data is None
        else [_workload(data, config, tensor)]
    )
    store = Store(out)  # after all that can be refused: it makes the folder
    try:
        finished, interrupted = [], False
        for i, workload in enumerate(workloads):
            store.begin(workload.name, f"{__version__} {workload.fingerprint()}")
            share = Clock(None if budget is None else max(0.0, clock.left) / (len(workloads) - i))
            outcome = search(
                workload,
                [BASELINE, *space.points(workload.density, workload.least_density)],
                space.samples,
                store=store,
                clock=share,
                jobs=jobs,
                report=progress,
            )
            if synthesize and outcome.complete:
                outcome = _synthesized(outcome, store, share, progress)
            finished.append(_results(workload, outcome, store))
            if outcome.interrupted:
                interrupted = True
                break
    finally:
        store.close()
    points = [result for results in finished for result in results.points]
    if not points or (all(result.baseline for result in points) and any(results.impossible for results in finished)):
        raise _nothing(finished, interrupted, budget)
    prepared = "" if data is None else _preparation(config, tensor)
    return Exploration(finished, interrupted, clock.spent, prepared, plain_path(data))


def _preparation(config: CompressConfig | None, tensor: str | None) -> str:
    """Return the options of `xoropt compress` that choose, prune and quantize weights as it was done here."""
    options = {} if config is None else {"--sparsity": config.sparsity, "--bits": config.bits}
    said = [f"{name} {value:g}" for name, value in options.items() if value is not None]
    if tensor is not None:
        said.append(f"--include {shlex.quote(glob.escape(tensor))}")
    return " ".join(said)


def _workload(data: Any, config: CompressConfig | None, tensor: str | None) -> Workload:
    if tensor is not None:
        check_kind("tensor", tensor, str, "the name of a tensor or None")
    if isinstance(data, Workload):
        if tensor is not None:
            raise ArgumentError("Argument 'tensor' goes with a file, arrays or a model, not with a workload.")
        return data
    if isinstance(data, CompressedModel):
        return of_model(data, tensor=tensor)
    if isinstance(data, Mapping):
        return of_arrays(data, config, tensor=tensor)
    if isinstance(data, str | os.PathLike):
        return of_file(Path(data), config, tensor)
    raise ArgumentError(f"Argument 'data' must be a file, arrays by name or a compressed model, not {data!r}.")


def _synthesized(outcome: Outcome, store: Store, clock: Clock, progress: Report | None) -> Outcome:
    """Return an outcome with circuits for the networks of its front, as far as time allows."""
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


def _results(workload: Workload, outcome: Outcome, store: Store) -> WorkloadResults:
    return WorkloadResults(
        workload.name,
        sorted([*outcome.alive, *outcome.dropped], key=lambda result: (-result.efficiency, result.point)),
        front(outcome.alive),
        advise(outcome.alive),
        outcome.complete,
        {point: why for (name, point), why in store.impossible.items() if name == workload.name},
        outcome.untried,
    )


def _nothing(finished: list[WorkloadResults], interrupted: bool, budget: float | None) -> XoroptError:
    """Return the error that says why there is no point at all."""
    reasons = [why for results in finished for why in results.impossible.values()]
    if reasons:
        return ArgumentError(f"No point of the space can be built; the first: {reasons[0]}")
    if interrupted:
        return XoroptError("Interrupted before a single point was measured.")
    return XoroptError(f"A budget of {budget:g} s leaves no time for a single point; allow more, e.g. --budget 2m.")
