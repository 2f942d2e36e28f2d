"""Compare the gate counts of every synthesis method, the published record, and yosys with ABC in one run.

    xoropt bench circuits --quick              # some matrices and a decoder
    xoropt bench circuits compare --jobs 2     # the 45 matrices, 45 minutes
    xoropt bench circuits compare --methods paar,rnbp,local --columns 16
    xoropt bench circuits decoders --jobs 2
    xoropt bench circuits keep --only Grostl --jobs 2 --time-limit 600

`compare` and `decoders` start every circuit from scratch. With --out DIR, `compare` goes on after the matrices that DIR
has already, of a run with the same settings that was interrupted. `keep` resumes the circuits in data/circuits and
replaces those for which it finds fewer gates; with `--max-depth` it keeps circuits of a bounded depth beside
the others. data/circuits/README.md compares them with the record.
"""

import argparse
import csv
import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import Table, arguments, machine, say, show, write

from xoropt.circuits import METHODS, XorCircuit, read_circuit, read_matrix, synthesize, write_circuit
from xoropt.circuits.yosys import abc_gates
from xoropt.cli.app import progress_bar
from xoropt.cli.tables.words import counted
from xoropt.networks import random_block

DATA = Path(__file__).parent / "data"
MATRICES, KEPT = DATA / "xor-matrices", DATA / "circuits"
SIZES = {"16 columns": (1, 16), "32 columns": (17, 32), "64 columns and more": (33, 1 << 30)}
DECODERS = {"20x180": (20, 180), "64x560": (64, 560)}
QUICK = "Skinny,SmallScaleAES,Square+AES+Mugi,JPST17-4x4-GF256"

Record = dict[str, int]
HEAD = """# The smallest circuits found

Two-input XOR gates, against the collection's counts of 2021 (`../xor-matrices/best-known.csv`) and the least that we
know to be published since, whatever the year (`../xor-matrices/published.csv`, looked up in November 2026). Papers that
we missed may have fewer. Each file names the command that made it; a test verifies every circuit and this table.

KLSW17-M: 32 and 64 gates compute matrices that are MDS (a test checks all block minors, and the branch number by brute
force at 4 bits), below the 35 and 67 that are published for any 4×4 MDS matrix of 4 and 8 bits. The published lower
bound 8n + 3 for such matrices (ToSC 2022(4)), 35 and 67, is for circuits that work word by word; these do not.

"""


def records() -> dict[str, Record]:
    """Return the published records by name: rows, columns, naive_xor, best_xor, best_depth."""
    with (MATRICES / "best-known.csv").open() as file:
        return {row.pop("name"): {key: int(value) for key, value in row.items()} for row in csv.DictReader(file)}


def chosen(options: argparse.Namespace) -> dict[str, Record]:
    """Return the records of the matrices that the options choose."""
    table = records()
    names = options.only.split(",") if options.only else list(table)
    missing = [name for name in names if name not in table]
    if missing:
        sys.exit(f"There is no matrix {', '.join(missing)}; {MATRICES / 'best-known.csv'} lists the names.")
    return {name: table[name] for name in names if options.columns in (0, table[name]["columns"])}


def measure(matrix: np.ndarray, method: str, options: argparse.Namespace) -> tuple[dict[str, Any], XorCircuit]:
    """Synthesize a matrix from scratch and verify the circuit."""
    wall, cpu = time.perf_counter(), time.process_time()
    circuit = synthesize(matrix, method, time_limit=options.time_limit, jobs=options.jobs, seed=options.seed)
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    if not circuit.verify(matrix):
        raise AssertionError(f"{method} made a wrong circuit")
    figures = {"gates": circuit.gates, "depth": circuit.depth, "seconds": seconds, "cpu_seconds": cpu_seconds}
    return figures, circuit


def warm_up(methods: list[str]) -> None:
    """Compile the loops, so that no measurement includes the time for it."""
    for method in methods:
        synthesize(np.tri(5, dtype=bool), method, time_limit=0.2)


