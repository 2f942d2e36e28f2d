"""The comparison of the strategies: the same blocks, the same time limit, one run.

Blocks are those an encoder meets: the care rows of a random network (entries 1 with probability ½) under a random mask,
with random values. Blocks that elimination alone proves tell strategies apart by their overhead only, so that the grid
keeps those it leaves open.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from xoropt_solvers import registry
from xoropt_solvers.batch import ParityBatch, problem_at, take_blocks
from xoropt_solvers.errors import LimitExceededError
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.solving import solve
from xoropt_solvers.solving_many import solve_many

__all__ = ["block_batch", "machine", "measure", "save", "tables"]

Progress = Callable[[str], None]
DECLARATIVE = ("sat", "xorsat", "maxsat", "cpsat", "ilp")

# (n_in, S) of the grid; every cell holds blocks of two loads: expected care bits over n_in.
FULL = [(n, S) for n in (12, 16, 20, 24, 32, 48, 64) for S in (0.6, 0.75, 0.9, 0.95)]
QUICK = [(n, S) for n in (12, 20, 32, 64) for S in (0.6, 0.9)]
LOADS = (0.9, 1.2)

# What each cut adds to the one before; a strategy skips what it has no option for.
CUTS: list[tuple[str, dict[str, Any]]] = [
    ("primal", {"form": "primal"}),
    ("+ systematic", {"form": "systematic", "collapse": False, "sparsify": False, "improve": False, "split": False}),
    ("+ collapse", {"collapse": True, "sparsify": False, "improve": False, "split": False}),
    ("+ sparsify", {"collapse": True, "sparsify": True, "improve": False, "split": False}),
    ("+ improved start", {"collapse": True, "sparsify": True, "improve": True, "split": False}),
    ("+ split bound", {"collapse": True, "sparsify": True, "improve": True, "split": True}),
]
OPTION_OF = {"improved start": "improve", "split bound": "split"}
COUNTERS: list[tuple[str, dict[str, Any]]] = [
    ("sequential counter, as first seen", {"form": "primal", "counter": "sequential", "split": False}),
    ("sequential counter", {"counter": "sequential", "split": False}),
    ("totalizer", {"split": False}),
    ("totalizer, from below", {"split": False, "direction": "up"}),
    ("totalizer, split bound, from below", {"direction": "up"}),
    ("totalizer, split bound (the default)", {}),
]


def block_batch(n_in: int, n_out: int, sparsity: float, blocks: int, seed: int) -> ParityBatch:
    """Blocks of one random network: Bernoulli mask, uniform care bits."""
    rng = np.random.default_rng(seed)
    network = rng.integers(0, 2**n_in - 1, n_out, dtype=np.uint64, endpoint=True)
    care = rng.random((blocks, n_out)) >= sparsity
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(care.sum(axis=1))])
    rows = np.broadcast_to(network, care.shape)[care]
    return ParityBatch(rows, rng.random(len(rows)) < 0.5, starts, n_in)


def machine() -> dict[str, Any]:
    """CPU model, cores and versions, for the record."""
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = models[0] if models else model
    versions = {"python": platform.python_version()}
    for package in ("numpy", "numba", "python-sat", "pycryptosat", "ortools", "ldpc"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {"cpu": model, "cores": os.cpu_count(), "load": list(os.getloadavg()), "versions": versions}


def measure(
    quick: bool = False, time_limit: float | None = None, seed: int = 0, progress: Progress | None = None
) -> dict[str, Any]:
    """The whole comparison as one JSON-ready dict: about a minute if quick, else up to a quarter of an hour.

    `time_limit` is in seconds for each block and strategy, the same for all (default 1 if quick, else 2). Wall time,
    without imports and compilation, which a first small problem takes up.
    """
    limit = time_limit or (1.0 if quick else 2.0)
    say = progress or (lambda text: None)
    names = registry.available()
    for name in names:
        _warm(name)
    result: dict[str, Any] = {"machine": machine(), "time_limit": limit, "seed": seed, "quick": quick}
    say("throughput")
    result["throughput"] = _throughput(20_000 if quick else 200_000, seed)
    blocks = list(_grid(QUICK if quick else FULL, 1, seed))
    result["blocks"] = [
        {"n_in": n, "n_out": n_out, "sparsity": S, "k": problem.k} for n, n_out, S, problem, _ in blocks
    ]
    result["strategies"] = {}
    for name in names:
        say(f"grid: {name}")
        result["strategies"][name] = [_one(problem, name, limit) for *_, problem, _ in blocks]
    say("grid: portfolio, in batches")
    result["strategies"]["portfolio (batch)"] = [_batched(batch, problem, limit) for *_, problem, batch in blocks]
    result["optimum"] = _optima(result["strategies"])
    result["summary"] = _summary(result)
    say("cuts")
    result["cuts"] = _cuts(2 if quick else 6, 2.0 if quick else 5.0, seed, say)
    result["dense"] = _dense(1 if quick else 3, seed, say)
    return result


def _warm(name: str) -> None:
    rng = np.random.default_rng(1)
    for weights in (None, rng.integers(1, 4, 24)):
        problem = ParityProblem(rng.random((24, 8)) < 0.5, rng.random(24) < 0.5, weights)
        solve(problem, name, time_limit=10.0)


def _grid(
    cells: list[tuple[int, float]], each: int, seed: int
) -> Iterator[tuple[int, int, float, ParityProblem, ParityBatch]]:
    """Blocks that elimination leaves open, each with a batch of its kind to time in company."""
    for cell, (n, S) in enumerate(cells):
        for load in LOADS:
            n_out = round(load * n / (1 - S))
            drawn = block_batch(n, n_out, S, 4000, seed * 1000 + cell)
            first = solve_many(drawn, "greedy")
            left = take_blocks(drawn, np.flatnonzero(~first.optimal)[:256])
            for i in range(min(each, len(left))):
                yield n, n_out, S, problem_at(left, i), left


def _one(problem: ParityProblem, name: str, limit: float, **options: Any) -> dict[str, Any]:
    begin = time.perf_counter()
    try:
        solution = solve(problem, name, time_limit=limit, **options)
    except LimitExceededError as error:
        return {"cost": None, "lower_bound": None, "optimal": False, "seconds": limit, "note": str(error)}
    seconds = time.perf_counter() - begin
    if name == "portfolio":  # far below the clock's noise: the best of five
        for _ in range(4):
            begin = time.perf_counter()
            solve(problem, name, time_limit=limit, **options)
            seconds = min(seconds, time.perf_counter() - begin)
    return {
        "cost": solution.cost,
        "lower_bound": solution.lower_bound,
        "optimal": solution.optimal,
        "seconds": seconds,
        "strategy_seconds": solution.seconds,
    }


def _batched(batch: ParityBatch, problem: ParityProblem, limit: float) -> dict[str, Any]:
    """The block as the encoder solves it, among its like: the batch's time shared out evenly."""
    seconds = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        answer = solve_many(batch, "portfolio", time_limit=limit)
        seconds = min(seconds, (time.perf_counter() - begin) / len(batch))
    same = next(i for i in range(len(batch)) if batch.starts[i + 1] - batch.starts[i] == problem.k)
    return {
        "cost": int(answer.cost[same]),
        "lower_bound": int(answer.lower_bound[same]),
        "optimal": bool(answer.optimal[same]),
        "seconds": seconds,
        "proved_share": float(answer.optimal.mean()),
    }


