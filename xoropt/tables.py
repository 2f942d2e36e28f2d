"""The tables that the commands print."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from xoropt.verification import TensorCheck

__all__ = ["make_table", "open_console", "plain", "print_checks", "print_demo", "print_report"]


def open_console() -> Console:
    """A console on standard output; where that is not a terminal, wide enough that no figure is cut."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, emoji=False)


def plain(text: str) -> str:
    """The text without what a terminal would act on."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def make_table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold")
    for row in rows:
        if row:
            table.add_row(*(escape(plain(cell)) for cell in row))
        else:
            table.add_section()
    return table


def print_report(figures: dict[str, Any], source: tuple[os.PathLike[str], int] | None = None) -> None:
    """A row for each compressed tensor, a line for what was carried along, and the file's size beside its source's."""
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
        title = "Where the bits go (mask to headers: bits/weight)"
        console.print(make_table(title, (*columns, "scales", "headers", "bits/weight"), rows))
    for name, tensor in figures["tensors"].items():
        if tensor["magnitude_kept"] is not None:
            share = f"{tensor['magnitude_kept']:.1%} of the magnitude"
            console.print(escape(f"{plain(name)}: its low-rank mask keeps {share} that a free one would"))
        if tensor["negative_zeros"]:
            console.print(
                escape(f"{plain(name)}: holds -0.0, kept exactly as a value; --merge-zeros would store it as 0.0")
            )
        planes, information = tensor["planes"], tensor["value_entropy"]
        if information < 0.9 * planes:
            console.print(
                escape(f"{plain(name)}: its values hold {information:.2f} bits of information in {planes} planes; ")
                + f"an entropy coder would store them {1 - information / planes:.0%} smaller"
            )
    if figures["carried"]:
        carried = [
            (
                name,
                "×".join(map(str, tensor["shape"])) or "scalar",
                tensor["dtype"],
                f"{tensor['bytes']:,}",
                tensor["reason"],
            )
            for name, tensor in figures["carried"].items()
        ]
        console.print(make_table("Carried along unchanged", ("tensor", "shape", "dtype", "bytes", "because"), carried))
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
        f"{figures['network'].partition(':')[0]} {_rate(figures)}" if figures["network"] else "",
        f"{figures['care_bits']:,}",
        f"{figures['patches']:,}",
        _share(figures["proved_blocks"], figures["blocks"]),
        f"{figures['efficiency']:.1%}",
        *(f"{figures[f'{part}_bits'] / weights:.4f}" for part in ("mask", "seed", "patch", "scale", "header")),
        f"{figures['bits_per_weight']:.4f}",
    )


def _rate(figures: dict[str, Any]) -> str:
    """n_in : n_out of a block network; of a windowed one, whose rate fits the care bits, 1 : outputs a seed bit."""
    settings = dict(pair.split("=", 1) for pair in filter(None, figures["network"].partition(":")[2].split(",")))
    if figures["order"] == "rows" and "n_out" in settings:
        return f"{settings['n_in']} : {settings['n_out']}"
    return f"1 : {figures['planes'] * figures['weights'] / max(1, figures['seed_bits']):.2f}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def print_checks(checks: Sequence[TensorCheck]) -> None:
    """A row for each tensor and the verdict."""
    console = open_console()
    rows = [(check.name, "exact" if check.lossless else "DIFFERS", check.how) for check in checks]
    console.print(make_table(None, ("tensor", "result", "how"), rows))
    good = sum(check.lossless for check in checks)
    console.print(f"{good} of {len(checks)} tensors are bit for bit the same")


def print_demo(figures: dict[str, Any]) -> None:
    """The demonstration's figures: layers side by side, and the same weights in other forms."""
    console, tensors = open_console(), figures["tensors"]
    console.print(
        "1,797 handwritten digits, a quarter for testing; network 64–800–500–10 pruned to 95 %, one bit a weight"
    )
    stages = ("dense", "pruned", "before", "after", "compressed")
    names = (
        "dense",
        "pruned by magnitude",
        "and quantized, before storing",
        "after storing and reading back",
        "straight from the compressed file",
    )
    rows: list[tuple[str, ...]] = [
        (name, f"{figures[f'accuracy_{stage}']:.2%}") for stage, name in zip(stages, names, strict=True)
    ]
    rows.append(("with low-rank masks, quantized, stored", f"{figures['low_rank']['accuracy']:.2%}"))
    console.print(make_table(None, ("network", "test accuracy"), rows))

    def row(label: str, key: str, form: str, scale: float = 1) -> tuple[str, ...]:
        return (label, *(format(tensor[key] * scale, form) for tensor in tensors.values()))

    rows = [
        ("shape", *("×".join(map(str, tensor["shape"])) for tensor in tensors.values())),
        row("pruning rate S", "sparsity", ".1%"),
        row("planes n_q", "planes", "d"),
        ("network", *(tensor["network"].partition(":")[0] for tensor in tensors.values())),
        ("seed bits : outputs", *(_rate(tensor) for tensor in tensors.values())),
        row("care bits", "care_bits", ",d"),
        row("patches", "patches", ",d"),
        row("E = care / (seed + patch bits)", "efficiency", ".1%"),
        (),
        row("mask bits", "mask_bits", ",d"),
        row("seed bits (values)", "seed_bits", ",d"),
        row("patch bits", "patch_bits", ",d"),
        row("scale bits", "scale_bits", ",d"),
        row("header bits", "header_bits", ",d"),
        row("bits/weight in all", "bits_per_weight", ".3f"),
        row("times smaller than float32", "ratio_to_float32", ".1f"),
        (),
        row("encode, ms", "encode_seconds", ".1f", 1e3),
        row("decode, ms", "decode_seconds", ".1f", 1e3),
    ]
    console.print(make_table("Stored through an XOR network", ("", *tensors), rows))
    cheap = figures["low_rank"]["tensors"]
    labels = {
        "csr": "CSR (SciPy, float32 and int32)",
        "csr_packed": "CSR, indices and values packed",
        "bitmap": "bitmap + packed values",
        "zstd": "zstd -19",
    }
    others = figures["rivals"]
    rows = [("xoropt, headers included", *(f"{tensor['bits_per_weight']:.3f}" for tensor in tensors.values()))]
    rows.append(("with low-rank masks", *(f"{cheap[name]['bits_per_weight']:.3f}" for name in tensors)))
    for key, label in labels.items():
        rows.append((label, *(f"{others[name][key] / tensors[name]['weights']:.3f}" for name in tensors)))
    console.print(make_table("The same weights in bits/weight", ("", *tensors), rows))
    sizes = ", ".join(f"{file['path']} ({file['bytes']:,} bytes)" for file in figures["files"].values())
    console.print(f"every weight came back bit for bit: {'yes' if figures['lossless'] else 'NO'}")
    console.print(escape(f"written: {sizes}"))
