"""Compare the solver strategies on blocks from random networks: tables, JSON and a cactus plot.

    xoropt bench solvers --quick            # about a minute
    xoropt bench solvers --out results      # up to a quarter of an hour

The blocks are those that an encoder meets: the care rows of a random network under a random mask, with random values.
"""

import sys
from dataclasses import asdict, replace
from functools import partial

from common import arguments, machine, say, show, write
from solving.comparison import FULL, QUICK, measure
from solving.report import cactus, tables


def main() -> None:
    """Measure, print the tables, write JSON and picture."""
    parser = arguments(__doc__)
    parser.add_argument("--time-limit", type=float, help="seconds for each block and strategy (2; with --quick 1)")
    parser.add_argument("--seed", type=int, default=0, help="seed of all that is random (0)")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    if options.time_limit is not None:
        effort = replace(effort, time_limit=options.time_limit)
    remark = partial(print, file=sys.stderr) if sys.stderr.isatty() else lambda text: None
    result = measure(effort, options.seed, remark)
    host = machine()
    say(f"{host['processor']}, {host['cores']} cores, load {result.load[0]:.1f}; {result.versions}")
    show(*tables(result))
    say(
        f"On the median block portfolio is {result.faster_in_batches:,.0f} times faster than {result.declarative}"
        f" in batches, {result.faster_alone:,.0f} times one block at a time."
    )
    write(options.out, "solvers", asdict(result))
    figure = None if options.out is None else cactus(result)
    if figure is not None:
        figure.savefig(options.out / "solvers.png", dpi=300)
        print(f"Written: {options.out / 'solvers.png'}")


if __name__ == "__main__":
    main()