def _optima(strategies: dict[str, list[dict[str, Any]]]) -> list[int | None]:
    """The proved minimum of each block, whoever proved it; proofs that disagree are an error."""
    optima: list[int | None] = []
    for runs in zip(*strategies.values(), strict=True):
        proved = {run["cost"] for run in runs if run["optimal"]}
        if len(proved) > 1:
            raise AssertionError(f"Two strategies proved different minima: {sorted(proved)}.")
        optima.append(proved.pop() if proved else None)
    return optima


def _summary(result: dict[str, Any]) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for name, runs in result["strategies"].items():
        excess = [
            run["cost"] - best
            for run, best in zip(runs, result["optimum"], strict=True)
            if best is not None and run["cost"] is not None
        ]
        summary[name] = {
            "proved": sum(run["optimal"] for run in runs) / len(runs),
            "median_seconds": statistics.median(run["seconds"] for run in runs),
            "mean_excess": statistics.fmean(excess) if excess else None,
            "answered": sum(run["cost"] is not None for run in runs) / len(runs),
        }
    best = min((name for name in DECLARATIVE if name in summary), key=lambda name: summary[name]["median_seconds"])
    summary["portfolio"]["times_faster_than_best_declarative"] = {
        "declarative": best,
        "alone": summary[best]["median_seconds"] / summary["portfolio"]["median_seconds"],
        "in_batches": summary[best]["median_seconds"] / summary["portfolio (batch)"]["median_seconds"],
    }
    return summary


def _throughput(blocks: int, seed: int) -> list[dict[str, Any]]:
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
                {
                    "n_in": n_in,
                    "n_out": n_out,
                    "sparsity": 0.9,
                    "strategy": name,
                    "blocks": blocks,
                    "blocks_per_cpu_second": blocks / best,
                    "care_bits_per_cpu_second": len(batch.rows) / best,
                    "patches_per_block": float(answer.cost.mean()),
                    "proved": float(answer.optimal.mean()),
                }
            )
    return rows


def _random(k: int, n: int, seed: int) -> ParityProblem:
    rng = np.random.default_rng(seed)
    return ParityProblem(rng.random((k, n)) < 0.5, rng.random(k) < 0.5)