def compare(options: argparse.Namespace) -> None:
    """Compare every method with the published record and yosys with ABC on the matrices."""
    methods = list(METHODS) if options.methods == "all" else options.methods.split(",")
    warm_up(methods)
    say(f"{machine()['processor']}; {options.time_limit:g} s a matrix and method, {counted(options.jobs, 'thread')}")
    settings = {"time_limit": options.time_limit, "jobs": options.jobs, "seed": options.seed}
    rows = measured_before(options.out, settings, methods)
    done = {row["name"] for row in rows}
    waiting = {name: record for name, record in chosen(options).items() if name not in done}
    try:
        with progress_bar("bench circuits:") as bar:
            for i, (name, record) in enumerate(waiting.items()):
                if bar is not None:
                    bar(name, i, len(waiting))
                rows.append(compared(name, record, methods, options))
                write(options.out, "circuits", settings | {"matrices": rows}, said=False)
    finally:  # what an interrupted command has found, too
        if rows:
            show(*matrices_tables(rows, methods))
    if options.out is not None:
        draw(rows, methods, options.out / "circuits.svg")


def compared(name: str, record: Record, methods: list[str], options: argparse.Namespace) -> dict[str, Any]:
    """Return the gates of a matrix by every method."""
    matrix = read_matrix(MATRICES / f"{name}.txt")
    kept = read_circuit(KEPT / f"{name}.txt").gates
    row: dict[str, Any] = {"name": name, **record, "kept": kept, "abc": abc_gates(matrix), "methods": {}}
    for method in methods:
        row["methods"][method], circuit = measure(matrix, method, options)
        if options.save:
            keep_if_smaller(KEPT / f"{name}.txt", circuit, "nothing")
    return row


