"""The tables of the demo."""

from typing import Any

from rich.markup import escape

from xoropt.cli.tables.console import make_table, open_console
from xoropt.cli.tables.models import rate

__all__ = ["print_demo"]


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
        ("seed bits : outputs", *(rate(tensor) for tensor in tensors.values())),
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
