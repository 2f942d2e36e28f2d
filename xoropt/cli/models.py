"""Whole models: demo, compress, decompress, verify, inspect."""

import time
from pathlib import Path
from typing import Any

import click

from xoropt.cli.app import (
    cli,
    decoder_option,
    file_argument,
    force_option,
    jobs_option,
    json_option,
    print_json,
    progress_bar,
)
from xoropt.cli.tables.models import print_checks, print_report
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.model.compression import CompressConfig

__all__ = ["compress", "decompress", "demo", "inspect", "verify"]


def _network_options(command: Any) -> Any:
    for option in (
        click.option(
            "--network",
            metavar="RECIPE",
            default="auto",
            show_default=True,
            help="Network, e.g. block:n_in=20,n_out=180,seed=0; auto: the one that stores least.",
        ),
        click.option("--order", metavar="ORDER", help="Stream order for --network, e.g. lanes:lanes=512."),
        click.option("--n-in", type=int, help="Use block networks of so many seed bits, 1 to 64."),
        click.option("--n-out", type=int, help="Outputs a block; left out, chosen for the least size."),
        click.option("--seed", default=0, show_default=True, help="Of the random block network."),
        click.option(
            "--solver", default="portfolio", show_default=True, help="Seed search; see 'xoropt solve --help'."
        ),
        click.option("--time-limit", type=float, metavar="S", help="Seconds for the search of one block."),
        jobs_option,
    ):
        command = option(command)
    return command


def _configuration(**options: Any) -> CompressConfig:
    """The configuration; a value that is out of range is wrong usage."""
    try:
        if "mask" in options:
            options["mask"] = options["mask"].replace("-", "_")
        return CompressConfig(**options)
    except ArgumentError as error:
        raise click.UsageError(str(error), click.get_current_context()) from None


@cli.command()
@click.option("--out", type=file_argument, help="Folder for the three files.  [default: xoropt-demo]")
@_network_options
@force_option
@json_option
def demo(out: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Train, prune, quantize, store, read back and compare a real network, in about a minute.

    \b
    Example:
      xoropt demo --out /tmp/demo
    """
    from xoropt.cli.demo.run import run
    from xoropt.cli.tables.demo import print_demo

    with progress_bar("demo:") as progress:
        result = run(out, _configuration(**options), force, progress)
    if as_json:
        print_json(result.to_dict())
    else:
        print_demo(result)


@cli.command()
@click.argument("source", metavar="IN", type=file_argument)
@click.argument("out", metavar="OUT", type=file_argument)
@click.option("--sparsity", type=float, metavar="S", help="Prune this share of every tensor first, e.g. 0.9.")
@click.option("--bits", type=int, metavar="N", help="Quantize what is kept to N binary planes, 1 to 8.")
@click.option("--scope", default="tensor", show_default=True, help="Prune each tensor to S, or all together: global.")
@click.option("--scales", default="tensor", show_default=True, help="Scales for each tensor, or for each row.")
@click.option("--include", multiple=True, metavar="PATTERN", help="Compress just the tensors of this name (* and ?).")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Carry tensors of this name along unchanged.")
@click.option("--min-weights", default=1024, show_default=True, help="Carry smaller tensors along unchanged.")
@click.option(
    "--mask",
    default="auto",
    show_default=True,
    help="Codec: auto, smallest, bitmap, blocks, n-of-m, positions, prefix, entropy; low-rank: choose cheap masks.",
)
@click.option("--mask-bits", type=float, metavar="B", help="Bits a weight that a low-rank mask may take, e.g. 0.15.")
@click.option("--merge-zeros", is_flag=True, help="Store -0.0 as 0.0; otherwise both are kept, as different values.")
@click.option("--rank", type=int, help="Rank of a low-rank mask's tiles, instead of --mask-bits.")
@_network_options
@force_option
@json_option
def compress(source: Path, out: Path, force: bool, as_json: bool, **options: Any) -> None:
    """Compress IN, a .safetensors or .npz file, to OUT.

    With --sparsity or --bits dense tensors are pruned and quantized; without, tensors that are quantized already
    (at most 257 values) are kept exactly and all others carried along.

    \b
    Example:
      xoropt compress model.safetensors small.safetensors --sparsity 0.9 --bits 1
    """
    from xoropt.common.files import check_new, read_arrays
    from xoropt.model.compression import compress as run
    from xoropt.model.file.container import save
    from xoropt.model.sizes import report

    config = _configuration(**options)
    check_new(out, force)
    tensors, metadata = read_arrays(source)
    before = source.stat().st_size
    begin = time.perf_counter()
    with progress_bar("compress") as progress:
        model = run(tensors, config, metadata=metadata, progress=progress)
    save(model, out, force)
    figures = report(model, out) | {"seconds": time.perf_counter() - begin}
    if as_json:
        print_json(figures)
    else:
        print_report(figures, (source, before))
    if not figures["tensors"]:
        mend = "dense models need --sparsity and --bits, e.g. --sparsity 0.9 --bits 1"
        if config.include:
            mend = f"no name matches {' or '.join(config.include)}, or what matches can't get smaller"
        elif config.quantizes:
            mend = "none is a matrix of --min-weights weights; name some with --include"
        click.echo(f"xoropt: no tensor was compressed; {mend}.", err=True)


@cli.command()
@click.argument("source", metavar="IN", type=file_argument)
@click.argument("out", metavar="OUT", type=file_argument)
@decoder_option
@force_option
def decompress(source: Path, out: Path, decoder: str, force: bool) -> None:
    """Turn the compressed file IN back into a plain safetensors file OUT.

    \b
    Example:
      xoropt decompress small.safetensors model.safetensors
    """
    from xoropt.model.compression import decompress_to

    with progress_bar("decompress") as progress:
        decompress_to(source, out, decoder=decoder, overwrite=force, progress=progress)


@cli.command()
@click.argument("original", metavar="ORIGINAL", type=file_argument)
@click.argument("compressed", metavar="COMPRESSED", type=file_argument)
@decoder_option
@json_option
def verify(original: Path, compressed: Path, decoder: str, as_json: bool) -> int:
    """Compare COMPRESSED with ORIGINAL, tensor by tensor, bit for bit; exit status 1 when they differ.

    Tensors that were pruned and quantized on the way are compared with ORIGINAL pruned and quantized again.

    \b
    Example:
      xoropt verify model.safetensors small.safetensors
    """
    from xoropt.common.files import read_arrays
    from xoropt.model.verification import verify as run

    tensors, _ = read_arrays(original)
    with progress_bar("verify") as progress:
        checks = run(compressed, tensors, decoder=decoder, progress=progress)
    lossless = all(check.lossless for check in checks)
    if as_json:
        names = {check.name: {"lossless": check.lossless, "how": check.how} for check in checks}
        print_json({"lossless": lossless, "tensors": names})
    else:
        print_checks(checks)
    if not lossless:
        wrong = next(check for check in checks if not check.lossless)
        raise XoroptError(f"{compressed}: tensor '{wrong.name}' {wrong.how}; compress {original} again.")
    return 0


@cli.command()
@click.argument("file", metavar="FILE", type=file_argument)
@json_option
def inspect(file: Path, as_json: bool) -> None:
    """Show what is in a compressed FILE and where its bits go.

    \b
    Example:
      xoropt inspect small.safetensors --json
    """
    from xoropt.model.file.container import load
    from xoropt.model.sizes import report

    figures = report(load(file), file)
    if as_json:
        print_json(figures)
    else:
        print_report(figures)
