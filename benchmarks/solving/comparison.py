"""The comparison of the strategies: the same blocks, the same time limit, one run."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata

import numpy as np
from xoropt_solvers import LimitExceededError, ParityProblem, available, solve, solve_many

from solving.blocks import Block, block_batch, open_blocks, random_problem
from solving.variants import DECLARATIVE, ENCODINGS, MODELS, Variant, solve_variant, takes

__all__ = ["FULL", "QUICK", "Comparison", "Effort", "Outcome", "Summary", "Throughput", "Timing", "measure"]

BATCH = "portfolio (batch)"
ENGINES = ("numpy", "numba", "python-sat", "pycryptosat", "ortools", "ldpc")

REPEATS, NOISE = 5, 0.1
"""Runs of a strategy on a block, of which the fastest counts; one alone where it takes longer than so many seconds."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        time_limit: seconds for each block and strategy.
        cells: n_in and sparsity of the blocks, two blocks for each pair.
        blocks: blocks of each batch whose throughput is measured.
        models: (count, k, n, limit), dense problems of k rows and n unknowns for the models, and seconds for each.
        encodings: the same for the encodings.
    """

    time_limit: float
    cells: tuple[tuple[int, float], ...]
    blocks: int
    models: tuple[int, int, int, float]
    encodings: tuple[int, int, int, float]


QUICK = Effort(
    time_limit=1.0,
    cells=tuple((n, S) for n in (12, 20, 32, 64) for S in (0.6, 0.9)),
    blocks=20_000,
    models=(2, 32, 20, 2.0),
    encodings=(1, 64, 32, 30.0),
)
FULL = Effort(
    time_limit=2.0,
    cells=tuple((n, S) for n in (12, 16, 20, 24, 32, 48, 64) for S in (0.6, 0.75, 0.9, 0.95)),
    blocks=200_000,
    models=(6, 32, 20, 5.0),
    encodings=(3, 64, 32, 30.0),
)


@dataclass(frozen=True)
class Outcome:
    """What a strategy did about one block within its time; without a cost where the block is too large for it."""

    cost: int | None
    lower_bound: int | None
    optimal: bool
    seconds: float


@dataclass(frozen=True)
class Summary:
    """What a strategy did about all blocks.

    Attributes:
        proved: share of the blocks.
        answered: share of the blocks.
        median_seconds: for a block.
        mean_excess: mismatches above the proved minimum, of the blocks with an answer and a proof; None without one.
    """

    proved: float
    answered: float
    median_seconds: float
    mean_excess: float | None


@dataclass(frozen=True)
class Throughput:
    """What a compiled strategy does in a second of processor time on one core."""

    n_in: int
    n_out: int
    sparsity: float
    strategy: str
    blocks: int
    blocks_per_cpu_second: float
    care_bits_per_cpu_second: float
    patches_per_block: float
    proved: float


@dataclass(frozen=True)
class Timing:
    """How long a variant of a strategy takes: the median, and how many problems it proved."""

    label: str
    median_seconds: float
    proved: int


@dataclass(frozen=True)
class Comparison:
    """All that is measured.

    Attributes:
        effort: how much was measured.
        seed: of all that is random.
        load: processes that wanted to run when it began, on the average of one, five and fifteen minutes.
        versions: of the packages of the engines.
        throughput: of the compiled strategies.
        blocks: n_in, n_out, sparsity and rows of each block.
        outcomes: by strategy, one for each block; "portfolio (batch)" shares a batch's time out evenly.
        optimum: the proved minimum of each block, or None.
        summary: by strategy.
        declarative: the declarative strategy with the least median time.
        faster_alone: how many times faster `portfolio` is on the median block.
        faster_in_batches: the same for a batch.
        models: by strategy, what each step of the model brings.
        encodings: what each encoding brings to `xorsat` on dense problems.
    """

    effort: Effort
    seed: int
    load: tuple[float, float, float]
    versions: dict[str, str]
    throughput: list[Throughput]
    blocks: list[tuple[int, int, float, int]]
    outcomes: dict[str, list[Outcome]]
    optimum: list[int | None]
    summary: dict[str, Summary]
    declarative: str
    faster_alone: float
    faster_in_batches: float
    models: dict[str, list[Timing]]
    encodings: list[Timing]


def measure(effort: Effort, seed: int = 0, say: Progress = lambda text: None) -> Comparison:
    """Compare all strategies that are installed.

    Times are wall times, without imports and compilation, which a first small problem takes up.

    Args:
        effort: how much to measure.
        seed: of all that is random.
        say: told what is measured next.

    Raises:
        AssertionError: two strategies proved different minima.
    """
    load = os.getloadavg()
    names = available()
    for name in names:
        _warm(name)
    say("throughput")
    throughput = _throughput(effort.blocks, seed)
    blocks = list(open_blocks(effort.cells, seed))
    outcomes = {}
    for name in names:
        say(f"blocks: {name}")
        outcomes[name] = [_outcome(block.problem, name, effort.time_limit) for block in blocks]
    say("blocks: portfolio, in batches")
    outcomes[BATCH] = [_in_company(block, effort.time_limit) for block in blocks]
    optimum = _optima(outcomes)
    summary = {name: _summary(runs, optimum) for name, runs in outcomes.items()}
    best = min((name for name in DECLARATIVE if name in names), key=lambda name: summary[name].median_seconds)
    declarative = [name for name in DECLARATIVE if name in names]
    return Comparison(
        effort=effort,
        seed=seed,
        load=load,
        versions=_versions(),
        throughput=throughput,
        blocks=[(block.n_in, block.n_out, block.sparsity, block.problem.k) for block in blocks],
        outcomes=outcomes,
        optimum=optimum,
        summary=summary,
        declarative=best,
        faster_alone=summary[best].median_seconds / summary["portfolio"].median_seconds,
        faster_in_batches=summary[best].median_seconds / summary[BATCH].median_seconds,
        models={name: _timings(name, MODELS, effort.models, seed, say) for name in declarative},
        encodings=_timings("xorsat", ENCODINGS, effort.encodings, seed, say) if "xorsat" in names else [],
    )


def _versions() -> dict[str, str]:
    versions = {}
    for package in ENGINES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _warm(name: str) -> None:
    rng = np.random.default_rng(1)
    for weights in (None, rng.integers(1, 4, 24)):
        problem = ParityProblem(rng.random((24, 8)) < 0.5, rng.random(24) < 0.5, weights)
        solve(problem, name)


def _outcome(problem: ParityProblem, name: str, limit: float) -> Outcome:
    seconds = float("inf")
    for _ in range(REPEATS):
        if seconds < float("inf") and seconds > NOISE:
            break
        begin = time.perf_counter()
        try:
            solution = solve(problem, name, time_limit=limit)
        except LimitExceededError:
            return Outcome(None, None, False, limit)
        seconds = min(seconds, time.perf_counter() - begin)
    return Outcome(solution.cost, solution.lower_bound, solution.optimal, seconds)


def _in_company(block: Block, limit: float) -> Outcome:
    """Solve a block as the encoder does, among its like: the batch's time is shared out evenly."""
    seconds = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        answer = solve_many(block.batch, "portfolio", time_limit=limit)
        seconds = min(seconds, (time.perf_counter() - begin) / len(block.batch))
    return Outcome(int(answer.cost[0]), int(answer.lower_bound[0]), bool(answer.optimal[0]), seconds)


