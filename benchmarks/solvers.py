"""Compare the solver strategies on blocks from random networks: tables, JSON and a cactus plot.

python benchmarks/solvers.py --quick            # about a minute
python benchmarks/solvers.py --out results      # up to a quarter of an hour
"""

import argparse
import sys

from rich.console import Console
from xoropt_solvers import bench


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller grid, about a minute")
    parser.add_argument("--time-limit", type=float, help="seconds for each block and strategy")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="results", help="folder for solvers.json and solvers.png")
    options = parser.parse_args()
    console = Console()
    say = None
    if sys.stderr.isatty():
        say = Console(stderr=True).print
    result = bench.measure(options.quick, options.time_limit, options.seed, say)
    machine = result["machine"]
    console.print(f"{machine['cpu']}, {machine['cores']} cores, load {machine['load'][0]:.1f}; {machine['versions']}")
    for table in bench.tables(result):
        console.print(table)
    faster = result["summary"]["portfolio"]["times_faster_than_best_declarative"]
    console.print(
        f"On the median block portfolio is {faster['in_batches']:,.0f} times faster than {faster['declarative']}"
        f" in batches, {faster['alone']:,.0f} times one block at a time."
    )
    for path in bench.save(result, options.out):
        console.print(f"wrote {path}")


if __name__ == "__main__":
    main()
