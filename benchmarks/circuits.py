"""Gate counts of XOR circuits: every method, the published record and yosys with ABC, on the same matrices in one run.

    python benchmarks/circuits.py compare --time-limit 60 --jobs 2 --out circuits.json --plot circuits.svg
    python benchmarks/circuits.py compare --methods paar,rnbp,a1,a2,local --columns 16 --time-limit 10
    python benchmarks/circuits.py decoders --time-limit 60 --jobs 2
    python benchmarks/circuits.py keep --time-limit 600 --jobs 2 --only Grostl

`compare` starts from nothing. `keep` resumes the circuits in data/circuits and replaces those that it beats;
`--max-depth D` keeps circuits of a bounded depth beside the others. data/circuits/README.md says where each stands.
"""

import csv
import json
import os
import platform
import sys
import time
from pathlib import Path

import click
import numpy as np

from xoropt.circuits import METHODS, XorCircuit, read_circuit, read_matrix, synthesize, write_circuit
from xoropt.networks import random_block

sys.path.insert(0, str(Path(__file__).parent))
from yosys import abc_gates  # the module beside this file

DATA = Path(__file__).parent / "data"
MATRICES = DATA / "xor-matrices"
KEPT = DATA / "circuits"
LIMITS = {16: 1.0, 32: 3.0}  # percent above the record that `auto` may need; 8 from 64 columns on
DECODERS = {"20x180": (20, 180), "64x560": (64, 560)}


def records() -> dict[str, dict[str, int]]:
    """By name: rows, columns, naive_xor, best_xor, best_depth."""
    with (MATRICES / "best-known.csv").open() as file:
        return {row.pop("name"): {key: int(value) for key, value in row.items()} for row in csv.DictReader(file)}


def machine() -> str:
    """The machine in words."""
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}"


def measure(matrix: np.ndarray, method: str, time_limit: float, jobs: int, seed: int) -> tuple[dict, XorCircuit]:
    """One synthesis, verified."""
    started, cpu = time.perf_counter(), time.process_time()
    circuit = synthesize(matrix, method, time_limit=time_limit, jobs=jobs, seed=seed)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    return {
        "gates": circuit.gates,
        "depth": circuit.depth,
        "verified": circuit.verify(matrix),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
    }, circuit


def warm_up(methods: list[str]) -> None:
    """Compile the loops, so that no measurement pays for it."""
    for method in methods:
        synthesize(np.tri(5, dtype=bool), method, time_limit=0.2)


def chosen(only: str, columns: int) -> dict[str, dict[str, int]]:
    """The records of the named matrices, or of all, with so many columns if not 0."""
    names = [name for name in only.split(",") if name]
    table = records()
    missing = [name for name in names if name not in table]
    if missing:
        raise click.UsageError(f"no matrix is called {', '.join(missing)}; best-known.csv has the names.")
    return {name: row for name, row in table.items() if (not names or name in names) and columns in (0, row["columns"])}


@click.group()
def main() -> None:
    """XOR circuits side by side."""


options = [
    click.option("--time-limit", default=60.0, help="Seconds for each matrix and method."),
    click.option("--jobs", default=2, help="Threads of each synthesis."),
    click.option("--seed", default=0),
    click.option("--out", type=click.Path(path_type=Path), help="Write the figures as JSON."),
]


def with_options(command):
    for option in reversed(options):
        command = option(command)
    return command