def _optima(outcomes: dict[str, list[Outcome]]) -> list[int | None]:
    optima: list[int | None] = []
    for runs in zip(*outcomes.values(), strict=True):
        proved = {run.cost for run in runs if run.optimal}
        if len(proved) > 1:
            raise AssertionError(f"Two strategies proved different minima: {proved}.")
        optima.append(proved.pop() if proved else None)
    return optima


def _summary(runs: list[Outcome], optimum: list[int | None]) -> Summary:
    excess = [
        run.cost - best for run, best in zip(runs, optimum, strict=True) if best is not None and run.cost is not None
    ]
    return Summary(
        proved=sum(run.optimal for run in runs) / len(runs),
        answered=sum(run.cost is not None for run in runs) / len(runs),
        median_seconds=statistics.median(run.seconds for run in runs),
        mean_excess=statistics.fmean(excess) if excess else None,
    )


def _throughput(blocks: int, seed: int) -> list[Throughput]:
    rows = []
    for n_in, n_out in ((20, 180), (64, 560)):
        batch = block_batch(n_in, n_out, 0.9, blocks, seed)
        for name in ("greedy", "portfolio"):
            best = float("inf")
            for _ in range(3):
                begin = time.process_time()
                answer = solve_many(batch, name)
                best = min(best, time.process_time() - begin)
            rows.append(
                Throughput(
                    n_in=n_in,
                    n_out=n_out,
                    sparsity=0.9,
                    strategy=name,
                    blocks=blocks,
                    blocks_per_cpu_second=blocks / best,
                    care_bits_per_cpu_second=len(batch.rows) / best,
                    patches_per_block=float(answer.cost.mean()),
                    proved=float(answer.optimal.mean()),
                )
            )
    return rows


def _timings(
    name: str, variants: Sequence[Variant], size: tuple[int, int, int, float], seed: int, say: Progress
) -> list[Timing]:
    problems, k, n, limit = size
    drawn = [random_problem(k, n, seed * 100 + i) for i in range(problems)]
    rows = []
    for variant in variants:
        if not takes(name, variant):
            continue
        say(f"{name}: {variant.label}")
        seconds, proved = [], 0
        for problem in drawn:
            begin = time.perf_counter()
            answer = solve_variant(problem, name, variant, limit)
            seconds.append(time.perf_counter() - begin)
            proved += answer.cost == answer.lower_bound
        rows.append(Timing(variant.label, statistics.median(seconds), proved))
    return rows
