"""Decoders as hardware: hardware."""

from pathlib import Path
from typing import Any

import click

from xoropt.cli.app import cli, file_argument, force_option, json_option, print_json
from xoropt.common.errors import XoroptError

__all__ = ["hardware"]


@cli.command()
@click.argument("source", metavar="RECIPE|FILE")
@click.option("--tensor", metavar="NAME", help="Of the compressed FILE; without, the costs of all are shown.")
@click.option("--synthesis", metavar="METHOD", help="Look for fewer gates, e.g. auto; see 'xoropt synthesize --help'.")
@click.option("--time-limit", default=10.0, show_default=True, metavar="S", help="Seconds for the synthesis.")
@click.option("--fifo", default=4, show_default=True, metavar="N", help="Patches that the FIFO holds.")
@click.option("--flips", default=1, show_default=True, metavar="N", help="Patches flipped in a cycle.")
@click.option(
    "--ports",
    nargs=3,
    type=int,
    default=(256, 256, 256),
    metavar="S P O",
    help="In how many of 256 cycles seeds and patches are there and outputs are taken.  [default: all]",
)
@click.option("--out", type=file_argument, metavar="DIR", help="Write decoder.v, a testbench and its stimulus files.")
@click.option("--simulate", "simulated", is_flag=True, help="Run them in Icarus Verilog, compare every bit.")
@click.option("--yosys", "counted", is_flag=True, help="Count gates and flip-flops with yosys too.")
@force_option
@json_option
def hardware(source: str, out: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Show what a decoder costs in hardware, write it as Verilog, simulate it.

    The decoder is that of a network's RECIPE, fed at random, or of a tensor of a compressed FILE, fed with its seeds
    and patches.

    \b
    Example:
      xoropt hardware small.safetensors --tensor fc2.weight --out decoder --simulate
    """
    from xoropt.cli.tables.hardware import print_hardware
    from xoropt.hardware.study import study

    figures = study(source, out=out, overwrite=force, **options)
    if as_json:
        print_json(figures)
    else:
        print_hardware(figures)
    if "simulation" in figures and not figures["simulation"]["equal"]:
        raise XoroptError("the simulated decoder or its cycles differ from the software's; please report this.")