@main.command()
@with_options
@click.option("--methods", default="auto", help="Names with commas, or 'all'.")
@click.option("--only", default="", help="Matrices, names with commas.")
@click.option("--columns", default=0, help="Only the matrices with so many columns.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write a picture of the gates against the record.")
@click.option("--save", is_flag=True, help="Keep what is smaller than the kept circuits.")
def compare(time_limit, jobs, seed, out, methods, only, columns, plot, save):
    """Every method on the 45 matrices, beside the published record and yosys with ABC."""
    names = list(METHODS) if methods == "all" else methods.split(",")
    warm_up(names)
    print(f"{machine()}; {time_limit:g} s a matrix and method, {jobs} threads, seed {seed}")
    print(f"{'matrix':28}{'size':>9}{'record':>8}{'ABC':>7}" + "".join(f"{name:>14}" for name in names), flush=True)
    rows = []
    for name, record in chosen(only, columns).items():
        matrix = read_matrix(MATRICES / f"{name}.txt")
        row = {"name": name, **record, "abc": abc_gates(matrix), "methods": {}}
        line = f"{name:28}{record['rows']:>5}×{record['columns']:<3}{record['best_xor']:>8}{row['abc'] or '-':>7}"
        for method in names:
            figures, circuit = measure(matrix, method, time_limit, jobs, seed)
            row["methods"][method] = figures
            line += f"{circuit.gates:>8} {circuit.gates - record['best_xor']:+4d}{' ' if figures['verified'] else '!'}"
            if save:
                keep_if_smaller(KEPT / f"{name}.txt", circuit, "nothing")
        rows.append(row)
        print(line, flush=True)
        write_json(out, {"machine": machine(), "time_limit": time_limit, "jobs": jobs, "seed": seed, "rows": rows})
    summary(rows, names)
    if plot:
        draw(rows, names, plot)


def summary(rows: list[dict], names: list[str]) -> None:
    """The sums by size, beside what they may be."""
    for low, high, label in ((1, 16, "16 columns"), (17, 32, "32 columns"), (33, 1 << 30, "64 columns and more")):
        some = [row for row in rows if low <= row["columns"] <= high]
        if not some:
            continue
        record = sum(row["best_xor"] for row in some)
        for name in names:
            gates = sum(row["methods"][name]["gates"] for row in some)
            print(
                f"{label}, {name}: {gates} gates, record {record}: {100 * (gates / record - 1):+.2f} %"
                f" (allowed {LIMITS.get(high, 8.0):+.0f} %)"
            )


@main.command()
@with_options
@click.option("--kinds", default="20x180", help=f"Names with commas of {', '.join(DECODERS)}.")
@click.option("--seeds", default=3, help="How many random decoders of each size.")
def decoders(time_limit, jobs, seed, out, kinds, seeds):
    """`auto` and yosys with ABC on random dense decoders."""
    warm_up(["auto"])
    print(f"{machine()}; {time_limit:g} s a decoder, {jobs} threads, seed {seed}")
    print(f"{'decoder':24}{'row by row':>11}{'ABC':>8}{'auto':>8}{'fewer':>9}{'depth':>7}")
    rows = []
    for kind in kinds.split(","):
        n_in, n_out = DECODERS[kind]
        for i in range(seeds):
            matrix = random_block(n_in=n_in, n_out=n_out, seed=i).matrix()
            rival = abc_gates(matrix)
            figures, _ = measure(matrix, "auto", time_limit, jobs, seed)
            naive = int((matrix.sum(axis=1) - 1).clip(0).sum())
            rows.append({"kind": kind, "network_seed": i, "naive": naive, "abc": rival, **figures})
            fewer = f"{100 * (1 - figures['gates'] / rival):.1f} %" if rival else "-"
            print(
                f"{kind} seed {i:<12}{naive:>11}{rival or '-':>8}{figures['gates']:>8}{fewer:>9}{figures['depth']:>7}",
                flush=True,
            )
            write_json(out, {"machine": machine(), "time_limit": time_limit, "jobs": jobs, "rows": rows})


