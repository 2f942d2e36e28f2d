"""Whole checkpoints: size, time and memory of a folder of shards, beside ZipNN and zstd, and what large models take.

    xoropt bench checkpoints
    xoropt bench checkpoints --megabytes 100 --jobs 2 --out results
    xoropt bench checkpoints --kill 5 --dask

Four folders, of about 500 MB together: the shapes of a transformer's layers in bfloat16, in int4 with a scale for 128
weights (pack-quantized), 2:4 sparse (sparse-24-bitmask) and half pruned (sparse-bitmask). The weights are Gaussian,
with rows of uneven size; their tensors are those that compressed-tensors writes. Each folder is compressed and made
again by processes of their own, and every file compared.

With --kill each folder is compressed once more and all processes are killed at random times, so many times; with --dask
on a cluster of this machine's processes: both have to give the same bytes.

The bound is the entropy of masks and codes, each number by itself, with scales and norms as they are. Memory is the
resident memory of the largest process and of all processes together, mapped files included. zstd, at level 19, gets
whole files and ZipNN each tensor, on one core; a tensor that ZipNN makes larger counts as it is. Rates for large models
are weights a second and process, start-up included, and no faster disk or network is assumed than this machine has.
"""

import math
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from common import Table, arguments, machine, say, show, write
from folders.making import KINDS, Folder, make
from folders.measuring import Clustered, Interrupted, Run, interrupt, measure, on_cluster, zipnn, zstd

from xoropt.cli.app import progress_bar
from xoropt.common.foreign_text import listed

MODELS = (7, 70, 700)
"""Billions of weights of the models whose time is projected."""
ZIPNN_MISSING = "ZipNN is left out: pip install zipnn"


@dataclass(frozen=True)
class Row:
    """One folder.

    Attributes:
        folder: what it is.
        run: what xoropt took.
        jobs: processes that encoded.
        zstd, zipnn: bytes and seconds of these; None where one is missing.
        killed, clustered: what became of it when it was killed, and on a cluster; None where that was not tried.
    """

    folder: Folder
    run: Run
    jobs: int
    zstd: tuple[int, float] | None
    zipnn: tuple[int, float] | None
    killed: Interrupted | None = None
    clustered: Clustered | None = None

    @property
    def rate(self) -> float:
        """Weights a second and process."""
        return self.folder.weights / self.run.seconds / self.jobs

    @property
    def projected(self) -> list[dict[str, float]]:
        """For each model: gigabytes, hours on one core, and the cores that make it an hour."""
        bits = 8 * self.run.stored / self.folder.weights
        return [
            {
                "billions": model,
                "gigabytes": model * bits / 8,
                "core_hours": model * 1e9 / self.rate / 3600,
                "cores_for_an_hour": math.ceil(model * 1e9 / self.rate / 3600),
            }
            for model in MODELS
        ]


def sizes(rows: list[Row]) -> Table:
    """Make the table of sizes."""
    lines = [
        (
            *(row.folder.kind, f"{row.run.size / 1e6:.1f}", f"{row.run.stored / row.run.size:.2%}"),
            f"{row.run.stored / row.folder.bound - 1:+.2%}",
            *("–" if rival is None else f"{rival[0] / row.run.size:.2%}" for rival in (row.zipnn, row.zstd)),
        )
        for row in rows
    ]
    columns = ("format", "MB", "xoropt", "over bound", "ZipNN", "zstd −19")
    return Table("Sizes of a folder of shards", columns, lines)


def measured(rows: list[Row]) -> Table:
    """Make the table of times and memory."""
    lines = [
        (
            *(row.folder.kind, f"{row.run.seconds:.1f}", f"{row.run.back:.1f}"),
            *("–" if rival is None else f"{rival[1]:.1f}" for rival in (row.zipnn, row.zstd)),
            *(f"{row.folder.largest / 1e6:.1f}", f"{row.run.peak / 1e6:.0f}", f"{row.run.all_peak / 1e6:.0f}"),
            "yes" if row.run.exact else "NO",
        )
        for row in rows
    ]
    columns = ("format", "s", "back s", "ZipNN s", "zstd s", "largest tensor", "peak MB", "all MB", "exact")
    legend = "s, back s: of xoropt, to compress and to decompress; largest tensor: MB; peak: one process; all: together"
    return Table("Time and memory", columns, lines, legend=legend)