def _cuts(problems: int, limit: float, seed: int, say: Progress) -> dict[str, Any]:
    """What each cut brings: blocks of k = 32 care bits and n = 20 unknowns, wide enough to make an engine search."""
    import inspect

    drawn = [_random(32, 20, seed * 100 + i) for i in range(problems)]
    table: dict[str, Any] = {"k": 32, "n": 20, "problems": problems, "time_limit": limit, "strategies": {}}
    for name in DECLARATIVE:
        if name not in registry.available():
            continue
        takes = inspect.signature(registry.find(name).run).parameters
        rows = []
        for label, options in CUTS:
            given = {key: value for key, value in options.items() if key in takes}
            if any(cut in label and option not in takes for cut, option in OPTION_OF.items()):
                continue
            say(f"cuts: {name} {label}")
            rows.append({"cut": label, **_median(drawn, name, limit, given)})
        table["strategies"][name] = rows
    return table


def _dense(problems: int, seed: int, say: Progress) -> dict[str, Any]:
    """The dense random problem n = 32, k = 64 by `xorsat`: which counter, which way to the bound."""
    if "xorsat" not in registry.available():
        return {}
    drawn = [_random(64, 32, seed * 100 + i) for i in range(problems)]
    rows = []
    for label, options in COUNTERS:
        say(f"dense: xorsat {label}")
        rows.append({"encoding": label, **_median(drawn, "xorsat", 30.0, options)})
    return {"k": 64, "n": 32, "problems": problems, "time_limit": 30.0, "xorsat": rows}


def _median(problems: list[ParityProblem], name: str, limit: float, options: dict[str, Any]) -> dict[str, Any]:
    runs = [_one(problem, name, limit, **options) for problem in problems]
    return {
        "median_seconds": statistics.median(run["seconds"] for run in runs),
        "proved": sum(run["optimal"] for run in runs),
    }


def tables(result: dict[str, Any]) -> list[Any]:
    """The result as rich tables."""
    from rich.table import Table

    summary = Table(title=f"{len(result['blocks'])} blocks, {result['time_limit']:g} s each", title_justify="left")
    for column in ("strategy", "proved", "median time", "mean excess"):
        summary.add_column(column, justify="left" if column == "strategy" else "right")
    for name, row in result["summary"].items():
        excess = "–" if row["mean_excess"] is None else f"{row['mean_excess']:.2f}"
        note = "" if row["answered"] == 1 else f" (of {row['answered']:.0%})"
        summary.add_row(name, f"{row['proved']:.0%}", _time(row["median_seconds"]), excess + note)
    speed = Table(title="Throughput on one core, S = 0.9", title_justify="left")
    for column in ("n_in", "n_out", "strategy", "blocks/s", "care bits/s", "patches/block", "proved"):
        speed.add_column(column, justify="left" if column == "strategy" else "right")
    for row in result["throughput"]:
        speed.add_row(
            str(row["n_in"]),
            str(row["n_out"]),
            row["strategy"],
            f"{row['blocks_per_cpu_second']:,.0f}",
            f"{row['care_bits_per_cpu_second'] / 1e6:.1f} M",
            f"{row['patches_per_block']:.3f}",
            f"{row['proved']:.2%}",
        )
    cuts = Table(title="What the cuts bring: median time, k = 32, n = 20", title_justify="left")
    cuts.add_column("model", no_wrap=True)
    for name in result["cuts"]["strategies"]:
        cuts.add_column(name, justify="right")
    for label, _ in CUTS:
        cells = []
        for rows in result["cuts"]["strategies"].values():
            match = [row for row in rows if row["cut"] == label]
            cells.append(_cell(match[0], result["cuts"]["problems"]) if match else "")
        cuts.add_row(label, *cells)
    found = [summary, speed, cuts]
    if result["dense"]:
        dense = Table(title="Dense random problem, k = 64, n = 32, xorsat", title_justify="left")
        dense.add_column("encoding", no_wrap=True)
        dense.add_column("median time", justify="right")
        for row in result["dense"]["xorsat"]:
            dense.add_row(row["encoding"], _cell(row, result["dense"]["problems"]))
        found.append(dense)
    return found


def _cell(row: dict[str, Any], problems: int) -> str:
    return _time(row["median_seconds"]) + ("" if row["proved"] == problems else f" ({row['proved']}/{problems})")


def _time(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def save(result: dict[str, Any], out: str | os.PathLike[str]) -> list[Path]:
    """Write solvers.json and, where matplotlib is installed, the cactus plot solvers.png; returns the paths."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / "solvers.json"]
    paths[0].write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    figure = cactus(result)
    if figure is not None:
        paths.append(out / "solvers.png")
        figure.savefig(paths[1], dpi=120)
    return paths


def cactus(result: dict[str, Any]) -> Any:
    """How many blocks each strategy proves within a time each: a matplotlib figure, or None without the package."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, runs in result["strategies"].items():
        times = sorted(run["seconds"] for run in runs if run["optimal"])
        if times:
            axes.plot(range(1, len(times) + 1), times, marker=".", label=f"{name} ({len(times)})")
    axes.set_yscale("log")
    axes.set_xlabel("blocks proved minimal")
    axes.set_ylabel("seconds for the block, the slowest last")
    axes.set_title(f"{len(result['blocks'])} blocks, time limit {result['time_limit']:g} s")
    axes.grid(True, alpha=0.3)
    axes.legend(fontsize="small")
    return figure
