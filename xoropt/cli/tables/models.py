"""The tables of compressed models: where the bits go, and what `verify` found."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from xoropt.cli.tables.console import fits, open_console, print_line, print_table, without_constants
from xoropt.cli.tables.words import counted, named, smaller
from xoropt.model.report import ModelReport, TensorReport, TotalReport
from xoropt.model.verification import MERGED, TensorCheck, count_checks

__all__ = ["LISTED", "compared", "loss_line", "matrices_left", "print_checks", "print_report", "print_restored", "rate"]

COLUMNS = (
    *("tensor", "shape", "kind", "n_q", "network", "care bits", "patches", "proved", "E"),
    *("mask", "seeds", "patch bits", "scales", "raw", "headers", "bits/weight", "bound", "rel. error", "|w| kept"),
)
"""The columns of `print_report`."""
ASIDE = ("kind", "n_q", "network", "care bits", "patches", "proved", "bound")
"""Those of them that go into footnotes where the line is short."""
PARTS = ("mask", "seeds", "patch bits", "scales", "raw", "headers")
"""Those of them that add up to all bits."""
SHORT = {"patch bits": "patch", "bits/weight": "all", "rel. error": "error", "|w| kept": "kept"}
"""Headings where the line is short."""
WORDS = {
    "n_q": "bit planes",
    "care bits": "bits that have to come back",
    "patches": "care bits that the decoder flips",
    "proved": "blocks with provably the fewest patches",
    "E": "care bits / (seed + patch bits), at most 1",
    "raw": "bits stored as they are",
    "bound": "bits/weight of an ideal entropy coder",
    "rel. error": "‖W − Ŵ‖ / ‖W‖",
    "error": "‖W − Ŵ‖ / ‖W‖",
    "|w| kept": "share of Σ|w|",
    "kept": "share of Σ|w|",
}
"""What is said of headings below a table; docs/glossary.md has more."""
PLAIN = {"care bits": ("0",), "proved": ("100.0%", "-"), "E": ("100.0%",)}
"""Figures that go without saying, as text: beside the table they are left out."""
LARGE_ERROR = 0.5
"""The relative error above which a network that was not trained for it is spoiled."""
UNKNOWN = "-"
"""The text of a figure that there is not."""
FEW = 3
"""The most tensors that get a sentence or a row each where many could have the same."""
LISTED = 10
"""The most names that a sentence lists."""
SMALL = ("fewer than", "a vector")
"""How the reasons begin why small tensors are not compressed."""
HOW = {"carried": "uncompressed"}
"""What a table says of how a tensor was stored, where that is another word than in JSON."""


def print_report(
    report: ModelReport,
    file: os.PathLike[str],
    source: tuple[os.PathLike[str], int] | None = None,
    seconds: float | None = None,
) -> None:
    """Print a summary, a row for each tensor, remarks, and what is left uncompressed.

    Args:
        report: the figures, with the file's bytes.
        file: the compressed file.
        source: the file that was compressed and its bytes, to compare the size with; None: there is none.
        seconds: the time that it took; None: it is not printed.
    """
    console = open_console()
    for line in _summary(report, file, source, seconds):
        print_line(console, line)
    if report.tensors:
        _print_tensors(console, report)
    for line in _remarks(report, source is None):
        print_line(console, line)
    if report.carried:
        _print_uncompressed(console, report)


def _print_uncompressed(console: Console, report: ModelReport) -> None:
    """Print a row for each tensor; many small ones and vectors share a line."""
    small: dict[str, list[str]] = {}
    for name, figures in report.carried.items():
        if figures.reason.startswith(SMALL):
            small.setdefault(figures.reason, []).append(name)
    small = {reason: names for reason, names in small.items() if len(names) > FEW}
    for reason, names in small.items():
        octets = sum(report.carried[name].bytes for name in names)
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        print_line(console, f"{len(names)} uncompressed, {octets:,} bytes, {reason}: {', '.join(names[:LISTED])}{more}")
    columns = ("tensor", "shape", "dtype", "bytes", "because")
    rows = [
        (named(name), _shape_text(figures.shape) or "scalar", figures.dtype, f"{figures.bytes:,}", figures.reason)
        for name, figures in report.carried.items()
        if figures.reason not in small
    ]
    if not rows:
        return
    if fits(console, columns, rows):
        print_table(console, "Uncompressed", columns, rows)
    else:  # the reasons go into the footnotes
        reasons = [row[-1] for row in rows]
        print_table(console, "Uncompressed", columns[:-1], [row[:-1] for row in rows], notes=reasons)


def _summary(
    report: ModelReport, file: os.PathLike[str], source: tuple[os.PathLike[str], int] | None, seconds: float | None
) -> Iterator[str]:
    """Yield what matters most, one line each."""
    total, carried = report.total, len(report.carried)
    if total.file_bytes is not None:
        yield _file_line(file, total.file_bytes, source, seconds)
    if report.tensors:
        yield (
            f"{counted(len(report.tensors), 'tensor')} compressed: {total.weights:,} weights, "
            f"{total.bits_per_weight:.4f} bits/weight, E {total.efficiency:.1%}"
        )
    if carried:
        yield f"{counted(carried, 'tensor')} left uncompressed: {total.carried_bytes:,} bytes"
    if (loss := loss_line(total)) is not None:
        yield loss
        if source is not None:
            yield "biases, norms and embeddings are left out (see --help); leave out others with --exclude"


def matrices_left(report: ModelReport) -> list[str]:
    """Return the names of the uncompressed tensors that are neither small nor vectors."""
    return [name for name, figures in report.carried.items() if not figures.reason.startswith(SMALL)]


def loss_line(total: TotalReport) -> str | None:
    """Say what pruning and quantizing cost; None where it is not known."""
    if total.relative_error is None:
        return None
    pruned = total.magnitude_share is None or total.magnitude_share < 1
    done, after = ("pruned and quantized", "pruning") if pruned else ("quantized", "quantizing")
    return (
        f"{done}: relative error {total.relative_error:.3f}, {total.magnitude_share:.1%} of the magnitude kept"
        f"{f'; retrain after {after}' if total.relative_error > LARGE_ERROR else ''}"
    )


def _print_tensors(console: Console, report: ModelReport) -> None:
    """Print a row for each compressed tensor; figures that are the same for all are said once, in a line."""
    rows = [_report_row(name, figures) for name, figures in report.tensors.items()]
    table: list[Sequence[str]] = [*zip(COLUMNS, *rows, strict=True)]
    kept, same = without_constants(table)
    kept = [row for row in kept if any(cell != UNKNOWN for cell in row[1:])]
    same = [(heading, text) for heading, text in same if text not in PLAIN.get(heading, (UNKNOWN, "0.0000"))]
    words = ["E", *(heading for heading, _ in same)]
    parts = [row[0] for row in kept if row[0] in PARTS]
    title = "Where the bits go" + (f" ({', '.join(parts)} in bits/weight)" if parts else "")
    total = [*zip(COLUMNS, _total_row(report.total), strict=True)] if len(rows) > 1 else []
    at = [table.index(row) for row in kept]
    columns = [row[0] for row in kept]
    body: list[Sequence[str]] = [*zip(*(row[1:] for row in kept), strict=True)]
    if total:
        body += [(), [total[i][1] for i in at]]
    if same:
        print_line(console, f"the same for all: {', '.join(f'{heading} {text}' for heading, text in same)}")
    marked = [("(000)", *row[1:]) if row else row for row in body]
    if fits(console, columns, body) or fits(console, ("", *columns[1:]), marked):
        print_table(console, title, columns, body)
        _explain(console, [*words, *columns])
        return
    aside = [i for i in at if COLUMNS[i] in ASIDE and any(row[i] not in PLAIN.get(COLUMNS[i], ()) for row in rows)]
    narrow = [k for k, i in enumerate(at) if COLUMNS[i] not in ASIDE]
    notes = [
        ", ".join(
            row[i] if COLUMNS[i] in ("kind", "network") else f"{COLUMNS[i]} {row[i]}"
            for i in aside
            if row[i] not in PLAIN.get(COLUMNS[i], ())
        )
        for row in rows
    ]
    headings = [SHORT.get(columns[k], columns[k]) for k in narrow]
    print_table(
        console,
        title,
        headings,
        [[row[k] for k in narrow] if row else row for row in body],
        notes=notes,
    )
    _explain(console, [*words, *(COLUMNS[i] for i in aside), *headings])


def _explain(console: Console, headings: Sequence[str]) -> None:
    """Print what the words above mean, those that were printed."""
    print_line(console, "; ".join(f"{word}: {meaning}" for word, meaning in WORDS.items() if word in headings))


def _report_row(name: str, figures: TensorReport) -> tuple[str, ...]:
    row = (named(name), _shape_text(figures.shape), figures.kind, str(figures.planes), _network(figures))
    return (*row, *_figures(figures, f"{figures.bound:.4f}"))


def _total_row(figures: TotalReport) -> tuple[str, ...]:
    return ("all", "", "", "", "", *_figures(figures, ""))


def _figures(figures: TensorReport | TotalReport, bound: str) -> tuple[str, ...]:
    parts = (figures.mask_bits, figures.seed_bits, figures.patch_bits, figures.scale_bits)
    weights = max(1, figures.weights)
    error, share = figures.relative_error, figures.magnitude_share
    return (
        f"{figures.care_bits:,}",
        f"{figures.patches:,}",
        _share(figures.proved_blocks, figures.blocks),
        f"{figures.efficiency:.1%}",
        *(f"{bits / weights:.4f}" for bits in parts),
        f"{figures.raw_bits / weights:.4f}" if figures.raw_bits else UNKNOWN,
        f"{figures.header_bits / weights:.4f}",
        f"{figures.bits_per_weight:.4f}",
        bound,
        UNKNOWN if error is None else f"{error:.3f}",
        UNKNOWN if share is None else f"{share:.1%}",
    )


def _shape_text(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _network(figures: TensorReport) -> str:
    name = figures.network.partition(":")[0]
    if not figures.seed_bits:
        return UNKNOWN
    return name if name == "packed" else f"{name} {rate(figures)}"


def _remarks(report: ModelReport, inspected: bool) -> Iterator[str]:
    """Yield what is worth knowing about tensors, one sentence at a time; compressing warns of some by itself."""
    pruned = report.total.relative_error is not None
    coded: dict[str, tuple[float, int]] = {}
    for name, figures in report.tensors.items():
        if pruned and figures.relative_error is None:
            yield f"{named(name)}: kept exactly; integers are neither pruned nor quantized"
        if figures.magnitude_kept is not None:
            kept = f"{figures.magnitude_kept:.1%}"
            yield f"{named(name)}: its low-rank mask keeps {kept} of the magnitude that a free mask would keep"
        if figures.negative_zeros and inspected:
            yield f"{named(name)}: holds -0.0 as a value of its own; --merge-zeros would store it as 0.0"
        if "coded" not in figures.kind and figures.value_entropy < 0.9 * figures.planes:
            coded[name] = figures.value_entropy, figures.planes
    if 0 < len(coded) <= FEW:
        for name, (information, planes) in coded.items():
            yield (
                f"{named(name)}: its values hold {information:.2f} bits of information in "
                f"{counted(planes, 'plane')}; "
                f"an entropy coder would store them {1 - information / planes:.0%} smaller"
            )
    elif coded:
        shares = [1 - information / planes for information, planes in coded.values()]
        yield (
            f"the values of {len(coded)} tensors hold less information than their planes have bits; "
            f"an entropy coder would store them {min(shares):.0%} to {max(shares):.0%} smaller"
        )


def _file_line(
    file: os.PathLike[str], file_bytes: int, source: tuple[os.PathLike[str], int] | None, seconds: float | None
) -> str:
    line = f"{file}: {file_bytes:,} bytes"
    if source is not None:
        path, before = source
        line += f", {smaller(before, file_bytes)} than {path} ({before:,} bytes)"
    return line if seconds is None else f"{line}, in {seconds:.2f} s"


def rate(figures: TensorReport) -> str:
    """Write a tensor's rate: n_in : n_out of a block network, else 1 : outputs for each seed bit."""
    settings = dict(pair.split("=", 1) for pair in filter(None, figures.network.partition(":")[2].split(",")))
    if figures.order == "rows" and "n_out" in settings:
        return f"{settings['n_in']} : {settings['n_out']}"
    return f"1 : {figures.planes * figures.weights / figures.seed_bits:.2f}" if figures.seed_bits else UNKNOWN


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else UNKNOWN


