"""How fast planes are encoded, and how much they then take: windowed networks by effort, and block networks.

    xoropt bench encode
    xoropt bench encode --only streams
    xoropt bench encode --network block:n_in=20,n_out=180 --solver greedy

Random data, one plane, S = 0.9 unless the table says otherwise. The time is that of the whole `xoropt.encode`: slicing,
search, packing and the check by decoding. For windowed networks, a second table has the sweep behind the networks of
the efforts: windows of several widths with rings of several lengths.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from common import Table, arguments, machine, show, timed, write
from encoding.streams import StreamRow, effort_rows, stream_table, sweep_rows

import xoropt


@dataclass(frozen=True)
class Row:
    """One network and solver: what it stores and how fast."""

    network: str
    solver: str
    sparsity: float
    efficiency: float
    patches_per_block: float
    proved: float
    million_care_bits_per_second: tuple[float, float, float]


CASES = [
    ("block:n_in=20,n_out=180", "greedy", 0.9),
    ("block:n_in=20,n_out=180", "portfolio", 0.9),
    ("block:n_in=50,n_out=450", "greedy", 0.9),
    ("block:n_in=64,n_out=560", "greedy", 0.9),
    ("block:n_in=64,n_out=560", "portfolio", 0.9),
    ("block:n_in=20,n_out=45", "greedy", 0.6),
    ("block:n_in=20,n_out=45", "portfolio", 0.6),
]


def measure(network: str, solver: str, sparsity: float, weights: int, order: str | None = None) -> Row:
    """Encode random weights five times after a warm-up."""
    rng = np.random.default_rng(0)
    care = rng.random(weights) >= sparsity
    bits = rng.random(weights) < 0.5
    encoded = xoropt.encode(bits, care, network, solver=solver, order=order)
    least, median, most = timed(lambda: xoropt.encode(bits, care, network, solver=solver, order=order))
    care_bits = encoded.size.care_bits
    return Row(
        network=network,
        solver=solver,
        sparsity=sparsity,
        efficiency=encoded.size.efficiency,
        patches_per_block=encoded.size.patches / encoded.blocks,
        proved=encoded.proved_blocks / encoded.blocks,
        million_care_bits_per_second=(care_bits / most / 1e6, care_bits / median / 1e6, care_bits / least / 1e6),
    )


def table_of(title: str, rows: list[Row]) -> Table:
    """Make a table with a line for each network and solver."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        low, median, high = row.million_care_bits_per_second
        lines.append(
            (
                *(row.network, row.solver, f"{row.sparsity}", f"{row.efficiency:.1%}"),
                *(f"{row.patches_per_block:.3f}", f"{row.proved:.1%}", f"{median:.1f}", f"{low:.1f}–{high:.1f}"),
            )
        )
    columns = ("network", "solver", "S", "E", "patches/block", "proved", "M/s", "least–most")
    return Table(
        title, columns, lines, names=2, legend="M/s: million care bits encoded a second, the median of five runs"
    )


def main() -> None:
    """Measure every case, print the table, write the JSON."""
    parser = arguments(__doc__)
    parser.add_argument(
        "--network", action="append", metavar="RECIPE", help="measure this network instead of the usual ones"
    )
    parser.add_argument("--order", metavar="ORDER", help="stream order for --network, e.g. lanes:lanes=512")
    parser.add_argument("--solver", default="portfolio", metavar="NAME", help="for --network (default: portfolio)")
    parser.add_argument("--sparsity", type=float, default=0.9, help="for --network (default: 0.9)")
    parser.add_argument("--only", choices=("streams", "blocks"), help="measure only windowed or only block networks")
    options = parser.parse_args()
    weights = 400_000 if options.quick else 4_000_000
    figures: dict[str, Any] = {"weights": weights}
    if options.only != "blocks" and not options.network:
        figures |= measure_streams(weights)
    if options.only == "streams":
        write(options.out, "encode", figures)
        return
    cases = [(network, options.solver, options.sparsity) for network in options.network or []]
    rows = [measure(*case, weights, options.order) for case in cases] or [measure(*case, weights) for case in CASES]
    host = machine()
    show(table_of(f"Encoding {weights:,} weights, one core of {host['cores']}: {host['processor']}", rows))
    write(options.out, "encode", figures | {"rows": [asdict(row) for row in rows]})


def effort_tables(processor: str, rows: list[StreamRow]) -> list[Table]:
    """Make a table of the efforts for each number of cores."""
    found = []
    for cores in dict.fromkeys(row.cores for row in rows):
        some = [row for row in rows if row.cores == cores]
        title = f"Efforts on {cores} core{'s' * (cores > 1)}, {some[0].weights:,} weights; {processor}"
        found.append(stream_table(title, "effort", some))
    return found


def measure_streams(weights: int) -> dict[str, Any]:
    """Measure windowed networks, print the tables, and return the figures."""
    host, weights = machine(), -(-weights // 512) * 512
    efforts = list(effort_rows(weights, host["cores"]))
    show(*effort_tables(host["processor"], efforts))
    sweep = list(sweep_rows(weights))
    show(stream_table("Windows and rings, S = 0.9", "uneven", sweep))
    return {"efforts": [asdict(row) for row in efforts], "sweep": [asdict(row) for row in sweep]}


if __name__ == "__main__":
    main()
