"""Weights near their entropy: bits a weight against the bound, and speed, beside other ways to code them without loss.

    pip download --no-deps --dest wheels wordllama rapidocr magika   # once
    xoropt bench entropy --packages wheels

Matrices that packages ship (read from the wheels), a layer that is trained here, and random ones, each as floats of
several sizes, as integers with a scale for a row or for 128 weights, pruned, and ternary. Scales are tensors of their
own, which nobody stores here. The bound of floats is that of their fields: sign and mantissa as they are, and the
entropy of the exponent; the upper bits of a mantissa are not uniform either, so that a coder may get below it. That of
integers is the entropy of their codes, for pruned ones H(mask) + (1 − S)·H(code), which is the same number. All of
these hold for weights that do not depend on each other: where rows are unlike, coders that adapt to their place get
below.

All in one run and on one core, in processor time, the least of several. xoropt's size has its share of a file's
headers; its time of encoding is that of the whole `xoropt.compress`, the check by decoding included. Every method
decodes the tensor several times, each time to another place, in turns of random order; `copy` copies as many bytes.
Rivals are taken at their best: the packing and the shuffle that take least, and what they leave to others (unpacking
codes, joining fields) is not counted. All round trips are checked. Huffman's coder takes one symbol at a time, and
has no times.
"""

from dataclasses import asdict
from pathlib import Path

from coding.forms import FORMS, case
from coding.measuring import OURS, Effort, Long, Row, measure, measure_long
from coding.report import aims, aims_table, picture, tables
from coding.rivals import missing_rivals
from coding.sources import SOURCES, Source, load
from common import arguments, machine, say, show, write

from xoropt.cli.app import Progress, progress_bar
from xoropt.common.foreign_text import listed

LONG = ("bfloat16", "float16", "float8 e4m3", "int8, rows", "int4, groups of 128")
"""Forms of the first source that are also decoded as long tensors."""
WARM = 1 << 14
"""Weights on which everything runs once before."""
DFLOAT11 = (
    "DFloat11, as its authors state, not run here: bfloat16 in 10.8 to 11.1 bits a weight (67.6 to 69.5 %),"
    " decoded on GPUs (Zhang et al., arXiv 2504.11651)."
)


def run(sources: list[Source], effort: Effort, warm_up: bool, bar: Progress | None) -> tuple[list[Row], list[Long]]:
    """Measure every form of every source; with `warm_up`, a small part of it before, so that all loops are compiled."""
    rows, long = [], []
    for number, source in enumerate(sources):
        part = Source(source.name, source.weights.reshape(-1)[:WARM].reshape(-1, 128), source.real)
        for place, form in enumerate(FORMS):
            tensor, small = case(source, form), case(part, form) if warm_up else None
            if tensor is None:
                continue
            if bar is not None:
                bar(f"{source.name}, {form}", number * len(FORMS) + place, len(sources) * len(FORMS))
            if small is not None:
                measure(small, Effort(WARM, 1, 1, 1, 0, 0))
            rows.append(measure(tensor, effort))
            if number == 0 and form in LONG and (found := measure_long(tensor, effort)):
                long.append(found)
    return rows, long


def main() -> None:
    """Measure, print the tables, write JSON and picture."""
    parser = arguments(__doc__)
    parser.add_argument("--weights", type=int, metavar="N", help="most weights of a tensor (2^20; with --quick 2^14)")
    parser.add_argument("--packages", type=Path, metavar="FOLDER", help="read packages with weights from wheels here")
    parser.add_argument(
        "--source",
        action="append",
        metavar="NAME",
        choices=list(SOURCES),
        help=f"one of {listed(SOURCES)}; may be repeated (all)",
    )
    options = parser.parse_args()
    host = machine()
    if options.quick:
        effort, names = Effort(options.weights or 1 << 14, 2, 1, 1, 1 << 16, 1), options.source or ["Gaussian"]
    else:
        effort, names = Effort(options.weights or 1 << 20, 8, 5, 2, 10**8, 5), options.source
    sources, missing = load(effort.weights, options.packages, names)
    for line in [*missing, *missing_rivals()]:
        say(line)
    if not sources:
        raise SystemExit("There are no weights to measure; install one of the packages above.")
    with progress_bar("bench entropy:") as bar:
        rows, long = run(sources, effort, not options.quick, bar)
    reached = aims(rows, long)
    show(*tables(rows, long, f"{host['processor']}, one core of {host['cores']}"), aims_table(reached))
    say(DFLOAT11)
    slower = {name for row in rows for name, speed in row.encoding.items() if speed > row.encoding[OURS]}
    say(f"Faster to encode than {OURS}, on one tensor at least: {', '.join(sorted(slower)) or 'none'}.")
    figures = {
        "weights": effort.weights,
        "rows": [asdict(row) | {"over": row.over} for row in rows],
        "long": [asdict(row) for row in long],
        "aims": [{"aim": what, "figure": figure, "met": met} for what, figure, met in reached],
        "missing": [*missing, *missing_rivals()],
    }
    write(options.out, "entropy", figures)
    if options.out is not None:
        picture(rows, options.out / "entropy.png")
        print(f"Written: {options.out / 'entropy.png'}")


if __name__ == "__main__":
    main()
