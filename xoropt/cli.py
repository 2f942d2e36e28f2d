"""The command line: thin, every command calls one function of the library and prints what it returns."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from xoropt import __version__, tables
from xoropt.errors import ArgumentError, XoroptError
from xoropt.pipeline import CompressConfig, Progress

__all__ = ["cli", "main"]


def main() -> None:
    """Run the command; exit status 0: done, 1: it failed, 2: wrong usage; failures print one line on stderr."""
    from xoropt_solvers import SolverError

    try:
        status = cli.main(standalone_mode=False, prog_name="xoropt")
        sys.exit(status if isinstance(status, int) else 0)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "xoropt"
        _fail(f"{error.format_message().rstrip('.')}. See '{where} --help'.", 2)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except click.exceptions.Abort:
        _fail("interrupted; nothing was written.", 1)
    except (XoroptError, SolverError) as error:
        _fail(str(error), 1)
    except MemoryError:
        _fail("not enough memory for this; use a machine with more, or a smaller file.", 1)
    except UnicodeEncodeError:
        _fail("the output's encoding can't show this; set PYTHONIOENCODING=utf-8 or use --json.", 1)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone, and the interpreter need not complain at exit
        sys.exit(1)
    except OSError as error:
        _fail(f"{error.filename or 'the output'}: {error.strerror or error}.", 1)


def _fail(message: str, status: int) -> None:
    click.echo(f"xoropt: {' '.join(message.split())}", err=True)
    sys.exit(status)


@contextmanager
def _progress(label: str) -> Iterator[Progress | None]:
    """A bar with the time left on standard error where that is a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda name, done, total: bar.update(task, description=f"{label} {name}", completed=done, total=total)


def _print_json(figures: dict[str, Any]) -> None:
    click.echo(json.dumps(figures, indent=2))


json_option = click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
force_option = click.option("--force", is_flag=True, help="Replace an output file that exists.")
jobs_option = click.option("--jobs", default=1, show_default=True, help="Threads or processes for the seed search.")
decoder_option = click.option(
    "--decoder",
    type=click.Choice(["auto", "compiled", "numpy", "reference"]),
    default="auto",
    show_default=True,
    help="All give the same bits.",
)
file_argument = click.Path(path_type=Path)


@click.group(
    invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="xoropt")