@main.command()
@with_options
@click.option("--only", default="", help="Matrices, names with commas.")
@click.option("--columns", default=0, help="Only the matrices with so many columns.")
@click.option("--max-depth", type=int, help="Keep circuits of at most this depth, in files of their own.")
@click.option("--fresh", is_flag=True, help="Start from nothing, and replace a kept circuit only if that is beaten.")
def keep(time_limit, jobs, seed, out, only, columns, max_depth, fresh):
    """Resume the kept circuits and keep what is smaller."""
    warm_up(["auto"])
    for name, record in chosen(only, columns).items():
        matrix = read_matrix(MATRICES / f"{name}.txt")
        path = KEPT / (f"{name}.txt" if max_depth is None else f"{name}.depth{max_depth}.txt")
        kept = read_circuit(path) if path.exists() else None
        start = None if fresh else kept
        method = "auto" if start is None else "local"
        circuit = synthesize(matrix, method, time_limit, max_depth, seed=seed, jobs=jobs, resume=start)
        print(f"{path.stem:36}{record['best_xor']:>6}{kept.gates if kept else '-':>6}{circuit.gates:>6}", flush=True)
        keep_if_smaller(
            path, circuit, "nothing" if start is None else f"the circuit of {start.gates} gates kept before"
        )


def keep_if_smaller(path: Path, circuit: XorCircuit, start: str) -> None:
    """Write a circuit in the place of a larger one, with the command that made it, and the table anew."""
    KEPT.mkdir(exist_ok=True)
    if path.exists() and read_circuit(path).gates <= circuit.gates:
        return
    command = " ".join(["python benchmarks/circuits.py", *sys.argv[1:]])
    remark = f"{path.stem}: {circuit.gates} gates, depth {circuit.depth}\nmade by {command}\nstarting from {start}"
    write_circuit(path, circuit, remark, overwrite=True)
    write_table()


def write_table() -> None:
    """data/circuits/README.md: where each kept circuit stands against the record."""
    lines, below, level = [], 0, 0
    for name, record in records().items():
        path = KEPT / f"{name}.txt"
        if not path.exists():
            continue
        circuit = read_circuit(path)
        change = circuit.gates - record["best_xor"]
        below, level = below + (change < 0), level + (change == 0)
        standing = f"**{-change} fewer**" if change < 0 else "level" if change == 0 else f"{change} more"
        lines.append(
            f"| {name} | {record['rows']}×{record['columns']} | {record['best_xor']} | {circuit.gates} |"
            f" {standing} | {record['best_depth']} | {circuit.depth} |"
        )
    bounded = [(path.stem, read_circuit(path)) for path in sorted(KEPT.glob("*.depth*.txt"))]
    text = (
        "# The smallest circuits found\n\n"
        "Two-input XOR gates, against the smallest counts published by 2021 (`../xor-matrices/best-known.csv`).\n"
        "Each file names the command that made it; a test verifies every circuit.\n\n"
        f"Of {len(lines)} matrices {below} have **fewer gates than the published record**, {level} as many,"
        f" {len(lines) - below - level} more.\n\n"
        "| matrix | size | record | here | standing | record's depth | depth here |\n|---|---|---|---|---|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )
    if bounded:
        text += "\n## Bounded depth\n\n| circuit | gates | depth |\n|---|---|---|\n"
        text += "".join(f"| {name} | {circuit.gates} | {circuit.depth} |\n" for name, circuit in bounded)
    (KEPT / "README.md").write_text(text)


def write_json(path: Path | None, figures: dict) -> None:
    if path is not None:
        path.write_text(json.dumps(figures, indent=1) + "\n")


def draw(rows: list[dict], names: list[str], path: Path) -> None:
    """Gates relative to the record, a mark for each method and for ABC."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 0.22 * len(rows) + 1.2), layout="constrained")
    places = np.arange(len(rows))
    for label, gates in [("yosys + ABC", [row["abc"] for row in rows])] + [
        (name, [row["methods"][name]["gates"] for row in rows]) for name in names
    ]:
        ratios = [100 * (g / row["best_xor"] - 1) if g else np.nan for g, row in zip(gates, rows, strict=True)]
        axes.plot(ratios, places, "o", label=label, markersize=4)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(places, [row["name"] for row in rows], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("gates above the smallest published circuit, %")
    axes.legend()
    figure.savefig(path)


if __name__ == "__main__":
    main()
