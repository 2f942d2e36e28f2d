"""Whole models: the commands `demo`, `compress`, `decompress`, `verify` and `inspect`."""

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
from xoropt.model.config import CompressConfig

__all__ = ["compress", "decompress", "demo", "inspect", "verify"]


def _network_options(command: Any) -> Any:
    options = (
        click.option(
            "--network",
            metavar="RECIPE",
            default="auto",
            show_default=True,
            help="The network, e.g. block:n_in=20,n_out=180,seed=0; auto: the one that gives the smallest file.",
        ),
        click.option("--order", metavar="ORDER", help="Stream order for --network, e.g. lanes:lanes=512."),
        click.option("--n-in", type=int, metavar="N", help="Use block networks with N seed bits a block, 1 to 64."),
        click.option("--n-out", type=int, metavar="N", help="Outputs a block; by default those that store least."),
        click.option("--seed", default=0, show_default=True, metavar="N", help="Seed of the random block network."),
        click.option(
            "--solver",
            default="portfolio",
            show_default=True,
            help="The seed search of block networks; see 'xoropt solve --help'.",
        ),
        click.option(
            "--patches",
            default="burst",
            show_default=True,
            help="How patches of windowed networks are chosen: burst, greedy or viterbi.",
        ),
        click.option(
            "--effort",
            type=click.Choice(["fast", "normal", "best"]),
            default="normal",
            show_default=True,
            help="How much time the network auto may take: normal stores within 0.1 % of what best does.",
        ),
        click.option("--time-limit", type=float, metavar="S", help="Seconds for the seed search of each block."),
        jobs_option,
    )
    for option in reversed(options):  # the help shows the one that is applied last first
        command = option(command)
    return command


def _configuration(**options: Any) -> CompressConfig:
    """Make the configuration; a value that is out of range is wrong usage."""
    try:
        if "mask" in options:
            options["mask"] = options["mask"].replace("-", "_")
        return CompressConfig(**options)
    except ArgumentError as error:
        raise click.UsageError(str(error), click.get_current_context()) from None


