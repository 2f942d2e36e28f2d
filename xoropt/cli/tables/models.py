"""The tables of compressed models: where the bits go, and what `verify` found."""

import os
from collections.abc import Iterator, Sequence

from rich.markup import escape

from xoropt.cli.tables.console import make_table, open_console, plain
from xoropt.model.report import ModelReport, TensorReport, TotalReport
from xoropt.model.verification import TensorCheck

__all__ = ["print_checks", "print_report", "rate"]

COLUMNS = (
    *("tensor", "shape", "n_q", "network", "care bits", "patches", "proved", "E"),
    *("mask", "seeds", "patches", "scales", "headers", "bits/weight"),
)
"""The columns of `print_report`."""


def print_report(
    report: ModelReport, source: tuple[os.PathLike[str], int] | None = None, seconds: float | None = None
) -> None:
    """Print a row for each tensor, remarks, and the size of the file.

    Args:
        report: the figures, with the file's bytes.
        source: the file that was compressed and its bytes, to compare the size with; None: there is none.
        seconds: the time that it took; None: it is not printed.
    """
    console = open_console()
    rows = [
        _report_row(
            name, figures, shape=_shape_text(figures.shape), planes=str(figures.planes), network=_network(figures)
        )
        for name, figures in report.tensors.items()
    ]
    if len(rows) > 1:
        rows += [(), _report_row("all", report.total)]
    if rows:
        title = "Where the bits go (columns from mask to headers in bits/weight)"
        console.print(make_table(title, COLUMNS, rows))
    for name, figures in report.tensors.items():
        for remark in _remarks(figures):
            console.print(escape(f"{plain(name)}: {remark}"))
    if report.carried:
        uncompressed = [
            (name, _shape_text(figures.shape) or "scalar", figures.dtype, f"{figures.bytes:,}", figures.reason)
            for name, figures in report.carried.items()
        ]
        console.print(make_table("Uncompressed", ("tensor", "shape", "dtype", "bytes", "because"), uncompressed))
    if report.total.file_bytes is not None:
        console.print(escape(_file_line(report.total.file_bytes, source, seconds)))


def _report_row(
    name: str, figures: TensorReport | TotalReport, shape: str = "", planes: str = "", network: str = ""
) -> tuple[str, ...]:
    parts = (figures.mask_bits, figures.seed_bits, figures.patch_bits, figures.scale_bits, figures.header_bits)
    return (
        name,
        shape,
        planes,
        network,
        f"{figures.care_bits:,}",
        f"{figures.patches:,}",
        _share(figures.proved_blocks, figures.blocks),
        f"{figures.efficiency:.1%}",
        *(f"{bits / max(1, figures.weights):.4f}" for bits in parts),
        f"{figures.bits_per_weight:.4f}",
    )


def _shape_text(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _network(figures: TensorReport) -> str:
    return f"{figures.network.partition(':')[0]} {rate(figures)}"


def _remarks(figures: TensorReport) -> Iterator[str]:
    """Yield what is worth knowing about a tensor, one sentence at a time."""
    if figures.magnitude_kept is not None:
        yield f"its low-rank mask keeps {figures.magnitude_kept:.1%} of the magnitude that a free mask would keep"
    if figures.negative_zeros:
        yield "holds -0.0 as a value of its own; --merge-zeros would store it as 0.0"
    planes, information = figures.planes, figures.value_entropy
    if information < 0.9 * planes:
        yield (
            f"its values hold {information:.2f} bits of information in {planes} planes; "
            f"an entropy coder would store them {1 - information / planes:.0%} smaller"
        )


def _file_line(file_bytes: int, source: tuple[os.PathLike[str], int] | None, seconds: float | None) -> str:
    line = f"file: {file_bytes:,} bytes"
    if source is not None:
        path, before = source
        line += f", {before / file_bytes:.2f} times smaller than {path} ({before:,} bytes)"
    return line if seconds is None else f"{line}, in {seconds:.2f} s"


def rate(figures: TensorReport) -> str:
    """Write a tensor's rate: n_in : n_out of a block network, else 1 : outputs for each seed bit."""
    settings = dict(pair.split("=", 1) for pair in filter(None, figures.network.partition(":")[2].split(",")))
    if figures.order == "rows" and "n_out" in settings:
        return f"{settings['n_in']} : {settings['n_out']}"
    return f"1 : {figures.planes * figures.weights / max(1, figures.seed_bits):.2f}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def print_checks(checks: Sequence[TensorCheck]) -> None:
    """Print a row for each tensor, and how many are the same."""
    console = open_console()
    rows = [(check.name, "exact" if check.lossless else "DIFFERS", check.how) for check in checks]
    console.print(make_table(None, ("tensor", "result", "how"), rows))
    good = sum(check.lossless for check in checks)
    console.print(f"{good} of {len(checks)} tensors are identical, bit for bit")
