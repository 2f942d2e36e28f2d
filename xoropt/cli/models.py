"""Whole models: the commands `demo`, `compress`, `decompress`, `verify` and `inspect`."""

import time
from pathlib import Path
from typing import Any

import click
from xoropt_solvers.registry import names as solver_names

from xoropt.cli.app import (
    cli,
    decoder_option,
    file_argument,
    force_option,
    jobs_option,
    json_option,
    names_option,
    print_json,
    progress_bar,
    refuse_without_effect,
    say,
)
from xoropt.cli.checkpoints import (
    compress_exactly,
    holds_metadata,
    inspect_folder,
    inspect_plain,
    is_of_checkpoint,
    is_plain,
    restore,
    say_why_none,
    verify_exactly,
)
from xoropt.cli.tables.models import print_checks, print_report, print_restored
from xoropt.cli.wording import in_options
from xoropt.codec.streams.encoder import METHODS
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.masks.coding import CHOICES
from xoropt.masks.registry import codec_names
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
        names_option(
            "--solver",
            names=solver_names,
            default="portfolio",
            show_default=True,
            help="The seed search of block networks.",
        ),
        click.option(
            "--patches",
            type=click.Choice(METHODS),
            default="burst",
            show_default=True,
            help="How patches of windowed networks are chosen.",
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
    """Make the configuration; a value that is out of range, or has no effect, is wrong usage."""
    if options["network"] != "auto":
        refuse_without_effect("beside --network, which has its own", "n_in", "n_out", "seed")
    elif options["n_in"] is None and options["n_out"] is None:
        refuse_without_effect("without --n-in or --n-out: no other network is drawn at random", "seed")
    try:
        config = CompressConfig(**options)
    except ArgumentError as error:
        context = click.get_current_context()
        raise click.UsageError(in_options(str(error), context.command), context) from None
    if config.time_limit is not None and config.chooses_network and config.solver == "portfolio":
        say(
            "--time-limit has no effect on windowed networks, whose search needs none; blocks have one, e.g. --n-in 20."
        )
    return config


def _check_pruning(options: dict[str, Any]) -> None:
    """Refuse options of pruning and quantizing that miss another one, or have no effect."""
    sparsity, bits = options["sparsity"], options["bits"]
    if bits is None:
        refuse_without_effect("without --bits: nothing is quantized", "scales")
    else:
        refuse_without_effect("with --bits: what is quantized has no -0.0", "merge_zeros")
    if sparsity is None:
        refuse_without_effect("without --sparsity: nothing is pruned", "scope")
    if options["include"]:
        refuse_without_effect("with --include, which chooses tensors of any size", "min_weights")


@cli.command(short_help="Train and compress a real network, and show the costs.")
@click.option("--out", type=file_argument, metavar="DIR", help="Folder for the three files.  [default: xoropt-demo]")
@_network_options
@force_option
@json_option
def demo(out: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Train a real network, prune, quantize and store it, read it back and compare; takes about half a minute.

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


@cli.command(short_help="Compress a file of tensors, or a folder of such files.")
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
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave tensors with such a name as they are.")
@click.option(
    "--only-quantized",
    is_flag=True,
    help="Compress only tensors of at most 257 different values, as quantized ones are.",
)
@click.option("--min-weights", default=1024, show_default=True, metavar="N", help="Leave smaller tensors uncompressed.")
@names_option(
    "--mask",
    names=lambda: (*CHOICES, *codec_names()),
    default="auto",
    show_default=True,
    help="Mask codec. auto: the smallest with random access; smallest: of all; low-rank: prune so that the mask is "
    "cheap to store.",
)
@click.option("--mask-bits", type=float, metavar="B", help="The most bits a weight for a low-rank mask, e.g. 0.15.")
@click.option("--rank", type=int, metavar="N", help="The rank of a low-rank mask, instead of --mask-bits.")
@click.option("--merge-zeros", is_flag=True, help="Store -0.0 as 0.0; by default they are different values.")
@click.option("--dask", metavar="ADDRESS", help="Let a Dask cluster encode: its scheduler's address, or local.")
@_network_options
@force_option
@json_option
def compress(source: Path, out: Path, force: bool, as_json: bool, dask: str | None, **options: Any) -> None:
    """Compress IN, a .safetensors or .npz file, to OUT, a .safetensors file; or the folder IN to the folder OUT.

    With --sparsity and --bits dense matrices are pruned and quantized; the report says what that costs. Three kinds of
    tensors are left as they are: biases and norms; embeddings and output layers; and those that --exclude names.
    Embeddings and output layers are found by name (embed, emb, wte, wpe, lm_head, shared), by tied weights, or by a
    vocabulary's number of rows. With --include only the tensors that it names are compressed.

    Without --bits every file comes back byte for byte. A run that was stopped goes on when it is started again.

    \b
    Examples:
      xoropt compress model.safetensors small.safetensors --sparsity 0.9 --bits 1
      xoropt compress llama-folder llama-small --jobs 8
    """
    from xoropt.common.file_kinds import check_suffix, is_npz
    from xoropt.common.files import check_new, check_readable
    from xoropt.model.compression import compress as run
    from xoropt.model.file.container import save
    from xoropt.model.file.plain import read_plain
    from xoropt.model.report import report

    config = _configuration(**options)
    _check_pruning(options)
    if source.is_dir():
        compress_exactly(source, out, config, dask, force, as_json)
        return
    check_new(out, force)
    check_suffix(out)
    check_readable(source)
    as_arrays = holds_metadata(source) if is_npz(source) else source.suffix == ".npz"
    if not (config.changes or as_arrays):
        compress_exactly(source, out, config, dask, force, as_json)
        _say_if_unnamed(out)
        return
    refuse_without_effect("where a file is pruned or quantized", "dask")
    tensors, metadata = read_plain(source)
    before = source.stat().st_size
    begin = time.perf_counter()
    with progress_bar("compress") as progress:
        model = run(tensors, config, metadata=metadata, progress=progress)
    save(model, out, force)
    figures, seconds = report(model, out), time.perf_counter() - begin
    if as_json:
        print_json(figures.to_dict() | {"seconds": seconds})
    else:
        print_report(figures, out, (source, before), seconds)
    if not figures.tensors:
        say_why_none(config, figures)
    _say_if_unnamed(out)


def _say_if_unnamed(out: Path) -> None:
    """Say so where the name of a compressed file does not tell what it is."""
    if out.suffix.lower() != ".safetensors":
        say(f"{out}: is a safetensors file whose name does not end in .safetensors, by which other programs know it.")


@cli.command(short_help="Turn a compressed file back into a plain one.")
@click.argument("source", metavar="IN", type=file_argument)
@click.argument("out", metavar="OUT", type=file_argument)
@decoder_option
@click.option(
    "--max-size",
    type=int,
    metavar="BYTES",
    help="The most bytes that OUT may take; by default 1 GiB, or 1,000 times the size of IN if that is more.",
)
@click.option(
    "--to",
    type=click.Choice(["original", "plain"]),
    default="original",
    show_default=True,
    help="plain: ordinary tensors in place of other libraries' sparse and integer formats.",
)
@force_option
def decompress(source: Path, out: Path, to: str, decoder: str, max_size: int | None, force: bool) -> None:
    """Turn the compressed file or folder IN back into OUT.

    Every file of a folder, and a file that was compressed without pruning or quantizing, is the original, byte for
    byte; others become a plain safetensors file. An .npz file becomes one where OUT ends in .safetensors.

    \b
    Example:
      xoropt decompress small.safetensors model.safetensors
    """
    from xoropt.common.arguments import check_int
    from xoropt.common.file_kinds import check_suffix
    from xoropt.common.files import check_new
    from xoropt.model.streaming import decompress_to

    if source.is_dir() or is_of_checkpoint(source):
        restore(source, out, to, decoder, max_size, force)
        return
    if max_size is not None:
        check_int("max_size", max_size, 1)
    check_new(out, force)
    check_suffix(out)
    with progress_bar("decompress") as progress:
        decompress_to(source, out, decoder=decoder, overwrite=force, max_size=max_size, progress=progress)
    print_restored(out, "ordinary tensors")


@cli.command(short_help="Compare a compressed file with its original.")
@click.argument("original", metavar="ORIGINAL", type=file_argument)
@click.argument("compressed", metavar="COMPRESSED", type=file_argument)
@decoder_option
@json_option
def verify(original: Path, compressed: Path, decoder: str, as_json: bool) -> int:
    """Compare COMPRESSED with ORIGINAL, two files or two folders, tensor by tensor and bit for bit.

    The exit status is 1 when they differ. Tensors that were pruned and quantized by the compression are compared with
    those of ORIGINAL, pruned and quantized again.

    \b
    Example:
      xoropt verify model.safetensors small.safetensors
    """
    from xoropt.checkpoints.verifying import check_sides
    from xoropt.model.file.plain import read_plain
    from xoropt.model.verification import count_checks
    from xoropt.model.verification import verify as run

    check_sides(original, compressed)
    if compressed.is_dir() or original.is_dir() or is_of_checkpoint(compressed):
        return verify_exactly(original, compressed, decoder, as_json)
    tensors, _ = read_plain(original)
    with progress_bar("verify") as progress:
        checks = run(compressed, tensors, decoder=decoder, progress=progress)
    lossless = all(check.lossless for check in checks)
    if as_json:
        names = {check.name: {"lossless": check.lossless, "how": check.how} for check in checks}
        exact, again, _ = count_checks(checks)
        print_json({"lossless": lossless, "exact": exact, "quantized_again": again, "tensors": names})
    else:
        print_checks(checks)
    if not lossless:
        wrong = next(check for check in checks if not check.lossless)
        raise XoroptError(f"{compressed}: tensor '{wrong.name}' {wrong.how}; compress {original} again.")
    return 0


@cli.command(short_help="Show where the bits of a compressed file go, or would go.")
@click.argument("file", metavar="FILE", type=file_argument)
@json_option
def inspect(file: Path, as_json: bool) -> None:
    """Show what is in a compressed FILE or folder and where its bits go.

    Of a checkpoint that is not compressed it says in seconds what is in it, and what compressing would make of it.

    \b
    Example:
      xoropt inspect small.safetensors --json
    """
    from xoropt.model.report import report_file

    if file.is_dir():
        inspect_folder(file, as_json)
        return
    if is_plain(file):
        inspect_plain(file, as_json)
        return
    figures = report_file(file)
    if as_json:
        print_json(figures.to_dict())
    else:
        print_report(figures, file)