def print_restored(out: Path, what: str) -> None:
    """Print the size of a file or a folder that was written, and what it holds."""
    files = [path for path in out.rglob("*") if path.is_file()] if out.is_dir() else [out]
    count = f"{len(files)} file{'' if len(files) == 1 else 's'}, " if out.is_dir() else ""
    print_line(open_console(), f"{out}: {count}{sum(path.stat().st_size for path in files):,} bytes, {what}")


def print_checks(checks: Sequence[TensorCheck]) -> None:
    """Print how many tensors are the same, and a row for each."""
    console = open_console()
    print_line(console, compared(checks))
    rows = [(named(check.name), _result(check), HOW.get(check.how, check.how)) for check in checks]
    print_table(console, None, ("tensor", "result", "how"), rows)


def compared(checks: Sequence[TensorCheck]) -> str:
    """Say how many tensors are the same as the original's, and what of the others."""
    exact, again, wrong = count_checks(checks)
    merged = sum(check.lossless and check.how.startswith(MERGED) for check in checks)
    verb = "is" if len(checks) == 1 else "are"
    said = [f"{exact:,} of {counted(len(checks), 'tensor')} {verb} identical, bit for bit"]
    for number, how in ((again - merged, ", pruned and quantized again"), (merged, " but for -0.0, stored as 0.0")):
        if number:
            said.append(f"{number:,} {'equals' if number == 1 else 'equal'} the original{how}")
    if wrong:
        said.append(f"{wrong:,} {'DIFFERS' if wrong == 1 else 'DIFFER'}")
    return "; ".join(said)


def _result(check: TensorCheck) -> str:
    if not check.lossless:
        return "DIFFERS"
    return "exact" if check.exact else "equal"
