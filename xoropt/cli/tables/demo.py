"""The tables that `xoropt demo` prints."""

from collections.abc import Callable
from dataclasses import asdict

from xoropt.cli.demo.run import DemoResult
from xoropt.cli.tables.console import open_console, print_line, print_table
from xoropt.cli.tables.models import rate

__all__ = ["print_demo"]


ACCURACIES = {
    "dense": "dense",
    "pruned": "pruned by magnitude",
    "before": "and quantized, before storing",
    "after": "after storing and reading back",
    "compressed": "straight from the compressed file",
    "low_rank": "with low-rank masks, quantized, stored",
}
"""What the table calls the stages at which accuracy is measured."""
RIVALS = {
    "csr": "CSR (SciPy, float32 and int32)",
    "csr_packed": "CSR, indices and values packed",
    "bitmap": "bitmap + packed values",
    "zstd": "zstd -19",
}
"""What the table calls the other formats."""


def print_demo(result: DemoResult) -> None:
    """Print the accuracy of every stage, the layers side by side, and their sizes in other formats."""
    console, tensors, layers = open_console(), result.sizes.tensors, result.layers
    console.print(
        "1,797 handwritten digits, a quarter for testing; network 64–800–500–10 pruned to 95 %, one bit for each weight"
    )
    shares = asdict(result.accuracies)
    rows: list[tuple[str, ...]] = [(name, f"{shares[stage]:.2%}") for stage, name in ACCURACIES.items()]
    print_table(console, None, ("network", "test accuracy"), rows)
    rows = [
        (f"{times.images:,}", *(f"{1e3 * seconds:.2f}" for seconds in (times.compressed, times.kept, times.dense)))
        for times in result.predictions
    ]
    print_table(console, "Classifying, in ms", ("images", "from the compressed file", "with bits kept", "dense"), rows)
    if faster := [times.images for times in result.predictions if times.dense < min(times.compressed, times.kept)]:
        numbers = " and for ".join("1 image" if images == 1 else f"{images:,} images" for images in faster)
        print_line(
            console,
            f"For {numbers}, layers as small as these are faster dense: decompress them once and keep them. "
            "'xoropt bench products' measures large ones.",
        )

    def size_row(label: str, key: str, form: str) -> tuple[str, ...]:
        return (label, *(format(getattr(tensor, key), form) for tensor in tensors.values()))

    def layer_row(label: str, text: Callable[[str], str]) -> tuple[str, ...]:
        return (label, *(text(name) for name in tensors))

    rows = [
        layer_row("shape", lambda name: "×".join(map(str, tensors[name].shape))),
        layer_row("pruning rate S", lambda name: f"{layers[name].sparsity:.1%}"),
        size_row("planes n_q", "planes", "d"),
        layer_row("network", lambda name: tensors[name].network.partition(":")[0]),
        layer_row("seed bits : outputs", lambda name: rate(tensors[name])),
        size_row("care bits", "care_bits", ",d"),
        size_row("patches", "patches", ",d"),
        size_row("E = care / (seed + patch bits)", "efficiency", ".1%"),
        (),
        size_row("mask bits", "mask_bits", ",d"),
        size_row("seed bits (values)", "seed_bits", ",d"),
        size_row("patch bits", "patch_bits", ",d"),
        size_row("scale bits", "scale_bits", ",d"),
        size_row("header bits", "header_bits", ",d"),
        size_row("bits/weight in all", "bits_per_weight", ".3f"),
        layer_row("times smaller than float32", lambda name: f"{32 / tensors[name].bits_per_weight:.1f}"),
        (),
        layer_row("encode, ms", lambda name: f"{1e3 * layers[name].encode_seconds:.1f}"),
        layer_row("decode, ms", lambda name: f"{1e3 * layers[name].decode_seconds:.1f}"),
    ]
    print_table(console, "Stored through an XOR network", ("", *tensors), rows, names_above=True)

    low_rank = result.low_rank_sizes.tensors
    rivals = {name: asdict(layer.rivals) for name, layer in layers.items()}
    rows = [size_row("xoropt, headers included", "bits_per_weight", ".3f")]
    rows.append(layer_row("with low-rank masks", lambda name: f"{low_rank[name].bits_per_weight:.3f}"))
    for key, label in RIVALS.items():
        rows.append((label, *(f"{rivals[name][key] / tensors[name].weights:.3f}" for name in tensors)))
    title = "The same weights in other formats, in bits/weight"
    print_table(console, title, ("", *tensors), rows, names_above=True)
    sizes = ", ".join(f"{file.path} ({file.bytes:,} bytes)" for file in result.files.values())
    console.print("every weight came back bit for bit: yes")
    print_line(console, f"written: {sizes}")
    print_line(console, f"to go on: xoropt inspect {[*result.files.values()][-1].path}")
