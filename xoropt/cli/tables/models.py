"""The tables of compressed models: where the bits go, and what `verify` found."""

import os
from collections.abc import Sequence
from typing import Any

from rich.markup import escape

from xoropt.cli.tables.console import make_table, open_console, plain
from xoropt.model.verification import TensorCheck

__all__ = ["print_checks", "print_report", "rate"]


def print_report(figures: dict[str, Any], source: tuple[os.PathLike[str], int] | None = None) -> None:
    """Print a row for each tensor, remarks, and the size of the file.

    Args:
        figures: as `xoropt.report` returns them, with `file_bytes`, and with `seconds` where they are to be printed.
        source: the file that was compressed and its bytes, to compare the size with; None: there is none.
    """
    console, total = open_console(), figures["total"]
    rows = [_report_row(name, tensor) for name, tensor in figures["tensors"].items()]
    if len(rows) > 1:
        rows += [(), _report_row("all", total | {"shape": [], "planes": "", "network": ""})]
    if rows:
        columns = (
            "tensor",
            "shape",
            "n_q",
            "network",
            "care bits",
            "patches",
            "proved",
            "E",
            "mask",
            "seeds",
            "patches",
        )
        title = "Where the bits go (columns from mask to headers in bits/weight)"
        console.print(make_table(title, (*columns, "scales", "headers", "bits/weight"), rows))
    for name, tensor in figures["tensors"].items():
        if tensor["magnitude_kept"] is not None:
            share = f"{tensor['magnitude_kept']:.1%} of the magnitude"
            console.print(escape(f"{plain(name)}: its low-rank mask keeps {share} that a free mask would keep"))
        if tensor["negative_zeros"]:
            console.print(
                escape(f"{plain(name)}: holds -0.0 as a value of its own; --merge-zeros would store it as 0.0")
            )
        planes, information = tensor["planes"], tensor["value_entropy"]
        if information < 0.9 * planes:
            console.print(
                escape(f"{plain(name)}: its values hold {information:.2f} bits of information in {planes} planes; ")
                + f"an entropy coder would store them {1 - information / planes:.0%} smaller"
            )
    if figures["carried"]:
        uncompressed = [
            (
                name,
                "×".join(map(str, tensor["shape"])) or "scalar",
                tensor["dtype"],
                f"{tensor['bytes']:,}",
                tensor["reason"],
            )
            for name, tensor in figures["carried"].items()
        ]
        console.print(make_table("Uncompressed", ("tensor", "shape", "dtype", "bytes", "because"), uncompressed))
    line = f"file: {total['file_bytes']:,} bytes"
    if source is not None:
        path, before = source
        line += f", {before / total['file_bytes']:.2f} times smaller than {path} ({before:,} bytes)"
    if "seconds" in figures:
        line += f", in {figures['seconds']:.2f} s"
    console.print(escape(line))


def _report_row(name: str, figures: dict[str, Any]) -> tuple[str, ...]:
    weights = max(1, figures["weights"])
    return (
        name,
        "×".join(map(str, figures["shape"])),
        str(figures["planes"]),
        f"{figures['network'].partition(':')[0]} {rate(figures)}" if figures["network"] else "",
        f"{figures['care_bits']:,}",
        f"{figures['patches']:,}",
        _share(figures["proved_blocks"], figures["blocks"]),
        f"{figures['efficiency']:.1%}",
        *(f"{figures[f'{part}_bits'] / weights:.4f}" for part in ("mask", "seed", "patch", "scale", "header")),
        f"{figures['bits_per_weight']:.4f}",
    )


def rate(figures: dict[str, Any]) -> str:
    """Write a tensor's rate: n_in : n_out of a block network, else 1 : outputs for each seed bit."""
    settings = dict(pair.split("=", 1) for pair in filter(None, figures["network"].partition(":")[2].split(",")))
    if figures["order"] == "rows" and "n_out" in settings:
        return f"{settings['n_in']} : {settings['n_out']}"
    return f"1 : {figures['planes'] * figures['weights'] / max(1, figures['seed_bits']):.2f}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def print_checks(checks: Sequence[TensorCheck]) -> None:
    """Print a row for each tensor, and how many are the same."""
    console = open_console()
    rows = [(check.name, "exact" if check.lossless else "DIFFERS", check.how) for check in checks]
    console.print(make_table(None, ("tensor", "result", "how"), rows))
    good = sum(check.lossless for check in checks)
    console.print(f"{good} of {len(checks)} tensors are identical, bit for bit")