@cli.command(short_help="Train and compress a real network, and show the costs.")
@click.option("--out", type=file_argument, help="Folder for the three files.  [default: xoropt-demo]")
@_network_options
@force_option
@json_option
def demo(out: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Train a real network, prune, quantize and store it, read it back and compare; takes about a minute.

    Files of an earlier demo are replaced; other files of these names only with --force.

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


@cli.command(short_help="Compress a file of tensors.")
@click.argument("source", metavar="IN", type=file_argument)
@click.argument("out", metavar="OUT", type=file_argument)
@click.option("--sparsity", type=float, metavar="S", help="Prune this share of every tensor first, e.g. 0.9.")
@click.option("--bits", type=int, metavar="N", help="Quantize the weights that are kept to N binary planes, 1 to 8.")
@click.option(
    "--scope",
    type=click.Choice(["tensor", "global"]),
    default="tensor",
    show_default=True,
    help="Prune each tensor to S, or all of them together.",
)
@click.option(
    "--scales",
    type=click.Choice(["tensor", "row"]),
    default="tensor",
    show_default=True,
    help="One set of scales for each tensor, or for each row.",
)
@click.option("--include", multiple=True, metavar="PATTERN", help="Compress only tensors with such a name (* and ?).")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave tensors with such a name uncompressed.")
@click.option(
    "--only-quantized",
    is_flag=True,
    help="Leave tensors of more than 257 values uncompressed; by default their skewed bits are coded.",
)
@click.option("--min-weights", default=1024, show_default=True, metavar="N", help="Leave smaller tensors uncompressed.")
@click.option(
    "--mask",
    default="auto",
    show_default=True,
    help="Mask codec: auto, smallest, bitmap, blocks, n-of-m, positions, prefix or entropy; "
    "low-rank: prune so that the mask is cheap to store.",
)
@click.option("--mask-bits", type=float, metavar="B", help="The most bits a weight for a low-rank mask, e.g. 0.15.")
@click.option("--merge-zeros", is_flag=True, help="Store -0.0 as 0.0; by default they are different values.")
@click.option("--rank", type=int, metavar="N", help="The rank of a low-rank mask, instead of --mask-bits.")
@_network_options
@force_option
@json_option
def compress(source: Path, out: Path, force: bool, as_json: bool, **options: Any) -> None:
    """Compress IN, a .safetensors or .npz file, to OUT.

    With --sparsity or --bits dense tensors are pruned and quantized. Without them, all tensors are compressed exactly:
    those of at most 257 different values by their values, all others by fields, the exponents or upper bits coded and
    the other bits as they are. Tensors that would not get smaller are left uncompressed.

    \b
    Example:
      xoropt compress model.safetensors small.safetensors --sparsity 0.9 --bits 1
    """
    from xoropt.common.files import check_new
    from xoropt.common.tensor_files import read_arrays
    from xoropt.model.compression import compress as run
    from xoropt.model.file.container import save
    from xoropt.model.report import report

    config = _configuration(**options)
    check_new(out, force)
    tensors, metadata = read_arrays(source)
    before = source.stat().st_size
    begin = time.perf_counter()
    with progress_bar("compress") as progress:
        model = run(tensors, config, metadata=metadata, progress=progress)
    save(model, out, force)
    figures, seconds = report(model, out), time.perf_counter() - begin
    if as_json:
        print_json(figures.to_dict() | {"seconds": seconds})
    else:
        print_report(figures, (source, before), seconds)
    if not figures.tensors:
        advice = "nothing gets smaller without loss; prune and quantize with e.g. --sparsity 0.9 --bits 1"
        if config.include:
            advice = f"no name matches {' or '.join(config.include)}, or what matches can't get smaller"
        elif config.quantizes:
            advice = "none is a matrix of at least --min-weights weights; name some with --include"
        elif config.only_quantized:
            advice = "none has few values; leave --only-quantized out, or prune with e.g. --sparsity 0.9 --bits 1"
        click.echo(f"xoropt: no tensor was compressed; {advice}.", err=True)


@cli.command(short_help="Turn a compressed file back into a plain one.")
@click.argument("source", metavar="IN", type=file_argument)
@click.argument("out", metavar="OUT", type=file_argument)
@decoder_option
@force_option
def decompress(source: Path, out: Path, decoder: str, force: bool) -> None:
    """Turn the compressed file IN back into OUT, a plain safetensors file.

    \b
    Example:
      xoropt decompress small.safetensors model.safetensors
    """
    from xoropt.model.streaming import decompress_to

    with progress_bar("decompress") as progress:
        decompress_to(source, out, decoder=decoder, overwrite=force, progress=progress)


@cli.command(short_help="Compare a compressed file with its original.")
@click.argument("original", metavar="ORIGINAL", type=file_argument)
@click.argument("compressed", metavar="COMPRESSED", type=file_argument)
@decoder_option
@json_option
def verify(original: Path, compressed: Path, decoder: str, as_json: bool) -> int:
    """Compare COMPRESSED with ORIGINAL, tensor by tensor and bit for bit.

    The exit status is 1 when they differ. Tensors that were pruned and quantized by the compression are compared with
    those of ORIGINAL, pruned and quantized again.

    \b
    Example:
      xoropt verify model.safetensors small.safetensors
    """
    from xoropt.common.tensor_files import read_arrays
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


@cli.command(short_help="Show where the bits of a compressed file go.")
@click.argument("file", metavar="FILE", type=file_argument)
@json_option
def inspect(file: Path, as_json: bool) -> None:
    """Show what is in a compressed FILE and where its bits go.

    \b
    Example:
      xoropt inspect small.safetensors --json
    """
    from xoropt.model.file.container import load
    from xoropt.model.report import report

    figures = report(load(file), file)
    if as_json:
        print_json(figures.to_dict())
    else:
        print_report(figures)