@click.pass_context
def cli(context: click.Context) -> None:
    """Store pruned, quantized weights as seeds of an XOR-gate network, losslessly.

    \b
    Start with:
      xoropt demo
      xoropt compress model.safetensors small.safetensors --sparsity 0.9 --bits 1
      xoropt inspect small.safetensors
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


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


def _config(**options: Any) -> CompressConfig:
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
    from xoropt.demo import run

    with _progress("demo:") as progress:
        figures = run(out, _config(**options), force, progress)
    if as_json:
        _print_json(figures)
    else:
        tables.print_demo(figures)


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
    from xoropt.container import save
    from xoropt.files import check_new, read_arrays
    from xoropt.pipeline import compress as run
    from xoropt.report import report

    config = _config(**options)
    check_new(out, force)
    tensors, metadata = read_arrays(source)
    before = source.stat().st_size
    begin = time.perf_counter()
    with _progress("compress") as progress:
        model = run(tensors, config, metadata=metadata, progress=progress)
    save(model, out, force)
    figures = report(model, out) | {"seconds": time.perf_counter() - begin}
    if as_json:
        _print_json(figures)
    else:
        tables.print_report(figures, (source, before))
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
    from xoropt.pipeline import decompress_to

    with _progress("decompress") as progress:
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
    from xoropt.files import read_arrays
    from xoropt.verification import verify as run

    tensors, _ = read_arrays(original)
    with _progress("verify") as progress:
        checks = run(compressed, tensors, decoder=decoder, progress=progress)
    lossless = all(check.lossless for check in checks)
    if as_json:
        names = {check.name: {"lossless": check.lossless, "how": check.how} for check in checks}
        _print_json({"lossless": lossless, "tensors": names})
    else:
        tables.print_checks(checks)
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
    from xoropt.container import load
    from xoropt.report import report

    figures = report(load(file), file)
    if as_json:
        _print_json(figures)
    else:
        tables.print_report(figures)


@cli.command()
@click.argument("file", metavar="FILE", type=file_argument)
@click.option("--solver", default="portfolio", show_default=True, help="The strategy.")
@click.option("--time-limit", type=float, metavar="S", help="Seconds; the best answer by then is given.")
@click.option(
    "--export", type=file_argument, metavar="OUT", help="Write the problem as .cnf, .wcnf, .opb, .lp or .npz."
)
@force_option
@json_option
def solve(file: Path, solver: str, time_limit: float | None, export: Path | None, force: bool, as_json: bool) -> None:
    """Find x that minimizes |A·x ⊕ b| over GF(2).

    FILE holds the problem: text with a row of A and its value of b a line (0 and 1), DIMACS CNF or WCNF with XOR
    lines, or .npz with arrays A and b.

    Strategies: greedy (the paper's patch search), exhaustive, coset, isd, osd, sat, xorsat, maxsat, cpsat, ilp, and
    portfolio, which picks the exact one that should be fastest.

    \b
    Example:
      xoropt solve block.txt --solver xorsat --time-limit 10
    """
    from xoropt_solvers import formats, registry
    from xoropt_solvers import solve as run

    from xoropt.files import check_new

    if solver not in registry.names():
        known = ", ".join(registry.names())
        raise click.UsageError(f"Option '--solver' must be one of {known}, not '{solver}'", click.get_current_context())
    problem = formats.read_problem(file)
    if export is not None:
        check_new(export, force)
        formats.write_problem(problem, export)
    begin = time.perf_counter()
    solution = run(problem, solver, time_limit=time_limit)
    figures: dict[str, Any] = {
        "cost": int(solution.cost),
        "lower_bound": int(solution.lower_bound),
        "optimal": bool(solution.optimal),
        "seconds": time.perf_counter() - begin,
        "mismatches": [int(row) for row in solution.mismatches],
        "x": [int(bit) for bit in solution.x],
    }
    if as_json:
        _print_json(figures)
        return
    proof = "proved minimal" if solution.optimal else f"at least {solution.lower_bound}"
    click.echo(f"cost {solution.cost} ({proof}), {figures['seconds']:.3f} s with {solver}")
    click.echo(f"rows that differ: {' '.join(map(str, figures['mismatches'])) or 'none'}")
    click.echo(f"x: {''.join(map(str, figures['x']))}")


@cli.command()
@click.argument("source", metavar="MATRIX.txt|RECIPE")
@click.option("--method", default="auto", show_default=True, help="auto is a portfolio of all.")
@click.option("--time-limit", default=60.0, show_default=True, metavar="S", help="Seconds.")
@click.option("--max-depth", type=int, metavar="D", help="Levels of gates allowed.")
@click.option("--inputs", "max_inputs", default=2, show_default=True, help="Inputs of a gate, 2 to 4.")
@click.option("--seed", default=0, show_default=True, help="Of everything random.")
@jobs_option
@click.option("--resume", type=file_argument, metavar="CIRCUIT.txt", help="Start from this circuit of the matrix.")
@click.option("--out", type=file_argument, metavar="OUT", help="Write the circuit: .v, .c, .dot, .svg, else text.")
@force_option
@json_option
def synthesize(source: str, resume: Path | None, out: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Find an XOR circuit with few gates for a binary matrix: a file of rows of 0 and 1, or a network's recipe.

    \b
    Example:
      xoropt synthesize block:n_in=20,n_out=180 --time-limit 30 --out decoder.v
    """
    from xoropt.circuits import read_circuit, read_matrix, write_circuit
    from xoropt.circuits import synthesize as run
    from xoropt.files import check_new
    from xoropt.networks import from_recipe

    if out is not None:
        check_new(out, force)
    named = ":" in source and not Path(source).exists()
    matrix = from_recipe(source).matrix() if named else read_matrix(source)
    start = None if resume is None else read_circuit(resume)
    begin = time.perf_counter()
    with _progress("synthesize") as bar:

        def report(spent: float, allowed: float, gates: int | None) -> None:
            if bar is not None:
                bar("" if gates is None else f"{gates} gates", round(spent), max(1, round(allowed)))

        circuit = run(matrix, resume=start, progress=report, **options)
    figures = {
        "gates": circuit.gates,
        "depth": circuit.depth,
        "verified": circuit.verify(matrix),
        "method": options["method"],
        "seconds": time.perf_counter() - begin,
    }
    if out is not None:
        write_circuit(out, circuit, overwrite=force)
    if as_json:
        _print_json(figures)
    else:
        checked = "verified" if figures["verified"] else "NOT VERIFIED"
        click.echo(f"{figures['gates']} gates, depth {figures['depth']}, {checked}, {figures['seconds']:.1f} s")
        if out is None:
            click.echo(circuit.to_text(), nl=False)


def _benchmarks() -> Path:
    """The folder of the benchmarks: within the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    return next(
        (folder for folder in (package / "benchmarks", package.parent / "benchmarks") if folder.is_dir()), package
    )


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str | None, arguments: tuple[str, ...]) -> None:
    """Run a benchmark: xoropt bench NAME [its options]; without NAME, list them.

    \b
    Example:
      xoropt bench encode --quick
    """
    import runpy

    folder = _benchmarks()
    names = sorted(path.stem for path in folder.glob("*.py") if path.stem not in ("common", "__init__", "cli"))
    if name in (None, "-h", "--help"):
        click.echo(
            "Usage: xoropt bench NAME [OPTIONS]\n\n  Runs a benchmark; 'xoropt bench NAME --help' has its options.\n"
        )
        click.echo(f"  NAME is one of {', '.join(names)}.\n\n  Example: xoropt bench encode --quick")
        return
    if name not in names:
        raise click.UsageError(f"No benchmark '{name}'; there are {', '.join(names)}.", click.get_current_context())
    sys.path.insert(0, str(folder))
    sys.argv = [f"xoropt bench {name}", *arguments]
    runpy.run_path(str(folder / f"{name}.py"), run_name="__main__")