def projected(rows: list[Row]) -> Table:
    """Make the table of what large models would take."""
    lines = [
        (
            *(row.folder.kind, f"{model['billions']:.0f} billion"),
            f"{row.run.size / row.run.seconds / row.jobs / 1e6:.2f}",
            *(f"{model['gigabytes']:.1f}", f"{model['core_hours']:.1f}", f"{model['cores_for_an_hour']:.0f}"),
        )
        for row in rows
        for model in row.projected
    ]
    columns = ("format", "weights", "MB/s", "GB", "core hours", "cores for an hour")
    return Table("Projected from these rates", columns, lines, names=2, legend="MB/s: a process")


def same_bytes(rows: list[Row]) -> Table:
    """Make the table of runs that were killed, and of those on a cluster: whether they gave the same bytes."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        killed, cluster = row.killed, row.clustered
        cells = ["–"] * 3
        if killed is not None:
            after = ", ".join(f"{seconds:.1f}" for seconds in killed.after) or "never"
            cells = [after, f"{killed.seconds:.1f}", "yes" if killed.same else "NO"]
        cells += (
            ["–"] * 4
            if cluster is None
            else [
                *(str(cluster.workers), f"{cluster.seconds:.1f}", f"{cluster.peak / 1e6:.0f}"),
                "yes" if cluster.same else "NO",
            ]
        )
        lines.append((row.folder.kind, *cells))
    columns = ("format", "killed after s", "s in all", "same bytes", "Dask workers", "s", "peak MB", "same bytes")
    return Table("The same bytes", columns, lines)


def main() -> None:
    """Make the folders, measure, print the tables, write JSON."""
    parser = arguments(__doc__)
    parser.add_argument(
        "--megabytes", type=float, metavar="N", help="size of all folders together (500; with --quick 8)"
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes that encode (2)")
    parser.add_argument(
        "--width", type=int, metavar="N", help="width of the model, a multiple of 512 (2048; --quick 512)"
    )
    parser.add_argument(
        "--kind",
        action="append",
        choices=list(KINDS),
        metavar="NAME",
        help=f"one of {listed(KINDS)}; may be repeated (all)".replace("%", "%%"),
    )
    parser.add_argument(
        "--kill", type=int, default=0, metavar="N", help="compress once more, and kill that run so often (0)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the random times of --kill (0)")
    parser.add_argument("--dask", action="store_true", help="compress once more, on a cluster of --jobs processes")
    parser.add_argument("--alone", action="store_true", help="leave ZipNN and zstd out")
    options = parser.parse_args()
    width = options.width or (512 if options.quick else 2048)
    if width % 512 or width <= 0:
        parser.error(f"Argument --width must be a multiple of 512, not {width}")
    if options.jobs < 1:
        parser.error(f"Argument --jobs must be at least 1, not {options.jobs}")
    if options.kill < 0:
        parser.error(f"Argument --kill must not be negative, but is {options.kill}")
    kinds = options.kind or list(KINDS)
    size = (options.megabytes or (8 if options.quick else 500)) * 1e6 / len(KINDS)
    host, rows = machine(), []
    with tempfile.TemporaryDirectory() as top, progress_bar("bench checkpoints:") as bar:
        for number, kind in enumerate(kinds):
            if bar is not None:
                bar(kind, number, len(kinds))
            folder = make(kind, Path(top) / str(number), int(size), width)
            run = measure(folder, options.jobs)
            rivals = (None, None) if options.alone else (zstd(folder), zipnn(folder))
            killed = clustered = None
            if options.kill:
                killed = interrupt(folder, options.jobs, options.kill, run.seconds, options.seed + number)
            if options.dask:
                clustered = on_cluster(folder, options.jobs)
            rows.append(Row(folder, run, options.jobs, *rivals, killed, clustered))
    say(f"{host['processor']}, {options.jobs} processes on {host['cores']} cores")
    show(sizes(rows), measured(rows), projected(rows))
    if options.kill or options.dask:
        show(same_bytes(rows))
    if not options.alone and any(row.zipnn is None for row in rows):
        say(ZIPNN_MISSING)
    figures = [
        {
            "kind": row.folder.kind,
            "weights": row.folder.weights,
            "bound": row.folder.bound,
            "largest": row.folder.largest,
            **asdict(row.run),
            "jobs": row.jobs,
            "zstd": row.zstd,
            "zipnn": row.zipnn,
            "rate": row.rate,
            "projected": row.projected,
            "killed": row.killed and asdict(row.killed),
            "clustered": row.clustered and asdict(row.clustered),
        }
        for row in rows
    ]
    write(options.out, "checkpoints", {"width": width, "rows": figures})
    if not all(row.run.exact for row in rows):
        raise SystemExit("A folder did not come back byte for byte.")
    if not all(each.same for row in rows for each in (row.killed, row.clustered) if each is not None):
        raise SystemExit("A run that was killed, or on a cluster, gave other bytes.")


if __name__ == "__main__":
    main()