def matrices_tables(rows: list[dict[str, Any]], methods: list[str]) -> list[Table]:
    """Make the table of every matrix, and that of all matrices of a size."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        gates = [row["methods"][method]["gates"] for method in methods]
        size = f"{row['rows']}×{row['columns']}"
        lines.append(
            (
                *(row["name"], size, str(row["best_xor"]), str(row["abc"] or "-")),
                *(f"{count} ({count - row['best_xor']:+d})" for count in gates),
            )
        )
    sums: list[tuple[str, ...]] = []
    for label, (low, high) in SIZES.items():
        some = [row for row in rows if low <= row["columns"] <= high]
        best, kept = sum(row["best_xor"] for row in some), sum(row["kept"] for row in some)
        for method in methods if some else ():
            count = sum(row["methods"][method]["gates"] for row in some)
            over = (f"{100 * (count / other - 1):+.2f} %" for other in (best, kept))
            sums.append((label, method, f"{count:,}", f"{best:,}", f"{kept:,}", *over))
    columns = ("matrices of", "method", "gates", "record", "kept", "to record", "to kept")
    legend = "record: that of the collection, 2021; in brackets: gates more or fewer than it; ABC: that of yosys"
    return [
        Table("Gates", ("matrix", "size", "record", "ABC", *methods), lines, names=2, legend=legend),
        Table("All matrices of a size", columns, sums, names=2),
    ]


def measured_before(out: Path | None, settings: dict[str, Any], methods: list[str]) -> list[dict[str, Any]]:
    """Return the rows of an earlier run with the same settings and methods that wrote to the same folder."""
    path = None if out is None else out / "circuits.json"
    if path is None or not path.exists():
        return []
    held = json.loads(path.read_text())
    if {key: held.get(key) for key in settings} != settings:
        return []
    return [row for row in held["matrices"] if list(row["methods"]) == methods]


def decoders(options: argparse.Namespace) -> None:
    """Compare `auto` with yosys and ABC on random dense decoders."""
    warm_up(["auto"])
    say(f"{machine()['processor']}; {options.time_limit:g} s a decoder, {counted(options.jobs, 'thread')}")
    rows: list[dict[str, Any]] = []
    for kind in options.kinds.split(","):
        n_in, n_out = DECODERS[kind]
        for network_seed in range(options.decoder_seeds):
            matrix = random_block(n_in=n_in, n_out=n_out, seed=network_seed).matrix()
            rival, (figures, _) = abc_gates(matrix), measure(matrix, "auto", options)
            naive = int((matrix.sum(axis=1) - 1).clip(0).sum())
            rows.append({"kind": kind, "network_seed": network_seed, "naive": naive, "abc": rival, **figures})
            settings = {"time_limit": options.time_limit, "jobs": options.jobs, "seed": options.seed}
            write(options.out, "decoder_circuits", settings | {"decoders": rows}, said=False)
    show(decoders_table(rows))


def decoders_table(rows: list[dict[str, Any]]) -> Table:
    """Make the table of the gates of random decoders."""
    lines = [
        (
            *(
                f"{row['kind']} seed {row['network_seed']}",
                str(row["naive"]),
                str(row["abc"] or "-"),
                str(row["gates"]),
            ),
            *(f"{100 * (1 - row['gates'] / row['abc']):.1f} %" if row["abc"] else "-", str(row["depth"])),
        )
        for row in rows
    ]
    columns = ("decoder", "row by row", "ABC", "auto", "fewer", "depth")
    return Table("Gates of dense decoders", columns, lines, legend="fewer: gates of auto than of ABC; depth: of auto")


def keep(options: argparse.Namespace) -> None:
    """Resume the kept circuits, and keep the results with fewer gates."""
    warm_up(["auto"])
    depth = options.max_depth
    lines: list[tuple[str, ...]] = []
    for name, record in chosen(options).items():
        path = KEPT / (f"{name}.txt" if depth is None else f"{name}.depth{depth}.txt")
        kept = read_circuit(path) if path.exists() else None
        start = None if options.fresh else kept
        circuit = synthesize(
            read_matrix(MATRICES / f"{name}.txt"),
            "auto" if start is None else "local",
            options.time_limit,
            depth,
            seed=options.seed,
            jobs=options.jobs,
            resume=start,
        )
        before = "-" if kept is None else str(kept.gates)
        lines.append((path.stem, str(record["best_xor"]), before, str(circuit.gates)))
        keep_if_smaller(
            path, circuit, "nothing" if start is None else f"the circuit of {start.gates} gates kept before"
        )
    show(kept_table(lines))


def kept_table(lines: list[tuple[str, ...]]) -> Table:
    """Make the table of kept circuits, before and now."""
    return Table("Gates of kept circuits", ("circuit", "record", "before", "now"), lines)


def keep_if_smaller(path: Path, circuit: XorCircuit, start: str) -> None:
    """Replace a kept circuit by one with fewer gates, note the command that made it, and write the table again."""
    KEPT.mkdir(exist_ok=True)
    if path.exists() and read_circuit(path).gates <= circuit.gates:
        return
    words = [word for word in sys.argv[1:] if not word.startswith("--out")]
    remark = f"{path.stem}: {circuit.gates} gates, depth {circuit.depth}\nmade from {start} by\n"
    remark += f"python benchmarks/circuits.py {shlex.join(words)}"
    write_circuit(path, circuit, remark, overwrite=True)
    write_table()


def published() -> dict[tuple[str, str], Record | dict[str, str]]:
    """Return the counts in published.csv by name and depth bound ("" for none): gates, year, source."""
    with (MATRICES / "published.csv").open() as file:
        return {(row["name"], row["max_depth"]): row for row in csv.DictReader(file)}


def write_table() -> None:
    """Write data/circuits/README.md, which compares each kept circuit with the latest published count."""
    later = published()
    text = HEAD
    lines, record, tie = "", 0, 0
    for name, row in records().items():
        circuit = read_circuit(KEPT / f"{name}.txt")
        latest = later.get((name, ""), {"gates": row["best_xor"], "year": 2021, "source": "the collection"})
        change = circuit.gates - int(latest["gates"])
        record, tie = record + (change < 0), tie + (change == 0)
        lines += (
            f"| {name} | {row['rows']}×{row['columns']} | {row['best_xor']} | {latest['gates']} | {latest['year']},"
            f" {latest['source']} | {circuit.gates} | {standing(change)} | {circuit.depth} |\n"
        )
    count = len(records())
    text += (
        f"Of {count} matrices {record} have **fewer gates than any count that we know of**, {tie} as many as the least,"
        f" and {count - record - tie} more.\n\n"
        "| matrix | size | collection, 2021 | latest | year and source | here | standing | depth here |\n"
        f"|---|---|---|---|---|---|---|---|\n{lines}"
    )
    text += "\nWith bounded depth, and the inverse of AES MixColumns:\n\n"
    text += "| circuit | published | year and source | gates here | standing | depth |\n|---|---|---|---|---|---|\n"
    for path in sorted(KEPT.glob("*.txt")):
        name, _, bound = path.stem.partition(".depth")
        if bound or name not in records():
            circuit = read_circuit(path)
            latest = later.get((name, bound), {"gates": "", "year": "", "source": "none known"})
            change = circuit.gates - int(latest["gates"]) if latest["gates"] else None
            where = f"{latest['year']}, {latest['source']}".strip(", ")
            text += f"| {path.stem} | {latest['gates']} | {where} | {circuit.gates} | {standing(change)} |"
            text += f" {circuit.depth} |\n"
    (KEPT / "README.md").write_text(text, encoding="utf-8")


def standing(change: int | None) -> str:
    """Return what a difference from a published count is called."""
    if change is None:
        return ""
    return f"**record**, {-change} fewer" if change < 0 else "tie" if change == 0 else f"behind, {change} more"


def draw(rows: list[dict[str, Any]], methods: list[str], path: Path) -> None:
    """Draw the gates relative to the record, with a mark for each method and for ABC."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 0.22 * len(rows) + 1.2), layout="constrained")
    axes.set_prop_cycle(color=plt.get_cmap("tab20").colors)  # more methods than the usual ten colors
    series = {"yosys + ABC": [row["abc"] for row in rows]}
    series |= {method: [row["methods"][method]["gates"] for row in rows] for method in methods}
    for label, gates in series.items():
        ratios = [100 * (g / row["best_xor"] - 1) if g else np.nan for g, row in zip(gates, rows, strict=True)]
        axes.plot(ratios, np.arange(len(rows)), "o", label=label, markersize=4)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(np.arange(len(rows)), [row["name"] for row in rows], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("gates above the smallest published circuit, %")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    figure.savefig(path)


def main() -> None:
    """Read the command line and run what it asks for."""
    parser = arguments(__doc__)
    parser.add_argument("what", nargs="?", choices=["all", "compare", "decoders", "keep"], default="all", help="(all)")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for each matrix and method (60)")
    parser.add_argument("--jobs", type=int, default=1, help="threads of each synthesis (1)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers (0)")
    parser.add_argument("--only", default="", metavar="NAMES", help="names of matrices, separated by commas (all)")
    parser.add_argument("--columns", type=int, default=0, help="only matrices with this number of columns (any)")
    parser.add_argument(
        "--methods", default="auto", metavar="NAMES", help="compare: names separated by commas, or 'all' (auto)"
    )
    parser.add_argument("--save", action="store_true", help="compare: keep circuits smaller than the kept ones")
    parser.add_argument(
        "--kinds",
        default="20x180",
        metavar="NAMES",
        help=f"decoders: any of {','.join(DECODERS)}, separated by commas (20x180)",
    )
    parser.add_argument("--decoder-seeds", type=int, default=3, help="decoders: the number of each kind (3)")
    parser.add_argument("--max-depth", type=int, help="keep: the greatest depth (no bound)")
    parser.add_argument("--fresh", action="store_true", help="keep: start from scratch")
    parser.usage = "%(prog)s [OPTIONS] [all|compare|decoders|keep]"
    options = parser.parse_args()
    if options.quick:
        options.time_limit, options.only, options.decoder_seeds = 10.0, QUICK, 1
    work = {"compare": [compare], "decoders": [decoders], "keep": [keep], "all": [compare, decoders]}
    for part in work[options.what]:
        part(options)


if __name__ == "__main__":
    main()
